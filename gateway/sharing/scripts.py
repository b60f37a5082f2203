"""What Redis does with a book in one step, so that nobody sees half of it.

A book is kept under three keys, its turn under a fourth. `book`: the number of the last change, what the
last list told, doubts as `d:` and the contact's key, the last turn and how it ended. `rows`: key to
`<number>:<1 if written>:<Told as bytes>`, those that are gone among them. `changes`: key by number.

`birth` is a token that a book gets when the first is told of it, and that each of its keys holds: where
Redis let go of one of them, to make room, the rest is worth nothing, and the book begins anew.
"""

from __future__ import annotations

DAY = 24 * 3600 * 1000
"""Milliseconds that a book is kept for without being told of anything."""

REMEMBERED = 10 * 60 * 1000
"""Milliseconds in which something that is told again with the same token is not done again."""

_WHOLE = r"""
local MARK = '\0'
local book, rows, changes = KEYS[1], KEYS[2], KEYS[3]
local birth = redis.call('HGET', book, 'birth')
local whole = birth and redis.call('HGET', rows, MARK) == birth and redis.call('ZSCORE', changes, MARK)
"""

# Numbers begin with the time: one of an earlier server, or of a book that was let go, is never larger.
_BORN = r"""
local function told(day)
  for _, key in ipairs({book, rows, changes}) do redis.call('PEXPIRE', key, day) end
end
local function born(new, floor)
  if whole then return tonumber(redis.call('HGET', book, 'number')) end
  local prior = tonumber(redis.call('HGET', book, 'number') or '0')
  local now = redis.call('TIME')
  local number = math.max(prior + 1, floor, now[1] * 1000 + math.floor(now[2] / 1000))
  redis.call('DEL', rows, changes)
  redis.call('HDEL', book, 'listed')
  redis.call('HSET', book, 'birth', new, 'number', number)
  redis.call('HSET', rows, MARK, new)
  redis.call('ZADD', changes, 0, MARK)
  birth = new
  return number
end
"""

TELL = (
    _WHOLE
    + _BORN
    + r"""
local turn, memory = KEYS[4], KEYS[5]
local fence, since, lists = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local listed, upto = ARGV[4], tonumber(ARGV[5])
local again = redis.call('GET', memory)
if again then return {tonumber(again), -1, ''} end
if fence ~= '' and redis.call('GET', turn) ~= fence then return {-1, -1, ''} end
local prior = whole and tonumber(redis.call('HGET', book, 'number')) or 0
if #ARGV == 9 and listed == '' then return {prior, prior, birth or ''} end
local number = born(ARGV[6], tonumber(ARGV[7])) + 1
local left, taken = {}, listed ~= ''
for at = 10, #ARGV, 3 do
  local key, written, value = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local changed, was = string.match(redis.call('HGET', rows, key) or '', '^(%d+):([01]):')
  local doubt = tonumber(redis.call('HGET', book, 'd:' .. key) or '0')
  changed, was = tonumber(changed or '0'), was or '0'
  local newer = changed > (since or changed) and (was == '1' or not lists)
  if newer or (since and not lists and doubt > since) then
    left[#left + 1] = key
  else
    -- What was read after a write is as new as what the write left.
    if not lists and was == '1' then written = '1' end
    if ARGV[at + 1] == '1' then redis.call('HDEL', book, 'd:' .. key) end
    redis.call('HSET', rows, key, string.format('%.0f:%s:', number, written) .. value)
    redis.call('ZADD', changes, number, key)
    taken = true
  end
end
if listed ~= '' then
  redis.call('HSET', book, 'listed', listed)
  local all = redis.call('HGETALL', book)
  for at = 1, #all, 2 do
    if string.sub(all[at], 1, 2) == 'd:' and tonumber(all[at + 1]) <= upto then
      redis.call('HDEL', book, all[at])
    end
  end
end
if not taken then number = number - 1 end
redis.call('HSET', book, 'number', number)
told(tonumber(ARGV[8]))
redis.call('SET', memory, number, 'PX', ARGV[9])
return {number, prior, birth, unpack(left)}
"""
)
"""Rows, and what a list told. KEYS: book, rows, changes, turn, memory of the token.

ARGV: the turn's value or "", since or "", 1 for a list's rows, what the list told or "", the number up to
which doubts end, a birth token, the least number of a new book, a day, how long the token is remembered,
then key, 1 if written, and bytes of each row. Returns the number (-1: the turn is lost), the number before
(0: nothing was known; -1: who can tell), the birth and the keys that were left as they are.
"""

DOUBT = (
    _WHOLE
    + _BORN
    + r"""
local memory = KEYS[5]
local again = redis.call('GET', memory)
if again then return {tonumber(again), -1, ''} end
local prior = whole and tonumber(redis.call('HGET', book, 'number')) or 0
local number = born(ARGV[2], tonumber(ARGV[3])) + 1
redis.call('HSET', book, 'number', number, 'd:' .. ARGV[1], number)
told(tonumber(ARGV[4]))
redis.call('SET', memory, number, 'PX', ARGV[5])
return {number, prior, birth}
"""
)
"""A doubt. KEYS: as TELL.

ARGV: the contact's key, a birth token, the least number of a new book, a day, how long the token is
remembered. Returns as TELL does.
"""

PULL = (
    _WHOLE
    + r"""
local since, page, many = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local head = redis.call('HGETALL', book)
if not whole then return {head, 0, {}, {}, {}} end
local count = redis.call('ZCOUNT', changes, '(' .. since, '+inf')
if count > many and count * 2 > redis.call('ZCARD', changes) then return {head, 1, {}, {}, {}} end
local found = redis.call('ZRANGEBYSCORE', changes, '(' .. since, '+inf', 'WITHSCORES', 'LIMIT', 0, page)
local keys, numbers = {}, {}
for at = 1, #found, 2 do
  keys[#keys + 1] = found[at]
  numbers[#numbers + 1] = tonumber(found[at + 1])
end
for at = 4, #ARGV do
  keys[#keys + 1] = ARGV[at]
end
local values = #keys > 0 and redis.call('HMGET', rows, unpack(keys)) or {}
return {head, 2, keys, numbers, values}
"""
)
"""What changed. KEYS: book, rows, changes.

ARGV: since, how many rows at most (more than are told at once), from how many on a book is read whole when
more than half of it changed, then keys that are wanted besides. Returns the book's own fields; 0 where
nothing is known, 1 where it is to be read whole, 2 where the rest is told; keys, numbers of those that
changed, in their order, and the rows of all.
"""

DISCARD = r"""
if redis.call('HGET', KEYS[1], 'birth') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'birth', 'listed')
return redis.call('DEL', KEYS[2], KEYS[3])
"""
"""Let go of a book that nobody can read. KEYS: book, rows, changes. ARGV: its birth."""

TAKE_TURN = r"""
local number, token = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+):(.*)$')
if number then return {tonumber(number), token == ARGV[1] and 1 or 0} end
local now = redis.call('TIME')
local last = tonumber(redis.call('HGET', KEYS[1], 'turn') or '0')
number = math.max(last + 1, now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('HSET', KEYS[1], 'turn', number)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], string.format('%.0f:', number) .. ARGV[1], 'PX', ARGV[2])
return {number, 1}
"""
"""A turn, where nobody has it. KEYS: book, turn. ARGV: token, its time to live, a day.

Returns its number, and 1 if it is the token's.
"""

END_TURN = (
    _WHOLE
    + _BORN
    + r"""
local turn = KEYS[4]
if redis.call('GET', turn) ~= ARGV[1] then return {-1, -1, ''} end
redis.call('DEL', turn)
local was = redis.call('HGET', book, 'how') or ''
redis.call('HSET', book, 'ended', ARGV[2], 'problem', ARGV[3], 'how', ARGV[4])
local prior = whole and tonumber(redis.call('HGET', book, 'number')) or 0
if was == ARGV[4] then return {prior, prior, birth or ''} end
local number = born(ARGV[5], tonumber(ARGV[6])) + 1
redis.call('HSET', book, 'number', number)
told(tonumber(ARGV[7]))
return {number, prior, birth}
"""
)
"""The end of a turn, unless it was lost. KEYS: as TELL.

ARGV: the turn's value, its number, the problem or "", a text that is another one for another problem, a
birth token, the least number of a new book, a day. Returns as TELL does.
"""

HOW_ENDED = r"""
local ended = redis.call('HMGET', KEYS[1], 'ended', 'problem')
local held = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+):')
return {tonumber(ended[1] or '0'), ended[2] or '', tonumber(held or '0')}
"""
"""How turns stand. KEYS: book, turn. Returns the last that ended, its problem, and the one under way or 0."""

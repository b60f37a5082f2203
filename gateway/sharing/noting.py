"""What Redis does for the journal, each in one go, and what it answers.

All of it may be asked twice: a write is known by its id, and what a dead worker left by the asker's token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.ports import Intent

LOST, EARLIER = 1, 2
"""What keeps a write from being noted: a lock is not held any more; there is one under its key."""

NOTE = """
local entry, claim, open = KEYS[1], KEYS[2], KEYS[3]
local id, worker, intent, key, contact, at = unpack(ARGV, 1, 6)
if redis.call('HEXISTS', entry, 'gone') == 1 then return 1 end
for number = 4, #KEYS do
  if redis.call('GET', KEYS[number]) ~= ARGV[number + 6] then return 1 end
end
if redis.call('HEXISTS', entry, 'intent') == 1 then return 0 end
if key ~= '' and redis.call('EXISTS', claim) == 1 then return 2 end
redis.call('HSET', entry, 'intent', intent, 'worker', worker, 'key', key, 'contact', contact, 'at', at)
redis.call('PEXPIRE', entry, ARGV[8])
if key ~= '' then redis.call('SET', claim, id, 'PX', ARGV[7]) end
redis.call('ZADD', open, at, id)
redis.call('ZREMRANGEBYSCORE', open, '-inf', ARGV[9])
redis.call('PEXPIRE', open, ARGV[8])
return 0
"""
"""Keys: entry, claim, open, locks. Arguments: id, worker, intent, key, contact, at, how long a key and an
entry last, what is forgotten, the locks' values."""

SETTLE = """
local entry, open, touched = KEYS[1], KEYS[2], KEYS[3]
local prefix, id, settled, at, landed, contact = unpack(ARGV, 1, 6)
local known = redis.call('HMGET', entry, 'gone', 'settled_at', 'intent', 'key', 'contact', 'is_sure')
if known[1] then return 0 end
local is_sure = (landed == '' or landed == at) and '1' or '0'
if known[2] then
  local is_newer = tonumber(known[2]) > tonumber(at)
  if known[6] > is_sure or (known[6] == is_sure and is_newer) then return 0 end
end
local key = known[4] or ''
redis.call('HSET', entry, 'settled', settled, 'settled_at', at, 'is_sure', is_sure)
if not known[3] and ARGV[11] then
  key = ARGV[13]
  redis.call('HSET', entry, 'worker', ARGV[11], 'intent', ARGV[12], 'key', key)
  redis.call('HSET', entry, 'contact', ARGV[14], 'at', ARGV[15])
  if key ~= '' and landed ~= '' then redis.call('SET', prefix .. 'key:' .. key, id, 'NX', 'PX', ARGV[7]) end
end
if not known[3] then redis.call('PEXPIRE', entry, ARGV[8]) end
redis.call('ZREM', open, id)
if landed == '' then
  local claim = prefix .. 'key:' .. key
  if key ~= '' and redis.call('GET', claim) == id then redis.call('DEL', claim) end
  return 0
end
if contact == '' and known[5] then contact = known[5] end
local before = redis.call('ZSCORE', touched, contact)
if not before or tonumber(before) < tonumber(landed) then redis.call('ZADD', touched, landed, contact) end
redis.call('ZREMRANGEBYSCORE', touched, '-inf', ARGV[10])
redis.call('PEXPIRE', touched, ARGV[9])
return 0
"""
"""What is sure stays so whatever is told later: clocks of two machines are not quite one.

Keys: entry, open, touched. Arguments: prefix, id, settled, at, landed ("": it never will), contact, how
long a key, an entry and what was touched last, what is forgotten; and where the worker has it the write's
worker, intent, key, contact and at, for a Redis that lost it."""

TAKE_BACK = """
redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'gone', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
"""
"""Keys: entry, claim, open. Arguments: id, how long an entry lasts."""

FIND = """
local id = redis.call('GET', KEYS[1])
local told, kept = {false, false}, {false, false}
if id then told = redis.call('HMGET', ARGV[1] .. 'entry:' .. id, 'intent', 'settled') end
if ARGV[2] ~= '' then kept = redis.call('HMGET', ARGV[1] .. 'entry:' .. ARGV[2], 'settled', 'gone') end
return {id, told[1], told[2], kept[1], kept[2]}
"""
"""Keys: claim. Arguments: prefix, the id that the file has. Answer: the id that is claimed, its intent and
end; of the other one its end, and whether it was taken back."""

OPEN = """
local ids, found = redis.call('ZRANGE', KEYS[1], 0, -1), {}
local is_open = {}
for _, id in ipairs(ids) do is_open[id] = true end
for number = 2, #ARGV do
  if not is_open[ARGV[number]] then ids[#ids + 1] = ARGV[number] end
end
for _, id in ipairs(ids) do
  local entry = redis.call('HMGET', ARGV[1] .. 'entry:' .. id, 'worker', 'intent', 'contact', 'at', 'left')
  if entry[1] then
    found[#found + 1] = {id, is_open[id] and 1 or 0, entry[1], entry[2], entry[3], entry[4], entry[5]}
  elseif redis.call('EXISTS', ARGV[1] .. 'entry:' .. id) == 1 then
    found[#found + 1] = {id, 0, '', '', '', '0', false}
  end
end
return found
"""
"""Keys: open. Arguments: prefix, ids that are asked for too. Answer: a row for each that is known."""

LEAVE = """
local mine = {}
for number = 3, #ARGV do
  local entry = ARGV[1] .. 'entry:' .. ARGV[number]
  if redis.call('ZSCORE', KEYS[1], ARGV[number]) then
    redis.call('HSETNX', entry, 'left', ARGV[2])
    if redis.call('HGET', entry, 'left') == ARGV[2] then mine[#mine + 1] = ARGV[number] end
  end
end
return mine
"""
"""Keys: open. Arguments: prefix, token, ids. Answer: those that nobody was told of but who has the token."""


class Place(Protocol):
    """Where an administration's keys are, and which locks this worker holds."""

    def prefix(self, administration: str) -> str:
        """Return what all keys of an administration begin with."""

    def held(self, name: str) -> tuple[str, str] | None:
        """Return the lease of a lock that this worker took, and its value; None: it did not."""


@dataclass(frozen=True, slots=True)
class Row:
    """What Redis tells of a write.

    Attributes:
        id: Of the intent.
        is_open: Whether no end of it is known.
        worker: That noted it; "" where that is not known.
        intent: As it stands there.
        contact: The system's own id; "" for one that is to be made.
        at: When it was noted, in microseconds since 1970.
        is_left: Whether somebody was told already that its worker died.
    """

    id: str
    is_open: bool
    worker: str
    intent: bytes = field(repr=False)
    contact: str
    at: int
    is_left: bool

    @classmethod
    def of(cls, answer: Sequence[Any]) -> Row:
        """Read one row of the answer of `OPEN`."""
        name, is_open, worker, intent, contact, at, left = answer
        return cls(
            name.decode(), bool(is_open), worker.decode(), intent, contact.decode(), int(at), left is not None
        )


def locks_of(intent: Intent) -> list[str]:
    """Return the names of the locks under which a write is worked out and sent."""
    slug = intent.administration
    names = [f"key:{slug}:{intent.key}"] if intent.key else []
    return [*names, f"contact:{slug}:{intent.contact}"] if intent.contact is not None else names

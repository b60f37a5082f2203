"""Whether a book changed."""

import asyncio

import pytest

from gateway.ports.sharing import SharedAway
from gateway.sharing.pulse import Pulse, in_life
from tests.sharing.shelf import NAMES, told, workers


class Slow:
    """A link whose answers are let out one by one."""

    def __init__(self) -> None:
        self.life = "one"
        self.losses = 0
        self.asked = []

    async def do(self, job, *, patience=None):
        answer = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        return await answer


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_all_ask_at_once(server):
    """A hundred who ask at once, of two books, cost one question for each book."""
    async with workers(server, 1) as (one,):
        number = await one.book.tell({"7": told("7")})
        server.client.hset(one.places.meta, "epoch", 4)
        server.client.config_resetstat()

        read = await asyncio.gather(*(one.pulse.read(slug) for slug in ("shop", "depot") * 50))

        assert set(read[::2]) == {(number, 4)}
        assert set(read[1::2]) == {(0, 0)}
        assert server.client.info("commandstats")["cmdstat_hmget"]["calls"] == 2


async def test_nobody_joins_a_question_under_way():
    """Who asks while a question is under way is answered by the next one, all of them together."""
    link = Slow()
    pulse = Pulse(link, NAMES)
    first = asyncio.create_task(pulse.read("shop"))
    await settle()
    later = [asyncio.create_task(pulse.read("shop")) for _ in range(3)]
    await settle()
    assert len(link.asked) == 1

    link.asked[0].set_result([[b"1", b"birth"], None])
    await settle()
    assert await first == (1, 0)
    assert not any(each.done() for each in later)

    link.asked[1].set_result([[b"2", b"birth"], b"3"])
    assert await asyncio.gather(*later) == [(2, 3)] * 3
    assert len(link.asked) == 2


async def test_who_gives_up_leaves_the_question_to_the_others():
    """One of those who asked at once is cancelled; the others are answered."""
    link = Slow()
    pulse = Pulse(link, NAMES)
    first, second = [asyncio.create_task(pulse.read("shop")) for _ in range(2)]
    await settle()

    first.cancel()
    await settle()
    link.asked[0].set_result([[b"1", b"birth"], None])

    assert await second == (1, 0)
    assert first.cancelled()


async def test_all_hear_that_redis_is_away():
    """All who asked at once are told that nobody knows, and the next question is a new one."""
    link = Slow()
    pulse = Pulse(link, NAMES)
    asking = [asyncio.create_task(pulse.read("shop")) for _ in range(2)]
    await settle()
    link.asked[0].set_exception(SharedAway("away"))
    assert [type(each) for each in await asyncio.gather(*asking, return_exceptions=True)] == [SharedAway] * 2

    again = asyncio.create_task(pulse.read("shop"))
    await settle()
    link.asked[1].set_result([[None, None], None])
    assert await again == (0, 0)


async def test_a_question_to_a_server_that_is_replaced():
    """Where another server takes the place of the one that was meant the question is put to that one."""
    link = Slow()
    asked = []

    async def do(job, *, patience=None):
        answer = await job(None)
        link.life = "two"
        return answer

    async def job(redis, life):
        asked.append(life)
        return life

    link.do = do
    assert await in_life(link, job) == ("two", "two")
    assert asked == ["one", "two"]


async def test_a_server_that_is_replaced_again_and_again():
    """A Redis that is another one after each question is as good as none."""
    link = Slow()

    async def do(job, *, patience=None):
        link.life += "."
        return await job(None)

    async def job(redis, life):
        return life

    link.do = do
    with pytest.raises(SharedAway):
        await in_life(link, job)

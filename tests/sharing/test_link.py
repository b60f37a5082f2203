"""The way to Redis: what it does while Redis is killed, hung, full or replaced, and for many at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.exceptions import NoScriptError, ResponseError

from gateway.domain.secret import Secret
from gateway.ports import SharedAway
from gateway.sharing.link import AGAIN, CONNECTIONS, LATE, PATIENCE, TRIES, Link
from gateway.telemetry import Instruments
from tests.sharing.server import redis_server
from tests.sharing.worker import Stopwatch, until

COUNT = "redis.call('INCR', KEYS[1]) return redis.call('GET', KEYS[1])"


@asynccontextmanager
async def linked(server, **facts) -> AsyncIterator[Link]:
    url = server if isinstance(server, Secret) else server.secret
    link = Link(url, **facts)
    try:
        yield link
    finally:
        await link.close()


def asking(number: int):
    """Return a question that has an answer of its own."""
    return lambda redis: redis.echo(str(number))


async def outcomes(link: Link, count: int) -> list[bool | None]:
    """Ask many questions at once; each is answered rightly (True), wrongly (False) or not (None)."""

    async def ask(number: int) -> bool | None:
        try:
            return await link.do(asking(number)) == str(number).encode()
        except SharedAway:
            return None

    return await asyncio.gather(*(ask(number) for number in range(count)))


async def test_a_thousand_at_once(server):
    """A thousand questions go over a bounded pool: none is turned away, none gets another's answer."""
    async with linked(server) as link:
        assert await outcomes(link, 1000) == [True] * 1000
        assert len(server.client.client_list()) <= CONNECTIONS + 1
        assert (link.is_up, link.losses, link.away_for) == (True, 0, 0.0)
        assert link.life == server.client.info("server")["run_id"]


@pytest.mark.parametrize("state", ["killed", "hung"])
async def test_a_thousand_at_once_without_redis(state):
    """While it is away nobody waits for others' turns, and afterwards each gets its own answer again."""
    instruments = Instruments()
    with redis_server() as server:
        async with linked(server, instruments=instruments) as link:
            assert await outcomes(link, 1000) == [True] * 1000
            {"killed": server.kill, "hung": server.hang}[state]()
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert await outcomes(link, 5000) == [None] * 5000
            # One after the other they would wait for half a minute.
            assert loop.time() - began < 5000 / CONNECTIONS * PATIENCE / 2
            assert (link.is_up, link.losses) == (False, 1)
            assert instruments.meters.registry.get_sample_value("gateway_shared_up") == 0.0
            {"killed": server.start, "hung": server.go_on}[state]()
            await until(lambda: link.do(asking(1)))
            assert await outcomes(link, 1000) == [True] * 1000
            assert (link.is_up, link.losses) == (True, 1 + (state == "killed"))


async def test_while_it_is_away_one_asks_at_a_time(server):
    """After a failure nothing is sent for a moment, and then one question, whose end all others wait for."""
    clock, tried = Stopwatch(), []

    async def fails(redis) -> None:
        tried.append(1)
        await asyncio.sleep(0)
        raise ConnectionRefusedError

    async with linked(server, seconds=clock) as link:

        async def all_fail() -> int:
            tried.clear()
            failed = await asyncio.gather(*(link.do(fails) for _ in range(100)), return_exceptions=True)
            assert {type(each) for each in failed} == {SharedAway}
            return len(tried)

        assert await all_fail() <= CONNECTIONS
        assert await all_fail() == 0
        clock.ahead += 2 * AGAIN
        assert await all_fail() == 1
        clock.ahead += 2 * AGAIN
        assert await link.do(asking(1)) == b"1"
        assert link.is_up
        assert await outcomes(link, 100) == [True] * 100


async def test_full(server):
    """A full Redis answers questions and is away for whatever it has to keep, in a script too."""
    async with linked(server) as link:
        script = link.script(COUNT)
        server.fill()
        for job in (
            lambda redis: redis.set("a", 1),
            lambda redis: script(keys=["a"], client=redis),
        ):
            with pytest.raises(SharedAway):
                await link.do(job)
            await until(lambda: link.do(asking(1)))
        server.empty()
        await until(lambda: link.do(lambda redis: script(keys=["a"], client=redis)))
        assert server.client.get("a") == b"1"


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        pytest.param(NoScriptError("NOSCRIPT No matching script."), True, id="no-script"),
        pytest.param(ResponseError("LOADING Redis is loading"), True, id="loading"),
        pytest.param(ResponseError("Error running script: @user_script:1: -OOM command"), True, id="older"),
        pytest.param(ResponseError("WRONGTYPE Operation against a key"), False, id="mistake"),
        pytest.param(KeyError("a"), False, id="slip"),
    ],
)
async def test_mistakes_are_not_taken_for_a_state_of_redis(server, error, is_away):
    """What is wrong with a question is told as it is; what is wrong with Redis is that it is away."""

    async def fails(redis) -> None:
        raise error

    async with linked(server) as link:
        with pytest.raises(SharedAway if is_away else type(error)):
            await link.do(fails)
        assert link.is_up is not is_away


async def test_a_replaced_server_is_noticed():
    """Another server behind the same address has another name, and what the old one was told is lost."""
    with redis_server() as server:
        async with linked(server) as link:
            script = link.script(COUNT)
            assert await link.do(lambda redis: script(keys=["a"], client=redis)) == b"1"
            before = link.life
            server.kill()
            server.start()
            await until(lambda: link.do(lambda redis: script(keys=["a"], client=redis)))
            assert link.life not in ("", before)
            assert link.losses >= 1
            assert server.client.get("a") == b"1"


async def test_who_stood_still_asks_once_more(server):
    """Where this process, and not Redis, was slow, a question is put again, and may be carried out twice."""
    clock, asked = Stopwatch(), []

    async def job(redis) -> bytes:
        asked.append(await redis.set("token", "t", nx=True))
        if len(asked) == 1:
            clock.ahead += 2 * LATE * PATIENCE
            await asyncio.sleep(60)
        return await redis.get("token")

    async with linked(server, seconds=clock) as link:
        assert await link.do(job) == b"t"
        assert (asked, link.is_up, link.losses) == ([True, None], True, 0)


async def test_a_slow_answer_among_others_is_waited_for(server):
    """While Redis answers others it is not away, and a question that was late is put again, three times."""
    asked = []

    async def late(redis) -> None:
        asked.append(1)
        await asyncio.sleep(60)

    async with linked(server) as link:
        task = asyncio.create_task(link.do(late))
        while not task.done():
            assert link.is_up
            with suppress(SharedAway):
                await link.do(asking(1))
        assert isinstance(task.exception(), SharedAway)
        assert len(asked) == TRIES
        await until(lambda: link.do(asking(1)))


async def test_who_is_stopped_leaves_no_answer_to_others(server):
    """A caller that goes away while it waits for its answer does not leave it to the next one."""
    async with linked(server) as link:
        for steps in range(40):
            tasks = [asyncio.create_task(link.do(asking(-1))) for _ in range(CONNECTIONS + 5)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert await outcomes(link, 50) == [True] * 50
        assert link.is_up


@asynccontextmanager
async def going_dark(port: int) -> AsyncIterator[tuple[int, list[int]]]:
    """Stand before a server; connections up to the number in the list get no answer, as from the dead."""
    dark, opened, tasks = [0], [0], set()

    async def pass_on(number: int, source, target) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if number > dark[0]:
                    target.write(data)

    async def accept(reader, writer) -> None:
        opened[0] += 1
        number = opened[0]
        tasks.add(asyncio.current_task())
        behind, ahead = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pass_on(number, reader, ahead), pass_on(number, behind, writer))
        finally:
            ahead.close()
            writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as front:
        yield front.sockets[0].getsockname()[1], dark
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_server_whose_machine_is_gone_costs_one_wait(server):
    """Where another server answers at the address, connections to the dead one are not tried one by one."""
    async with going_dark(server.port) as (port, dark), linked(Secret(f"redis://127.0.0.1:{port}/0")) as link:
        assert await outcomes(link, 1000) == [True] * 1000
        dark[0] = 10_000
        assert await link_fails(link)
        dark[0] = CONNECTIONS
        await until(lambda: link.do(asking(1)))
        assert await outcomes(link, 1000) == [True] * 1000
        assert link.losses == 1


async def link_fails(link: Link) -> bool:
    """Return whether a question finds no answer."""
    return await outcomes(link, 1) == [None]

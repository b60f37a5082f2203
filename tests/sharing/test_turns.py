"""One renewal of a book at a time."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from gateway.domain.errors import BackendUnavailable, CredentialsRejected, RateLimited
from gateway.ports.sharing import Ended, Turn
from tests.sharing.shelf import NOW, Twice, book_of, listed, shown, told, worker, workers


async def test_a_turn_that_was_lost_tells_nothing(server):
    """Under a turn that is another worker's by now nothing is taken, from the middle of a telling on."""
    async with workers(server) as (one, two):
        turn = await one.book.take_turn()

        class Rows(dict):
            def items(self):
                for at, row in enumerate(super().items()):
                    if at == 501:
                        server.client.delete(one.places.turn)
                    yield row

        rows: Mapping = Rows(book_of(1500))
        assert await one.book.tell(rows, listed=listed(), turn=turn) is None

        assert 0 < len(await shown(two.book)) < 1500
        assert await two.book.is_empty()
        following = await two.book.take_turn()
        assert await one.book.tell({"1": told("1", "Stale")}, turn=turn) is None
        assert await one.book.tell({}, listed=listed(), turn=turn) is None
        assert await two.book.tell(book_of(1500), listed=listed(), turn=following)


async def test_one_turn_at_a_time(server):
    """The first who asks has the turn, the others learn which it is; the next one has a larger number."""
    async with workers(server, 3) as (one, two, three):
        turn = await one.book.take_turn()
        assert turn.is_mine
        assert [await each.book.take_turn() for each in (one, two, three)] == [Turn(turn.number, False)] * 3

        await one.book.end_turn(turn, None)

        following = await two.book.take_turn()
        assert following.is_mine
        assert following.number > turn.number


async def test_who_waits_hears_how_a_turn_ended(server):
    """A worker that waits for another's turn goes on when that is over, and is told what went wrong."""
    async with workers(server) as (one, two):
        turn = await one.book.take_turn()
        waiting = asyncio.create_task(two.book.ended(await two.book.take_turn()))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        facts = {"system": "toy", "administration": "shop", "retry_after": NOW + timedelta(seconds=9)}

        await one.book.end_turn(turn, RateLimited("No more calls.", retryable=False, **facts))

        ended = await waiting
        assert not ended.is_lost
        assert type(ended.problem) is RateLimited
        assert (ended.problem.message, ended.problem.retryable) == ("No more calls.", False)
        assert {name: getattr(ended.problem, name) for name in facts} == facts


async def test_a_turn_that_went_well(server):
    """Nothing is told to be wrong of a turn that ended well."""
    async with workers(server) as (one, two):
        turn = await one.book.take_turn()
        await one.book.end_turn(turn, None)

        assert await two.book.ended(turn) == Ended()


async def test_a_worker_that_stands_still_loses_its_turn(server):
    """A turn whose worker's heart does not beat is lost, and its end is told by nobody."""
    async with workers(server) as (one, two):
        turn = await one.book.take_turn()

        assert await two.book.ended(turn) == Ended(is_lost=True)

        following = await two.book.take_turn()
        assert following.is_mine
        server.client.persist(two.places.turn)
        await one.book.end_turn(turn, CredentialsRejected("no"))
        assert (await one.book.take_turn()) == Turn(following.number, False)
        assert await one.book.tell({"1": told("1")}, turn=turn) is None
        await two.book.end_turn(following, None)
        assert await one.book.ended(turn) == Ended()


async def test_a_turn_of_long_ago(server):
    """Of a turn that another one followed is told how the last one ended."""
    async with workers(server) as (one, two):
        lost = await one.book.take_turn()
        server.client.delete(one.places.turn)
        following = await two.book.take_turn()
        assert await one.book.ended(lost) == Ended(is_lost=True)

        await two.book.end_turn(following, BackendUnavailable("no"))

        ended = await one.book.ended(lost)
        assert not ended.is_lost
        assert type(ended.problem) is BackendUnavailable


async def test_a_heart_keeps_a_turn(server):
    """A turn is renewed with every beat, and no more once it is over."""
    async with workers(server, 1) as (one,):
        turn = await one.book.take_turn()
        server.client.pexpire(one.places.turn, 60_000)
        await one.leases.beat()
        assert 0 < server.client.pttl(one.places.turn) <= 3000

        await one.book.end_turn(turn, None)
        assert not server.client.exists(one.places.turn)
        assert not one.leases.holds(one.places.turn)


async def test_a_turn_is_taken_once(server):
    """Where taking and ending are done twice it is one turn all the same."""
    async with workers(server, 1) as (one,):
        late = worker(Twice(one.link))

        turn = await late.book.take_turn()

        assert turn.is_mine
        assert await one.book.take_turn() == Turn(turn.number, False)
        await late.book.end_turn(turn, CredentialsRejected("no"))
        assert type((await one.book.ended(turn)).problem) is CredentialsRejected


async def test_a_renewal_that_fails_is_news(server):
    """All are told that a renewal failed, and that one went well again; the same again is no news."""
    async with workers(server) as (one, two):
        await two.book.news()
        told_of = []
        for problem in (None, RateLimited("no"), RateLimited("no"), CredentialsRejected("no"), None, None):
            await one.book.end_turn(await one.book.take_turn(), problem)
            news = await two.book.news()
            told_of.append(news and type(news.problem))

        assert told_of == [None, RateLimited, None, CredentialsRejected, type(None), None]
        assert await two.book.is_empty()
        await one.book.news()
        await one.book.end_turn(await one.book.take_turn(), RateLimited("no"))
        assert await one.book.news() is None


async def test_a_problem_that_cannot_be_told(server):
    """A problem that has no form, or that cannot be read, is one all the same."""
    async with workers(server) as (one, two):
        turn = await one.book.take_turn()
        await one.book.end_turn(turn, CredentialsRejected("half \ud83d"))
        assert type((await two.book.ended(turn)).problem) is BackendUnavailable

        server.client.hset(one.places.book, "problem", b"not made by a worker")
        assert type((await two.book.ended(turn)).problem) is BackendUnavailable

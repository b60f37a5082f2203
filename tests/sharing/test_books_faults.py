"""A book whose Redis is away, full, or another one."""

import time

import pytest

from gateway.ports.sharing import News, SharedAway
from tests.sharing.server import redis_server
from tests.sharing.shelf import NOTHING, book_of, listed, shown, told, workers


async def test_another_server_knows_nothing():
    """A server that takes the place of another has books of its own, with larger numbers, and no turn."""
    with redis_server() as server:
        async with workers(server) as (one, two):
            turn = await one.book.take_turn()
            number = await one.book.tell(book_of(3), listed=listed(), turn=turn)
            await two.book.news()
            server.kill()
            with pytest.raises(SharedAway):
                await two.book.news()
            server.start()

            assert await back(two.book) == NOTHING
            assert await one.book.tell({"1": told("1")}, turn=turn) is None
            assert await one.book.is_empty()
            assert await one.book.tell({"1": told("1")}) > number
            assert (await two.book.take_turn()).number > turn.number
            assert await shown(two.book) == {"1": "Acme"}


async def test_a_server_that_hung_tells_all_anew():
    """After Redis did not answer the first news is whole: what a worker did alone may not be in it."""
    with redis_server() as server:
        async with workers(server, 2, patience=1.0) as (one, two):
            await one.book.tell(book_of(3), listed=listed())
            assert len(await shown(two.book)) == 3
            server.hang()
            with pytest.raises(SharedAway):
                await two.book.news()
            server.go_on()

            news = await back(two.book)

            assert news
            assert news.whole
            assert len(news.rows) == 3


async def test_a_full_server_takes_nothing():
    """A Redis that is full refuses what is told, and still tells what it knows."""
    with redis_server() as server:
        async with workers(server) as (one, two):
            await one.book.tell(book_of(3), listed=listed())
            server.fill()
            with pytest.raises(SharedAway):
                await one.book.tell({"1": told("1", "Newer")})
            server.empty()

            assert len(await shown(two.book)) == 3


async def back(book) -> News | None:
    until = time.monotonic() + 30
    while True:
        try:
            return await book.news()
        except SharedAway:
            assert time.monotonic() < until

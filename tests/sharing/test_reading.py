"""What changed in a book, or all of it."""

import pytest

from gateway.ports.sharing import News
from tests.sharing.shelf import NOTHING, Twice, book_of, listed, shown, told, worker, workers


async def test_a_forgotten_book_is_told_whole(server):
    """A worker that holds something else than the others is told everything anew, also of its own telling."""
    async with workers(server, 1) as (one,):
        await one.book.news()
        await one.book.tell(book_of(3), listed=listed())
        assert await one.book.news() is None

        one.book.forget()

        news = await one.book.news()
        assert news
        assert news.whole
        assert len(news.rows) == 3
        assert one.book.number == news.number


async def test_forgetting_while_a_book_is_read(server):
    """What is being read when all is forgotten does not count as known."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(3), listed=listed())
        reading = worker(Twice(two.link))
        times = []

        async def forget():
            times.append(1)
            if len(times) == 3:
                reading.book.forget()

        reading.link.between = forget
        assert await shown(reading.book)
        assert len(times) > 3

        news = await reading.book.news()
        assert news
        assert news.whole
        assert await reading.book.news() is None


@pytest.mark.parametrize(
    ("changed", "whole"), [(150, False), (201, True)], ids=["few of a small book", "many, and more than half"]
)
async def test_much_that_changed_is_told_whole(changed, whole, server):
    """Where more than half of a book changed, it is told as a whole, unless that is few."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(250), listed=listed())
        await two.book.news()
        await one.book.tell(book_of(changed, "Newer"))

        news = await two.book.news()

        assert news
        assert news.whole == whole
        assert len(news.rows) == (250 if whole else changed)


async def test_many_changes_are_told_in_full(server):
    """Changes that are more than are read in one step are told all, each with its own number."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(2500), listed=listed())
        await two.book.news()
        first = two.book.number
        numbers = {}
        for name, count in (("B", 1100), ("C", 700), ("D", 10)):
            last = await one.book.tell(book_of(count, name))
            numbers[name] = last

        news = await two.book.news()

        assert news
        assert not news.whole
        assert news.number == numbers["D"] == first + 5 + 3 + 1
        told_names = {key: row.contact.display_name for key, (_, row) in news.rows.items()}
        assert told_names == {str(at): "D" if at < 10 else "C" if at < 700 else "B" for at in range(1100)}
        assert all(first < number <= numbers[row.contact.display_name] for number, row in news.rows.values())


async def test_what_changes_while_a_book_is_read_is_told_next(server):
    """A change that comes while a book is read whole is in the next news, if not in this one."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(2000), listed=listed())
        reading = worker(Twice(two.link))
        held: dict[str, str] = {}

        async def change():
            if len(changed) < 8:
                changed.append(await one.book.tell({str(len(changed)): told(str(len(changed)), "Newer")}))

        changed: list[int] = []
        reading.link.between = change
        held |= await shown(reading.book)
        held |= await shown(reading.book)

        assert len(changed) == 8
        assert held == {str(at): "Newer" if at < 8 else "Acme" for at in range(2000)}


@pytest.mark.parametrize("lost", ["rows", "changes"])
async def test_a_book_that_redis_lost_a_part_of(lost, server):
    """Where Redis let go of a part to make room the rest says nothing, and the next list makes a new book."""
    async with workers(server, 3) as (one, two, three):
        await one.book.tell(book_of(3), listed=listed())
        doubt = await one.book.doubt("")
        await two.book.news()
        server.client.delete(getattr(one.places, lost))

        assert await one.book.is_empty()
        assert await three.book.news() == News(0, whole=False, listed=None, rows={}, doubts={"": doubt})
        number = await one.book.tell({"5": told("5", "Only")}, listed=listed())
        assert number > doubt
        for each in (one, two, three):
            assert await shown(each.book) == {"5": "Only"}


async def test_a_book_of_another_key(server):
    """A book that was made with another key is let go of, and none of it is shown."""
    async with workers(server, 1, key="an older key of thirty-two letters!") as (old,):
        await old.book.tell(book_of(3), listed=listed())
        async with workers(server, 1, key="the newer key of thirty-two letters") as (new,):
            assert await new.book.is_empty()
            assert await new.book.news() == NOTHING
            assert await new.book.tell({"5": told("5", "Only")}, listed=listed())
            new.book.forget()
            assert await shown(new.book) == {"5": "Only"}


async def test_a_book_that_is_let_go_of_while_it_is_read(server):
    """What was read of a book that is replaced meanwhile is not mixed with the one that takes its place."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(2000), listed=listed())
        reading = worker(Twice(two.link))
        times = []

        async def replace():
            times.append(1)
            if len(times) == 5:
                server.client.delete(one.places.rows)
                await one.book.tell(book_of(1500, "Newer"), listed=listed())

        reading.link.between = replace

        assert await shown(reading.book) == dict.fromkeys(map(str, range(1500)), "Newer")


async def test_a_book_that_is_let_go_of_page_by_page(server):
    """That is so as well of a book that is read change by change."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(4000), listed=listed())
        reading = worker(Twice(two.link))
        await reading.book.news()
        await one.book.tell(book_of(1500, "Newer"))
        times = []

        async def replace():
            times.append(1)
            if len(times) == 4:
                server.client.delete(one.places.rows)
                await one.book.tell(book_of(1200, "Newest"), listed=listed())

        reading.link.between = replace

        news = await reading.book.news()
        assert news
        assert news.whole
        assert {row.contact.display_name for _, row in news.rows.values()} == {"Newest"}
        assert len(news.rows) == 1200


async def test_what_a_worker_tells_while_it_reads_comes_back(server):
    """Of what a worker tells while it reads a book whole it is told again: it may not be in what was read."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(2000), listed=listed())
        reading = worker(Twice(two.link))
        await reading.book.news()
        await one.book.tell(book_of(2000, "Newer"))
        times = []

        async def write():
            times.append(1)
            if len(times) == 5:
                reading.link.between = None
                await reading.book.tell({"7": told("7", "Written", written=True)})
                doubt.append(await reading.book.doubt("8"))

        doubt: list[int] = []
        reading.link.between = write
        news = await reading.book.news()
        assert news
        assert news.whole
        assert (len(doubt), news.doubts) == (1, {})

        again = await reading.book.news()
        assert again
        assert not again.whole
        assert {key: row.contact.display_name for key, (_, row) in again.rows.items()} == {"7": "Written"}
        assert again.doubts == {"8": doubt[0]}
        assert await reading.book.news() is None


async def test_a_book_that_is_listed_while_its_changes_are_read(server):
    """The first news of a book that is listed at this moment is the whole one."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(3))
        reading = worker(Twice(two.link))
        times = []

        async def list_it():
            times.append(1)
            if len(times) == 3:
                await one.book.tell(book_of(5, "Listed"), listed=listed())

        reading.link.between = list_it

        news = await reading.book.news()
        assert news
        assert news.whole
        assert len(news.rows) == 5

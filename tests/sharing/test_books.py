"""What workers tell one another of a book."""

from gateway.ports.sharing import News, Told
from tests.sharing.shelf import NOTHING, Twice, book_of, comes, listed, shown, told, worker, workers


async def test_what_one_tells_all_know(server):
    """A contact that one worker tells of is the others' next news, and no news to itself."""
    async with workers(server, 3) as (one, *others):
        for each in (one, *others):
            await each.book.news()

        number = await one.book.tell({"7": told("7", "Bakery", version="v2", written=True)})

        for each in others:
            news = await each.book.news()
            assert news == News(
                number, False, None, {"7": (number, told("7", "Bakery", version="v2", written=True))}, {}
            )
            assert await each.book.news() is None
            assert each.book.number == number
        assert await one.book.news() is None
        assert one.book.number == number


async def test_a_book_that_nobody_told_of(server):
    """Of a book that Redis knows nothing of that is told once, and it is empty."""
    async with workers(server) as (one, two):
        assert await one.book.news() == NOTHING
        assert await one.book.news() is None
        assert await two.book.news() == NOTHING
        assert await one.book.is_empty()
        assert one.book.number == 0
        assert await one.book.tell({}) == 0
        assert await one.book.is_empty()


async def test_books_are_apart(server):
    """What is told of one book is no news of another."""
    async with workers(server) as (one, two):
        await one.book.tell({"7": told("7")}, listed=listed())

        assert await two.books.book("depot").news() == NOTHING
        assert await two.books.book("depot").is_empty()


async def test_the_first_news_is_whole(server):
    """A worker that begins is told of all there is: contacts, those gone left out, the list and doubts."""
    async with workers(server) as (one, two):
        list_told = listed(5, left_out=2, expected=9)
        await one.book.tell({**book_of(3), "gone": told("gone")}, listed=list_told)
        last = await one.book.tell({"gone": Told(None)})
        doubt = await one.book.doubt("1")

        news = await two.book.news()

        assert news
        assert news.whole
        assert (news.number, news.listed, news.doubts) == (doubt, list_told, {"1": doubt})
        assert {key: row for key, (_, row) in news.rows.items()} == book_of(3)
        assert {number for number, _ in news.rows.values()} == {last - 1}
        assert not await two.book.is_empty()


async def test_single_changes_are_no_book(server):
    """Where no list was told of, what there is takes the place of nothing, and the book is empty."""
    async with workers(server) as (one, two):
        await one.book.tell(book_of(300))

        news = await two.book.news()

        assert news
        assert not news.whole
        assert len(news.rows) == 300
        assert news.listed is None
        assert await two.book.is_empty()


async def test_details_do_not_override_what_changed_since(server):
    """Details of a contact that changed after they were asked for are left, and the teller hears of it."""
    async with workers(server) as (one, two):
        since = await one.book.tell({"1": told("1", "Old"), "2": told("2", "Old")})
        await two.book.news()
        await one.book.tell({"1": told("1", "Written", written=True)})

        await two.book.tell({"1": told("1", "Stale"), "2": told("2", "Details")}, since=since)

        assert await shown(two.book) == {"1": "Written", "2": "Details"}
        assert await shown(one.book) == {"1": "Written", "2": "Details"}


async def test_what_was_left_comes_back_even_if_it_was_known(server):
    """A worker that tells of what it knows to be older hears of the newer, though nothing else changed."""
    async with workers(server, 1) as (one,):
        await one.book.news()
        since = await one.book.tell({"1": told("1", "Old")})
        await one.book.tell({"1": told("1", "Written", written=True)})
        assert await one.book.news() is None

        await one.book.tell({"1": told("1", "Stale")}, since=since)

        assert await shown(one.book) == {"1": "Written"}
        assert await one.book.news() is None


async def test_what_was_left_comes_back_if_that_was_not_heard(server):
    """That is so as well where a worker did not hear the answer that told what was left."""
    async with workers(server, 1) as (one,):
        late = worker(Twice(one.link))
        await late.book.news()
        since = await late.book.tell({"1": told("1", "Old")})
        await late.book.tell({"1": told("1", "Written", written=True)})
        await late.book.news()
        assert await late.book.news() is None

        await late.book.tell({"1": told("1", "Stale")}, since=since)

        assert await shown(late.book) == {"1": "Written"}


async def test_a_list_does_not_override_what_was_written_since(server):
    """A list leaves contacts that were written after it was asked for, and takes the place of all others."""
    async with workers(server) as (one, two):
        since = await one.book.tell({key: told(key, "Old") for key in "1234"})
        await one.book.tell({"1": told("1", "Written", written=True), "2": told("2", "Read")})
        late = await one.book.tell({"3": told("3", "Written", written=True)})
        await one.book.tell({"3": told("3", "Read after")}, since=late)

        # More rows than are told in one step: the rule is the same in each.
        more = {f"more {at}": told(f"more {at}") for at in range(600)}
        rows = {**{key: told(key, "Listed") for key in "1234"}, **more}
        await one.book.tell(rows, listed=listed(since), since=since)

        names = await shown(two.book)
        assert len(names) == 604
        assert {key: names[key] for key in "1234"} == {
            "1": "Written",
            "2": "Listed",
            "3": "Read after",
            "4": "Listed",
        }


async def test_a_write_is_listed_in_the_end(server):
    """A list that was asked for after a write takes its place, and the contact is no written one any more."""
    async with workers(server) as (one, two):
        since = await one.book.tell({"1": told("1", "Written", written=True)})

        await two.book.tell({"1": told("1", "Listed")}, listed=listed(since), since=since)

        news = await one.book.news()
        assert news
        assert news.rows["1"][1] == told("1", "Listed")


async def test_details_of_a_written_contact_stay_newer_than_a_list(server):
    """What is read after a write counts as written: who is told sees what an older list must not change."""
    async with workers(server) as (one, two):
        since = await one.book.tell({"1": told("1", "Written", written=True)})
        await one.book.tell({"1": told("1", "Details")}, since=since)

        news = await two.book.news()

        assert news
        assert news.rows["1"][1] == told("1", "Details", written=True)


async def test_a_list_ends_older_doubts(server):
    """A list ends the doubts from before it was asked for, and none after."""
    async with workers(server) as (one, two):
        before = await one.book.doubt("")
        after = await one.book.doubt("7")
        await one.book.tell(book_of(600), listed=listed(before))

        news = await two.book.news()

        assert before < after
        assert news
        assert news.doubts == {"7": after}


async def test_a_write_ends_the_doubt_of_its_contact(server):
    """Once a contact is told of as written, it alone is in doubt no more."""
    async with workers(server) as (one, two):
        await two.book.news()
        left = await one.book.doubt("8")
        await one.book.doubt("7")
        await one.book.tell({"7": told("7", written=True)})

        news = await two.book.news()

        assert news
        assert news.doubts == {"8": left}


async def test_a_doubt_is_news(server):
    """A doubt is told to all others, and details that were read before it are left as they are."""
    async with workers(server) as (one, two):
        await two.book.tell({"7": told("7", "Old")}, listed=listed())
        for each in (one, two):
            await each.book.news()
        since = two.book.number

        number = await one.book.doubt("7")

        assert await one.book.news() is None
        await two.book.tell({"7": told("7", "Read before")}, since=since)
        news = await two.book.news()
        assert news
        assert news.doubts == {"7": number}
        assert news.rows["7"][1] == told("7", "Old")
        await two.book.tell({"7": told("7", "Read after")}, since=number)
        assert await shown(one.book) == {"7": "Read after"}


async def test_a_contact_that_is_gone(server):
    """Of a contact that is gone all are told, and an older list does not bring it back."""
    async with workers(server) as (one, two):
        since = await one.book.tell(book_of(2), listed=listed())
        await two.book.news()
        gone = Told(None, written=True)
        number = await one.book.tell({"1": gone})

        news = await two.book.news()
        assert news
        assert dict(news.rows) == {"1": (number, gone)}

        await two.book.tell(book_of(2, "Listed"), listed=listed(since), since=since)
        two.book.forget()
        assert await shown(two.book) == {"0": "Listed"}


async def test_nothing_is_told_twice(server):
    """What is done twice, since the first answer was not heard, overrides nothing that came in between."""
    async with workers(server) as (one, two):
        first = await one.book.tell({"1": told("1")}, listed=listed())
        late = worker(Twice(two.link))
        await late.book.news()
        numbers = []

        async def write():
            numbers.append(await one.book.tell({"1": told("1", "Newest", written=True)}))

        late.link.between = write
        number = await late.book.tell({"1": told("1", "Written", written=True)})
        late.link.between = None

        assert (number, numbers) == (first + 1, [first + 2])
        assert await shown(late.book) == {"1": "Newest"}
        assert await late.book.doubt("") == first + 3
        assert await late.book.tell({}, listed=listed()) == first + 4


async def test_one_worker_leads(server):
    """One worker leads a book, and when its heart stops another one takes its place."""
    async with workers(server, 3) as (one, two, three):
        await one.books.lead()
        await two.books.lead()
        assert [each.book.leads for each in (one, two, three)] == [True, False, False]

        # The first one's heart does not beat.
        async with three.leases.beating(), three.books.leading():
            assert await comes(lambda: three.book.leads)
            assert not one.book.leads
            assert await comes(lambda: three.books.book("depot").leads)


async def test_everything_has_an_end(server):
    """Nothing is kept for ever; the leader has a book kept on."""
    async with workers(server, 1) as (one,):
        await one.book.tell(book_of(3), listed=listed())
        await one.book.doubt("")
        await one.book.take_turn()
        await one.books.lead()
        keys = list(server.client.scan_iter())
        assert len(keys) >= 7
        assert [key for key in keys if server.client.pttl(key) < 0] == []
        server.client.pexpire(one.places.book, 10_000)

        async with one.books.leading():
            assert await comes(lambda: server.client.pttl(one.places.book) > 60_000)

"""Looking for contacts of one book: how often its system is asked, and what becomes of what it finds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.directory import Directory, ListQuery
from gateway.directory.criteria import Criteria
from gateway.directory.index import Index
from gateway.directory.paging import PageRequest
from gateway.directory.questions import MOST
from gateway.directory.snapshot import Snapshot
from gateway.domain.errors import NotLoaded
from gateway.domain.question import Question
from gateway.flight import Deadline
from tests.directory.unloaded import AWAY, QUESTION, keys_of, read_list, shown, six
from tests.fakes import NOW, SEAL, FakeContacts, contact, turns

SPENT = NotLoaded("Moneybird is not asked for more now.")


@pytest.fixture
def contacts() -> FakeContacts:
    return six()


class TestOnce:
    """How often a system is asked."""

    async def test_at_once(self, book, contacts):
        """Many lists that ask the same at once ask the system once; another question is another."""
        gate = contacts.switch.shut("find")
        lists = [asyncio.create_task(read_list(book, search)) for search in ("N5", "N5", "N6", "N5")]
        await contacts.switch.until("find")
        await turns(50)
        gate.set()
        assert [shown(each) for each in await asyncio.gather(*lists)] == [["N5"], ["N5"], ["N6"], ["N5"]]
        assert sorted(each.words[0] for each in contacts.switch.asked("find")) == ["N5", "N6"]

    @pytest.mark.parametrize(
        ("seconds", "max_age", "times"),
        [
            pytest.param(300, None, 1, id="young"),
            pytest.param(301, None, 2, id="old"),
            pytest.param(10, 60, 1, id="young-enough"),
            pytest.param(61, 60, 2, id="older-than-asked"),
            pytest.param(0, 0, 2, id="asked-for-now"),
            pytest.param(-3600, None, 1, id="a-clock-put-back"),
        ],
    )
    async def test_again(self, book, contacts, clock, seconds, max_age, times):
        """A question is asked again when what it found is older than an answer may be."""
        await read_list(book)
        clock.move(seconds)
        assert shown(await read_list(book, max_age=max_age)) == ["N5"]
        assert len(contacts.switch.asked("find")) == times

    async def test_a_failure_is_no_answer(self, book, contacts):
        """A question that failed leaves the list as it is, and is asked again."""
        contacts.switch.failing["find"] = SPENT
        listing = await read_list(book)
        assert (shown(listing), listing.sources[0].problem) == ([], AWAY)
        contacts.switch.failing.pop("find")
        assert shown(await read_list(book)) == ["N5"]

    async def test_an_unforeseen_failure_too(self, book, contacts):
        """A broken adapter costs the list nothing but what it would have found."""
        contacts.switch.failing["find"] = KeyError("id")
        assert shown(await read_list(book)) == []

    async def test_what_is_remembered_has_bounds(self, book, contacts):
        """The oldest questions are forgotten."""
        await book.renew()
        for number in range(MOST + 1):
            await book.find(Question(words=(str(number),)), None)
        await book.find(Question(words=(str(MOST),)), None)
        await book.find(Question(words=("1",)), None)
        assert len(contacts.switch.asked("find")) == MOST + 1
        await book.find(Question(words=("0",)), None)
        assert len(contacts.switch.asked("find")) == MOST + 2


class TestJoining:
    """How what was found and what arrives come together."""

    async def test_the_rest_of_the_load(self, book, contacts, clock):
        """The load reads what was found as if it had not been, and the whole book has each once."""
        await read_list(book)
        contacts.book["5"] = contact("5", "N5 new", version="2")
        contacts.switch.failing.clear()
        clock.move(5)
        await book.renew()
        assert contacts.switch.asked("scan")[-1] == dict.fromkeys("1234", "1")
        assert (len(book.snapshot), book.snapshot.is_whole) == (6, True)
        assert book.snapshot.get("5")[0].display_name == "N5 new"

    async def test_found_and_gone(self, book, contacts):
        """What a list that was asked for later does not name is not shown, though it was found before."""
        await read_list(book)
        del contacts.book["5"]
        contacts.book |= {key: contact(key, f"N{key}") for key in "789"}
        contacts.switch.failing = {"part 8": AWAY}
        gate = contacts.switch.shut("part 6")
        renewing = asyncio.create_task(book.renew())
        await contacts.switch.until("part 6")
        assert keys_of(book) == set("12345")
        gate.set()
        await renewing
        assert keys_of(book) == set("123467")

    @pytest.mark.parametrize(
        ("seconds", "expected"),
        [
            pytest.param(1, "N5", id="later"),
            pytest.param(0, "N4", id="same"),
            pytest.param(-1, "N4", id="earlier"),
        ],
    )
    async def test_two_states(self, book, contacts, seconds, expected):
        """Of a contact that arrived and was found the state that was changed last is shown."""
        await book.renew()
        changed = contact("4", "N5", updated_at=NOW + timedelta(seconds=seconds))
        contacts.finds = lambda _: [changed]
        await read_list(book)
        assert book.usable().get("4")[0].display_name == expected

    async def test_written_while_it_is_looked_for(self, book, contacts):
        """What is written, or deleted, while the system looks is shown as the write left it."""
        await book.renew()
        gate = contacts.switch.shut("find")
        contacts.finds = lambda _: [contact("5", "N5 before"), contact("6", "N6 before"), contact("7", "N7")]
        looking = asyncio.create_task(book.find(QUESTION, None))
        await contacts.switch.until("find")
        await book.put("5", contact("5", "N5 after"))
        await book.put("6", None)
        gate.set()
        await looking
        assert keys_of(book) == set("123457")
        assert book.usable().get("5")[0].display_name == "N5 after"

    async def test_written_after_it_was_found(self, book, contacts):
        """A write of what was found is newer than it, and than a load that was asked for before the write."""
        contacts.switch.failing["scan"] = AWAY
        await read_list(book)
        await book.put("5", contact("5", "N5 written"))
        contacts.switch.failing.clear()
        gate = contacts.switch.shut("part 5")
        renewing = asyncio.create_task(book.renew())
        await contacts.switch.until("part 5")
        assert book.usable().get("5")[0].display_name == "N5 written"
        await book.put("5", contact("5", "N5 after"))
        assert book.usable().get("5")[0].display_name == "N5 after"
        gate.set()
        await renewing
        assert book.snapshot.get("5")[0].display_name == "N5 after"

    async def test_written_before_it_is_looked_for(self, book, contacts):
        """A load that was asked for before a write shows the write, whatever was looked for in between."""
        contacts.switch.failing.clear()
        gate = contacts.switch.shut("part 5")
        renewing = asyncio.create_task(book.renew())
        await contacts.switch.until("part 5")
        await book.put("1", contact("1", "N1 after"))
        await book.find(QUESTION, None)
        gate.set()
        await renewing
        assert book.snapshot.get("1")[0].display_name == "N1 after"

    async def test_deleted_while_it_is_looked_for(self, book, contacts):
        """What was deleted meanwhile stays gone, though nothing is left of it in the part that is held."""
        book.snapshot = Snapshot(Index(), {}, NOW, expected=6)
        gate = contacts.switch.shut("find")
        looking = asyncio.create_task(book.find(QUESTION, None))
        await contacts.switch.until("find")
        await book.put("5", None)
        book.snapshot = book.snapshot.folded()
        gate.set()
        await looking
        assert keys_of(book) == set()

    async def test_in_doubt(self, book, contacts):
        """What may have been written is not shown as it was found."""
        await book.renew()
        await book.doubt("5")
        await book.find(QUESTION, None)
        assert keys_of(book) == set("1234")

    async def test_a_part_that_a_restart_left(self, book, contacts):
        """What is found joins the part of a book that was saved; who was deleted since stays so."""
        book.snapshot = Snapshot(Index(), {}, NOW, expected=6)
        await book.put("6", None)
        contacts.finds = lambda _: [contact("5", "N5"), contact("6", "N6")]
        contacts.switch.failing["scan"] = AWAY
        assert shown(await read_list(book)) == ["N5"]
        assert keys_of(book) == {"5"}
        contacts.switch.failing.clear()
        del contacts.book["6"]
        await book.renew()
        assert (keys_of(book), book.snapshot.is_whole) == (set("12345"), True)

    async def test_pages(self, book, contacts):
        """A cursor stays good when contacts join in between."""
        directory = Directory({"shop": book}, SEAL)
        query = ListQuery(("shop",), PageRequest(2), None, frozenset({"displayName"}), Criteria())
        first = await directory.list(query, Deadline(60))
        assert shown(first) == ["N1", "N2"]
        await book.find(QUESTION, None)
        after = replace(query, page=PageRequest(4, after=first.rows[-1].place))
        assert shown(await directory.list(after, Deadline(60))) == ["N3", "N4", "N5"]

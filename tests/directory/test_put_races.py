"""Writes while something older is being read: at no step does it come back."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from gateway.directory.hydration import Hydrator
from gateway.directory.refresh import FOLDED_FROM, MANY
from gateway.domain.errors import BackendUnavailable
from tests.fakes import FULL, THIN, FakeContacts, backend, book_of, contact, listed, turns

AWAY = BackendUnavailable("away")

WRITES = [
    pytest.param("1", contact("1", "Zoe", version="2"), ["Bo", "Cy", "Zoe"], id="changed"),
    pytest.param("4", contact("4", "Abe", version="2"), ["Abe", "Ann", "Bo", "Cy"], id="made"),
    pytest.param("1", None, ["Bo", "Cy"], id="deleted"),
]
write = pytest.mark.parametrize(("key", "after", "shown"), WRITES)


def people() -> list:
    return [contact("1", "Ann"), contact("2", "Bo"), contact("3", "Cy")]


def names(book) -> list[str]:
    snapshot = book.usable()
    return [each.display_name for each in listed(snapshot)] if snapshot else []


def land(contacts, key, after) -> None:
    """Let the system have the write too."""
    contacts.book.pop(key, None)
    if after:
        contacts.book[key] = after


class Answers:
    """Satisfies the reading half of `Contacts`: an empty list, and scripted records behind a gate."""

    listed = FULL
    unseen: frozenset[str] = frozenset()
    by_customer_number = None

    def __init__(self, *answers: dict) -> None:
        self.left = list(answers)
        self.gate = asyncio.Event()

    async def get_many(self, keys) -> dict:
        """Return the next answer."""
        del keys
        answer = self.left.pop(0)
        await self.gate.wait()
        return answer


@pytest.fixture(params=[pytest.param(FULL, id="full"), pytest.param(THIN, id="thin")])
def contacts(request) -> FakeContacts:
    return FakeContacts(people(), listed=request.param)


@pytest.fixture
async def thin_book(clock):
    made = book_of(backend(FakeContacts(people(), listed=THIN)), clock)
    await made.renew()
    yield made
    await made.close()


class TestList:
    """A list is under way."""

    @write
    async def test_asked_before_and_answered_after(self, book, contacts, key, after, shown):
        """A list that was asked for before a write tells nothing of its contact; the next one does."""
        await book.renew()
        gate = contacts.switch.shut("scan")
        renewing = asyncio.create_task(book.renew())
        await turns()
        await book.put(key, after)
        assert names(book) == shown
        gate.set()
        await renewing
        assert names(book) == shown
        land(contacts, key, after)
        await book.renew()
        assert names(book) == shown
        assert key not in contacts.switch.asked("scan")[-1]

    @write
    async def test_the_first_one(self, book, contacts, key, after, shown):
        """A write during the first list of a book is in the book when it is there."""
        gate = contacts.switch.shut("scan")
        loading = asyncio.create_task(book.renew())
        await turns()
        await book.put(key, after)
        gate.set()
        await loading
        assert names(book) == shown
        assert (len(book.snapshot), book.snapshot.left_out) == (len(shown), 0)

    @write
    async def test_a_part_of_the_first_one(self, book, contacts, key, after, shown):
        """What came of a first list before a write is shown as the write left it."""
        contacts.parts = 2
        gate = contacts.switch.shut("part 3")
        loading = asyncio.create_task(book.renew())
        await turns(20)
        await book.put(key, after)
        assert names(book) == [name for name in shown if name != "Cy"]
        gate.set()
        await loading
        assert names(book) == shown

    @write
    async def test_a_first_one_that_goes_on(self, book, contacts, key, after, shown):
        """A first list that broke off and goes on where it was is older than a write between."""
        contacts.parts = 2
        contacts.switch.failing["part 3"] = AWAY
        await book.renew()
        await book.put(key, after)
        assert names(book) == [name for name in shown if name != "Cy"]
        contacts.switch.failing.clear()
        await book.renew()
        assert names(book) == shown

    @write
    async def test_one_that_breaks_off(self, book, contacts, key, after, shown):
        """What came of a list that breaks off is older than a write meanwhile."""
        await book.renew()
        for each in people():
            contacts.book[each.key.remote] = replace(each, version="9")
        contacts.parts = 2
        contacts.switch.failing["part 3"] = AWAY
        gate = contacts.switch.shut("part 3")
        renewing = asyncio.create_task(book.renew())
        await turns(20)
        await book.put(key, after)
        gate.set()
        await renewing
        assert (book.problem, names(book)) == (AWAY, shown)
        contacts.switch.failing.clear()
        land(contacts, key, after)
        await book.renew()
        assert names(book) == shown

    @write
    async def test_while_missing_contacts_are_asked_for(self, book, contacts, key, after, shown):
        """A write while it is asked who is really gone is neither lost nor undone."""
        await book.renew()
        contacts.unlisted |= {"1", "2"}
        gate = contacts.switch.shut("get_many")
        renewing = asyncio.create_task(book.renew())
        await turns()
        await book.put(key, after)
        gate.set()
        await renewing
        assert names(book) == shown

    async def test_several_writes(self, book, contacts):
        """Before, during and after a list: each contact is shown as its last write left it."""
        await book.renew()
        await book.put("2", contact("2", "Bob"))
        gate = contacts.switch.shut("scan")
        renewing = asyncio.create_task(book.renew())
        await turns()
        await book.put("1", contact("1", "Anna"))
        await book.put("1", contact("1", "Annie"))
        gate.set()
        await renewing
        assert names(book) == ["Annie", "Bo", "Cy"]
        await book.put("3", None)
        assert names(book) == ["Annie", "Bo"]


class TestWorkedIn:
    """Changes are being worked into an index, away from the event loop."""

    @pytest.fixture
    def contacts(self) -> FakeContacts:
        return FakeContacts([contact(f"{number}", f"P{number:04}") for number in range(MANY + 50)])

    @pytest.fixture
    async def begin(self):
        """What is worked in away from the event loop waits until this is set."""
        begins, threads = Event(), ThreadPoolExecutor(1)
        threads.submit(begins.wait)
        asyncio.get_running_loop().set_default_executor(threads)
        yield begins
        begins.set()

    @pytest.mark.parametrize(
        ("key", "after"),
        [
            pytest.param("7", contact("7", "Zoe", version="3"), id="changed"),
            pytest.param("x", contact("x", "Zoe", version="3"), id="made"),
            pytest.param("7", None, id="deleted"),
        ],
    )
    async def test_by_a_list_of_many_changes(self, book, contacts, begin, key, after):
        """A write while a list's many changes are worked in is there when they are shown."""
        begin.set()
        await book.renew()
        begin.clear()
        blocker = asyncio.get_running_loop().run_in_executor(None, begin.wait)
        for each in list(contacts.book.values()):
            contacts.book[each.key.remote] = replace(each, version="2")
        renewing = asyncio.create_task(book.renew())
        await turns(30)
        assert not renewing.done()
        await book.put(key, after)
        begin.set()
        await asyncio.gather(renewing, blocker)
        assert ("Zoe" in names(book)) is (after is not None)
        assert ("P0007" in names(book)) is (key == "x")
        assert len(book.snapshot) == MANY + 50 + {"x": 1}.get(key, 0 if after else -1)
        await book.renew()
        assert key not in contacts.switch.asked("scan")[-1]

    async def test_beside_the_index(self, book, contacts, begin):
        """Writes while earlier ones are worked in stay beside the new index."""
        begin.set()
        await book.renew()
        begin.clear()
        blocker = asyncio.get_running_loop().run_in_executor(None, begin.wait)
        for number in range(FOLDED_FROM):
            await book.put(str(number), contact(str(number), f"A{number:04}"))
        await turns()
        await book.put("0", contact("0", "Zoe"))
        await book.put("1", None)
        await book.put("x", contact("x", "Xi"))
        begin.set()
        await blocker
        while len(book.snapshot.overlay) > 3:
            await asyncio.to_thread(lambda: None)
        shown = names(book)
        assert (shown[0], shown[-2:]) == ("A0002", ["Xi", "Zoe"])
        assert len(shown) == MANY + 50


class TestDetails:
    """A contact's full record is being read."""

    @pytest.fixture(params=[pytest.param(0, id="in-one-moment"), pytest.param(5, id="as-time-goes-by")])
    def seconds(self, request) -> int:
        return request.param

    @pytest.mark.parametrize(
        ("key", "after"),
        [
            pytest.param("1", contact("1", "Zoe", version="2"), id="changed"),
            pytest.param("1", None, id="deleted"),
        ],
    )
    async def test_asked_before_and_answered_after(self, book, contacts, clock, seconds, key, after):
        """A record that was asked for before a write is not given to anybody after it, nor kept."""
        await book.renew()
        old = dict(contacts.book)
        gate = contacts.switch.shut("get_many")
        reading = [
            asyncio.create_task(book.read(["1", "2"], max_age=0, details=True)),
            asyncio.create_task(book.learn(["1", "2"])),
        ]
        await turns()
        clock.move(seconds)
        await book.put(key, after)
        contacts.book = old
        contacts.switch.gates.clear()
        gate.set()
        found, _ = await asyncio.gather(*reading)
        assert {name: each.value.display_name for name, each in found.items() if name != "1"} == {"2": "Bo"}
        assert (found["1"].value if "1" in found else None) == after
        land(contacts, key, after)
        again = await book.read(["1"], max_age=None, details=True)
        assert [each.value.display_name for each in again.values()] == (["Zoe"] if after else [])
        assert ("Zoe" in names(book), "Ann" in names(book)) == (after is not None, False)

    async def test_a_new_contact(self, book, contacts, clock):
        """Who asks for a contact while it is made finds it once it is there."""
        await book.renew()
        gate = contacts.switch.shut("get_many")
        reading = asyncio.create_task(book.read(["4"], max_age=None, details=True))
        await turns()
        clock.move(1)
        await book.put("4", contact("4", "Abe"))
        gate.set()
        assert (await reading)["4"].value.display_name == "Abe"

    async def test_deleted_while_read(self, book, contacts, clock):
        """Who asks for a contact while it is deleted is not given it any more."""
        await book.renew()
        gate = contacts.switch.shut("get_many")
        reading = asyncio.create_task(book.read(["1"], max_age=0, details=True))
        await turns()
        clock.move(1)
        await book.put("1", None)
        gate.set()
        assert await reading == {}
        assert contacts.switch.asked("get_many") == [["1"]]

    async def test_in_doubt_meanwhile(self, book, contacts, clock):
        """A record that was asked for before the doubt is asked for once more."""
        await book.renew()
        gate = contacts.switch.shut("get_many")
        reading = asyncio.create_task(book.read(["1"], max_age=0, details=True))
        await turns()
        clock.move(1)
        await book.doubt("1")
        gate.set()
        await reading
        assert contacts.switch.asked("get_many") == [["1"], ["1"]]

    async def test_in_doubt_meanwhile_and_gone(self, clock):
        """A contact that was there before the doubt, and is not there when it is asked for again, is gone."""
        answers = Answers({"1": contact("1", "Ann")}, {})
        book = book_of(replace(backend(), contacts=answers), clock)
        reading = asyncio.create_task(book.read(["1"], max_age=None, details=True))
        await turns()
        clock.move(1)
        await book.doubt("1")
        answers.gate.set()
        assert (await reading, answers.left) == ({}, [])
        await book.close()

    async def test_in_doubt_in_one_moment(self, thin_book):
        """Details that were asked for before a doubt do not go into the book, also by a clock that stands."""
        gate = thin_book.backend.contacts.switch.shut("get_many")
        reading = asyncio.create_task(thin_book.learn(["1", "2"]))
        await turns()
        await thin_book.doubt("1")
        gate.set()
        await reading
        assert list(thin_book.snapshot.thin_keys()) == ["1", "3"]

    async def test_filled_in_the_background(self, thin_book, clock):
        """Details that are read behind the answers do not bring back what was before a write."""
        contacts = thin_book.backend.contacts
        gate = contacts.switch.shut("get_many")
        step = asyncio.create_task(Hydrator(thin_book, clock).step())
        await turns()
        await thin_book.put("1", contact("1", "Zoe", version="2"))
        await thin_book.put("2", None)
        gate.set()
        await step
        assert names(thin_book) == ["Cy", "Zoe"]
        assert thin_book.snapshot.detailed == 2

    async def test_what_came_back_after_it_was_deleted(self, book, contacts, clock):
        """A contact that was deleted and made again by somebody else is read, and listed by the next list."""
        await book.renew()
        await book.put("1", None)
        clock.move(1)
        assert (await book.read(["1"], max_age=None, details=True))["1"].value.display_name == "Ann"
        assert names(book) == ["Bo", "Cy"]
        await book.renew()
        assert names(book) == ["Ann", "Bo", "Cy"]

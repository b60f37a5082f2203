"""Contacts of which the system said that they may have changed: read again behind answers, and sparingly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from gateway.directory.attempts import LOCKED_OUT, WHOLE_WINDOW
from gateway.directory.hints import BURST, FIRST, MOST, ONE_CALL, STEADY, Hints
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, CredentialsRejected, NotLoaded
from gateway.domain.note import Note
from gateway.domain.person import Person
from gateway.flight import Urgency, time_left, urgency
from gateway.telemetry import Cause, cause
from tests.fakes import NOW, Clock, FakeContacts, backend, book_of, contact, listed, turns

COUNT = 400


class Setting:
    """A loaded book, its hints, how each call came to be made, and pauses that end when told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.contacts = FakeContacts([contact(str(number)) for number in range(COUNT)])
        self.book = book_of(backend(self.contacts), self.clock)
        self.hints = Hints(self.book, self.clock, self.note, self.pause)
        self.pauses: list[float] = []
        self.changes: list[tuple[str, str | None, str | None]] = []
        self.made: list[tuple[Cause, Urgency, float | None]] = []
        self._over = asyncio.Event()
        asked = self.contacts.switch.call

        async def noting(method: str, what: object = None) -> None:
            if method == "get_many":
                self.made.append((cause(), urgency(), time_left()))
            await asked(method, what)

        self.contacts.switch.call = noting

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._over.clear()
        await self._over.wait()

    async def note(self, key, before, after) -> None:
        self.changes.append((key, before and before.display_name, after and after.display_name))

    async def later(self) -> None:
        """Let a pause end."""
        self._over.set()
        await turns(30)

    async def hint(self, *keys: str, **more: bool) -> None:
        """Give a hint, and let what it gives rise to happen."""
        self.hints.add(keys, **more)
        await turns(30)

    def rename(self, key: str, name: str) -> None:
        """Change a contact in the system, as its list shows too."""
        before = self.contacts.book[key]
        self.contacts.book[key] = replace(before, display_name=name, version=f"{before.version}+")

    def shown(self, key: str) -> str | None:
        found = self.book.snapshot.get(key)
        return found[0].display_name if found else None

    def calls(self, method: str = "") -> list[str]:
        """Return what was asked since the last question."""
        names = [name for name, _ in self.contacts.switch.calls]
        self.contacts.switch.calls.clear()
        return [name for name in names if name.startswith(method)]


@pytest.fixture
async def at():
    setting = Setting()
    await setting.book.renew()
    setting.calls()
    yield setting
    await setting.hints.close()
    await setting.book.close()


async def test_a_changed_contact_is_read_and_shown(at):
    """One call, in the background and for its own reason; the book stays as young as it was."""
    at.rename("7", "Anew")
    await at.hint("7")
    assert at.shown("7") == "Anew"
    assert at.calls() == ["get_many"]
    assert at.made == [(Cause.WEBHOOK, Urgency.BACKGROUND, None)]
    assert at.book.young(None)
    assert at.changes == [("7", "Contact 7", "Anew")]


async def test_a_new_contact_is_shown(at):
    """A contact that no list told of yet is there once it was read."""
    at.contacts.book["new"] = contact("new", "Newcomer")
    await at.hint("new")
    assert "Newcomer" in [each.display_name for each in listed(at.book.snapshot)]
    assert len(at.book.snapshot) == COUNT + 1


async def test_a_contact_is_gone_when_asking_says_so(at):
    """What the system still has stays, whatever was said; what it has not is shown no more."""
    del at.contacts.book["8"]
    await at.hint("7", "8")
    assert (at.shown("7"), at.shown("8")) == ("Contact 7", None)
    assert len(at.book.snapshot) == COUNT - 1


async def test_an_unknown_contact_is_nothing(at):
    """What is neither held nor there changes nothing."""
    before = at.book.snapshot
    await at.hint("nobody")
    assert at.book.snapshot is before
    assert at.changes == [("nobody", None, None)]


async def test_what_did_not_change_stays(at):
    """A hint that comes to nothing leaves the book as it is, so that no later list reads it anew."""
    before = at.book.snapshot
    await at.hint("7")
    assert at.book.snapshot is before
    at.calls()
    await at.book.renew()
    assert at.calls() == ["scan"]


async def test_hints_gather_while_others_are_read(at):
    """A hundred hints for one contact are two readings, and the second shows the last change."""
    await at.hint("7")
    for number in range(99):
        at.rename("7", f"Name {number}")
        await at.hint("7")
    await at.later()
    assert at.calls() == ["get_many", "get_many"]
    assert at.shown("7") == "Name 98"


async def test_a_steady_stream_is_read_less_often(at):
    """After some readings hints gather for longer; in a while without any, readings are earned anew."""
    for _ in range(BURST + 2):
        at.clock.move(1)
        await at.hint("7")
        await at.later()
    # Twelve seconds earned one more.
    assert at.pauses == [FIRST] * BURST + [STEADY] * 2
    at.clock.move(STEADY * 2)
    await at.hint("7")
    assert at.pauses[-1] == FIRST


async def test_many_contacts_are_one_look_at_the_list(at):
    """More hints than fit a call are one renewal, asked for after they came."""
    at.rename("399", "Last")
    await at.hint(*map(str, range(ONE_CALL + 1)))
    assert at.calls() == ["scan"]
    assert at.shown("399") == "Last"
    assert len(at.changes) == ONE_CALL + 1


async def test_a_renewal_under_way_is_not_enough(at):
    """A list that was asked for before the hints came does not tell of them; another one is asked for."""
    gate = at.contacts.switch.shut("scan")
    renewing = asyncio.create_task(at.book.renew())
    await turns()
    at.rename("7", "Since")
    await at.hint("7", is_wide=True)
    gate.set()
    await turns(60)
    await renewing
    assert at.calls("scan") == ["scan", "scan"]
    assert at.shown("7") == "Since"


async def test_what_the_list_does_not_show_is_read_all_the_same(at):
    """Of many, those whose change no version shows are read by a hundred, after the list."""
    at.contacts.book["3"] = replace(at.contacts.book["3"], display_name="Unversioned")
    at.hints.add(map(str, range(250)), is_listed=True)
    at.hints.add(["3"], is_listed=False)
    await turns(60)
    assert at.calls() == ["scan", "get_many"]
    assert at.shown("3") == "Unversioned"


async def test_a_doubtful_hint_stays_doubtful(at):
    """A hint that the list may not show is not forgotten for one that it does."""
    at.hints.add(["3"], is_listed=False)
    at.hints.add(["3"], is_listed=True, is_wide=True)
    await turns(60)
    assert at.calls() == ["scan", "get_many"]


async def test_the_owner_of_a_part_is_looked_up(at):
    """Whose person or note it is that is gone is known here; one that nobody has is nobody's."""
    person, note = Person("9", "Pia", remote_id="p9"), Note("8", "x", remote_id="n8")
    at.contacts.book["3"] = replace(at.contacts.book["3"], persons=(person,), notes=(note,))
    await at.hint("3")
    for part in ("p9", "n8"):
        at.calls()
        at.hints.add([], [part, "nobody's"])
        await at.later()
        await at.contacts.switch.until("get_many")
        await turns(30)
        assert at.contacts.switch.asked("get_many") == [["3"]]


async def test_memory_is_bounded(at):
    """Of more contacts than are remembered the list tells."""
    at.hints.add((f"x{number}" for number in range(MOST)), is_listed=False)
    at.hints.add(["7"], is_listed=False)
    assert len(at.hints._waiting) == MOST
    assert at.hints._is_wide
    at.hints.add([], (f"p{number}" for number in range(MOST + 1)))
    assert len(at.hints._parts) == MOST


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        pytest.param(BackendUnavailable("away"), 2.0, id="away"),
        pytest.param(NotLoaded("", retry_after=NOW + timedelta(seconds=130)), 130.0, id="next-window"),
        pytest.param(NotLoaded("", retry_after=NOW - timedelta(seconds=9)), FIRST, id="window-over"),
        pytest.param(NotLoaded("", retry_after=NOW + timedelta(days=2)), WHOLE_WINDOW, id="not-for-ever"),
        pytest.param(CredentialsRejected("no"), LOCKED_OUT, id="rejected"),
    ],
)
@pytest.mark.parametrize("is_wide", [False, True], ids=["one", "list"])
async def test_what_fails_is_tried_again(at, error, wait, is_wide):
    """Nothing changes while the system fails, and nothing that was hinted at is lost."""
    at.rename("7", "Anew")
    at.contacts.switch.failing = {"scan": error, "get_many": error}
    await at.hint("7", is_wide=is_wide)
    assert at.shown("7") == "Contact 7"
    assert at.pauses == [wait]
    at.contacts.switch.failing = {}
    await at.later()
    assert at.shown("7") == "Anew"


async def test_a_contact_that_cannot_be_read_stays(at):
    """A single contact that makes no sense is left as it is, and the others are shown."""
    at.rename("7", "Anew")
    at.contacts.failures["8"] = BadUpstreamAnswer("odd")
    await at.hint("7", "8")
    assert (at.shown("7"), at.shown("8")) == ("Anew", "Contact 8")
    await at.later()
    assert at.calls() == ["get_many"]


@pytest.mark.parametrize("written", [True, False], ids=["written", "doubted"])
async def test_a_write_meanwhile_knows_better(at, written):
    """What was written while a contact was read again is not undone by the older answer."""
    gate = at.contacts.switch.shut("get_many")
    await at.hint("7")
    mine = contact("7", "Written")
    await (at.book.put("7", mine) if written else at.book.doubt("7"))
    gate.set()
    await turns(30)
    assert at.shown("7") == ("Written" if written else "Contact 7")
    assert at.book.writes.in_doubt is not written


async def test_a_doubt_is_settled_by_a_later_reading(at):
    """A write that ended nobody knows how is known once its contact was read after it."""
    await at.book.doubt("7")
    assert not at.book.young(None)
    await at.hint("7")
    assert at.book.young(None)


async def test_a_fault_of_ours_ends_nothing(at):
    """What nobody foresaw costs its own hints, and later ones are heeded."""

    async def fail(*_: object) -> None:
        raise RuntimeError

    at.hints._changed = fail
    with capture_logs() as events:
        await at.hint("7")
    assert [(each["event"], each["error"]) for each in events] == [("hints_failed", "RuntimeError")]
    at.hints._changed = at.note
    at.rename("8", "Anew")
    await at.hint("8")
    await at.later()
    assert at.shown("8") == "Anew"


async def test_a_book_that_was_never_loaded():
    """A contact that was read by a hint stands in the first list, though that was asked for before."""
    setting = Setting()
    setting.contacts.parts = COUNT
    gate = setting.contacts.switch.shut("part 0")
    loading = asyncio.create_task(setting.book.renew())
    await turns()
    setting.rename("7", "Anew")
    del setting.contacts.book["8"]
    await setting.hint("7", "8")
    gate.set()
    await loading
    assert (setting.shown("7"), setting.shown("8")) == ("Anew", None)
    await setting.hints.close()
    await setting.book.close()

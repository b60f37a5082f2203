"""Idempotency keys: what comes again gets its first result, and is written once at most."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
import structlog

from gateway.domain.changes import FieldChange
from gateway.domain.charge import Charge
from gateway.domain.errors import BackendUnavailable, NotFound, NotReached
from gateway.domain.faults import Fault, FaultCode, Notice, NoticeCode, Outcome
from gateway.ports import Intent, Link, Trace, Written
from gateway.services.remembering import key_digest
from gateway.services.result import Wish
from tests.fakes import NOW, turns
from tests.services.desk import ANN, ANNA, Desk

KEYED = Wish(idempotency_key="k")
CREATE = {"mutation": "contactCreate", "contact": None, "input": "one"}
CHANGES = (FieldChange("emails", ("a@b.test",), None), FieldChange("companyName", None, "Anna"))
CREATED = Written(Outcome.CREATED, ANNA)
HAPPENED = sorted({*Outcome} - {Outcome.REFUSED, Outcome.UNKNOWN, Outcome.DRY_RUN})
UNKNOWN = (Outcome.UNKNOWN, [FaultCode.OUTCOME_UNKNOWN])


def codes(result) -> list[FaultCode]:
    return [each.code for each in result.faults]


def ended(result) -> tuple[Outcome, list[FaultCode]]:
    return result.outcome, codes(result)


class TestFirstResult:
    """A write that has an end."""

    async def test_everything_again(self, desk):
        """All that the first answer told is told again, and nothing is planned, looked for or sent."""
        written = Written(
            Outcome.CREATED,
            ANNA,
            "c1",
            Charge("c1", Decimal("1.50"), billed=False),
            Link("https://pay.test/1", NOW + timedelta(days=1)),
            (Notice(NoticeCode.VALUE_KEPT, "Kept.", "companyName"),),
        )
        planned = {"changes": CHANGES, "notices": (Notice(NoticeCode.DEFAULT_SET, "Set."),)}
        script = desk.script(written=written, planned=planned)
        first = await desk.write(script, KEYED, **CREATE)
        before = desk.steps()
        again = await desk.write(script, KEYED, **CREATE)
        assert again == first
        assert desk.steps()[len(before) :] == ["lock key", "find", "current", "unlock key"]

    @pytest.mark.parametrize(
        "outcome",
        [each for each in Outcome if each not in (Outcome.REFUSED, Outcome.UNKNOWN, Outcome.DRY_RUN)],
    )
    async def test_every_outcome(self, desk, outcome):
        """Whatever really happened is what is told again."""
        script = desk.script(written=Written(outcome, ANNA))
        first = await desk.write(script, KEYED, **CREATE)
        assert (await desk.write(script, KEYED, **CREATE)) == first
        assert desk.steps().count("send") == 1

    async def test_the_contact_as_it_is_now(self, desk):
        """The contact comes as it stands now; one that is gone since is not there."""
        script = desk.script(written=CREATED)
        await desk.write(script, KEYED, **CREATE)
        desk.shown.contacts["1"] = ANN
        assert (await desk.write(script, KEYED, **CREATE)).contact.value is ANN
        desk.shown.contacts.clear()
        again = await desk.write(script, KEYED, **CREATE)
        assert (again.outcome, again.contact) == (Outcome.CREATED, None)

    @pytest.mark.parametrize(
        ("hours", "sent"),
        [pytest.param(24, 1, id="a-day"), pytest.param(24.01, 2, id="longer-than-a-day")],
    )
    async def test_for_a_day(self, desk, hours, sent):
        """A key is good for twenty-four hours."""
        script = desk.script(written=CREATED)
        await desk.write(script, KEYED, **CREATE)
        desk.clock.move(hours * 3600)
        await desk.write(script, KEYED, **CREATE)
        assert desk.steps().count("send") == sent

    async def test_after_a_restart(self, desk):
        """Another process over the same journal tells the first result too."""
        script = desk.script(written=Written(Outcome.CREATED, ANNA), planned={"changes": CHANGES})
        await desk.write(script, KEYED, **CREATE)
        desk.restarted()
        again = await desk.write(script, KEYED, **CREATE)
        assert (again.outcome, again.changes) == (Outcome.CREATED, CHANGES)
        assert desk.steps().count("send") == 1

    async def test_another_input(self, desk):
        """Another input under the same key is refused, and says so at the key."""
        await desk.write(desk.script(written=CREATED), KEYED, **CREATE)
        other = await desk.write(desk.script(), KEYED, **{**CREATE, "input": "two"})
        assert ended(other) == (Outcome.REFUSED, [FaultCode.IDEMPOTENCY_KEY_REUSED])
        assert other.faults[0].field == ("idempotencyKey",)
        assert desk.steps().count("plan") == 1

    @pytest.mark.parametrize(
        ("wish", "order"),
        [
            pytest.param(Wish(idempotency_key="l"), {}, id="another-key"),
            pytest.param(KEYED, {"mutation": "contactNoteCreate"}, id="another-mutation"),
            pytest.param(Wish(), {}, id="no-key"),
        ],
    )
    async def test_its_scope(self, desk, wish, order):
        """A key is one of its mutation; without one nothing is remembered."""
        await desk.write(desk.script(written=CREATED), KEYED, **CREATE)
        await desk.write(desk.script(written=CREATED), wish, **{**CREATE, **order})
        assert desk.steps().count("send") == 2

    async def test_a_dry_run_takes_no_key(self, desk):
        """A dry run neither uses up a key nor is answered from one."""
        script = desk.script(written=CREATED)
        dry = Wish(dry_run=True, idempotency_key="k")
        assert (await desk.write(script, dry, **CREATE)).outcome is Outcome.DRY_RUN
        assert (await desk.write(script, KEYED, **CREATE)).outcome is Outcome.CREATED
        assert (await desk.write(script, dry, **CREATE)).outcome is Outcome.DRY_RUN


class TestRefused:
    """A write of which nothing came."""

    @pytest.mark.parametrize(
        ("failing", "faults"),
        [
            pytest.param({"plan": NotReached("away")}, (), id="not-planned"),
            pytest.param({}, (Fault(FaultCode.TAKEN, "Taken."),), id="a-fault"),
            pytest.param({"intend": OSError()}, (), id="not-noted"),
            pytest.param({"send": NotReached("away")}, (), id="not-sent"),
        ],
    )
    async def test_is_not_kept(self, desk, failing, faults):
        """What was refused may be tried again under the same key, also with another input."""
        desk.switch.failing |= failing
        with structlog.testing.capture_logs():
            first = await desk.write(desk.script(planned={"faults": faults}), KEYED, **CREATE)
        assert first.outcome is Outcome.REFUSED
        desk.switch.failing.clear()
        again = await desk.write(desk.script(written=CREATED), KEYED, **{**CREATE, "input": "two"})
        assert again.outcome is Outcome.CREATED


class TestUnknown:
    """A write of which nobody knows."""

    @pytest.fixture
    async def lost(self, desk) -> Desk:
        """The answer of the first one was lost."""
        desk.switch.failing["send"] = BackendUnavailable("away")
        script = desk.script(planned={"known": ("7",), "changes": CHANGES})
        assert ended(await desk.write(script, KEYED, **CREATE)) == UNKNOWN
        desk.clock.move(60)
        return desk

    async def test_found_later(self, lost):
        """What is found later, by what was known at first, is what is told from then on; it is shown too."""
        script = lost.script(found=CREATED, planned={"known": ("7", "8"), "changes": CHANGES})
        again = await lost.write(script, KEYED, **CREATE)
        assert (again.outcome, again.contact.value, again.changes) == (Outcome.CREATED, ANNA, CHANGES)
        assert lost.switch.asked("look")[-1] == Trace(NOW, ("7",))
        assert [each.outcome for each in lost.switch.asked("settle")] == ["UNKNOWN", "CREATED"]
        assert len(lost.switch.asked("keep")) == 1
        looks = lost.steps().count("look")
        assert (await lost.write(script, KEYED, **CREATE)).outcome is Outcome.CREATED
        assert (lost.steps().count("look"), lost.steps().count("send")) == (looks, 1)

    async def test_still_not_found(self, lost):
        """What still cannot be found stays unknown, and is looked into again the next time."""
        for _ in range(2):
            assert ended(await lost.write(lost.script(), KEYED, **CREATE)) == UNKNOWN
        assert (lost.steps().count("look"), lost.steps().count("send")) == (3, 1)

    @pytest.mark.parametrize("step", ["plan", "look"])
    @pytest.mark.parametrize(
        "error", [BackendUnavailable("away"), NotReached("away"), NotFound("gone"), ValueError("a slip")]
    )
    async def test_it_cannot_be_looked_into(self, lost, step, error):
        """A failure while it is looked into makes nothing refused that may have been written."""
        lost.switch.failing = {step: error}
        with structlog.testing.capture_logs():
            assert ended(await lost.write(lost.script(found=CREATED), KEYED, **CREATE)) == UNKNOWN

    async def test_faults_of_the_plan_do_not_count(self, lost):
        """That it could not be written again, because it is there, is no reason against the first one."""
        taken = {"faults": (Fault(FaultCode.TAKEN, "Taken."),)}
        again = await lost.write(lost.script(found=CREATED, planned=taken), KEYED, **CREATE)
        assert again.outcome is Outcome.CREATED

    async def test_another_input(self, lost):
        """Another input under its key is refused before anything is read."""
        other = await lost.write(lost.script(), KEYED, **{**CREATE, "input": "two"})
        assert codes(other) == [FaultCode.IDEMPOTENCY_KEY_REUSED]

    async def test_its_contact_is_held(self, desk):
        """What belongs to a contact is looked into while nobody else writes to that contact."""
        desk.switch.failing["send"] = BackendUnavailable("away")
        part = {**CREATE, "mutation": "contactNoteCreate", "contact": "1"}
        await desk.write(desk.script(), KEYED, **part)
        desk.switch.failing.clear()
        gate = desk.switch.shut("a look")
        again = desk.begin(desk.script("a ", found=Written(Outcome.CREATED, ANN)), KEYED, **part)
        await desk.switch.until("a look")
        other = desk.begin(desk.script("b ", written=Written(Outcome.UPDATED, ANNA)))
        await turns()
        assert "b plan" not in desk.steps()
        gate.set()
        await asyncio.gather(again, other)
        assert desk.shown.contacts == {"1": ANNA}


class TestAtMostOnce:
    """However often it comes, and wherever it broke off."""

    async def test_at_the_same_time(self, desk):
        """Of twenty who come at once, one writes and all get its result."""
        script = desk.script(written=CREATED, planned={"changes": CHANGES})
        results = await asyncio.gather(*(desk.write(script, KEYED, **CREATE) for _ in range(20)))
        assert desk.steps().count("send") == 1
        assert {each.outcome for each in results} == {Outcome.CREATED}
        assert {each.contact.value for each in results} == {ANNA}

    async def test_who_asked_first_has_gone(self, desk):
        """Who comes again after the first has gone waits for the write that went on."""
        gate = desk.switch.shut("send")
        script = desk.script(written=CREATED)
        first = desk.begin(script, KEYED, **CREATE)
        await desk.switch.until("send")
        first.cancel()
        again = desk.begin(script, KEYED, **CREATE)
        await turns()
        gate.set()
        assert (await again).outcome is Outcome.CREATED
        assert desk.steps().count("send") == 1

    @pytest.mark.parametrize("found", [pytest.param(CREATED, id="found"), pytest.param(None, id="not-found")])
    async def test_the_process_died(self, desk, found):
        """An intent without an end is looked into, and never sent again."""
        key = key_digest("contactCreate", "k")
        intent = Intent("i", NOW, "shop", "contactCreate", key=key, input="one", known=("7",))
        await desk.journal.memory.intend(intent)
        result = await desk.write(desk.script(found=found), KEYED, **CREATE)
        assert ended(result) == ((Outcome.CREATED, []) if found else UNKNOWN)
        assert desk.switch.asked("look") == [Trace(NOW, ("7",))]
        assert "send" not in desk.steps()

    @pytest.mark.parametrize("found", [pytest.param(CREATED, id="found"), pytest.param(None, id="not-found")])
    async def test_another_process_was_faster(self, desk, found):
        """A key that another process took between asking and noting is not written under."""
        key = key_digest("contactCreate", "k")
        gate = desk.switch.shut("intend")
        write = desk.begin(desk.script(written=CREATED, found=found), KEYED, **CREATE)
        await desk.switch.until("intend")
        await desk.journal.memory.intend(Intent("i", NOW, "shop", "contactCreate", key=key, input="one"))
        gate.set()
        assert ended(await write) == ((Outcome.CREATED, []) if found else UNKNOWN)
        assert "send" not in desk.steps()

    async def test_two_processes(self, desk):
        """Two processes over one journal write once between them, whatever each of them waits for."""
        script = desk.script(written=CREATED, found=CREATED)
        gate = desk.switch.shut("send")
        first = desk.begin(script, KEYED, **CREATE)
        await desk.switch.until("send")
        desk.restarted()
        second = await desk.write(script, KEYED, **CREATE)
        gate.set()
        assert ((await first).outcome, second.outcome) == (Outcome.CREATED, Outcome.CREATED)
        assert desk.steps().count("send") == 1

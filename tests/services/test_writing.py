"""The way of a write: every branch from its plan to what the client is told."""

from datetime import timedelta
from decimal import Decimal

import pytest
import structlog

from gateway.domain.changes import FieldChange
from gateway.domain.charge import Charge
from gateway.domain.contact import ContactKey
from gateway.domain.errors import (
    BackendBroken,
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    NotFound,
    NotReached,
    RateLimited,
    RejectedBySystem,
)
from gateway.domain.faults import Fault, FaultCode, Notice, NoticeCode, Outcome
from gateway.ports import Link, Trace, UpstreamRequest, Written
from gateway.services.result import Wish
from tests.fakes import NOW
from tests.services.desk import ANN, ANNA

CHANGES = (FieldChange("companyName", "Ann", "Anna"),)
PLANNED = {"before": ANN, "version": "1", "changes": CHANGES, "known": ("1", "2")}
UPDATED = Written(Outcome.UPDATED, ANNA)
TAKEN = Fault(FaultCode.TAKEN, "Taken.", "customerNumber")
WARNED = Notice(NoticeCode.SYSTEM_WARNING, "Mind this.")
KEPT = Notice(NoticeCode.VALUE_KEPT, "Kept.")
READ_ONLY_STEPS = ["lock contact", "plan", "unlock contact"]

LANDED = [
    pytest.param(BackendUnavailable("away"), id="no-answer"),
    pytest.param(BadUpstreamAnswer("odd"), id="unreadable"),
    pytest.param(BackendBroken("broken"), id="our-own-reading"),
    pytest.param(BackendError("some"), id="any-other"),
    pytest.param(ValueError("a slip"), id="a-slip-of-the-adapter"),
]
NOT_LANDED = [
    pytest.param(NotReached("away"), FaultCode.SYSTEM_UNAVAILABLE, True, id="not-reached"),
    pytest.param(RateLimited("later", retry_after=NOW), FaultCode.RATE_LIMITED, True, id="ration"),
    pytest.param(CredentialsRejected("who?"), FaultCode.CREDENTIALS_REJECTED, False, id="credentials"),
    pytest.param(RejectedBySystem("no"), FaultCode.REJECTED_BY_SYSTEM, False, id="refused"),
    pytest.param(NotFound("gone"), FaultCode.NOT_FOUND, False, id="gone"),
]


def codes(result) -> list[FaultCode]:
    return [each.code for each in result.faults]


class TestDone:
    """A write that goes well."""

    async def test_order(self, desk):
        """The contact is held from the plan to the end; the intent is at rest before anything is sent."""
        result = await desk.write(desk.script(written=UPDATED, planned=PLANNED))
        assert desk.steps() == [
            "lock contact",
            "plan",
            "intend",
            "send",
            "settle",
            "keep",
            "unlock contact",
        ]
        assert (result.outcome, result.administration) == (Outcome.UPDATED, "shop")
        assert (result.contact.value, result.contact.fetched_at) == (ANNA, NOW)
        assert (result.changes, result.faults, result.requests) == (CHANGES, (), ())

    async def test_what_the_journal_is_told(self, desk):
        """The journal knows what was asked, of what, by whom and with what traces, but no value."""
        order = {"fields": ("companyName",), "input": "digest"}
        await desk.write(desk.script(written=UPDATED, planned=PLANNED), **order)
        (intent,), (settled,) = desk.switch.asked("intend"), desk.switch.asked("settle")
        assert (intent.at, intent.administration, intent.mutation) == (NOW, "shop", "contactUpdate")
        assert (intent.contact, intent.fields, intent.input) == ("1", ("companyName",), "digest")
        assert (intent.known, intent.key, intent.actor) == (("1", "2"), None, None)
        assert (settled.id, settled.outcome, settled.contact) == (intent.id, "UPDATED", "1")

    async def test_everything_that_was_left_behind(self, desk):
        """Part, charge, link and the notices of plan and answer all reach the client."""
        charge, link = Charge("c1", Decimal("1.50"), billed=False), Link("https://pay.test/1")
        written = Written(Outcome.CREATED, ANNA, "c1", charge, link, (KEPT,))
        result = await desk.write(desk.script(written=written, planned={"notices": (WARNED,)}))
        assert (result.part, result.charge, result.link) == ("c1", charge, link)
        assert result.notices == (WARNED, KEPT)

    async def test_a_new_contact_is_shown_by_its_own_key(self, desk):
        """A contact that was made has no lock before, and is noted and shown under the key it got."""
        await desk.write(desk.script(written=Written(Outcome.CREATED, ANNA)), contact=None)
        assert desk.steps() == ["plan", "intend", "send", "settle", "keep"]
        assert desk.switch.asked("keep") == [(ContactKey("shop", "1"), None, ANNA)]
        assert desk.switch.asked("settle")[0].contact == "1"

    async def test_a_contact_that_is_gone(self, desk):
        """A contact that was deleted is shown no more."""
        script = desk.script(written=Written(Outcome.DELETED), planned=PLANNED)
        result = await desk.write(script, ends=True)
        assert result.contact is None
        assert desk.switch.asked("keep") == [(ContactKey("shop", "1"), ANN, None)]

    @pytest.mark.parametrize(
        ("written", "ends"),
        [
            pytest.param(Written(Outcome.UPDATED), False, id="updated"),
            pytest.param(Written(Outcome.DELETED, part="p1"), False, id="a-part-was-deleted"),
            pytest.param(Written(Outcome.ARCHIVED), True, id="archived"),
            pytest.param(Written(Outcome.SENT), False, id="sent"),
        ],
    )
    async def test_not_read_again(self, desk, written, ends):
        """Where the contact could not be read again it is in doubt, and never taken for gone."""
        script = desk.script(written=written, planned=PLANNED)
        result = await desk.write(script, ends=ends, numbers=("C2",))
        assert (result.outcome, result.contact) == (written.outcome, None)
        assert desk.switch.asked("keep") == []
        assert desk.switch.asked("doubt") == [("shop", "1", ("C2", "C1"))]


class TestNotSent:
    """What keeps a write from being sent."""

    @pytest.mark.parametrize("dry_run", [pytest.param(True, id="dry"), pytest.param(False, id="real")])
    async def test_every_fault_at_once(self, desk, dry_run):
        """Faults of the version, the plan and the rules come together, each once; refused wins over dry."""
        rules = {"rules": lambda before: (TAKEN, Fault(FaultCode.REQUIRED, before.display_name))}
        script = desk.script(planned={**PLANNED, "faults": (TAKEN,), "notices": (WARNED,)})
        result = await desk.write(script, Wish(dry_run, if_version="0"), **rules)
        assert desk.steps() == READ_ONLY_STEPS
        assert codes(result) == [FaultCode.CONFLICT, FaultCode.TAKEN, FaultCode.REQUIRED]
        assert result.outcome is Outcome.REFUSED
        assert (result.changes, result.notices, result.requests) == (CHANGES, (WARNED,), ())

    async def test_another_version(self, desk):
        """A record that is not in the version that was meant is answered as it is, and not written."""
        result = await desk.write(desk.script(planned=PLANNED), Wish(if_version="0"))
        assert (result.faults[0].code, result.faults[0].field) == (FaultCode.CONFLICT, ("ifVersion",))
        assert result.contact.value is ANN
        assert "intend" not in desk.steps()

    async def test_the_version_that_was_meant(self, desk):
        """A record in the version that was meant is written."""
        result = await desk.write(desk.script(written=UPDATED, planned=PLANNED), Wish(if_version="1"))
        assert result.outcome is Outcome.UPDATED

    @pytest.mark.parametrize(
        ("dry_run", "outcome"),
        [
            pytest.param(True, Outcome.DRY_RUN, id="dry"),
            pytest.param(False, Outcome.UNCHANGED, id="real"),
        ],
    )
    async def test_nothing_to_change(self, desk, dry_run, outcome):
        """What changes nothing is not sent, and the record is shown."""
        planned = {"before": ANN, "nothing": Outcome.UNCHANGED, "notices": (KEPT,)}
        result = await desk.write(desk.script(planned=planned), Wish(dry_run))
        assert desk.steps() == READ_ONLY_STEPS
        assert (result.outcome, result.contact.value, result.changes) == (outcome, ANN, ())
        assert (result.faults, result.notices) == ((), (KEPT,))

    async def test_something_to_change_all_the_same(self, desk):
        """A plan that has an outcome for nothing is sent where there is something."""
        script = desk.script(written=UPDATED, planned={**PLANNED, "nothing": Outcome.UNCHANGED})
        assert (await desk.write(script)).outcome is Outcome.UPDATED

    async def test_a_dry_run(self, desk):
        """A dry run has the system check, and tells what would be sent; the journal hears nothing of it."""
        requests = (UpstreamRequest("PATCH", "contacts/1", "{}"),)
        script = desk.script(said=(WARNED,), planned={**PLANNED, "requests": requests, "notices": (KEPT,)})
        result = await desk.write(script, Wish(dry_run=True, idempotency_key="k"))
        assert desk.steps() == ["lock contact", "plan", "check", "unlock contact"]
        assert (result.outcome, result.requests, result.changes) == (Outcome.DRY_RUN, requests, CHANGES)
        assert (result.notices, result.contact.value) == ((KEPT, WARNED), ANN)

    async def test_a_dry_run_that_the_system_refuses(self, desk):
        """What the system has against it makes a dry run refused."""
        result = await desk.write(desk.script(said=(TAKEN,), planned=PLANNED), Wish(dry_run=True))
        assert (result.outcome, result.faults) == (Outcome.REFUSED, (TAKEN,))

    @pytest.mark.parametrize("step", ["plan", "check"])
    @pytest.mark.parametrize(("error", "code", "retryable"), NOT_LANDED)
    async def test_what_cannot_be_read(self, desk, step, error, code, retryable):
        """A failure before anything was sent refuses the write and says whether to come again."""
        desk.switch.failing[step] = error
        result = await desk.write(desk.script(planned=PLANNED), Wish(dry_run=step == "check"))
        (fault,) = result.faults
        assert (result.outcome, fault.code, fault.retryable) == (Outcome.REFUSED, code, retryable)
        assert (fault.retry_after, fault.field) == (error.retry_after, ("id",))
        assert {"intend", "send", "keep", "doubt"}.isdisjoint(desk.steps())

    @pytest.mark.parametrize("step", ["plan", "check"])
    @pytest.mark.parametrize("error", LANDED)
    async def test_reading_writes_nothing(self, desk, step, error):
        """An error that might have landed, had it been a write, refuses where it was only reading."""
        desk.switch.failing[step] = error
        with structlog.testing.capture_logs():
            result = await desk.write(desk.script(planned=PLANNED), Wish(dry_run=step == "check"))
        assert result.outcome is Outcome.REFUSED
        assert FaultCode.OUTCOME_UNKNOWN not in codes(result)

    async def test_a_slip_in_the_rules(self, desk):
        """Rules that break refuse the write, and the log has the place but no value."""

        def broken(before):
            raise ValueError(before.display_name)

        with structlog.testing.capture_logs() as logged:
            result = await desk.write(desk.script(planned=PLANNED), rules=broken)
        assert (result.outcome, codes(result)) == (Outcome.REFUSED, [FaultCode.INTERNAL])
        assert [each["event"] for each in logged] == ["write_broken"]
        assert "Ann" not in str(logged)


class TestAnswerLost:
    """What happens when sending fails."""

    @pytest.mark.parametrize(("error", "code", "retryable"), NOT_LANDED)
    async def test_it_never_landed(self, desk, error, code, retryable):
        """An error that says nothing happened refuses the write; nobody looks, nobody doubts."""
        desk.switch.failing["send"] = error
        result = await desk.write(desk.script(planned=PLANNED))
        assert (result.outcome, result.contact.value) == (Outcome.REFUSED, ANN)
        assert (codes(result), result.faults[0].retryable) == ([code], retryable)
        assert desk.steps()[2:] == ["intend", "send", "settle", "unlock contact"]
        assert desk.switch.asked("settle")[0].outcome == "REFUSED"

    async def test_the_systems_own_reasons(self, desk):
        """What the system told of its reasons is passed on as it is."""
        desk.switch.failing["send"] = RejectedBySystem("no", faults=(TAKEN,))
        assert (await desk.write(desk.script(planned=PLANNED))).faults == (TAKEN,)

    @pytest.mark.parametrize("error", LANDED)
    async def test_found_by_looking(self, desk, error):
        """A write whose answer was lost is looked for by what was known before, and counts when found."""
        desk.switch.failing["send"] = error
        with structlog.testing.capture_logs():
            result = await desk.write(desk.script(found=UPDATED, planned=PLANNED))
        assert (result.outcome, result.contact.value, result.faults) == (Outcome.UPDATED, ANNA, ())
        assert desk.steps()[2:] == ["intend", "send", "look", "settle", "keep", "unlock contact"]
        assert desk.switch.asked("look") == [Trace(NOW, ("1", "2"))]

    @pytest.mark.parametrize("error", LANDED)
    async def test_not_found_by_looking(self, desk, error):
        """A write that cannot be found may yet have happened: nobody knows, and it is not sent again."""
        desk.switch.failing["send"] = error
        with structlog.testing.capture_logs():
            result = await desk.write(desk.script(planned=PLANNED), numbers=("C2",))
        assert (result.outcome, codes(result)) == (Outcome.UNKNOWN, [FaultCode.OUTCOME_UNKNOWN])
        assert (result.changes, result.contact, result.faults[0].field) == (CHANGES, None, ("id",))
        assert desk.steps()[2:] == ["intend", "send", "look", "settle", "doubt", "unlock contact"]
        assert desk.switch.asked("doubt") == [("shop", "1", ("C2", "C1"))]
        assert desk.switch.asked("settle")[0].outcome == "UNKNOWN"

    @pytest.mark.parametrize(
        "error",
        [*LANDED, *(pytest.param(each.values[0], id=each.id) for each in NOT_LANDED)],
    )
    async def test_looking_fails(self, desk, error):
        """Whatever keeps it from being looked for, a write that may have landed is not called refused."""
        desk.switch.failing |= {"send": BackendUnavailable("away"), "look": error}
        with structlog.testing.capture_logs():
            result = await desk.write(desk.script(planned=PLANNED))
        assert result.outcome is Outcome.UNKNOWN
        assert desk.steps().count("send") == 1
        assert desk.steps()[-3:] == ["settle", "doubt", "unlock contact"]

    async def test_a_slip_after_it_was_sent(self, desk):
        """When the gateway itself fails after sending, nobody says that nothing was written."""
        desk.switch.failing["keep"] = ValueError("a slip")
        with structlog.testing.capture_logs() as logged:
            result = await desk.write(desk.script(written=UPDATED, planned=PLANNED))
        assert (result.outcome, codes(result)) == (Outcome.UNKNOWN, [FaultCode.OUTCOME_UNKNOWN])
        assert [each["event"] for each in logged] == ["write_broken"]
        assert desk.steps()[-1] == "doubt"


class TestJournalFails:
    """A journal that cannot be written to."""

    @pytest.mark.parametrize("step", ["lock key", "lock contact", "find", "intend"])
    async def test_nothing_is_sent(self, desk, step):
        """What cannot be noted, or not be locked, is not sent, and may be tried again."""
        desk.switch.failing[step] = OSError("disk full")
        with structlog.testing.capture_logs() as logged:
            result = await desk.write(desk.script(planned=PLANNED), Wish(idempotency_key="k"))
        assert (result.outcome, codes(result)) == (Outcome.REFUSED, [FaultCode.INTERNAL])
        assert result.faults[0].retryable
        assert {"send", "settle"}.isdisjoint(desk.steps())
        assert [(each["event"], each["administration"]) for each in logged] == [("journal_failed", "shop")]

    @pytest.mark.parametrize(
        ("failing", "outcome"),
        [
            pytest.param({}, Outcome.UPDATED, id="written"),
            pytest.param({"send": NotReached("away")}, Outcome.REFUSED, id="refused"),
            pytest.param({"send": BackendUnavailable("away")}, Outcome.UNKNOWN, id="unknown"),
        ],
    )
    async def test_the_end_is_told_all_the_same(self, desk, failing, outcome):
        """That an end could not be noted neither hides it nor keeps reads from telling of it."""
        desk.switch.failing |= {"settle": OSError("disk full"), **failing}
        with structlog.testing.capture_logs() as logged:
            result = await desk.write(desk.script(written=UPDATED, planned=PLANNED))
        assert result.outcome is outcome
        assert [each["event"] for each in logged] == ["journal_failed"]
        assert ("keep" in desk.steps()) is (outcome is Outcome.UPDATED)


async def test_the_moment_is_that_of_the_end(desk):
    """What is shown of the contact is as old as its reading after the write, not as its intent."""
    script = desk.script(written=UPDATED, effect=lambda: desk.clock.move(5))
    result = await desk.write(script)
    assert result.contact.fetched_at == NOW + timedelta(seconds=5)
    assert desk.switch.asked("settle")[0].at == NOW + timedelta(seconds=5)

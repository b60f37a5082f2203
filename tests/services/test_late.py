"""Deadlines, callers that go away, and writes at the same time."""

import asyncio

import pytest
import structlog

from gateway.domain.changes import FieldChange
from gateway.domain.errors import BackendUnavailable
from gateway.domain.faults import FaultCode, Outcome
from gateway.ports import Trace, Written
from gateway.services.result import Wish
from gateway.services.writing import LAST_LOOK
from tests.fakes import NOW, turns
from tests.services.desk import ANN, ANNA, passing

PLANNED = {"before": ANN, "changes": (FieldChange("companyName", "Ann", "Anna"),), "known": ("1",)}
UPDATED = Written(Outcome.UPDATED, ANNA)
KEYED = Wish(idempotency_key="k")


def codes(result) -> list[FaultCode]:
    return [each.code for each in result.faults]


class TestDeadline:
    """The operation's time is over."""

    @passing
    async def test_before_anything_is_noted(self, desk):
        """A write that is still being worked out is given up, and its contact is free at once."""
        gate = desk.switch.shut("plan")
        result = await desk.write(desk.script(written=UPDATED, planned=PLANNED), seconds=5)
        assert (result.outcome, codes(result)) == (Outcome.REFUSED, [FaultCode.DEADLINE_EXCEEDED])
        assert result.faults[0].retryable
        gate.set()
        await turns()
        assert desk.steps() == ["lock contact", "plan", "unlock contact"]

    @passing
    async def test_no_time_at_all(self, desk):
        """Without any time left nothing is sent."""
        result = await desk.write(desk.script(written=UPDATED), seconds=0)
        await turns()
        assert codes(result) == [FaultCode.DEADLINE_EXCEEDED]
        assert "send" not in desk.steps()

    @passing
    async def test_no_time_at_all_under_a_key(self, desk):
        """Without any time left it is not known what was written under the key before."""
        await desk.write(desk.script(written=UPDATED), KEYED)
        late = await desk.write(desk.script(), KEYED, seconds=0)
        assert codes(late) == [FaultCode.OUTCOME_UNKNOWN]
        assert desk.steps().count("find") == 1

    @passing
    async def test_behind_another_write(self, desk):
        """A write whose turn does not come in time was not begun; the other one is not disturbed."""
        gate = desk.switch.shut("a send")
        first = desk.begin(desk.script("a ", written=UPDATED))
        await desk.switch.until("a send")
        late = await desk.write(desk.script("b "), seconds=5)
        gate.set()
        assert codes(late) == [FaultCode.DEADLINE_EXCEEDED]
        assert (await first).outcome is Outcome.UPDATED
        assert "b plan" not in desk.steps()

    @pytest.mark.parametrize("step", ["intend", "send", "settle", "keep"])
    def test_once_it_may_be_sent(self, desk, step):
        """From the intent on a write goes on to its end; its record is looked at once, and is in doubt."""

        @passing
        async def run() -> None:
            gate = desk.switch.shut(step)
            result = await desk.write(desk.script(written=UPDATED, planned=PLANNED), seconds=5)
            assert (result.outcome, codes(result)) == (Outcome.UNKNOWN, [FaultCode.OUTCOME_UNKNOWN])
            assert result.changes == PLANNED["changes"]
            assert desk.switch.asked("look") == [Trace(NOW, ("1",))]
            assert desk.switch.asked("doubt") == [("shop", "1", ("C1",))]
            gate.set()
            await desk.writer.close()
            assert desk.steps().count("send") == 1
            assert desk.switch.asked("settle")[0].outcome == "UPDATED"
            assert desk.steps()[-1] == "unlock contact"

        run()

    @passing
    async def test_proven_by_the_look(self, desk):
        """A write that the look proves is answered as done, and reads show it before its own end does."""
        gate = desk.switch.shut("send")
        result = await desk.write(desk.script(written=UPDATED, found=UPDATED, planned=PLANNED), seconds=5)
        assert (result.outcome, result.contact.value) == (Outcome.UPDATED, ANNA)
        assert desk.shown.contacts == {"1": ANNA}
        assert "settle" not in desk.steps()
        gate.set()
        await desk.writer.close()
        assert desk.steps()[-3:] == ["settle", "keep", "unlock contact"]

    @passing
    async def test_it_ends_during_the_look(self, desk):
        """A write that ends while it is looked for is answered with its own end."""
        sending, looking = desk.switch.shut("send"), desk.switch.shut("look")
        write = desk.begin(desk.script(written=UPDATED, planned=PLANNED), seconds=5)
        await desk.switch.until("look")
        sending.set()
        await desk.switch.until("unlock contact")
        looking.set()
        assert (await write).outcome is Outcome.UPDATED
        assert "doubt" not in desk.steps()

    @passing
    async def test_a_slow_look(self, desk):
        """The look may take a moment beyond the deadline and no longer."""
        desk.switch.shut("look")
        gate = desk.switch.shut("send")
        begun = asyncio.get_running_loop().time()
        result = await desk.write(desk.script(written=UPDATED, found=UPDATED), seconds=5)
        took = asyncio.get_running_loop().time() - begun
        assert result.outcome is Outcome.UNKNOWN
        assert 5 + LAST_LOOK <= took < 5 + LAST_LOOK + 1
        gate.set()
        await desk.writer.close()

    @pytest.mark.parametrize("error", [BackendUnavailable("away"), ValueError("a slip"), TimeoutError()])
    def test_a_look_that_fails(self, desk, error):
        """A look that fails tells nothing, and raises nothing either."""

        @passing
        async def run() -> None:
            desk.switch.failing["look"] = error
            gate = desk.switch.shut("send")
            with structlog.testing.capture_logs():
                result = await desk.write(desk.script(written=UPDATED), seconds=5)
            assert result.outcome is Outcome.UNKNOWN
            gate.set()
            await desk.writer.close()

        run()

    @passing
    async def test_in_the_middle_of_a_dry_run(self, desk):
        """A dry run that comes to no end was refused: there is nothing that could go on."""
        desk.switch.shut("check")
        result = await desk.write(desk.script(planned=PLANNED), Wish(dry_run=True), seconds=5)
        assert codes(result) == [FaultCode.DEADLINE_EXCEEDED]
        assert "intend" not in desk.steps()


class TestDeadlineUnderAKey:
    """The operation's time is over, and an earlier write may have happened under the same key."""

    @passing
    async def test_while_the_first_is_under_way(self, desk):
        """Who comes again while the first write still runs is not told that nothing was written."""
        gate = desk.switch.shut("send")
        script = desk.script(written=UPDATED, planned=PLANNED)
        await desk.write(script, KEYED, seconds=5)
        again = await desk.write(script, KEYED, seconds=5)
        assert (again.outcome, codes(again)) == (Outcome.UNKNOWN, [FaultCode.OUTCOME_UNKNOWN])
        gate.set()
        await desk.writer.close()
        assert (await desk.write(script, KEYED)).outcome is Outcome.UPDATED
        assert desk.steps().count("send") == 1

    @passing
    async def test_while_the_contact_is_read(self, desk):
        """A first result is returned without its contact where that cannot be read in time."""
        script = desk.script(written=UPDATED, planned=PLANNED)
        await desk.write(script, KEYED)
        desk.switch.shut("current")
        again = await desk.write(script, KEYED, seconds=5)
        assert (again.outcome, again.changes, again.contact) == (Outcome.UPDATED, PLANNED["changes"], None)

    @pytest.mark.parametrize("step", ["plan", "look"])
    def test_while_it_is_looked_into_again(self, desk, step):
        """An unknown write stays unknown when there is no time to look into it."""

        @passing
        async def run() -> None:
            desk.switch.failing["send"] = BackendUnavailable("away")
            script = desk.script(planned=PLANNED)
            await desk.write(script, KEYED)
            desk.switch.shut(step)
            again = await desk.write(script, KEYED, seconds=5)
            assert (again.outcome, codes(again)) == (Outcome.UNKNOWN, [FaultCode.OUTCOME_UNKNOWN])

        run()

    @passing
    async def test_nothing_earlier(self, desk):
        """A key that nothing was written under changes nothing: the write was not begun."""
        desk.switch.shut("plan")
        result = await desk.write(desk.script(), KEYED, seconds=5)
        assert codes(result) == [FaultCode.DEADLINE_EXCEEDED]


class TestCallerGone:
    """A client that goes away."""

    @pytest.mark.parametrize("step", ["find", "plan", "check"])
    async def test_before_anything_is_noted(self, desk, step):
        """What only reads is given up, and every lock is let go."""
        gate = desk.switch.shut(step)
        wish = Wish(dry_run=True) if step == "check" else KEYED
        write = desk.begin(desk.script(written=UPDATED, planned=PLANNED), wish)
        await desk.switch.until(step)
        write.cancel()
        assert await asyncio.gather(write, return_exceptions=True) != [UPDATED]
        gate.set()
        await desk.writer.close()
        assert {"intend", "send"}.isdisjoint(desk.steps())
        assert (await desk.write(desk.script("b ", written=UPDATED))).outcome is Outcome.UPDATED

    async def test_waiting_for_its_turn(self, desk):
        """A write that still waits for another one is given up."""
        gate = desk.switch.shut("a send")
        first = desk.begin(desk.script("a ", written=UPDATED))
        await desk.switch.until("a send")
        second = desk.begin(desk.script("b ", written=UPDATED))
        await turns()
        second.cancel()
        await turns()
        gate.set()
        await first
        await desk.writer.close()
        assert "b plan" not in desk.steps()

    @pytest.mark.parametrize("step", ["intend", "send", "look", "settle", "keep"])
    async def test_once_it_may_be_sent(self, desk, step):
        """A write that has begun goes its way to the end, into the journal and into what is shown."""
        if step == "look":
            desk.switch.failing["send"] = BackendUnavailable("away")
        gate = desk.switch.shut(step)
        write = desk.begin(desk.script(written=UPDATED, found=UPDATED, planned=PLANNED))
        await desk.switch.until(step)
        write.cancel()
        await asyncio.gather(write, return_exceptions=True)
        assert write.cancelled()
        gate.set()
        await desk.writer.close()
        assert desk.steps()[-3:] == ["settle", "keep", "unlock contact"]
        assert desk.steps().count("send") == 1

    @passing
    async def test_during_the_last_look(self, desk):
        """Who goes away while it is looked for takes nothing from the write."""
        desk.switch.shut("look")
        gate = desk.switch.shut("send")
        write = desk.begin(desk.script(written=UPDATED), seconds=5)
        await desk.switch.until("look")
        write.cancel()
        await asyncio.gather(write, return_exceptions=True)
        gate.set()
        await desk.writer.close()
        assert desk.switch.asked("settle")[0].outcome == "UPDATED"

    async def test_closing_waits(self, desk):
        """The gateway ends only when what has begun is at its end."""
        gate = desk.switch.shut("send")
        write = desk.begin(desk.script(written=UPDATED))
        await desk.switch.until("send")
        closing = asyncio.create_task(desk.writer.close())
        await turns()
        assert not closing.done()
        gate.set()
        await closing
        assert (await write).outcome is Outcome.UPDATED


class TestSideBySide:
    """Writes at the same time."""

    async def test_one_contact(self, desk):
        """Of two writes of one contact the second is planned on what the first one left."""
        gate = desk.switch.shut("a send")
        writes = [desk.begin(desk.script(f"{name} ", written=UPDATED)) for name in "ab"]
        await desk.switch.until("a send")
        await turns()
        assert "b plan" not in desk.steps()
        gate.set()
        await asyncio.gather(*writes)
        steps = desk.steps()
        assert steps.index("keep") < steps.index("unlock contact") < steps.index("b plan")

    async def test_two_contacts(self, desk):
        """Writes of two contacts do not wait for one another."""
        gate = desk.switch.shut("a send")
        first = desk.begin(desk.script("a ", written=UPDATED))
        await desk.switch.until("a send")
        other = await desk.write(desk.script("b ", written=UPDATED), contact="2")
        assert other.outcome is Outcome.UPDATED
        assert not first.done()
        gate.set()
        await first

    async def test_two_new_contacts(self, desk):
        """New contacts without a key do not wait for one another."""
        gate = desk.switch.shut("a send")
        first = desk.begin(desk.script("a ", written=UPDATED), contact=None)
        await desk.switch.until("a send")
        await desk.write(desk.script("b ", written=UPDATED), contact=None)
        gate.set()
        await first

    async def test_a_failure_lets_the_next_one_go_on(self, desk):
        """However a write ends, its contact is free afterwards."""
        desk.switch.failing |= {"a plan": ValueError("a slip"), "b send": BackendUnavailable("away")}
        with structlog.testing.capture_logs():
            results = await asyncio.gather(
                *(desk.write(desk.script(f"{name} ", written=UPDATED)) for name in "abc")
            )
        assert [each.outcome for each in results] == [Outcome.REFUSED, Outcome.UNKNOWN, Outcome.UPDATED]

    async def test_many_at_once(self, desk):
        """Of many writes of a few contacts, no two of one contact are ever between plan and end at once."""
        scripts = [desk.script(f"{number} ", written=UPDATED) for number in range(60)]
        await asyncio.gather(
            *(desk.write(each, contact=str(place % 7)) for place, each in enumerate(scripts))
        )
        held: set[object] = set()
        for step, asked in desk.switch.calls:
            if step == "lock contact":
                assert asked not in held
                held.add(asked)
            elif step == "unlock contact":
                held.remove(asked)
        assert held == set()
        assert sum(step.endswith(" send") for step in desk.steps()) == 60

"""What is counted of writes: how each ended, once, whoever waited for it."""

import asyncio

import pytest

from gateway.domain.errors import BackendUnavailable, NotReached
from gateway.domain.faults import Outcome
from gateway.services.result import Wish
from tests.services.test_writing import PLANNED, UPDATED
from tests.telemetry.measured import shown


def counted(desk, name: str) -> dict[tuple[str, ...], float]:
    return shown(desk.writer.instruments, name)


@pytest.mark.parametrize(
    ("failing", "wish", "outcome"),
    [
        pytest.param({}, Wish(), Outcome.UPDATED, id="written"),
        pytest.param({}, Wish(dry_run=True), Outcome.DRY_RUN, id="dry-run"),
        pytest.param({"send": NotReached("away")}, Wish(), Outcome.REFUSED, id="refused"),
        pytest.param({"send": BackendUnavailable("away")}, Wish(), Outcome.UNKNOWN, id="unknown"),
    ],
)
async def test_every_write_is_counted_by_its_outcome(desk, failing, wish, outcome):
    """The outcome that the client reads is the one that is counted."""
    desk.switch.failing |= failing
    result = await desk.write(desk.script(written=UPDATED, planned=PLANNED), wish)
    assert result.outcome is outcome
    assert counted(desk, "writes_total") == {("shop", "contactUpdate", outcome): 1}


async def test_a_write_that_outlives_its_client_is_counted_at_its_end(desk):
    """Nobody waits for it any more, and what came of it is counted all the same."""
    gate = desk.switch.shut("send")
    task = desk.begin(desk.script(written=UPDATED, planned=PLANNED))
    await desk.switch.until("send")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert counted(desk, "writes_total") == {}
    gate.set()
    await desk.writer.close()
    assert counted(desk, "writes_total") == {("shop", "contactUpdate", "UPDATED"): 1}


async def test_a_write_that_is_given_up_is_counted_as_such(desk):
    """What its client left before anything was sent is told apart from what was refused."""
    desk.switch.shut("plan")
    task = desk.begin(desk.script(written=UPDATED, planned=PLANNED))
    await desk.switch.until("plan")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await desk.writer.close()
    assert counted(desk, "writes_total") == {("shop", "contactUpdate", "cancelled"): 1}


@pytest.mark.parametrize("step", ["find", "intend", "settle"])
async def test_trouble_with_the_journal_is_counted(desk, step):
    """Every failed access of the journal is counted with its administration."""
    desk.switch.failing[step] = OSError("disk full")
    await desk.write(desk.script(written=UPDATED, planned=PLANNED), Wish(idempotency_key="k"))
    assert counted(desk, "journal_failures_total") == {("shop",): 1}

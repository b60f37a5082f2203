"""The ration of one process alone."""

from datetime import timedelta

from gateway.domain.administration import Quota
from gateway.flight import Urgency
from gateway.ports import Allowance, Ration
from gateway.transport.local import LocalLedger
from tests.scripts import NOW


async def test_it_counts_what_is_spent_and_says_when_it_is_closed():
    """The last call closes it, one that was not sent opens it again, and what is told or lost counts."""
    ledger, reset = LocalLedger(Allowance(2, 60)), NOW + timedelta(seconds=60)
    first = await ledger.spend(NOW, Urgency.WRITE)
    second = await ledger.spend(NOW, Urgency.WRITE)
    assert await ledger.spend(NOW, Urgency.WRITE) == reset
    assert await ledger.closed_until(NOW, Urgency.WRITE) == reset
    await ledger.give_back(second)
    assert await ledger.closed_until(NOW, Urgency.WRITE) is None
    lost = await ledger.spend(NOW, Urgency.WRITE)
    await ledger.lose(lost, NOW)
    await ledger.learn(Ration(10, 9, reset), first, NOW)
    assert ledger.quota(NOW) == Quota(10, 8, reset)

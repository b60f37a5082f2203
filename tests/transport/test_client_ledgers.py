"""Lines whose rations are kept together with other processes."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from gateway.domain.administration import Administration
from gateway.domain.errors import BackendUnavailable, RateLimited
from gateway.ports import Allowance, Call, Line
from gateway.transport.client import HttpNetwork
from gateway.transport.local import LocalLedger
from tests.fakes import Clock
from tests.transport.calls import sent

SHOP = Line(Administration("shop", "Shop", "acumulus", "4711"), "http://system.test", {}, timeout=60)
ONCE = Call("POST", "/", safe=False)


class SlowLedger:
    """A ration that is asked for elsewhere: it takes its time, and notes what it is told."""

    def __init__(self, allowance=Allowance()):  # noqa: B008 - a value
        self.ledger = LocalLedger(allowance)
        self.told = []

    async def closed_until(self, now, urgency):
        await asyncio.sleep(0)
        return await self.ledger.closed_until(now, urgency)

    async def spend(self, now, urgency):
        for _ in range(5):
            await asyncio.sleep(0)
        self.told.append("spent")
        return await self.ledger.spend(now, urgency)

    async def give_back(self, call):
        self.told.append("given back")
        await self.ledger.give_back(call)

    async def lose(self, call, now):
        self.told.append("lost")
        await self.ledger.lose(call, now)

    async def learn(self, ration, call, now):
        self.told.append("learnt")
        await self.ledger.learn(ration, call, now)

    def quota(self, now):
        return self.ledger.quota(now)


def network_with(system, ledgers, clock=None):
    """Return a network whose rations are in `ledgers` by name and allowance."""
    network = HttpNetwork(transport=httpx.MockTransport(system), clock=clock or Clock())
    network.share_rations(
        lambda name, allowance: ledgers.setdefault((name, allowance.calls), SlowLedger(allowance))
    )
    return network


def well(_):
    return httpx.Response(200)


def test_every_line_has_a_name_that_others_know():
    """One without a name of its own is called after its administration, and after its book there."""
    ledgers = {}
    network = network_with(well, ledgers)
    other = Administration("shop", "Shop", "acumulus", "4712")
    lines = [SHOP, SHOP, replace(SHOP, administration=other), replace(SHOP, ration="token")]
    lines += [replace(SHOP, allowance=Allowance(30, 60)), replace(SHOP, ration="token")]
    for line in lines:
        network.open(line)
    named = [("acumulus:shop:4711", 0), ("acumulus:shop:4712", 0), ("token", 0), ("acumulus:shop:4711", 30)]
    assert list(ledgers) == named


async def test_a_ration_kept_elsewhere_is_kept():
    """What it refuses is not sent, and each call that is sent is spent and learnt."""
    ledgers, network = {}, None
    network = network_with(well, ledgers)
    client = network.open(replace(SHOP, allowance=Allowance(2, 60)))
    results = await asyncio.gather(*(sent(client, ONCE) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["Answer"] * 2 + [RateLimited.__name__] * 2
    (ledger,) = ledgers.values()
    assert ledger.told.count("learnt") == 2


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        pytest.param(httpx.ConnectError("refused"), ["spent", "given back"], id="not-reached"),
        pytest.param(httpx.ReadError("broken"), ["spent", "lost"], id="broken-off"),
    ],
)
async def test_it_is_told_what_became_of_a_call(failure, told):
    """One that never arrived is given back, one that broke off is lost."""

    def fails(_):
        raise failure

    ledgers = {}
    client = network_with(fails, ledgers).open(SHOP)
    with pytest.raises(BackendUnavailable):
        await sent(client, ONCE)
    (ledger,) = ledgers.values()
    assert ledger.told == told


async def test_one_probe_at_a_time_however_long_the_ration_takes():
    """When a system failed, one call tries it: those that wait for the ration meanwhile are not sent."""
    failing, asked, clock, ledgers = [True], [], Clock(), {}

    async def system(_):
        asked.append(1)
        await asyncio.sleep(0.01)
        return httpx.Response(200) if not failing else _broken()

    client = network_with(system, ledgers, clock).open(SHOP)
    for _ in range(5):
        with pytest.raises(BackendUnavailable):
            await sent(client, ONCE)
    failing.clear()
    clock.move(31)
    asked.clear()
    results = await asyncio.gather(*(sent(client, ONCE) for _ in range(4)), return_exceptions=True)
    assert len(asked) == 1
    assert [isinstance(each, BackendUnavailable) for each in results].count(True) == 3
    (ledger,) = ledgers.values()
    assert ledger.told.count("given back") == 3


def _broken():
    raise httpx.ReadError("broken")


async def test_lines_opened_before_go_on_as_they_are():
    """Only those that are opened afterwards are shared."""
    ledgers = {}
    network = HttpNetwork(transport=httpx.MockTransport(well), clock=Clock())
    early = network.open(replace(SHOP, ration="token"))
    network.share_rations(lambda name, _: ledgers.setdefault(name, SlowLedger()))
    late = network.open(replace(SHOP, ration="token"))
    await sent(early, ONCE)
    assert ledgers["token"].told == []
    await sent(late, ONCE)
    assert ledgers["token"].told == ["spent", "learnt"]

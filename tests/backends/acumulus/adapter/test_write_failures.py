"""Every way to fail, at each step of an update: what is said of it is what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain.errors import BackendError, CredentialsRejected, RejectedBySystem
from gateway.domain.faults import NoticeCode, Outcome
from gateway.emulation.faults import Fault
from gateway.ports import Trace
from tests.backends.acumulus.written import KEY, everything, opened, plan, told, writes

MANAGE, GET, LIST = "contact_manage", "contact_get", "contacts_list"
TRACE = Trace(datetime(2026, 11, 21, tzinfo=UTC))
KINDS = [
    pytest.param({"kind": "hang"}, id="hang"),
    pytest.param({"kind": "reset"}, id="reset"),
    pytest.param({"kind": "truncated"}, id="truncated"),
    pytest.param({"kind": "drip", "seconds": 1}, id="drip"),
    pytest.param({"kind": "garbage"}, id="garbage"),
    pytest.param({"kind": "html"}, id="html"),
    pytest.param({"kind": "cut"}, id="cut"),
    pytest.param({"kind": "status", "status": 500}, id="500"),
    pytest.param({"kind": "status", "status": 400}, id="400"),
    pytest.param({"kind": "status", "status": 429}, id="429"),
    pytest.param({"kind": "status", "status": 403}, id="403"),
    pytest.param({"kind": "latency", "seconds": 5}, id="latency"),
]
XML = '<?xml version="1.0"?>'
KNOWN_NOT_LANDED = {429, 403}
ALWAYS_LANDED = {"truncated", "drip", "cut"}
ENDS = [
    pytest.param(kind.values[0], landed, id=f"{kind.id}-{'landed' if landed else 'not landed'}")
    for kind in KINDS
    for landed in (True, False)
    # A late answer's write lands when nobody looks any more; with these statuses nothing ever does.
    if (not landed or not (kind.values[0].get("status") in KNOWN_NOT_LANDED or kind.id == "latency"))
    and (landed or kind.id not in ALWAYS_LANDED)
]


def patience(kind: Mapping[str, Any]) -> float:
    """Return how long a call may take: where nothing comes it takes all of that."""
    return 1 if kind["kind"] in ("hang", "drip", "latency") else 30


@pytest.mark.parametrize("path", [GET, LIST])
@pytest.mark.parametrize("kind", KINDS)
async def test_before_the_write(kind, path: str):
    """Without what it has to be proven by nothing is planned, and nothing is written."""
    async with opened(patience=patience(kind)) as line:
        line.emulator.faults.add(Fault(**kind, path=path))

        with pytest.raises(BackendError) as caught:
            await plan(line, {"label": "x"})

        assert (caught.value.system, caught.value.administration) == ("acumulus", "the-book")
        assert writes(line) == 0


@pytest.mark.parametrize(("kind", "landed"), ENDS)
async def test_the_write_itself(kind, landed: bool):
    """What landed is proven by reading, what did not is never claimed, and nothing is sent twice."""
    async with opened(patience=patience(kind)) as line:
        planned = await plan(line, {"label": "x"})
        line.emulator.faults.add(Fault(**kind, path=MANAGE, landed=landed))

        with pytest.raises(BackendError) as caught:
            await planned.send()

        assert (everything(line)[KEY]["contactmark"] == "x") is landed
        assert caught.value.may_have_landed is (kind.get("status") not in KNOWN_NOT_LANDED)
        if caught.value.may_have_landed:
            found = await planned.look(TRACE)
            assert (found.outcome if found else None) == (Outcome.UPDATED if landed else None)
        assert writes(line) <= 1


@pytest.mark.parametrize("path", [GET, LIST])
@pytest.mark.parametrize("kind", KINDS)
async def test_after_the_write(kind, path: str):
    """It is UPDATED, and said to be unverified; without the row alone the contact comes back all the same."""
    async with opened(patience=patience(kind)) as line:
        planned = await plan(line, {"label": "x"})
        line.emulator.faults.add(Fault(**kind, path=path))

        written = await planned.send()

        assert everything(line)[KEY]["contactmark"] == "x"
        assert written.outcome is Outcome.UPDATED
        assert (NoticeCode.NOT_VERIFIED, "") in told(written)
        assert (written.contact is None) is (path == GET)


async def test_no_connection_means_nothing_was_written():
    """Where nobody listens nothing can have landed."""
    async with opened() as line:
        planned = await plan(line, {"label": "x"})
        line.emulator.faults.add(Fault("refuse", seconds=60))
        for _ in range(3):
            # Connections that were open may have taken a request with them; of new ones that is known.
            with pytest.raises(BackendError):
                await line.backend.contacts.scan({})

        with pytest.raises(BackendError) as caught:
            await planned.send()

        await line.mend()
        assert not caught.value.may_have_landed


async def test_a_write_that_stores_nothing_is_refused():
    """Where the answer claims an update and every value is as it was, that is a refusal, not an update."""
    body = (
        f"{XML}<response><contact><contactid>{KEY}</contactid><contactproc>updated</contactproc></contact>"
        "<status>0</status></response>"
    )
    async with opened() as line:
        for planned, path in (
            (await plan(line, {"label": "x"}), "label"),
            (await line.backend.contacts.archive(KEY, frozenset()), "status"),
        ):
            line.emulator.faults.add(Fault("status", path=MANAGE, status=200, body=body, count=1))
            with pytest.raises(RejectedBySystem) as caught:
                await planned.send()
            assert [fault.path for fault in caught.value.faults] == [path]


async def test_an_unread_end_without_the_word_updated_is_unknown():
    """An answer that claims no update, and a contact that cannot be read: whether it was stored is open."""
    body = (
        f"{XML}<response><contact><contactproc>unchanged</contactproc></contact><status>0</status></response>"
    )
    async with opened() as line:
        planned = await plan(line, {"label": "x"})
        line.emulator.faults.add(Fault("status", path=MANAGE, status=200, body=body))
        line.emulator.faults.add(Fault("reset", path=GET))

        with pytest.raises(BackendError) as caught:
            await planned.send()

        assert caught.value.may_have_landed


async def test_a_test_that_was_none_is_told():
    """Where Acumulus does not say that it only judged, the judgement is not relied on."""
    body = (
        f"{XML}<response><contact><contactproc>unchanged</contactproc></contact><status>0</status></response>"
    )
    async with opened() as line:
        planned = await plan(line, {"label": "x"})
        line.emulator.faults.add(Fault("status", path=MANAGE, status=200, body=body))

        assert [each.code for each in await planned.check()] == [NoticeCode.NOT_VALIDATED]


async def test_a_role_that_only_writes_cannot_update():
    """Without reading there is nothing to prove a write by."""
    async with opened(role="API-invoerder") as line:
        with pytest.raises(CredentialsRejected) as caught:
            await plan(line, {"label": "x"})

        assert not caught.value.may_have_landed
        assert writes(line) == 0


async def test_a_status_that_stays_while_something_else_moves_is_no_end():
    """A contact that was to be archived, is not, and changed otherwise: neither archived nor refused."""
    body = (
        f"{XML}<response><contact><contactproc>updated</contactproc></contact><status>0</status></response>"
    )
    async with opened() as line:
        planned = await line.backend.contacts.archive(KEY, frozenset())
        line.book.put({**line.book.contact(int(KEY)), "contactwebsite": "https://elders.example"})
        line.emulator.faults.add(Fault("status", path=MANAGE, status=200, body=body))

        with pytest.raises(BackendError) as caught:
            await planned.send()

        assert caught.value.may_have_landed
        assert await planned.look(TRACE) is None

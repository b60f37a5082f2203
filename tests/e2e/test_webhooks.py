"""Webhooks over real HTTP: the emulated Moneybird tells `gateway serve`, a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.backends.moneybird.sandbox import create
from gateway.domain.identity import contact_id
from gateway.emulation.server import Emulator
from tests.e2e.program import PATIENCE, Program, free_port

SEARCH = "query($search: String!) { contacts(search: $search) { nodes { source { remoteId } displayName } } }"
TOTAL = "{ contacts(first: 0, where: {status: [ACTIVE, ARCHIVED]}) { totalCount } }"
MANDATE = "query($id: ID!) { contact(id: $id) { mandate { payments { kind } } } }"
HERE = "/webhooks/shop"
BODY = b'{"action":"contact_changed","entity_type":"Contact","entity_id":"1"}'
EDGE = 65_536


@dataclass
class Shop:
    """A program in front of an emulated Moneybird that tells it what changes."""

    emulator: Emulator
    system: httpx.AsyncClient
    gateway: httpx.AsyncClient
    secret: str
    program: Program

    async def ask(self, document: str, **variables: Any) -> Any:
        """Run an operation that must go well."""
        answer = await self.gateway.post("/graphql", json={"query": document, "variables": variables})
        told = answer.json()
        assert "errors" not in told, told
        return told["data"]

    async def found(self, search: str) -> list[str]:
        """Return the system's ids of those that a search finds."""
        nodes = (await self.ask(SEARCH, search=search))["contacts"]["nodes"]
        return [each["source"]["remoteId"] for each in nodes]

    async def reads(self) -> list[str]:
        """Return what the gateway asked of the system; the tests themselves only write."""
        rows = (await self.system.get(f"{self.emulator.url}/_control/log")).json()["requests"]
        return [f"{row['method']} {row['about']['call']}" for row in rows if _is_read(row)]

    async def pushes(self) -> list[dict[str, Any]]:
        """Return what the system sent, and how it was answered."""
        return (await self.system.get(f"{self.emulator.url}/_control/pushes")).json()

    async def control(self, **asked: Any) -> None:
        """Have the system send something, though nothing happened."""
        answer = await self.system.post(f"{self.emulator.url}/_control/pushes", json=asked)
        assert answer.status_code == 202

    async def outcomes(self) -> dict[str, int]:
        """Return how many webhooks came to what."""
        lines = (await self.gateway.get("/metrics")).text.splitlines()
        found: Counter[str] = Counter()
        for line in lines:
            if line.startswith("gateway_webhooks_total{"):
                found[line.split('outcome="')[1].split('"')[0]] += int(float(line.split()[-1]))
        return dict(found)

    def signed(self, body: bytes, at: float | None = None) -> dict[str, str]:
        """Sign a body as the vendor does."""
        moment = int(time.time() if at is None else at)
        digest = hmac.new(self.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Moneybird-Signature": f"t={moment},v1={digest}"}


def _is_read(row: dict[str, Any]) -> bool:
    return row["method"] == "GET" or row["about"].get("call") == "contacts/synchronization"


async def until(seen: Callable[[], Any]) -> Any:
    """Ask again and again until the answer is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := await seen():
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come")


CONFIGURED = """
[server]
port = {port}
[cache]
directory = "none"
hydrate = "demand"
fresh = 3000
revalidate = 3000
[[administrations]]
slug = "shop"
title = "Shop"
system = "moneybird"
administration_id = "{number}"
token = "{token}"
base_url = "{base}"
webhook_secret = "env:HOOK"
"""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    port, sandbox = free_port(), create(contacts=30)
    number, token = sandbox.connection["administration_id"], sandbox.connection["token"]
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(Emulator(sandbox))
        base = f"{emulator.url}{sandbox.base_path}"
        headers = {"Authorization": f"Bearer {token}"}
        system = httpx.AsyncClient(base_url=f"{base}/{number}", headers=headers, timeout=PATIENCE)
        await stack.enter_async_context(system)
        asked = {
            "url": f"http://127.0.0.1:{port}/webhooks/shop",
            "enabled_events": ["contact", "note", "todo"],
        }
        secret = (await system.post("/webhooks.json", json=asked)).json()["secret"]
        written = CONFIGURED.format(port=port, number=number, token=token, base=base)
        (tmp_path / "gateway.toml").write_text(written)
        program = stack.enter_context(Program("serve", cwd=tmp_path, more={"HOOK": secret}))
        await asyncio.to_thread(program.line, "GraphQL")
        gateway = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)
        await stack.enter_async_context(gateway)
        made = Shop(emulator, system, gateway, secret, program)
        assert (await made.ask(TOTAL))["contacts"]["totalCount"] == 30
        emulator.log.clear()
        yield made


async def test_a_change_is_seen_after_one_read(shop):
    """What is changed in Moneybird stands in lists, searches and look-ups at once, for one call."""
    key = next(iter(shop.emulator.emulated.book.contacts(archived=False)))["id"]
    change = {"contact": {"company_name": "Quitzilopochtli B.V."}}
    assert (await shop.system.patch(f"/contacts/{key}.json", json=change)).status_code == 200
    await until(lambda: shop.found("quitzilopochtli"))
    assert await shop.found("quitzilopochtli") == [key]
    assert await shop.reads() == ["POST contacts/synchronization"]
    assert [each["answers"] for each in await shop.pushes()] == [[200]]


async def test_who_comes_and_goes_is_seen(shop):
    """A new contact is found, one that was deleted is not, and a person counts though the version stays."""
    made = await shop.system.post("/contacts.json", json={"contact": {"company_name": "Nieuw Xolotl"}})
    key = made.json()["id"]
    await until(lambda: shop.found("xolotl"))
    person = {"contact_person": {"firstname": "Iztac", "lastname": "Xolotlzoon"}}
    await shop.system.post(f"/contacts/{key}/contact_people.json", json=person)
    await until(lambda: shop.found("iztac"))
    assert (await shop.system.delete(f"/contacts/{key}.json")).status_code == 204

    async def is_gone() -> bool:
        return await shop.found("xolotl") == []

    await until(is_gone)
    assert await shop.reads() == ["POST contacts/synchronization"] * 3
    actions = [(each["action"], each["answers"]) for each in await shop.pushes()]
    assert actions == [
        ("contact_created", [200]),
        ("contact_person_created", [200]),
        ("contact_destroyed", [200]),
    ]


async def test_a_word_is_not_enough(shop):
    """A contact that is said to be gone stays, for Moneybird still has it."""
    key = next(iter(shop.emulator.emulated.book.contacts(archived=False)))["id"]
    await shop.control(event="contact_destroyed", contact=key)
    await until(shop.reads)
    assert (await shop.ask(TOTAL))["contacts"]["totalCount"] == 30
    assert await shop.reads() == ["POST contacts/synchronization"]


async def test_what_hangs_on_a_contact_is_asked_anew(shop):
    """A mandate that was deleted in Moneybird is shown no more, and what was held of it is not used."""
    rows = list(shop.emulator.emulated.book.contacts(archived=False))
    key = next(row["id"] for row in rows if row["moneybird_payments_mandate"])
    identifier = contact_id("shop", key)
    before = (await shop.ask(MANDATE, id=identifier))["contact"]
    assert before["mandate"]["payments"]
    await shop.system.delete(f"/contacts/{key}/moneybird_payments_mandate.json")

    async def is_gone() -> bool:
        found = (await shop.ask(MANDATE, id=identifier))["contact"]["mandate"]
        return not (found and found["payments"])

    await until(is_gone)


async def test_a_merge_has_the_list_asked(shop):
    """A merge names one of two contacts: the list tells what became of the other."""
    kept, gone = (row["id"] for row in list(shop.emulator.emulated.book.contacts(archived=False))[:2])
    shop.emulator.emulated.book.remove(gone)
    await shop.control(event="contact_merged", contact=kept)

    async def is_gone() -> bool:
        return bool((await shop.ask(TOTAL))["contacts"]["totalCount"] == 29)

    await until(is_gone)
    assert (await shop.reads())[0] == "GET contacts/synchronization"


async def test_many_hints_for_one_contact_are_few_reads(shop):
    """A hundred webhooks at once for one contact are all answered, and cost two reads at most."""
    bodies = [BODY.ljust(len(BODY) + blanks) for blanks in range(100)]
    posts = (shop.gateway.post(HERE, content=body, headers=shop.signed(body)) for body in bodies)
    answers = await asyncio.gather(*posts)
    assert {each.status_code for each in answers} == {200}
    await until(shop.reads)
    assert len(await shop.reads()) <= 2
    assert await shop.outcomes() == {"taken": 100}


async def test_a_repetition_is_answered_and_ignored(shop):
    """A push that comes again, with its own key or with another one, has nothing read."""
    key = next(iter(shop.emulator.emulated.book.contacts(archived=False)))["id"]
    await shop.control(event="contact_changed", contact=key)
    await until(shop.reads)
    await shop.control(again=0)

    async def came_twice() -> bool:
        return (await shop.pushes())[0]["answers"] == [200, 200]

    await until(came_twice)
    signed = shop.signed(BODY)
    sent = [
        (BODY, {**signed, "Idempotency-Key": "a"}),
        (BODY, {**signed, "Idempotency-Key": "b"}),
        (BODY + b" ", {**shop.signed(BODY + b" "), "Idempotency-Key": "a"}),
    ]
    answers = [await shop.gateway.post(HERE, content=body, headers=headers) for body, headers in sent]
    assert [each.status_code for each in answers] == [200] * 3
    assert await shop.outcomes() == {"taken": 2, "repeated": 3}


async def test_what_is_not_signed_tells_nothing(shop):
    """The answer is the same 401 whatever is wrong, and nothing is read."""
    signed, now = shop.signed(BODY), time.time()
    sent = [
        (HERE, BODY + b" ", signed),
        (HERE, BODY, shop.signed(BODY, now - 400)),
        (HERE, BODY, shop.signed(BODY, now + 400)),
        (HERE, BODY, {}),
        ("/webhooks/other", BODY, signed),
        ("/webhooks/", BODY, signed),
        ("/webhooks/shop/more", BODY, signed),
    ]
    for path, body, headers in sent:
        answer = await shop.gateway.post(path, content=body, headers=headers)
        (error,) = answer.json()["errors"]
        del error["extensions"]["requestId"]
        assert answer.status_code == 401
        assert error == {
            "message": "This is not signed as it has to be.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    assert await shop.outcomes() == {"refused": 7}
    assert await shop.reads() == []


async def test_the_form_is_looked_at_first(shop):
    """64 KiB are taken and not a byte more, and nothing but POST."""
    body = BODY.ljust(EDGE)
    full = await shop.gateway.post(HERE, content=body, headers=shop.signed(body))
    over = await shop.gateway.post(HERE, content=body + b" ", headers=shop.signed(body + b" "))
    got = await shop.gateway.get(HERE)
    assert [each.status_code for each in (full, over, got)] == [200, 413, 405]
    assert got.headers["allow"] == "POST"
    assert await shop.outcomes() == {"taken": 1}


async def test_nobody_is_told_in_the_log(shop):
    """An event for each webhook, with its action and outcome; no secret, no name and no address."""
    row = next(iter(shop.emulator.emulated.book.contacts(archived=False)))
    change = {"contact": {"company_name": "Geheimzinnig B.V.", "send_invoices_to_email": "wie@example.com"}}
    await shop.system.patch(f"/contacts/{row['id']}.json", json=change)
    await until(lambda: shop.found("geheimzinnig"))
    await shop.gateway.post("/webhooks/wie@example.com", content=BODY)
    await asyncio.to_thread(shop.program.stop, signal.SIGTERM)
    events = [json.loads(line) for line in shop.program.errors.splitlines() if line.startswith("{")]
    told = [each for each in events if each["event"] == "webhook"]
    kept = ("administration", "action", "outcome", "reason")
    assert [{name: each[name] for name in kept if name in each} for each in told] == [
        {"administration": "shop", "action": "contact_changed", "outcome": "taken"},
        {"outcome": "refused", "reason": "unknown_address"},
    ]
    for word in (shop.secret, "Geheimzinnig", "wie@", row["id"]):
        assert word not in shop.program.errors

"""Every way that a canary can fly: what is asked, written and answered wrongly while one listens."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from gateway.backends.moneybird.sandbox.administration import PRODUCTS
from gateway.domain.errors import GatewayError
from gateway.domain.identity import GlobalId, parse
from gateway.emulation.faults import KINDS, Fault
from gateway.serving import Health
from tests.e2e.canaries import (
    EMAIL,
    EVERYTHING,
    HOOK_SECRET,
    IBAN,
    NAME,
    NOTE,
    NUMBER,
    OWN,
    PERSONAL,
    PHONE,
    Aviary,
    credentials,
    every_field,
    token,
)
from tests.e2e.writes import document
from tests.ports.connected import mended
from tests.serving.visits import client_of

WRITING = {
    ("moneybird", "contactUpdate"): ("/contacts/", "PATCH"),
    ("moneybird", "contactCreate"): ("/contacts.json", "POST"),
    ("moneybird", "contactNoteCreate"): ("/notes", "POST"),
    ("moneybird", "contactChargeCreate"): ("/additional_charges", "POST"),
    ("acumulus", "contactUpdate"): ("contact_manage", ""),
    ("acumulus", "contactCreate"): ("contact_manage", ""),
}
"""System and mutation to the path and the method of the call that writes."""

HEAVY = ("hang", "drip", "bomb", "endless", "crowded")
"""Faults that take their time."""

LIST = "query($s: String) { contacts(first: 5, search: $s, maxAge: 0) { totalCount nodes %s } }"
FILTERED = "query($w: ContactFilter!) { contacts(where: $w) { totalCount nodes { id } } }"
WHOLE = """query($id: ID!) { contact(id: $id, maxAge: 0) { displayName about
  charges(includeBilled: true) { id description } mandate { payments { iban } } } }"""
BY_NUMBER = """query($n: String!, $in: ID!) {
  contactByCustomerNumber(customerNumber: $n, administration: $in) { id displayName } }"""
BY_REMOTE_ID = "query($n: ID!, $in: ID!) { contactByRemoteId(remoteId: $n, administration: $in) { id } }"
NODE = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"

ADDRESS = {"line1": NOTE, "city": NAME, "countryCode": "NL"}
CONTACT = {"emails": [EMAIL], "phones": {"main": PHONE}, "address": ADDRESS, "bankAccount": {"iban": IBAN}}
OWN_FIELDS = {"moneybird": {"lastName": NAME}, "acumulus": {"label": NOTE, "about": f"{NOTE} {EMAIL}"}}
BAD = {"companyName": NAME, "emails": [f"{EMAIL} {NOTE}"], "bankAccount": {"iban": f"{IBAN}1"}}


def echo(system: str) -> str:
    """Return a refusal that repeats everything, as some do."""
    said = f"{EVERYTHING} {' '.join(OWN[system].values())}"
    if system == "moneybird":
        return json.dumps({"error": said, "errors": {"email": [said]}})
    return f"<response><status>1</status><errors><error><message>{said}</message></error></errors></response>"


def faults(system: str) -> Iterator[Fault]:
    """Return every fault there is; those with a body repeat everything, as some pages do."""
    body = echo(system)
    given: dict[str, list[dict[str, Any]]] = {
        "latency": [{"seconds": 0.01}],
        "refuse": [{"seconds": 60}],
        "drip": [{"seconds": 0, "count": 1}],
        "hang": [{"count": 1}],
        "status": [{"status": each, "body": body} for each in (400, 401, 403, 404, 422, 500)]
        + [{"status": 429, "body": body, "retry_after": "30"}, {"status": 503, "retry_after": EMAIL}],
        "html": [{"status": 200}, {"status": 503}],
        "edited": [{"find": '"id"', "body": f'"{NOTE}"'}, {"find": "<contactid>", "body": f"<{NAME}>"}],
        "headed": [{"headers": {"X-Canary": EMAIL, "Content-Type": NOTE, "Date": NAME}}],
        "bomb": [{"count": 2, "size": 64 * 1024 * 1024}],
        "endless": [{"count": 1}],
        "crowded": [{"count": 2}],
    }
    for kind in KINDS:
        yield from (Fault(kind, **each) for each in given.get(kind, [{}]))


def writes(house: Aviary, system: str, number: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every mutation with an input full of canaries; some that a system would refuse.

    Args:
        house: Its contacts are written to.
        system: Which of them.
        number: Makes the input differ from that of another time.
    """
    identity = house.ids(system)[0]
    key = parse(identity).parts[1]
    place = {"administration": system}
    contact = {**CONTACT, **OWN_FIELDS[system], "companyName": f"{NAME} {number}"}
    more = f"{NOTE} {IBAN} {EMAIL} {number}"
    yield "contactUpdate", {"id": identity, "contact": {**contact, "customerNumber": f"{NUMBER}{number}"}}
    yield "contactCreate", {**place, "contact": contact, "idempotencyKey": f"{EMAIL} {IBAN} {number}"}
    yield "contactNoteCreate", {"contactId": identity, "note": {"text": more}}
    charge = {"productId": next(iter(PRODUCTS)), "description": more, "price": "12.50"}
    yield "contactChargeCreate", {"contactId": identity, "charge": charge, "idempotencyKey": more}
    yield "contactCreate", {**place, "contact": {**contact, "customerNumber": NUMBER}}
    yield "contactCreate", {**place, "contact": BAD}
    yield "contactUpdate", {"id": identity, "contact": {**BAD, **OWN_FIELDS["acumulus"], "lastName": NAME}}
    yield "contactUpdate", {"id": identity, "contact": contact, "ifVersion": NOTE, "clientMutationId": NOTE}
    person = {"firstName": NAME, "lastName": NAME, "email": EMAIL, "phone": PHONE, "department": NOTE}
    yield "contactPersonCreate", {"contactId": identity, "person": person, "idempotencyKey": EMAIL}
    yield "mandateRequest", {"contactId": identity}
    yield "mandateLinkCreate", {"contactId": identity, "idempotencyKey": NUMBER}
    yield "contactPersonDelete", {"id": str(GlobalId("ContactPerson", (system, key, NOTE)))}
    yield "contactNoteDelete", {"id": str(GlobalId("Note", (system, key, EMAIL)))}
    yield "contactArchive", {"id": house.ids(system)[-1]}


async def reading(house: Aviary) -> None:
    """Select every field, and search and filter by every value."""
    # While no book is loaded a look-up is a question of its own, and kept under its number.
    for system in house.emulators:
        await house.ask(BY_NUMBER, n=NUMBER, **{"in": system})
    types = house.gateway.schema.core.type_map
    for word in (*PERSONAL, None):
        await house.ask(LIST % every_field(types["Contact"], 3), s=word)
    conditions: Any = types["ContactFilter"]
    for name, each in conditions.fields.items():
        inner = get_named_type(each.type)
        if isinstance(inner, GraphQLInputObjectType) and "contains" in inner.fields:
            for word in PERSONAL:
                await house.ask(FILTERED, w={name: {"contains": word}})
                await house.ask(FILTERED, w={name: {"eq": word}})
        elif not isinstance(inner, GraphQLEnumType):
            await house.ask(FILTERED, w={name: EMAIL})
    for system in house.emulators:
        await house.ask(WHOLE, id=house.ids(system)[0])
        for word in PERSONAL:
            await house.ask(BY_NUMBER, n=word, **{"in": system})
            await house.ask(BY_REMOTE_ID, n=word, **{"in": system})
            await house.ask(NODE, id=word)


async def writing(house: Aviary) -> None:
    """Write canaries by every mutation, tried and done, with variables and without."""
    for system in house.emulators:
        for mutation, values in writes(house, system):
            for dry in ({"dryRun": True}, {}):
                await house.ask(document(mutation), input={**values, **dry})
            inline = (
                document(mutation).partition("{")[2].replace("$input", literal({**values, "dryRun": True}))
            )
            await house.ask(f"mutation {{ {inline}")


async def failing(house: Aviary) -> list[str]:
    """Ask and write while each system fails in every way; returns what the errors say of themselves."""
    told = []
    for system, emulator in house.emulators.items():
        for number, fault in enumerate(faults(system)):
            emulator.faults.add(fault)
            told += await _asked(house, system)
            await mended(emulator)
            house.clock.move(61)
            await _written(house, system, fault, number)
            await mended(emulator)
            house.clock.move(61)
    return told


async def _asked(house: Aviary, system: str) -> list[str]:
    told = []
    backend = house.gateway.directory.books[system].backend
    try:
        await backend.contacts.scan({})
    except GatewayError as error:
        told.append(f"{error!r} {error} {error.message}")
    identity = house.ids(system)[0]
    await house.ask(LIST % "{ displayName about }", s=EMAIL)
    house.clock.move(61)
    await house.ask(WHOLE, id=identity)
    await house.ask(BY_NUMBER, n=NUMBER, **{"in": system})
    return told


async def _written(house: Aviary, system: str, fault: Fault, number: int) -> None:
    """Write while the calls that write fail alone, so that they are made at all."""
    few = 1 if fault.kind in HEAVY else 4 if system == "moneybird" else 2
    asked = list(writes(house, system, number + 1))[:few]
    for mutation, values in asked:
        if fault.kind != "refuse":
            path, method = WRITING[system, mutation]
            house.emulators[system].faults.add(replace(fault, path=path, method=method))
        await house.ask(document(mutation), input=values)
        house.emulators[system].faults.clear()
        house.clock.move(61)


async def misbehaving(house: Aviary) -> None:
    """Send what is no good request, with canaries wherever there is room for them."""
    client, secrets = house.client, " ".join(credentials())
    bodies = [
        f"{secrets} {EVERYTHING}",
        f'{{"query": "{EVERYTHING}',
        json.dumps({"query": f'{{ contacts(search: "{EVERYTHING} }}'}),
        json.dumps({"query": f'{{ contact(id: "{EMAIL}") {{ id }} }}', "operationName": NAME}),
        json.dumps({"query": [EMAIL], "variables": secrets}),
        json.dumps({"query": "{ viewer { name } }", "extensions": {"persistedQuery": {"sha256Hash": EMAIL}}}),
        json.dumps([{"query": "{ viewer { name } }"}, {"query": 17, EMAIL: IBAN}]),
        json.dumps(
            {"query": "query($s: Int) { contacts(first: $s) { totalCount } }", "variables": {"s": IBAN}}
        ),
    ]
    for body in bodies:
        for kind in ("application/json", "text/plain"):
            house.keep(await client.post("/graphql", content=body, headers={"Content-Type": kind}))
    asked = {"query": "{ viewer { name scopes } }"}
    for key in (f"Bearer {secrets[:900]}", f"Basic {token()}", f"Bearer {token()}x", f"Bearer {token()}"):
        headers = {"Authorization": key, "Cookie": secrets, "User-Agent": EMAIL, "X-Request-Id": f"{EMAIL}"}
        house.keep(await client.post("/graphql", json=asked, headers=headers))
        for path in (f"/{EMAIL}", f"/graphql?query={EMAIL}&x={IBAN}", "/health/ready", "/metrics"):
            house.keep(await client.get(path, headers=headers))
        house.keep(await client.request(NAME.upper(), f"/{IBAN}", headers=headers))
    await hooks(house)
    await unforeseen(house)


async def unforeseen(house: Aviary) -> None:
    """Have something fail that nobody foresaw, with words that repeat everything."""

    def fails() -> Health:
        raise RuntimeError(f"{EVERYTHING} {' '.join(credentials())}")

    async with client_of(replace(house.gateway.application(), health=fails)) as client:
        house.keep(await client.get("/health/ready"))


async def hooks(house: Aviary) -> None:
    """Send webhooks, signed and not, with canaries in them."""
    key = parse(house.ids("moneybird")[0]).parts[1]
    push = {"action": "contact_changed", "entity_type": "Contact", "entity_id": key, "token": HOOK_SECRET}
    body = json.dumps({**push, "entity": {"email": EMAIL, "bank_account": IBAN, "note": NOTE}}).encode()
    moment = int(house.clock().timestamp())
    digest = hmac.new(HOOK_SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    for signature in (f"t={moment},v1={digest}", f"t={moment},v1={HOOK_SECRET}", EMAIL, HOOK_SECRET):
        for path in ("/webhooks/moneybird", f"/webhooks/{EMAIL}"):
            headers = {"Moneybird-Signature": signature, "Idempotency-Key": EMAIL}
            house.keep(await house.client.post(path, content=body, headers=headers))
    await asyncio.sleep(0)


def literal(value: Any) -> str:
    """Return a value as it is written into a document."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value)

"""Registering webhooks at the emulated Moneybird, and what it sends."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from contextlib import asynccontextmanager

import pytest

URL = "http://127.0.0.1:9/hook"
FIELDS = {
    *("id", "administration_id", "url", "enabled_events", "last_http_status", "last_http_body", "token"),
    "deactivated_at",
}


class Listener:
    """An HTTP server that keeps what it gets, and answers a status."""

    def __init__(self) -> None:
        self.status = 200
        self.url = ""
        self.got: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers["content-length"]))
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok" % self.status)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await self.got.put((headers, body))


@asynccontextmanager
async def listening():
    listener = Listener()
    server = await asyncio.start_server(listener.answer, "127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?x=1"
    try:
        yield listener
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def listener():
    async with listening() as made:
        yield made


async def made(client, url: str = URL, *events: str) -> dict:
    answer = await client.post("/webhooks.json", json={"url": url, "enabled_events": list(events)})
    assert answer.status_code == 201
    return answer.json()


def control(client, name: str):
    return client.base_url.copy_with(path=f"/_control/{name}")


async def test_the_secret_is_shown_once(opened):
    """The answer to making one has it, and no list or other answer."""
    async with opened(contacts=1) as client:
        first = await made(client, URL, "contact_created")
        listed = (await client.get("/webhooks.json")).json()
        place = f"/webhooks/{first['id']}"
        changed = [(await client.patch(f"{place}/{word}.json")).json() for word in ("deactivate", "activate")]
        status = (await client.delete(f"{place}.json")).status_code
        left = (await client.get("/webhooks.json")).json()
    assert first.keys() == {*FIELDS, "secret"}
    assert [each.keys() for each in (*listed, *changed)] == [FIELDS] * 3
    assert [each["deactivated_at"] is None for each in changed] == [False, True]
    assert (status, left) == (204, [])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({}, {"error": "Url is required", "symbolic": {"url": "required"}}, id="no-url"),
        pytest.param(
            {"url": URL, "events": ["contact"]},
            {
                "error": "'events' has been removed from webhooks, use 'enabled_events'",
                "symbolic": {"events": "removed"},
            },
            id="old-key",
        ),
    ],
)
async def test_documented_refusals(client, body, error):
    """The two documented errors are answered 400."""
    answer = await client.post("/webhooks.json", json=body)
    assert (answer.status_code, answer.json()) == (400, error)


async def test_an_unknown_webhook(client):
    """It is a 404 in its own words."""
    answer = await client.delete("/webhooks/1.json")
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "Record not found for model name: Webhook"},
    )


async def test_a_push_is_signed(opened, listener):
    """Its signature is over the time and the bytes, its key is its own, and the answer is noted."""
    async with opened(contacts=3) as client:
        hook = await made(client, listener.url, "contact_created")
        await client.post("/contacts.json", json={"contact": {"company_name": "New"}})
        headers, body = await listener.got.get()
        at, signature = (part.partition("=")[2] for part in headers["moneybird-signature"].split(","))
        digest = hmac.new(hook["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256)
        assert signature == digest.hexdigest()
        payload = json.loads(body)
        assert payload.keys() == {
            *("administration_id", "webhook_id", "webhook_token", "entity_type", "entity_id", "state"),
            *("action", "entity"),
        }
        assert payload["entity"]["company_name"] == "New"
        assert (payload["entity_type"], payload["action"]) == ("Contact", "contact_created")
        await client.post(control(client, "pushes"), json={"again": 0})
        again_headers, again_body = await listener.got.get()
    assert again_body == body
    assert again_headers == headers


async def test_events_are_those_asked_for(opened, listener):
    """A group stands for all of its events; a webhook without events, or deactivated, gets none of these."""
    async with opened(contacts=3) as client:
        idle = await made(client, listener.url, "contact")
        await client.patch(f"/webhooks/{idle['id']}/deactivate.json")
        await made(client, listener.url)
        await made(client, listener.url, "contact_person", "todo")
        new = (await client.post("/contacts.json", json={"contact": {"company_name": "New"}})).json()
        place = f"/contacts/{new['id']}"
        person = {"contact_person": {"firstname": "A", "lastname": "B"}}
        key = (await client.post(f"{place}/contact_people.json", json=person)).json()["id"]
        await client.patch(f"{place}/contact_people/{key}.json", json={"contact_person": {"firstname": "C"}})
        await client.delete(f"{place}/contact_people/{key}.json")
        for todo in (True, False):
            await client.post(f"{place}/notes.json", json={"note": {"note": "x", "todo": todo}})
        got = [json.loads((await listener.got.get())[1]) for _ in range(4)]
        pushes = (await client.get(control(client, "pushes"))).json()
    assert sorted(each["action"] for each in got) == [
        *("contact_person_created", "contact_person_destroyed", "contact_person_updated"),
        "todo_created",
    ]
    assert {each["entity"].get("contact_id", each["entity"].get("entity_id")) for each in got} == {new["id"]}
    assert len(pushes) == 4


async def test_the_events_of_a_contact(opened):
    """Each thing that is done to a contact has its event."""
    async with opened(contacts=30) as client:
        await made(client, URL, "contact", "note")
        rows = (await client.get("/contacts.json")).json()
        key = next(row["id"] for row in rows if row["moneybird_payments_mandate"])
        new = (await client.post("/contacts.json", json={"contact": {"company_name": "New"}})).json()["id"]
        await client.patch(f"/contacts/{new}.json", json={"contact": {"company_name": "Newer"}})
        note = await client.post(f"/contacts/{new}/notes.json", json={"note": {"note": "x"}})
        await client.delete(f"/contacts/{new}/notes/{note.json()['id']}.json")
        mandate = "moneybird_payments_mandate"
        await client.post(f"/contacts/{new}/{mandate}.json", json={})
        await client.post(f"/contacts/{new}/{mandate}/url.json", json={})
        await client.delete(f"/contacts/{key}/{mandate}.json")
        await client.patch(f"/contacts/{key}/archive.json")
        await client.delete(f"/contacts/{new}.json")
        pushes = (await client.get(control(client, "pushes"))).json()
    assert {each["entity"] for each in pushes if each["action"] != "note_created"} >= {new, key}
    assert [each["action"] for each in pushes] == [
        *("contact_created", "contact_changed", "note_created", "note_destroyed"),
        *("contact_mandate_request_initiated", "contact_mandate_request_url_obtained"),
        *("contact_mandate_destroyed", "contact_archived", "contact_destroyed"),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"again": 7}, 404, id="unknown-push"),
        pytest.param({"again": -1}, 404, id="before-the-first"),
        pytest.param({"again": "x"}, 400, id="no-number"),
        pytest.param({"event": "contact_changed", "contact": "1"}, 404, id="unknown-contact"),
        pytest.param({"event": "contact_changed"}, 400, id="no-contact"),
        pytest.param([], 400, id="list"),
        pytest.param(7, 400, id="number"),
    ],
)
async def test_the_control_surface_says_what_is_wrong(client, body, status):
    """A push that cannot be sent is refused in a line."""
    answer = await client.post(control(client, "pushes"), json=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


async def test_reset_forgets_webhooks(opened):
    """After a reset nobody is told of anything."""
    async with opened(contacts=3) as client:
        await made(client, URL, "contact")
        await client.post("/contacts.json", json={"contact": {"company_name": "New"}})
        await client.post(control(client, "reset"))
        await client.post("/contacts.json", json={"contact": {"company_name": "New"}})
        assert (await client.get("/webhooks.json")).json() == []
        assert (await client.get(control(client, "pushes"))).json() == []

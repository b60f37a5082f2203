"""The ports, over a line that answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from lxml import etree

from gateway.backends.acumulus.adapter import connect
from gateway.backends.acumulus.fields import FIELDS, LISTED, UNSUPPORTED
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.domain.administration import Administration, Quota
from gateway.domain.contact import Contact
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
)
from gateway.domain.secret import Secret
from gateway.ports import Answer, Backend, Call, Line
from gateway.transport.client import HttpNetwork

SAMPLES = Path(__file__).parents[3] / "samples" / "acumulus"
BOOK = Administration("wholesale", "Wholesale V.O.F.", "acumulus", "123456")
LOGIN = AcumulusSettings(
    Secret("123456"), Secret("koppelaar"), Secret("geheim"), "http://127.0.0.1:1/a", calls_at_once=3
)

LIST = "/contacts/contacts_list.php"
GET = "/contacts/contact_get.php"

Answers = Callable[[str, str | None], Answer | BackendError]


def sample(name: str, status: int = 200) -> Answer:
    return Answer(status, {}, (SAMPLES / name).read_bytes())


def xml(content: str) -> Answer:
    return Answer(200, {}, f"<response>{content}<status>0</status></response>".encode())


def contact(key: str) -> Answer:
    return xml(f"<contact><contactid>{key}</contactid><contactname1>Name {key}</contactname1></contact>")


class FakeLine:
    """A client that answers by path and contactid, and a network that opens it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.opened: Line | None = None
        self.closed = False
        self.asked: list[tuple[str, str | None]] = []
        self.sent: list[dict[str, str | None]] = []
        self.most_at_once = 0
        self._at_once = 0

    def open(self, line: Line) -> FakeLine:
        self.opened = line
        return self

    def now(self) -> datetime:
        return datetime(2025, 3, 1, tzinfo=UTC)

    async def ask(self, call: Call, understand: Callable[[Answer], Any]) -> Any:
        root = etree.fromstring(parse_qs(call.body.decode())["xmlstring"][0].encode())
        key = root.findtext("contactid")
        self.asked.append((call.path, key))
        self.sent.append({node.tag: node.text for node in root if not len(node)})
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(0)
        self._at_once -= 1
        answer = self._answers(call.path, key)
        if isinstance(answer, BackendError):
            raise answer
        return understand(answer)

    def quota(self) -> Quota | None:
        return Quota(limit=600, remaining=599)

    async def close(self) -> None:
        self.closed = True


def connected(line: FakeLine) -> AbstractAsyncContextManager[Backend]:
    return connect(LOGIN, BOOK, line)


def always(answer: Answer | BackendError) -> FakeLine:
    return FakeLine(lambda path, key: answer)


async def test_a_backend_is_connected_and_closed():
    """The line is opened as the settings say and closed in the end; nothing is sent for it."""
    line = always(xml(""))

    async with connected(line) as backend:
        assert not line.closed
        assert (backend.charges, backend.mandates) == (None, None)
        assert (backend.fields, backend.unsupported) == (FIELDS, UNSUPPORTED)
        assert (backend.contacts.listed, backend.contacts.by_customer_number) == (LISTED, None)
        assert backend.quota() == Quota(limit=600, remaining=599)

    assert line.closed
    assert line.asked == []
    assert line.opened is not None
    assert (line.opened.base_url, line.opened.timeout) == ("http://127.0.0.1:1/a", 10)
    assert (line.opened.at_once, line.opened.allowance.calls, line.opened.ration) == (3, 600, "")
    assert line.opened.learn(Answer(429, {"retry-after": "5"}, b""), line.now()) is not None


async def test_a_line_is_closed_after_a_fault_too():
    """Whatever happens inside, no connection stays open."""
    line = always(xml(""))

    with pytest.raises(ZeroDivisionError):
        async with connected(line):
            raise ZeroDivisionError

    assert line.closed


async def test_a_scan_costs_one_call():
    """The whole book is asked for at once, disabled contacts and every type included."""
    line = always(sample("list_response.xml"))

    async with connected(line) as backend:
        first = await backend.contacts.scan({})
        second = await backend.contacts.scan(first.versions)

    assert line.asked == [(LIST, None)] * 2
    assert line.sent[0]["contactstatus"] == "2"
    assert line.sent[0]["rowcount"] == "0"
    assert "contacttype" not in line.sent[0]
    assert [contact.key.administration for contact in first.contacts] == ["wholesale"] * 2
    assert second.contacts == ()


async def test_details_are_read_a_few_at_once():
    """Each key costs one call, the same key one, and no more calls run at once than the settings say."""
    line = FakeLine(lambda path, key: contact(key or ""))
    keys = [str(number) for number in range(1, 21)]

    async with connected(line) as backend:
        found = await backend.contacts.get_many([*keys, "7"])

    assert sorted(found) == sorted(keys)
    assert all(isinstance(each, Contact) and each.complete for each in found.values())
    assert len(line.asked) == 20
    assert line.most_at_once == 3


async def test_keys_that_nobody_has_are_left_out():
    """A key that is not there is left out, and one that cannot be costs no call."""
    line = FakeLine(
        lambda path, key: sample("get_response_not_found.xml", 404) if key == "99" else contact(key or "")
    )

    async with connected(line) as backend:
        found = await backend.contacts.get_many(["1", "99", "", "abc", "-1", "1.0", "٣", "9" * 5000, "../2"])
        assert await backend.contacts.get_many([]) == {}

    assert list(found) == ["1"]
    assert line.asked == [(GET, "1"), (GET, "99")]


async def test_a_key_may_fail_on_its_own():
    """An answer that cannot be read costs its own contact only."""
    line = FakeLine(lambda path, key: xml("") if key == "2" else contact(key or ""))

    async with connected(line) as backend:
        found = await backend.contacts.get_many(["1", "2", "3"])

    assert isinstance(found["2"], BadUpstreamAnswer)
    assert isinstance(found["1"], Contact)
    assert isinstance(found["3"], Contact)


async def test_a_single_failure_stays_with_its_key():
    """One contact that makes the system fail does not keep the others from being read."""
    line = FakeLine(lambda path, key: Answer(500, {}, b"") if key == "2" else contact(key or ""))

    async with connected(line) as backend:
        found = await backend.contacts.get_many([str(number) for number in range(1, 31)])

    assert isinstance(found["2"], BackendUnavailable)
    assert len(found) == len(line.asked) == 30


@pytest.mark.parametrize(
    ("answer", "kind", "calls"),
    [
        pytest.param(sample("error_403_wrong_login_response.xml", 403), CredentialsRejected, 3, id="login"),
        pytest.param(Answer(429, {"retry-after": "60"}, b""), RateLimited, 3, id="ration"),
        pytest.param(Answer(503, {}, b""), BackendUnavailable, 6, id="away"),
        pytest.param(
            BackendUnavailable("Acumulus could not be reached."), BackendUnavailable, 6, id="unreached"
        ),
    ],
)
async def test_what_concerns_all_is_raised(
    answer: Answer | BackendError, kind: type[BackendError], calls: int
):
    """When it is no use, the rest of the keys is not asked for, and the one reason is raised."""
    line = always(answer)

    async with connected(line) as backend:
        with pytest.raises(kind) as caught:
            await backend.contacts.get_many([str(number) for number in range(1, 101)])

    assert len(line.asked) <= calls
    assert (caught.value.system, caught.value.administration) == ("acumulus", "wholesale")


async def test_contacts_read_before_the_ration_ended_are_kept():
    """Keys that were not asked for any more fail as the one that was refused."""
    line = FakeLine(lambda path, key: contact(key or "") if int(key or 0) < 5 else Answer(429, {}, b""))

    async with connected(line) as backend:
        found = await backend.contacts.get_many([str(number) for number in range(1, 101)])

    assert len(found) == 100
    assert sum(isinstance(each, Contact) for each in found.values()) == 4
    assert isinstance(found["100"], RateLimited)
    assert len(line.asked) < 10


async def test_credentials_revoked_on_the_way_are_raised():
    """Nothing is given once the system does not accept us any more."""
    refused = sample("error_403_wrong_login_response.xml", 403)
    line = FakeLine(lambda path, key: contact(key or "") if key == "1" else refused)

    async with connected(line) as backend:
        with pytest.raises(CredentialsRejected):
            await backend.contacts.get_many(["1", "2", "3", "4"])


async def test_over_http():
    """The calls fit the real transport: address, form and answer."""
    seen = []

    def acumulus(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, content=sample("list_response.xml").body, headers={"content-type": "text/xml"}
        )

    network = HttpNetwork(transport=httpx.MockTransport(acumulus))
    async with connect(LOGIN, BOOK, network) as backend:
        scan = await backend.contacts.scan({})

    assert len(scan.contacts) == 2
    assert str(seen[0].url) == "http://127.0.0.1:1/a/contacts/contacts_list.php"
    assert seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in seen[0].headers

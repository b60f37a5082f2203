"""How the adapter looks for contacts, and how a load ends that its ration does not carry."""

from __future__ import annotations

import json

import pytest

from gateway.backends.moneybird.adapter import connect
from gateway.backends.moneybird.settings import Settings
from gateway.domain.administration import Administration
from gateway.domain.errors import BackendError, BackendUnavailable, RateLimited
from gateway.domain.question import Question
from gateway.domain.secret import Secret
from gateway.ports import Answer, Call, Scan
from tests.fakes import FakeClient, FakeNetwork

SHOP = Administration("shop", "Shop", "moneybird", "123")
BASE = "https://moneybird.test/api/v2"
FIRST = "/123/contacts/filter.json?query=zee&per_page=100"


def opened(client: FakeClient):
    return connect(Settings("123", Secret("t0ken"), BASE), SHOP, FakeNetwork(client=client))


def pages(count: int) -> FakeClient:
    """Return a line to a list of so many pages, each with a contact of its own."""

    def answered(call: Call) -> Answer:
        number = int(call.path.partition("&page=")[2] or 1)
        link = {"link": f'<{BASE}{FIRST}&page={number + 1}>; rel="next"'} if number < count else {}
        return Answer(200, link, json.dumps([{"id": str(number), "company_name": "Zee"}]).encode())

    return FakeClient(answered)


@pytest.mark.parametrize(("there", "read"), [(1, 1), (2, 2), (3, 3), (9, 3)], ids=str)
async def test_three_pages_at_most(there, read):
    """What is found is read to its end, but no further than its third page."""
    client = pages(there)
    async with opened(client) as backend:
        found = await backend.contacts.find(Question(words=("zee",)))
    assert [each.key.remote for each in found] == [str(number) for number in range(1, read + 1)]
    assert [call.path for call in client.sent][:1] == [FIRST]
    assert len(client.sent) == read


async def test_what_cannot_be_asked_costs_nothing():
    """Without anything that Moneybird's filter knows nobody is asked."""
    client = pages(1)
    async with opened(client) as backend:
        assert await backend.contacts.find(Question(equal=(("label", "VIP"),))) == ()
    assert client.sent == []


def rationed(fetches: int, error: BackendError) -> FakeClient:
    """Return a line to a book of 1,000 contacts that carries so many calls for contacts."""
    keys, begun = [str(number) for number in range(1000)], []

    def answered(call: Call) -> Answer | BackendError:
        if call.method == "GET":
            return Answer(200, {}, json.dumps([{"id": key, "version": 1} for key in keys]).encode())
        begun.append(call)
        if len(begun) == fetches + 1:
            return error
        rows = [{"id": key, "version": 1} for key in json.loads(call.body)["ids"]]
        return Answer(200, {}, json.dumps(rows).encode())

    return FakeClient(answered)


async def test_calls_on_their_way_are_brought_home():
    """When the ration ends within a load, what was asked by then is kept, and nothing more is asked."""
    client, came = rationed(2, RateLimited("enough")), list[Scan]()
    async with opened(client) as backend:
        with pytest.raises(RateLimited, match="enough"):
            await backend.contacts.scan({}, came.append)
    fetches = [call for call in client.sent if call.method == "POST"]
    assert len(came) == len(fetches) - 1 >= 2
    assert len(fetches) < 10


async def test_a_failure_ends_a_load_at_once():
    """Any other failure is raised as it comes."""
    client = rationed(2, BackendUnavailable("away"))
    async with opened(client) as backend:
        with pytest.raises(BackendUnavailable, match="away"):
            await backend.contacts.scan({})

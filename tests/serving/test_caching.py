"""How old an answer may be, as HTTP asks for it."""

import pytest

from gateway.domain.contact import Contact
from gateway.serving.caching import max_age_asked
from tests.fakes import FakeContacts, backend, contact, world

LIST = "{ contacts { nodes { displayName } } }"


@pytest.mark.parametrize(
    ("method", "header", "asked"),
    [
        pytest.param("POST", "", None, id="nothing"),
        pytest.param("POST", "no-cache", 0, id="now"),
        pytest.param("POST", "max-age=60", 60, id="seconds"),
        pytest.param("POST", "No-Store, Max-Age=60", 60, id="case-and-company"),
        pytest.param("POST", 'max-age="60"', 60, id="quoted"),
        pytest.param("POST", "max-age=60, no-cache", 0, id="the-stricter"),
        pytest.param("POST", "max-age=soon, max-stale=5", None, id="no-number"),
        pytest.param("GET", "no-cache", None, id="a-browser-reloading"),
    ],
)
def test_what_is_asked(method: str, header: str, asked: int | None):
    """A POST's no-cache and max-age say how old an answer may be, a GET's say nothing."""
    assert max_age_asked(method, header) == asked


def book() -> FakeContacts:
    return FakeContacts([contact("1", "Ann")])


@pytest.mark.parametrize(
    ("document", "header", "scans"),
    [
        pytest.param(LIST, "no-cache", 2, id="list"),
        pytest.param("{ contacts(maxAge: 60) { nodes { displayName } } }", "no-cache", 1, id="named-wins"),
        pytest.param(LIST, "max-age=5", 2, id="too-old"),
        pytest.param(LIST, "max-age=20", 1, id="young-enough"),
    ],
)
async def test_every_list_that_names_none(document: str, header: str, scans: int):
    """The header is the maxAge of the lists that name none."""
    contacts = book()
    async with world(backend(contacts)) as at, at.browser() as browser:
        await browser.post("/graphql", json={"query": LIST})
        at.clock.move(10)
        answer = await browser.post("/graphql", json={"query": document}, headers={"Cache-Control": header})
    assert answer.json()["data"] == {"contacts": {"nodes": [{"displayName": "Ann"}]}}
    assert len(contacts.switch.asked("scan")) == scans


async def test_look_ups_too():
    """The header is the maxAge of look-ups that name none: by id, node, number and the system's id."""
    contacts = book()
    numbered: Contact = contact("1", "Ann", customer_number="7")
    contacts.book["1"] = numbered
    document = """query($id: ID!) { contact(id: $id) { displayName } node(id: $id) { id }
      contactByRemoteId(remoteId: "1", administration: "shop") { displayName }
      contactByCustomerNumber(customerNumber: "7", administration: "shop") { displayName } }"""
    async with world(backend(contacts)) as at, at.browser() as browser:
        first = await browser.post("/graphql", json={"query": "{ contacts { nodes { id } } }"})
        identity = first.json()["data"]["contacts"]["nodes"][0]["id"]
        contacts.switch.calls.clear()
        body = {"query": document, "variables": {"id": identity}}
        await browser.post("/graphql", json=body)
        assert contacts.switch.calls == []
        await browser.post("/graphql", json=body, headers={"Cache-Control": "no-cache"})
    assert contacts.switch.asked("get_many") == [["1"]]
    assert len(contacts.switch.asked("scan")) == 1

"""Which paths an operation asks of a contact."""

import pytest

from tests.fakes import THIN, FakeContacts, backend, contact, load_all, world

NEEDS_DETAILS = [
    pytest.param("phones { number }", True, id="not-in-rows"),
    pytest.param("displayName companyName emails roles", False, id="in-rows"),
    pytest.param(
        "id administration { slug currency } source { system remoteId url }", False, id="known-anyway"
    ),
    pytest.param("freshness { complete stale }", False, id="freshness"),
    pytest.param("source { version }", True, id="version"),
    pytest.param("source { raw }", True, id="raw"),
    pytest.param("charges { id }", False, id="charges-are-a-call-of-their-own"),
    pytest.param("mandate { payments { kind } }", False, id="payments-are-a-call-of-their-own"),
    pytest.param("mandate { sepa { active } }", True, id="sepa"),
    pytest.param("mandate { hasPayments }", True, id="has-payments"),
    pytest.param("__typename", False, id="typename"),
    pytest.param("n: displayName", False, id="alias-of-a-row"),
    pytest.param("displayName: firstName", True, id="alias-named-like-a-row"),
    pytest.param("...F", True, id="fragment"),
    pytest.param("...G", False, id="fragment-of-rows"),
    pytest.param("... { phones { kind } }", True, id="inline"),
    pytest.param("... on Contact @include(if: $no) { phones { kind } } id", False, id="inline-not-included"),
    pytest.param("...F @skip(if: $yes) id", False, id="fragment-skipped"),
    pytest.param("phones @skip(if: true) { kind } id", False, id="skipped"),
    pytest.param("phones @skip(if: $no) { kind }", True, id="not-skipped"),
    pytest.param("phones @include(if: $no) { kind } id", False, id="not-included"),
    pytest.param("phones @include(if: $yes) { kind }", True, id="included"),
    pytest.param("phones @include(if: $yes) @skip(if: $yes) { kind } id", False, id="included-and-skipped"),
    pytest.param(
        "phones { kind @skip(if: true) n: number @skip(if: true) __typename } id", False, id="emptied"
    ),
]

WAYS = [
    pytest.param("contacts { nodes { SELECTION } }", id="nodes"),
    pytest.param("contacts { edges { node { SELECTION } } }", id="edges"),
    pytest.param("contacts { nodes { id } edges { node { SELECTION } } }", id="both"),
    pytest.param("contacts { ...C }", id="fragment-of-the-list"),
    pytest.param('contactByRemoteId(remoteId: "1", administration: "shop") { SELECTION }', id="one"),
    pytest.param(
        'contactByRemoteId(remoteId: "1", administration: "shop") { id }\n'
        'contactByRemoteId(remoteId: "1", administration: "shop") { SELECTION }',
        id="merged",
    ),
]

FRAGMENTS = """
fragment F on Contact { phones { ...H } }
fragment G on Contact { displayName ... on Node { id } }
fragment H on Phone { number }
"""


def document(way: str, selection: str) -> str:
    """Return an operation called It; a second one uses what the first leaves unused, to make it valid."""
    head = "($yes: Boolean = true, $no: Boolean = false) { viewer @skip(if: $yes) @include(if: $no) { name }"
    listed = "fragment C on ContactConnection { nodes { SELECTION } }" if "...C" in way else ""
    operation = f"query It{head} {way} }} {listed}".replace("SELECTION", selection)
    return f"{operation} query Other{head} contacts {{ nodes {{ ...F ...G }} }} }} {FRAGMENTS}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("selection", "needed"), NEEDS_DETAILS)
async def test_details_are_read_where_they_are_needed(way, selection, needed):
    """A thin system's details are read when, and only when, the operation asks for something in them."""
    contacts = FakeContacts([contact("1")], listed=THIN)
    async with world(backend(contacts, system="acumulus")) as opened:
        await load_all(opened.gateway.directory)
        result = await opened.gateway.schema.execute(
            document(way, selection), operation_name="It", context_value=opened.gateway.context()
        )
    assert result.errors is None
    assert bool(contacts.switch.asked("get_many")) is needed


@pytest.mark.parametrize(
    "selection",
    [
        pytest.param("totalCount", id="count"),
        pytest.param("sources { administration { slug } detailedCount }", id="sources"),
        pytest.param("pageInfo { endCursor } edges { cursor }", id="cursors"),
    ],
)
async def test_a_list_without_contacts_needs_none(selection):
    """What a list tells of itself costs no details."""
    contacts = FakeContacts([contact("1")], listed=THIN)
    async with world(backend(contacts, system="acumulus")) as opened:
        assert not (await opened.ask(f"{{ contacts {{ {selection} }} }}")).errors
    assert contacts.switch.asked("get_many") == []

"""Which contacts a list shows, as a client asks for them."""

from dataclasses import fields as members
from datetime import UTC, datetime

import pytest
from strawberry.utils.str_converters import to_camel_case

from gateway.directory.criteria import (
    IS_ACTIVE,
    AllOf,
    AnyOf,
    Between,
    Contains,
    Has,
    IsEmpty,
    Not,
    OneOf,
    StartsWith,
)
from gateway.directory.fields import CUSTOM_FIELD, FIELDS, SYSTEM
from gateway.domain.contact import (
    BankAccount,
    ContactKind,
    ContactRole,
    ContactStatus,
    CustomField,
    DeliveryMethod,
    Invoicing,
    PostalAddress,
    Trust,
    VatNumber,
)
from gateway.domain.errors import BadInput
from gateway.schema.contact_filter import (
    MAX_DEPTH,
    MEMBERS,
    ContactFilter,
    CustomFieldFilter,
    TextFilter,
    TimeFilter,
    condition_of,
)
from tests.fakes import FakeContacts, backend, contact, world

COMPANY = Has("kind", OneOf(("COMPANY",)))
PERSON = Has("kind", OneOf(("PERSON",)))
COMPANIES = ContactFilter(kind=[ContactKind.COMPANY])
PERSONS = ContactFilter(kind=[ContactKind.PERSON])
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_MICROS = 1_767_268_800_000_000

LIST = """
query($where: ContactFilter) {
  contacts(where: $where) { nodes { displayName } totalCount sources { matchCount } }
}
"""


def active(part):
    return AllOf((IS_ACTIVE, part))


def eq(text: str) -> TextFilter:
    return TextFilter(eq=text)


@pytest.mark.parametrize(
    ("asked", "test"),
    [
        pytest.param(eq("Zoë"), OneOf(("zoe",)), id="eq"),
        pytest.param(TextFilter(in_=["Zoë", "ZOE", "Jan"]), OneOf(("zoe", "jan")), id="in"),
        pytest.param(TextFilter(in_=[]), OneOf(()), id="in-nothing"),
        pytest.param(TextFilter(contains="ZO"), Contains("zo"), id="contains"),
        pytest.param(TextFilter(starts_with="Zo"), StartsWith("zo"), id="starts-with"),
        pytest.param(TextFilter(is_empty=True), IsEmpty(wanted=True), id="empty"),
        pytest.param(TextFilter(is_empty=False), IsEmpty(wanted=False), id="not-empty"),
    ],
)
def test_texts(asked, test):
    """Each member of a text's filter is its own test, of the text in the form that is compared."""
    assert condition_of(ContactFilter(name=asked)) == active(Has("name", test))


@pytest.mark.parametrize(
    ("member", "asked", "expected"),
    [
        pytest.param("kind", [ContactKind.COMPANY], COMPANY, id="kind"),
        pytest.param("roles", [ContactRole.SUPPLIER], Has("roles", OneOf(("SUPPLIER",))), id="roles"),
        pytest.param("roles", [], Has("roles", OneOf(())), id="no-roles"),
        pytest.param("name", eq("É"), Has("name", OneOf(("e",))), id="name"),
        pytest.param("first_name", eq("É"), Has("firstName", OneOf(("e",))), id="first-name"),
        pytest.param("last_name", eq("É"), Has("lastName", OneOf(("e",))), id="last-name"),
        pytest.param("city", eq("É"), Has("city", OneOf(("e",))), id="city"),
        pytest.param("postal_code", eq("1234 AB"), Has("postalCode", OneOf(("1234ab",))), id="postal-code"),
        pytest.param("email", eq("A@B.nl"), Has("email", OneOf(("a@b.nl",))), id="email"),
        pytest.param(
            "customer_number", eq(" K-1.A "), Has("customerNumber", OneOf(("k-1.a",))), id="customer-number"
        ),
        pytest.param("vat_number", eq("NL 1.B-1"), Has("vatNumber", OneOf(("nl1b1",))), id="vat-number"),
        pytest.param(
            "chamber_of_commerce",
            eq("1234.5678"),
            Has("chamberOfCommerce", OneOf(("12345678",))),
            id="chamber",
        ),
        pytest.param("iban", eq("NL91 ABNA"), Has("iban", OneOf(("nl91abna",))), id="iban"),
        pytest.param("phone", eq("(020) 1-2"), Has("phone", OneOf(("02012",))), id="phone"),
        pytest.param("label", eq("É"), Has("label", OneOf(("e",))), id="label"),
        pytest.param("department", eq("É"), Has("department", OneOf(("e",))), id="department"),
        pytest.param("country", ["nl", "Duitsland"], Has("country", OneOf(("NL", "DE"))), id="country"),
        pytest.param(
            "delivery_method", [DeliveryMethod.POST], Has("deliveryMethod", OneOf(("POST",))), id="delivery"
        ),
        pytest.param("trusted", True, Has("trusted", OneOf(("true",))), id="trusted"),
        pytest.param("trusted", False, Has("trusted", OneOf(("false",))), id="not-trusted"),
        pytest.param("has_mandate", False, Has("hasMandate", OneOf(("false",))), id="no-mandate"),
        pytest.param("has_open_todo", True, Has("hasOpenTodo", OneOf(("true",))), id="todo"),
        pytest.param(
            "invoice_workflow_id", "7", Has("invoiceWorkflowId", OneOf(("7",))), id="invoice-workflow"
        ),
        pytest.param(
            "estimate_workflow_id", "7", Has("estimateWorkflowId", OneOf(("7",))), id="estimate-workflow"
        ),
        pytest.param("remote_id", ["7", "A"], Has("remoteId", OneOf(("7", "A"))), id="remote-id"),
        pytest.param(
            "created_at", TimeFilter(after=NOON), Has("createdAt", Between(after=NOON_MICROS)), id="created"
        ),
        pytest.param(
            "updated_at",
            TimeFilter(after=NOON, before=NOON),
            Has("updatedAt", Between(NOON_MICROS, NOON_MICROS)),
            id="updated",
        ),
        pytest.param("updated_at", TimeFilter(after=None), AllOf(()), id="no-time"),
        pytest.param(
            "custom_field",
            CustomFieldFilter(id="9", value=TextFilter(contains="É")),
            Has(f"{CUSTOM_FIELD}9", Contains("e")),
            id="custom-field",
        ),
    ],
)
def test_members(member, asked, expected):
    """Each member asks its own field, with what was written in the form that the field is compared in."""
    condition = condition_of(ContactFilter(**{member: asked}))
    assert condition == (IS_ACTIVE if expected == AllOf(()) else active(expected))


def test_every_member_is_read():
    """No member of the filter is forgotten, and every field of the directory has its member."""
    nesting = {"and_", "or_", "not_"}
    assert MEMBERS.keys() | nesting == {each.name for each in members(ContactFilter)}
    spoken = {to_camel_case(name) for name in MEMBERS}
    assert spoken - {SYSTEM, "customField"} == FIELDS.keys() - {"displayName"}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(None, IS_ACTIVE, id="none"),
        pytest.param(ContactFilter(), IS_ACTIVE, id="empty"),
        pytest.param(ContactFilter(and_=None, or_=None, not_=None, kind=None), IS_ACTIVE, id="nulls"),
        pytest.param(ContactFilter(and_=[]), IS_ACTIVE, id="and-of-nothing"),
        pytest.param(ContactFilter(or_=[]), active(AnyOf(())), id="or-of-nothing"),
        pytest.param(ContactFilter(not_=ContactFilter()), active(Not(AllOf(()))), id="not-of-nothing"),
        pytest.param(
            ContactFilter(kind=[ContactKind.COMPANY], name=eq("a"), not_=PERSONS),
            active(AllOf((COMPANY, Has("name", OneOf(("a",))), Not(PERSON)))),
            id="members-together",
        ),
        pytest.param(ContactFilter(and_=[COMPANIES, PERSONS]), active(AllOf((COMPANY, PERSON))), id="and"),
        pytest.param(ContactFilter(or_=[COMPANIES, PERSONS]), active(AnyOf((COMPANY, PERSON))), id="or"),
        pytest.param(ContactFilter(status=[]), Has("status", OneOf(())), id="no-status"),
        pytest.param(
            ContactFilter(not_=ContactFilter(status=[ContactStatus.ACTIVE])),
            Not(IS_ACTIVE),
            id="status-within",
        ),
    ],
)
def test_nesting(where, expected):
    """Members and filters within filters combine as they say, and active contacts are the default."""
    assert condition_of(where) == expected


def nested(depth: int, kind: str) -> ContactFilter:
    where = COMPANIES
    for _ in range(depth - 1):
        where = ContactFilter(**{kind: where if kind == "not_" else [where]})
    return where


@pytest.mark.parametrize("kind", ["and_", "or_", "not_"])
def test_depth(kind):
    """Filters nest to a bound; one more is bad input that says so."""
    assert condition_of(nested(MAX_DEPTH, kind))
    with pytest.raises(BadInput, match="12 filters deep"):
        condition_of(nested(MAX_DEPTH + 1, kind))


SHOP = [
    contact(
        "1",
        "Zoë Café",
        first_name="Zoë",
        address=PostalAddress(city="Gent", postal_code="9000", country_code="BE"),
        customer_number="K-1",
        vat_number=VatNumber("BE 0123.456.789"),
        invoicing=Invoicing(delivery_method=DeliveryMethod.POST, workflow_id="7"),
        trust=Trust(trusted=True),
        custom_fields=(CustomField("9", "Branch", "Bakery"),),
        created_at=NOON,
    ),
    contact("2", "Old Ltd", status=ContactStatus.ARCHIVED, emails=("old@example.com",)),
    contact(
        "3",
        "Jan Bakker",
        kind=ContactKind.PERSON,
        bank_account=BankAccount(number="NL91 ABNA 0417 1643 00"),
    ),
]
WEB = [
    contact("1", "Acme BV", "web", roles=(ContactRole.SUPPLIER,), label="Gold"),
    contact("4", "Zoe", "web", kind=ContactKind.PERSON, roles=(ContactRole.CUSTOMER,)),
]


@pytest.fixture
async def at():
    web = backend(FakeContacts(WEB), slug="web", system="acumulus")
    async with world(backend(FakeContacts(SHOP)), web) as opened:
        yield opened


@pytest.mark.parametrize(
    ("where", "names"),
    [
        pytest.param(None, ["Acme BV", "Jan Bakker", "Zoe", "Zoë Café"], id="default"),
        pytest.param({"status": ["ARCHIVED"]}, ["Old Ltd"], id="archived"),
        pytest.param({"status": []}, [], id="no-status"),
        pytest.param({"kind": "PERSON"}, ["Jan Bakker", "Zoe"], id="one-value-for-a-list"),
        pytest.param({"roles": ["SUPPLIER"]}, ["Acme BV"], id="roles"),
        pytest.param({"system": ["ACUMULUS"]}, ["Acme BV", "Zoe"], id="system"),
        pytest.param({"system": ["ACUMULUS", "MONEYBIRD"], "trusted": True}, ["Zoë Café"], id="trusted"),
        pytest.param({"name": {"startsWith": "ZOE"}}, ["Zoe", "Zoë Café"], id="starts-with"),
        pytest.param({"name": {"in": ["zoe", "ACME bv"]}}, ["Acme BV", "Zoe"], id="in"),
        pytest.param({"firstName": {"isEmpty": False}}, ["Zoë Café"], id="not-empty"),
        pytest.param({"vatNumber": {"eq": "be0123456789"}}, ["Zoë Café"], id="vat-number"),
        pytest.param({"iban": {"contains": "abna0417"}}, ["Jan Bakker"], id="iban"),
        pytest.param({"customerNumber": {"eq": " k-1"}}, ["Zoë Café"], id="customer-number"),
        pytest.param({"customerNumber": {"eq": "k1"}}, [], id="customer-number-is-no-identifier"),
        pytest.param({"country": ["Belgium"]}, ["Zoë Café"], id="country"),
        pytest.param({"deliveryMethod": ["POST"], "invoiceWorkflowId": 7}, ["Zoë Café"], id="invoicing"),
        pytest.param({"createdAt": {"after": "2026-01-01T12:00:00Z"}}, [], id="after-is-exclusive"),
        pytest.param(
            {"createdAt": {"after": "2026-01-01T12:59:59.999+01:00", "before": None}},
            ["Zoë Café"],
            id="after",
        ),
        pytest.param({"createdAt": {}}, ["Acme BV", "Jan Bakker", "Zoe", "Zoë Café"], id="no-bounds"),
        pytest.param({"remoteId": [1]}, ["Acme BV", "Zoë Café"], id="remote-id"),
        pytest.param({"label": {"eq": "gold"}}, ["Acme BV"], id="label"),
        pytest.param(
            {"customField": {"id": 9, "value": {"contains": "BAKE"}}}, ["Zoë Café"], id="custom-field"
        ),
        pytest.param({"not": {"city": {"eq": "gent"}}}, ["Acme BV", "Jan Bakker", "Zoe"], id="not"),
        pytest.param({"not": {}}, [], id="not-everything"),
        pytest.param({"or": []}, [], id="or-of-nothing"),
        pytest.param(
            {"or": [{"label": {"eq": "gold"}}, {"not": {"status": ["ACTIVE"]}}]},
            ["Acme BV", "Old Ltd"],
            id="or-with-a-status-within",
        ),
        pytest.param({"and": [{"kind": "PERSON"}], "system": "ACUMULUS"}, ["Zoe"], id="and"),
    ],
)
async def test_lists(at, where, names):
    """A filter decides the rows of both books alike, and every count with them."""
    answer = await at.ask(LIST, where=where)
    assert answer.errors == []
    listing = answer.data["contacts"]
    assert [each["displayName"] for each in listing["nodes"]] == names
    assert listing["totalCount"] == len(names) == sum(each["matchCount"] for each in listing["sources"])


def deep(levels: int) -> dict:
    where: dict = {"kind": ["COMPANY"]}
    for _ in range(levels):
        where = {"not": where}
    return where


@pytest.mark.parametrize(
    ("where", "code"),
    [
        pytest.param(deep(MAX_DEPTH), "BAD_USER_INPUT", id="too-deep"),
        pytest.param(deep(150), "BAD_USER_INPUT", id="far-too-deep"),
        pytest.param({"or": [{"kind": "PERSON"}] * 201}, "BAD_USER_INPUT", id="too-many-tests"),
        pytest.param({"kind": ["SHIP"]}, "BAD_USER_INPUT", id="unknown-value"),
        pytest.param({"and": [None]}, "BAD_USER_INPUT", id="null-among-filters"),
        pytest.param({"createdAt": {"after": "2026-01-01"}}, "BAD_USER_INPUT", id="day-for-a-moment"),
    ],
)
async def test_bad_filters(at, where, code):
    """A filter that makes no sense is one error that says so, and no list."""
    answer = await at.ask(LIST, where=where)
    assert (answer.data and answer.data["contacts"], answer.codes) == (None, [code])


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"name": {}}, id="nothing-asked-of-a-text"),
        pytest.param({"name": {"eq": None}}, id="null-asked-of-a-text"),
        pytest.param({"name": {"eq": "a", "isEmpty": True}}, id="two-things-asked-of-a-text"),
        pytest.param(deep(5000), id="bottomless"),
    ],
)
async def test_refused_filters(at, where):
    """What the language itself forbids is refused before anything is asked."""
    answer = await at.ask(LIST, where=where)
    assert (answer.data, len(answer.errors)) == (None, 1)
    assert answer.codes[0] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("levels", [MAX_DEPTH, 150, 5000])
async def test_depth_in_a_document(at, levels):
    """A filter that is written too deep in the document itself is one error that says so, too."""
    answer = await at.ask(f"{{ contacts(where: {'{not:' * levels}{{}}{'}' * levels}) {{ totalCount }} }}")
    assert (len(answer.codes), "deep" in answer.errors[0]["message"]) == (1, True)
    assert answer.codes[0] in ("BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED")


async def test_depth_in_pieces(at):
    """Nor does a deep variable within a deep document get far."""
    document = (
        f"query($w: ContactFilter!) {{ contacts(where: {'{not:' * 150}$w{'}' * 150}) {{ totalCount }} }}"
    )
    answer = await at.ask(document, w=deep(150))
    assert answer.codes == ["BAD_USER_INPUT"]

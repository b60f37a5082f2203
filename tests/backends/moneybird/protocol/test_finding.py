"""A question as a call of Moneybird's filter."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.backends.moneybird.protocol.finding import AFTER, LONGEST, QUERIED, TERMS, find_contacts
from gateway.domain.question import Question

BOOK = "123"
PATHS = sorted({*TERMS, *QUERIED, *AFTER, "label", "status", "address.country.code"})
KEYS = {key for key, _ in TERMS.values()} | set(AFTER.values())
HOSTILE = st.text() | st.sampled_from(
    [
        "a,first_name:b",
        "a:b",
        "x&include_archived=true",
        "a%2Cb",
        "\ud800",
        "a\0b",
        "\u2028",
        "#",
        "?",
        "%",
        "🦊",
    ]
)
TEXTS = st.lists(st.tuples(st.sampled_from(PATHS), HOSTILE), max_size=4).map(tuple)
MOMENTS = st.lists(
    st.tuples(st.sampled_from(sorted(AFTER)), st.datetimes(timezones=st.just(UTC))), max_size=2
).map(tuple)


def asked(question: Question) -> dict[str, str] | None:
    """Return what a question's call asks for; None where there is none."""
    call = find_contacts(BOOK, question)
    if call is None:
        return None
    parts = urlsplit(call.path)
    assert (call.method, call.safe, parts.path) == ("GET", True, "/123/contacts/filter.json")
    pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize(
    ("question", "filtered", "query"),
    [
        pytest.param(Question(words=("Brückenhof",)), None, "Brückenhof", id="a-word-as-written"),
        pytest.param(Question(words=("zee", "gracht")), None, "gracht", id="the-longest-word"),
        pytest.param(Question(words=("x" * 900,)), None, "x" * LONGEST, id="the-beginning-of-a-long-word"),
        pytest.param(
            Question(equal=(("firstName", " Bo "), ("lastName", "de Boer"))),
            "first_name:Bo,last_name:de Boer",
            None,
            id="names",
        ),
        pytest.param(Question(equal=(("kind", "COMPANY"),)), "contact_type:company", None, id="companies"),
        pytest.param(
            Question(equal=(("kind", "PERSON"),)), "contact_type:private_individual", None, id="persons"
        ),
        pytest.param(
            Question(equal=(("invoicing.deliveryMethod", "SIMPLERINVOICING"),)),
            "delivery_method:simplerinvoicing",
            None,
            id="delivery",
        ),
        pytest.param(
            Question(equal=(("trust.trusted", "false"),)), "trusted_type:not_trusted", None, id="not-trusted"
        ),
        pytest.param(
            Question(equal=(("invoicing.workflowId", "7"), ("estimates.workflowId", "8"))),
            "invoice_workflow_id:7,estimate_workflow_id:8",
            None,
            id="workflows",
        ),
        pytest.param(
            Question(after=(("createdAt", datetime(2026, 8, 20, 13, 48, 35, 999999, UTC)),)),
            "created_after:2026-08-20 13:48:35 UTC",
            None,
            id="a-moment-rounded-down",
        ),
        pytest.param(
            Question(after=(("updatedAt", datetime(26, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))),)),
            "updated_after:0026-01-02 02:00:00 UTC",
            None,
            id="a-moment-elsewhere",
        ),
        pytest.param(
            Question(equal=(("customerNumber", "KL, bis:2"),)), None, "bis:2", id="a-number-is-a-query"
        ),
        pytest.param(
            Question(texts=(("displayName", "Jansen"), ("emails", "x@y"))), None, "x@y", id="the-rarer-value"
        ),
        pytest.param(
            Question(words=("Jansen",), equal=(("kind", "PERSON"), ("emails", "a.long@address.example"))),
            "contact_type:private_individual",
            "Jansen",
            id="search-before-values",
        ),
    ],
)
def test_what_is_asked(question, filtered, query):
    """A question becomes the filter's own terms, and one word to look for."""
    found = asked(question)
    assert found
    assert (found.get("filter"), found.get("query")) == (filtered, query)
    assert (found["per_page"], found.get("include_archived")) == ("100", None)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(Question(), id="nothing"),
        pytest.param(Question(words=("a\0b", " ")), id="no-word-that-can-be-written"),
        pytest.param(Question(equal=(("label", "VIP"),)), id="a-field-that-it-does-not-look-at"),
        pytest.param(Question(equal=(("firstName", "a,b"),)), id="a-comma"),
        pytest.param(Question(equal=(("lastName", "a:b"),)), id="a-colon"),
        pytest.param(Question(equal=(("lastName", "x" * 101),)), id="a-name-too-long"),
        pytest.param(Question(equal=(("firstName", " "),)), id="blanks"),
        pytest.param(Question(equal=(("invoicing.workflowId", "७"),)), id="other-digits"),
        pytest.param(Question(equal=(("invoicing.deliveryMethod", "UNKNOWN"),)), id="no-such-method"),
        pytest.param(Question(equal=(("kind", "UNKNOWN"),)), id="no-such-kind"),
        pytest.param(Question(after=(("signedOn", datetime(2026, 1, 1, tzinfo=UTC)),)), id="another-moment"),
        pytest.param(Question(with_archived=True), id="archived-alone"),
    ],
)
def test_what_cannot_be_asked(question):
    """Where nothing of a question can be asked there is no call."""
    assert asked(question) is None


def test_archived_contacts_are_asked_for():
    """Archived contacts are in the answer where the question wants them."""
    found = asked(Question(words=("a",), with_archived=True))
    assert found
    assert found["include_archived"] == "true"


@given(st.lists(HOSTILE, max_size=3).map(tuple), TEXTS, TEXTS, MOMENTS, st.booleans())
@example(("a&per_page=1",), (), (("firstName", "x,trusted_type:all"),), (), False)
def test_hostile_texts(words, texts, equal, after, with_archived):
    """Whatever the texts hold, the call has its own keys, each once, and terms that mean what was meant."""
    found = asked(Question(words, texts, equal, after, with_archived))
    if found is None:
        return
    assert set(found) <= {"filter", "query", "include_archived", "per_page"}
    assert ("include_archived" in found) is with_archived
    terms = [term.partition(":") for term in found["filter"].split(",")] if "filter" in found else []
    assert len({key for key, _, _ in terms}) == len(terms)
    meant = {TERMS[path][1](text) for path, text in equal if path in TERMS}
    for key, _, value in terms:
        assert key in KEYS
        assert value in meant or key in AFTER.values()
    given_texts = [*words, *(text for _, text in (*texts, *equal))]
    query = found.get("query", "")
    assert query.isprintable()
    assert not query or any(query in text for text in given_texts)

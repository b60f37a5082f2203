"""The filter grammar."""

import pytest

from gateway.backends.moneybird.sandbox import create, filters
from gateway.backends.moneybird.sandbox.administration import ESTIMATE_WORKFLOWS, INVOICE_WORKFLOWS
from gateway.backends.moneybird.sandbox.answers import RefusedError

ROWS = list(create(contacts=250).book.contacts(archived=True))


def passed(text):
    tests = filters.parse(text)
    return [row for row in ROWS if all(test(row) for test in tests)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("contact_type:company", lambda row: bool(row["company_name"]), id="companies"),
        pytest.param("contact_type:private_individual", lambda row: not row["company_name"], id="private"),
        pytest.param("delivery_method:post", lambda row: row["delivery_method"] == "Post", id="post"),
        pytest.param("trusted_type:trusted", lambda row: row["is_trusted"], id="trusted"),
        pytest.param("trusted_type:not_trusted", lambda row: not row["is_trusted"], id="not trusted"),
        pytest.param(
            f"invoice_workflow_id:{INVOICE_WORKFLOWS[1]}",
            lambda row: row["invoice_workflow_id"] == INVOICE_WORKFLOWS[1],
            id="invoice workflow",
        ),
        pytest.param(
            f"estimate_workflow_id:{ESTIMATE_WORKFLOWS[0]}",
            lambda row: row["estimate_workflow_id"] == ESTIMATE_WORKFLOWS[0],
            id="estimate workflow",
        ),
        pytest.param(
            "contact_type:company, trusted_type:trusted",
            lambda row: row["company_name"] and row["is_trusted"],
            id="two keys with a blank",
        ),
        pytest.param(
            "created_after:2022-01-01 10:00:00 UTC",
            lambda row: row["created_at"] > "2022-01-01T10:00:00Z",
            id="time",
        ),
        pytest.param(
            "updated_after:2022-01-01T10:00:00Z",
            lambda row: row["updated_at"] > "2022-01-01T10:00:00Z",
            id="iso time",
        ),
        pytest.param(
            "created_after:2022-01-01", lambda row: row["created_at"] > "2022-01-01T00:00:00Z", id="day"
        ),
    ],
)
def test_a_filter_chooses(text, expected):
    """A documented key and value choose exactly the contacts they name, and not all of them."""
    found = passed(text)
    assert found == [row for row in ROWS if expected(row)]
    assert 0 < len(found) < len(ROWS)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("archived:true", id="unknown key"),
        pytest.param("nonsense", id="no colon"),
        pytest.param(",,", id="only commas"),
        pytest.param("contact_type:all,delivery_method:all,trusted_type:all", id="all of everything"),
    ],
)
def test_a_filter_that_says_nothing_takes_all(text):
    """Unknown keys are ignored without an error."""
    assert passed(text) == ROWS


@pytest.mark.parametrize("name", ["created", "updated"])
def test_times_are_exclusive(name):
    """A contact of exactly that moment is left out, one of a moment before is not."""
    row = ROWS[5]
    assert row not in passed(f"{name}_after:{row[f'{name}_at']}")
    assert row in passed(f"{name}_after:2019-01-01T00:00:00.000Z")


@pytest.mark.parametrize(("key", "field"), [("first_name", "firstname"), ("last_name", "lastname")])
def test_names_count_contact_people_whatever_the_case(key, field):
    """A name matches the whole name of the contact or of one of its persons, in any case."""
    person = next(person for row in ROWS for person in row["contact_people"] if person[field])
    found = passed(f"{key}:{person[field].upper()}")
    assert person["contact_id"] in [row["id"] for row in found]
    assert passed(f"{key}:{person[field][:-1]}") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("created_after:yesterday", id="no time"),
        pytest.param("contact_type:club", id="unknown kind"),
        pytest.param("delivery_method:Post", id="not in lower case"),
        pytest.param("invoice_workflow_id:abc", id="no id"),
    ],
)
def test_an_impossible_value_is_refused(text):
    """A value that cannot be is 400, so that nobody takes all contacts for an answer."""
    with pytest.raises(RefusedError) as refused:
        filters.parse(text)
    assert refused.value.reply.status == 400


def test_only_known_keys_are_told():
    """What the log shows of a filter are known keys, never a value or a stray word."""
    assert filters.keys("first_name:henk,someone,updated_after:2026-01-01 10:00:00") == [
        "first_name",
        "updated_after",
    ]

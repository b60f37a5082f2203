"""What an input of contacts must not say, whoever keeps the contact."""

import pytest

from gateway.domain.changes import Changes
from tests.schema.mutating import Desk, mutate

TWICE = {"customFields": [{"id": "7", "value": "a"}, {"id": "8"}, {"id": "7", "value": "a"}]}


async def refusal(name: str, contact: dict) -> list[tuple]:
    """Return code, field, path and system of every error; no service may have been asked."""
    desk = Desk()
    found = await mutate(name, desk, {"contact": contact})
    assert (found["outcome"], desk.orders) == ("REFUSED", [])
    return [(each["code"], each["field"], each["path"], each["system"]) for each in found["userErrors"]]


@pytest.mark.parametrize("name", ["contactCreate", "contactUpdate"])
async def test_a_custom_field_twice(name):
    """The same custom field twice is invalid, equal values or not."""
    at = ("INVALID", ["contact", "customFields"], "customFields", "MONEYBIRD")
    assert await refusal(name, TWICE) == [at]


async def test_all_custom_fields_at_once():
    """Null for all custom fields is invalid in an update, as nothing says which; a new contact has none."""
    at = ("INVALID", ["contact", "customFields"], "customFields", "MONEYBIRD")
    assert await refusal("contactUpdate", {"customFields": None}) == [at]
    desk = Desk()
    await mutate("contactCreate", desk, {"contact": {"customFields": None}})
    assert desk.orders[0].given[-1] == Changes()


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"firstName": "Zoë", "lastName": None}, id="values"),
        pytest.param(None, id="null"),
    ],
)
async def test_a_person_in_an_update(person):
    """A person belongs into the input of a new contact alone; it is said once."""
    at = ("INVALID", ["contact", "person"], "person", "MONEYBIRD")
    assert await refusal("contactUpdate", {"person": person, "label": "x"}) == [at]


async def test_everything_wrong_at_once():
    """All that is wrong with an input is said together."""
    found = await refusal("contactUpdate", {**TWICE, "person": {"email": "x"}})
    assert [path for _, _, path, _ in found] == ["customFields", "person"]

"""The checklist of the backend tells the truth."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ITEMS = tomllib.loads((ROOT / "gateway/backends/moneybird/quality.toml").read_text())["items"]
NEEDED = [
    *("reads.scan", "reads.get_many", "reads.by_customer_number", "reads.find", "reads.charges"),
    "reads.mandates",
    *("reads.choices", "reads.facts", "reads.inspect", "mapping.table", "errors.matrix", "sandbox.reads"),
    *("writes.contacts", "writes.persons", "writes.notes", "writes.charges", "writes.mandates", "webhooks"),
]


def test_checklist_is_complete():
    """Every item that a backend has to speak of is there, and no other."""
    assert sorted(ITEMS) == sorted(NEEDED)


@pytest.mark.parametrize("item", NEEDED, ids=str)
def test_item_is_done_or_exempt(item):
    """An item is done, or gives the reason why not."""
    told = dict(ITEMS[item])

    assert told.pop("status") == ("exempt" if told else "done")
    assert all(name == "reason" and len(text.split()) > 3 for name, text in told.items())

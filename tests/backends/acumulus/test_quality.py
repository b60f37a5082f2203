"""The checklist of the backend."""

from __future__ import annotations

import tomllib
from importlib.resources import files

ITEMS = {
    "reads.scan",
    "reads.get_many",
    "reads.by_customer_number",
    "reads.find",
    "reads.charges",
    "reads.mandates",
    "reads.choices",
    "reads.facts",
    "reads.inspect",
    "mapping.table",
    "errors.matrix",
    "sandbox.reads",
    "webhooks",
}


def test_every_item_is_done_or_exempt_because():
    """No item is missing, and whatever is not done says why."""
    text = (files("gateway.backends.acumulus") / "quality.toml").read_text(encoding="utf-8")
    items = tomllib.loads(text)["items"]

    assert set(items) >= ITEMS
    assert any(name.startswith("writes.") for name in items)
    for name, item in items.items():
        assert item["status"] in {"done", "exempt"}, name
        assert bool(item.get("reason")) == (item["status"] == "exempt"), name

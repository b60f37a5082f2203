"""Which contacts a list shows, in what order, and whether its rows are enough."""

import pytest

from gateway.directory.selection import covers, entry
from gateway.domain.identity import contact_id
from tests.fakes import contact


@pytest.mark.parametrize(
    ("listed", "paths", "expected"),
    [
        pytest.param({""}, {"anything", "a.b"}, True, id="everything-is-listed"),
        pytest.param({"name"}, set(), True, id="nothing-is-asked"),
        pytest.param({"name"}, {"name"}, True, id="named"),
        pytest.param({"source"}, {"source.version", "source.raw.x"}, True, id="below-what-is-named"),
        pytest.param({"source.version"}, {"source"}, False, id="above-what-is-named"),
        pytest.param({"name"}, {"names"}, False, id="a-longer-word"),
        pytest.param({"name"}, {"name", "phones"}, False, id="one-lacks"),
        pytest.param(set(), {"name"}, False, id="nothing-is-listed"),
    ],
)
def test_covers(listed, paths, expected):
    """Rows are enough when each path asked for, or one above it, is listed."""
    assert covers(frozenset(listed), paths) is expected


def test_entry():
    """A contact's place is its folded name, then its global id."""
    found = entry(contact("7", "Ünal & Zn."))
    assert found.place == ("unal & zn.", contact_id("shop", "7"))
    assert found.contact.display_name == "Ünal & Zn."

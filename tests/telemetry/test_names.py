"""Names of operations, as few and as short as labels may be."""

import pytest

from gateway.telemetry.names import Names


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        pytest.param("ContactList", "query", "ContactList", id="named"),
        pytest.param("", "mutation", "(anonymous)", id="anonymous"),
        pytest.param("", "", "(refused)", id="not-understood"),
        pytest.param("a" * 64, "query", "a" * 64, id="long"),
        pytest.param("a" * 65, "query", "other", id="too-long"),
        pytest.param("jan@example.com", "query", "other", id="no-name"),
        pytest.param("other", "query", "other", id="the-word-itself"),
    ],
)
def test_names(name, kind, told):
    """A name is told as it is, where it can be one; each of the others is one of a few words."""
    assert Names().of(name, kind) == told


def test_names_are_few():
    """The first names keep being told apart; all that come later are one."""
    names = Names(most=2)
    assert [names.of(name, "query") for name in ("a", "b", "c", "a", "d", "b")] == [
        "a",
        "b",
        "other",
        "a",
        "other",
        "b",
    ]

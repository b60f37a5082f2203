"""Many texts searched as one: what is found is found in one of them, never across two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory.index.text import Text

LETTERS = st.sampled_from(["a", "b", "ab", "\0", "é", "😀", " "])
PARTS = st.lists(st.lists(LETTERS | st.just("\n"), max_size=6).map("".join), max_size=12)
NEEDLES = st.lists(LETTERS, max_size=3).map("".join)


@settings(deadline=None)
@given(PARTS, NEEDLES)
def test_as_each_text_says(parts, needle):
    """Walks up and down from any position meet the texts that hold the needle, also an empty one."""
    text, sought = Text([part.encode() for part in parts]), needle.encode()
    expected = [at for at, part in enumerate(parts) if needle in part]
    assert [text[at].decode() for at in range(len(text))] == parts
    assert [at for at in range(len(text)) if text.holds(at, sought)] == expected
    for edge in range(len(parts) + 1):
        assert list(text.ascending(sought, edge)) == [at for at in expected if at >= edge]
        assert list(text.descending(sought, edge)) == [at for at in reversed(expected) if at < edge]


@pytest.mark.parametrize(
    ("parts", "needle", "expected"),
    [
        pytest.param([], "a", [], id="nothing-there"),
        pytest.param([""], "a", [], id="an-empty-text"),
        pytest.param(["jan", "sen"], "jansen", [], id="across-two"),
        pytest.param(["", "", "a", ""], "a", [2], id="among-empty-ones"),
        pytest.param(["aaa", "aa"], "aa", [0, 1], id="often-in-one"),
        pytest.param(["a", "a\nb", "b"], "b", [1, 2], id="a-line-break-within"),
    ],
)
def test_where(parts, needle, expected):
    """Each text counts once, at its own position, and two next to one another make no third."""
    text = Text([part.encode() for part in parts])
    assert list(text.ascending(needle.encode())) == expected
    assert list(text.descending(needle.encode(), len(parts))) == expected[::-1]

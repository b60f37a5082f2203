"""Text is compared without case and accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.text import blank_to_none, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Café", "cafe", id="accent"),
        pytest.param("STRASSE", "strasse", id="capitals"),
        pytest.param("Straße", "strasse", id="sharp-s"),
        pytest.param("İstanbul", "istanbul", id="dotted-i"),
        pytest.param("ﬁets", "fiets", id="ligature"),
        pytest.param("Ångström", "angstrom", id="ring"),
        pytest.param("ΣΊΣΥΦΟΣ", "σισυφοσ", id="greek-final-sigma"),
        pytest.param("", "", id="empty"),
    ],
)
def test_case_and_accents_do_not_count(text, folded):
    """Two spellings of a name fold to one text."""
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text):
    """A folded text is its own folding."""
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_capitals_never_count(text):
    """A text and its lower case fold alike wherever case folding says they are the same."""
    assert fold(text.casefold()) == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param(" \t\n", None, id="blank"),
        pytest.param(" a b ", "a b", id="surrounded"),
    ],
)
def test_a_blank_text_is_no_value(text, expected):
    """Surrounding blanks go, and nothing left means None."""
    assert blank_to_none(text) == expected

"""What every redaction does to a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.masking import masked, masked_page


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        pytest.param("Jan de Vries", "Xxx xx Xxxxx", id="name"),
        pytest.param("j.devries@voorbeeld.example", "x.xxxxxxx@xxxxxxxxx.xxxxxxx", id="e-mail"),
        pytest.param("NL91 ABNA 0417 1643 00", "XX99 XXXX 9999 9999 99", id="iban"),
        pytest.param("a\tb\r\nc\\d", "x\tx\r\nx\\x", id="breaks"),
        pytest.param("Ærøskøbing É", "Xxxxxxxxxx X", id="accents"),
        pytest.param("東京 ٣ ½ ǅ", "xx 9 9 X", id="scripts"),
        pytest.param("a\u0301 \u00a0 € \U0001f600", "xx x x x", id="signs"),
        pytest.param("\ufffd", "\ufffd", id="replaced"),
        pytest.param("", "", id="empty"),
    ],
)
def test_only_shape_is_left(text: str, shape: str):
    """Letters become x or X and digits 9, in every script; ASCII signs and line breaks stay."""
    assert masked(text) == shape


@given(st.text())
def test_nothing_else_comes_out(text: str):
    """Whatever goes in, the length stays and no other letter or digit is left."""
    found = masked(text)
    assert len(found) == len(text)
    assert {sign for sign in found if sign.isalnum()} <= set("xX9")
    assert masked(found) == found


@pytest.mark.parametrize(
    ("body", "named", "content"),
    [
        pytest.param(b"<!DOCTYPE html><p>Jan</p>", "a.html", b"<!XXXXXXX xxxx><x>Xxx</x>", id="page"),
        pytest.param(b"Jan 7", "a.txt", b"Xxx 9", id="text"),
        pytest.param(b"\xffJan\x00", "a.txt", "\ufffdXxxx".encode(), id="bytes"),
    ],
)
def test_a_page_is_masked_as_a_whole(body: bytes, named: str, content: bytes):
    """What cannot be parsed keeps no letter, and says by its extension whether it was a web page."""
    assert masked_page("a", body) == (named, content)

"""How text is compared: case and accents aside."""

from __future__ import annotations

import unicodedata

_LATIN_MARKS = dict.fromkeys(range(0x300, 0x370))


def fold(text: str) -> str:
    """Return text for comparing: NFKD, marks stripped, case folded (ß equals ss)."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_LATIN_MARKS)
    if folded.isascii():
        return folded
    # Case folding can bring marks back (İ), so they are stripped after it too.
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(letter)
    )


def blank_to_none(text: str | None) -> str | None:
    """Return the text without surrounding blanks, None when nothing is left."""
    if text is None:
        return None
    return text.strip() or None

"""One record of Acumulus being read, text by text."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from gateway.backends.acumulus.fields import MAPPED
from gateway.backends.acumulus.wire import Nodes
from gateway.domain.text import blank_to_none

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_ZERO_DATE = re.compile(r"0000-00-00(?: .*)?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T][0-9:.]*)?")
_COUNTRY = re.compile(r"[A-Za-z]{2}")


class Record:
    """A record being read; `unreadable` gathers the paths whose stored value made no sense."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.unreadable = {
            path for node, text in nodes.items() if text is None for path in MAPPED.get(node, ())
        }

    def text(self, *names: str) -> str | None:
        """Return the text of the first of the nodes that is there, None when it is blank."""
        for name in names:
            if name in self.nodes:
                return blank_to_none(self.nodes[name])
        return None

    def lines(self, *names: str) -> str | None:
        r"""Return a text of several lines; a line break may be kept as a real one, or as `\n`.

        Source: Acumulus, "API - Manage Contact": line breaks and tabs are written as two characters.
        """
        text = self.text(*names)
        if text is None:
            return None
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return blank_to_none(text.replace("\\n", "\n").replace("\\t", "\t"))

    def reference(self, *names: str) -> str | None:
        """Return an id of one of Acumulus' own lists; 0 is none."""
        text = self.text(*names)
        return None if text == "0" else text

    def number(self, path: str, *names: str) -> Decimal | None:
        """Return a number, exact; anything else is unreadable."""
        text = self.text(*names)
        if text is None:
            return None
        if not _NUMBER.fullmatch(text):
            self.unreadable.add(path)
            return None
        return Decimal(text)

    def day(self, path: str, name: str) -> date | None:
        """Return a date; an empty one may read 0000-00-00."""
        text = self.text(name)
        if text is None or _ZERO_DATE.fullmatch(text):
            return None
        try:
            match = _DATE.fullmatch(text)
            return date.fromisoformat(match[1] if match else text)
        except ValueError:
            self.unreadable.add(path)
            return None

    def country(self, path: str, name: str) -> str | None:
        """Return an ISO 3166-1 alpha-2 code in upper case; anything else is unreadable."""
        text = self.text(name)
        if text is None:
            return None
        if not _COUNTRY.fullmatch(text):
            self.unreadable.add(path)
            return None
        return text.upper()

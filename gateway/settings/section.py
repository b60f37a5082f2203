"""One table of the configuration being read, and what is wrong with it.

Faults are collected, not raised: reading goes on with a value that stands in, so that everything
wrong is told at once. No fault shows the value of a text.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from gateway.domain.secret import Secret

W = TypeVar("W", bound=StrEnum)

UNREADABLE = "check its name, which starts at the configuration's folder"
"""What to do about a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where it stands, what is wrong with it, what to do about it."""

    where: str
    problem: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}; {self.cure}"


class SettingsError(Exception):
    """The configuration cannot be used; its text is one line a fault, and shows no secret."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Reading:
    """What all tables share: the environment, the folder of relative names, the faults so far."""

    environ: Mapping[str, str]
    folder: Path
    faults: list[Fault] = field(default_factory=list)


class Section:
    """One table being read; implements `ports.Options`.

    Faults are noted and a value comes back all the same, so that reading goes on to the next one.
    `variables` maps keys to the environment variables that override them.
    """

    def __init__(
        self,
        reading: Reading,
        name: str,
        values: Mapping[str, object],
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._reading = reading
        self.name = name
        self._values = values
        self._variables = {
            key: variable for key, variable in (variables or {}).items() if reading.environ.get(variable)
        }
        self._asked: set[str] = set()

    @property
    def faults(self) -> list[Fault]:
        """What was found wrong so far, in all tables that are read together."""
        return self._reading.faults

    def has(self, key: str) -> bool:
        """Whether anything is said under a key."""
        return self._value(key) is not None

    def names(self, key: str) -> bool:
        """Whether anything but an empty text is said under a key."""
        return bool(self._value(key))

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text, looked up where it points elsewhere; required when there is no default."""
        value = self._value(key)
        if value is None and default is None:
            self.fault(key, "is missing", "add it")
        elif isinstance(value, str):
            text = self._resolved(key, value)
            if text or (text is not None and default is not None):
                return text
            if text is not None:
                self.fault(key, "is empty", "give it a value")
        elif value is not None:
            self.fault(key, "must be a text", "put it between quotes")
        return default or ""

    def secret(self, key: str) -> Secret:
        """Return a required text that is never shown."""
        return Secret(self.text(key))

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts, each looked up where it points elsewhere; not empty if given."""
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fault(key, "must be a list of texts", f'write it like {key} = ["…"]')
            return default
        if not value:
            self.fault(key, "is an empty list", "fill it, or leave it out")
        texts = [self._resolved(key, one) for one in value]
        return tuple(text for text in texts if text is not None)

    def file(self, key: str) -> Path | None:
        """Return the name of a file that can be read, None where none is named."""
        name = self.text(key, "")
        if not name:
            return None
        if self.content(name) is None:
            self.fault(key, "names no file that can be read", UNREADABLE)
        return self._reading.folder / name

    def content(self, name: str) -> bytes | None:
        """Return what stands in a file whose name starts at the configuration's folder; None without one."""
        return _bytes(self._reading.folder / name)

    def place(self, key: str) -> Path | None:
        """Return a directory; by default the user's own for caches, None for "none" or without such a one."""
        name = self.text(key, "")
        if name == "none":
            return None
        if name:
            return self._reading.folder / Path(name).expanduser()
        environ = self._reading.environ
        caches = environ.get("XDG_CACHE_HOME", "")
        if Path(caches).is_absolute():
            return Path(caches) / "contacts-gateway"
        home = environ.get("HOME")
        return Path(home) / ".cache" / "contacts-gateway" if home else None

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """Return a number within bounds, both included."""
        value = self._value(key)
        if value is None:
            return default
        if key in self._variables:
            value = _as_number(value)
        # Not a number compares false with both bounds, and so is out of them.
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.fault(key, "must be a number within bounds", f"take one from {low:.10g} to {high:.10g}")
        return default

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        """Return a whole number within bounds, both included."""
        value = self.number(key, default, low=low, high=high)
        if value != int(value):
            self.fault(key, "must be a whole number", f"take one from {low} to {high}")
        return int(value)

    def url(self, key: str, default: str) -> str:
        """Return an https URL, or http to a loopback address; no query, no slash at the end."""
        text = self.text(key, default).rstrip("/")
        if problem := url_problem(text):
            self.fault(key, problem, f"write it like {default}")
            return default
        return text

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self._value(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.fault(key, "must be true or false", "write it without quotes")
        return default

    def word(self, key: str, words: type[W], default: W) -> W:
        """Return one of a few words."""
        try:
            return words(self.text(key, default))
        except ValueError:
            self.fault(key, "unknown word", f"use {' or '.join(words)}")
            return default

    def table(self, key: str, variables: Mapping[str, str] | None = None) -> Section:
        """Return the table below `key`, empty where there is none."""
        value = self._value(key)
        if value is not None and not isinstance(value, dict):
            self.fault(key, "must be a section", f"write it as [{self.path(key)}]")
        return Section(
            self._reading, self.path(key), value if isinstance(value, dict) else {}, variables=variables
        )

    def tables(self, key: str) -> list[Section]:
        """Return the list of tables below `key`, empty where there is none."""
        value = self._value(key)
        rows = value if isinstance(value, list) else []
        if value is not None and (rows is not value or not all(isinstance(row, dict) for row in rows)):
            self.fault(key, "must be a list of sections", f"write each as [[{self.path(key)}]]")
            return []
        return [Section(self._reading, f"{self.path(key)}[{index}]", row) for index, row in enumerate(rows)]

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                near = get_close_matches(key, known := sorted(self._asked), n=1)
                cure = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
                self.fault(key, "unknown key", cure)

    def path(self, key: str) -> str:
        """Return where a key of this table stands, as faults name it."""
        shown = key if re.fullmatch(r"[\w-]+", key) else json.dumps(key)
        return f"{self.name}.{shown}" if self.name else shown

    def fault(self, key: str, problem: str, cure: str) -> None:
        """Note that something is wrong with a key."""
        self._reading.faults.append(Fault(self._variables.get(key) or self.path(key), problem, cure))

    def _value(self, key: str) -> object:
        self._asked.add(key)
        if key in self._variables:
            return self._reading.environ[self._variables[key]]
        return self._values.get(key)

    def _resolved(self, key: str, value: str) -> str | None:
        kind, colon, name = value.partition(":")
        text: str | None = value
        if colon and kind == "env":
            text = self._reading.environ.get(name)
            if text is None:
                self.fault(key, f"the environment variable {json.dumps(name)} is not set", "set it")
        elif colon and kind == "file":
            text = _content(self._reading.folder / name)
            if text is None:
                self.fault(key, f"the file {json.dumps(name)} cannot be read as text", "check its name")
        if text is not None and any(ord(letter) < ord(" ") for letter in text):
            self.fault(key, "holds a line break or another control character", "take it out")
            return None
        return text


def _as_number(value: object) -> object:
    try:
        number = float(str(value))
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def _content(path: Path) -> str | None:
    content = _bytes(path)
    try:
        text = None if content is None else content.decode()
    except UnicodeDecodeError:
        return None
    return text if text is None else text.removesuffix("\n").removesuffix("\r")


def url_problem(text: str, *, query: bool = False) -> str | None:
    """Say why a URL is not safe to call: not https, and not http to this machine; None where it is.

    Args:
        text: The URL.
        query: Whether it may have one.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no URL"
    if not host or any(letter.isspace() for letter in text):
        return "is no URL"
    if "@" in parts.netloc:
        return "must hold no credentials"
    if "#" in text or ("?" in text and not query):
        return "must have no fragment" if query else "must have no query"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return None
    return "must be https, or http to this machine"

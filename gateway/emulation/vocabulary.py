"""Request, reply and the promise of an emulated system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as the emulated system sees it.

    `path` is percent-decoded once and has no query; `raw_path` is the path as sent. `query` holds
    the last value of each key, decoded. `headers` have lower-case names.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_path: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer; `headers` come on top of Content-Type and Content-Length."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Emulated(Protocol):
    """A system's sandbox: vendor behaviour over its own state, without I/O."""

    @property
    def name(self) -> str:
        """The system's name, for the log."""

    def answer(self, request: Request) -> Reply:
        """Answer as the vendor would; never raises for anything a client sends."""

    def describe(self, request: Request) -> Mapping[str, str]:
        """Say what a request was about, for the request log: never a credential, never personal data."""

    def reset(self) -> None:
        """Go back to the seeded book and a fresh ration."""

    def state(self) -> Mapping[str, object]:
        """Return all that is stored, whatever the answers show of it, as JSON can hold it.

        `contacts` maps each contact's id to everything there is of it, in the vendor's names.
        """


class Sandbox(Emulated, Protocol):
    """An emulated system with a seeded book, ready to be served.

    `base_path` follows the server's address in a client's base URL. `connection` holds the keys of
    an [[administrations]] section that reach it, but for `base_url`.
    """

    @property
    def default_port(self) -> int:
        """The port of `gateway sandbox`."""

    @property
    def base_path(self) -> str:
        """The path of the vendor's API."""

    @property
    def connection(self) -> Mapping[str, str]:
        """Credentials, by configuration key."""

    def describe_access(self) -> list[str]:
        """Lines that tell a person how to get in."""

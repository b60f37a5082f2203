"""Answers of Acumulus as tests write them, and where they come from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gateway.backends.acumulus import protocol
from gateway.backends.acumulus.protocol import failures
from gateway.backends.acumulus.wire import CONTACTS
from gateway.ports import Answer

SAMPLES = Path(__file__).parents[3] / "samples" / "acumulus"
NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
ORIGIN = failures.Origin("wholesale", NOW)
XML = {"content-type": "text/xml; charset=utf-8"}
HTML = {"content-type": "text/html"}


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def answer(body: bytes | str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(
        status, XML if headers is None else headers, body.encode() if isinstance(body, str) else body
    )


def envelope(content: str = "", *, status: str = "0", errors: str = "", warnings: str = "") -> str:
    return (
        f"<response>{content}<errors>{errors}</errors><warnings>{warnings}</warnings>"
        f"<status>{status}</status></response>"
    )


def fault(kind: str, code: str, codetag: str = "", message: str = "") -> str:
    return f"<{kind}><code>{code}</code><codetag>{codetag}</codetag><message>{message}</message></{kind}>"


def rows(given_answer: Answer) -> list:
    return protocol.rows(given_answer, ORIGIN, CONTACTS)

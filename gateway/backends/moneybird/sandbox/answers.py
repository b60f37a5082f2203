"""The bodies Moneybird answers with.

Source: Moneybird API v2, contacts: examples of every error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.emulation.vocabulary import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class RefusedError(Exception):
    """A call that gets an error; `reply` is what is answered."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def document(value: object, status: int = 200) -> Reply:
    """Answer one JSON document."""
    return Reply(status, orjson.dumps(value))


def nothing() -> Reply:
    """Answer 204 without a body, as the writes do that have nothing to show."""
    return Reply(204)


def rows(encoded: Iterable[bytes], headers: Mapping[str, str] | None = None) -> Reply:
    """Answer a list of documents that are bytes already."""
    return Reply(200, b"[" + b",".join(encoded) + b"]", headers=headers or {})


def error(status: int, message: str, **symbolic: str) -> RefusedError:
    """Return the symbolic error; the key `symbolic` is absent when nothing is given for it."""
    body: dict[str, object] = {"error": message}
    if symbolic:
        body["symbolic"] = symbolic
    return RefusedError(document(body, status))


def not_found(key: str = "id") -> RefusedError:
    """Return the 404 of a record; `key` is what it was asked by."""
    return error(404, "record not found", **{key: "not_found"})


def invalid(key: str) -> RefusedError:
    """Return the 400 of a query value that cannot be; documented for `per_page`."""
    return error(400, f"{key} does not have a valid value")


def bare(status: int) -> RefusedError:
    """Return the mandate calls' error, whose body is the status as a number and nothing else."""
    return RefusedError(document(status, status))

"""The ways an emulated system can be told to fail.

| kind | what the client meets | uses |
| --- | --- | --- |
| latency | the right answer, late | seconds (1.0) |
| refuse | nothing listens and live connections are dropped, then all is well again | seconds (1.0) |
| hang | the request is read, no answer ever comes | |
| reset | a TCP reset instead of an answer | |
| truncated | the whole Content-Length is promised, half of the body is sent | |
| drip | the right answer, one byte at a time | seconds between bytes (0.3) |
| garbage | bytes that are no HTTP | |
| html | a web page where a document was expected | status (200) |
| status | this status with a page, or with `body` | status (required), retry_after, body |
| cut | a complete HTTP answer whose document is cut in half | |
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from gateway.emulation.vocabulary import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("latency", "refuse", "hang", "reset", "truncated", "drip", "garbage", "html", "status", "cut")
"""Every kind of fault."""

_SECONDS = {"latency": 1.0, "refuse": 1.0, "drip": 0.3}
_UNHEARD = frozenset({"hang", "reset", "garbage", "html", "status"})
_HTML = "text/html; charset=utf-8"
_PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


class FaultError(ValueError):
    """A fault that cannot be; the message starts with the key that is wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, and whom it hits.

    Args:
        kind: One of `KINDS`.
        path: Text that the request's path must contain; "" hits every path.
        method: The only method it hits; "" hits every method.
        count: How many requests it hits; None until cleared. `refuse` does not count.
        seconds: See the table above; None for the kind's own default.
        status: HTTP status of `html` and `status`.
        retry_after: Sent as it stands in a Retry-After header, with `status`.
        body: Text sent with `status` instead of a page; its type is guessed from its first sign.
        landed: Whether the system carried the request out before it failed. The kinds that alter
            the right answer always do; the others only when told so.

    Raises:
        FaultError: a value does not fit.
    """

    kind: str
    path: str = ""
    method: str = ""
    count: int | None = None
    seconds: float | None = None
    status: int | None = None
    retry_after: str | None = None
    body: str | None = None
    landed: bool = False

    def __post_init__(self) -> None:
        _check(self)

    @property
    def duration(self) -> float:
        """Seconds, the kind's own default filled in."""
        return _SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds

    @property
    def carried_out(self) -> bool:
        """Whether the emulated system gets to see the request."""
        return self.landed or self.kind not in _UNHEARD

    def hits(self, method: str, path: str) -> bool:
        """Tell whether a request is meant; `refuse` hits connections, never a single request."""
        return self.kind != "refuse" and self.path in path and self.method in ("", method)


class Faults:
    """The faults that are active, first come first served."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._active: list[Fault] = []
        self._on_change = on_change

    def add(self, *faults: Fault) -> None:
        """Make faults active, after those that already are."""
        self._active.extend(faults)
        self._on_change()

    def clear(self) -> None:
        """End every fault, a refusal included."""
        self._active.clear()
        self._on_change()

    def active(self) -> tuple[Fault, ...]:
        """Return the active faults; `count` is what is left of it."""
        return tuple(self._active)

    def refusal(self) -> Fault | None:
        """Return the first active `refuse` fault."""
        return next((fault for fault in self._active if fault.kind == "refuse"), None)

    def end_refusal(self) -> None:
        """Take away every `refuse` fault: its time is over."""
        self._active = [fault for fault in self._active if fault.kind != "refuse"]
        self._on_change()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits this request, one hit used up."""
        for place, fault in enumerate(self._active):
            if fault.hits(method, path):
                if fault.count is not None:
                    self._active[place : place + 1] = [] if fault.count == 1 else [_one_less(fault)]
                return fault
        return None


def altered(fault: Fault | None, reply: Reply) -> Reply | None:
    """Return what is sent in place of `reply`; None when there is no HTTP answer at all."""
    if fault is None or fault.kind in ("latency", "truncated", "drip"):
        return reply
    if fault.kind == "cut":
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if fault.kind == "html":
        return Reply(fault.status or 200, _PAGE.format("Even geduld").encode(), _HTML)
    if fault.kind == "status":
        return _status_reply(fault)
    return None


def fault_from_document(document: object) -> Fault:
    """Read one fault from decoded JSON.

    Raises:
        FaultError: the message starts with the key that is wrong.
    """
    if not isinstance(document, dict):
        raise FaultError("fault: must be an object")
    known = {"kind", "path", "method", "count", "seconds", "status", "retry_after", "body", "landed"}
    for key in document:
        if key not in known:
            raise FaultError(f"{key}: unknown key, known are {', '.join(sorted(known))}")
    if "kind" not in document:
        raise FaultError(f"kind: required, one of {', '.join(KINDS)}")
    if isinstance(document.get("retry_after"), int):
        document = {**document, "retry_after": str(document["retry_after"])}
    return Fault(**document)


def fault_document(fault: Fault) -> dict[str, object]:
    """Return a fault as JSON would have it, without the keys that say nothing."""
    return {key: value for key, value in asdict(fault).items() if value not in (None, "", False)}


def _one_less(fault: Fault) -> Fault:
    return replace(fault, count=(fault.count or 1) - 1)


def _status_reply(fault: Fault) -> Reply:
    status = fault.status or 500
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    if fault.body is None:
        return Reply(status, _PAGE.format(f"{status} Error").encode(), _HTML, headers)
    return Reply(status, fault.body.encode(), _guessed_type(fault.body), headers)


def _guessed_type(body: str) -> str:
    if body.startswith("<?xml"):
        return "application/xml; charset=utf-8"
    if body.startswith("<"):
        return _HTML
    return "application/json; charset=utf-8" if body[:1] in ("{", "[", '"') else "text/plain; charset=utf-8"


def _check(fault: Fault) -> None:
    if fault.kind not in KINDS:
        raise FaultError(f"kind: must be one of {', '.join(KINDS)}")
    for key, value in (("path", fault.path), ("method", fault.method)):
        if not isinstance(value, str):
            raise FaultError(f"{key}: must be text")
    for key, text in (("retry_after", fault.retry_after), ("body", fault.body)):
        if text is not None and not isinstance(text, str):
            raise FaultError(f"{key}: must be text")
    if not isinstance(fault.landed, bool):
        raise FaultError("landed: must be true or false")
    _check_numbers(fault)


def _check_numbers(fault: Fault) -> None:
    if fault.count is not None and (type(fault.count) is not int or fault.count < 1):
        raise FaultError("count: must be a whole number of at least 1")
    if fault.seconds is not None and (
        type(fault.seconds) not in (int, float) or not 0 <= fault.seconds <= 3600
    ):
        raise FaultError("seconds: must be a number from 0 to 3600")
    if fault.status is not None and (type(fault.status) is not int or not 200 <= fault.status <= 599):
        raise FaultError("status: must be a whole number from 200 to 599")
    if fault.kind == "status" and fault.status is None:
        raise FaultError("status: required with kind status")
    if fault.retry_after is not None and any(sign in fault.retry_after for sign in "\r\n\0"):
        raise FaultError("retry_after: must be one line")

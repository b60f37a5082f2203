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
| status | this status with a page, or with `body` | status (required), retry_after, body, encoding, headers |
| cut | a complete HTTP answer whose document is cut in half | |
| edited | the right answer, with `body` wherever `find` stood | find (required), body, encoding |
| headed | the right answer, under other headers | headers (required) |
| crowded | the right answer, under very many headers | size (100,000 headers) |
| bomb | a small packed body that unpacks to a very large one | size (256 MB) |
| endless | a body that never ends | |
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from gateway.emulation.vocabulary import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (
    *("latency", "refuse", "hang", "reset", "truncated", "drip", "garbage", "html", "status", "cut"),
    *("edited", "headed", "crowded", "bomb", "endless"),
)
"""Every kind of fault."""

_SECONDS = {"latency": 1.0, "refuse": 1.0, "drip": 0.3}
_SIZES = {"crowded": 100_000, "bomb": 256 * 1024 * 1024}
_UNHEARD = frozenset({"hang", "reset", "garbage", "html", "status", "bomb", "endless"})
_WHOLE = ("latency", "truncated", "drip")
_ENCODINGS = ("", "utf-8", "latin-1", "utf-16")
_NEEDED = {"status": "status", "edited": "find", "headed": "headers"}
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
        skip: How many requests that it would hit go by unharmed first.
        count: How many requests it hits then; None until cleared. `refuse` does not count.
        seconds: See the table above; None for the kind's own default.
        status: HTTP status of `html` and `status`.
        retry_after: Sent as it stands in a Retry-After header, with `status`.
        body: Text sent with `status` instead of a page; its type is guessed from its first sign. With
            `edited`, what takes the place of `find`.
        find: Text in the right answer's body that `edited` replaces, as often as it stands there.
        encoding: Of `body` and `find`, UTF-8 unless told otherwise; with `latin-1` a text can be any bytes.
        headers: What `headed` sends in place of the right answer's own, or besides; sent with `status` too.
        size: See the table above; None for the kind's own default.
        landed: Whether the system carried the request out before it failed. The kinds that alter
            the right answer always do; the others only when told so.

    Raises:
        FaultError: a value does not fit.
    """

    kind: str
    path: str = ""
    method: str = ""
    skip: int = 0
    count: int | None = None
    seconds: float | None = None
    status: int | None = None
    retry_after: str | None = None
    body: str | None = None
    find: str | None = None
    encoding: str = ""
    headers: Mapping[str, str] | None = field(default=None, hash=False)
    size: int | None = None
    landed: bool = False

    def __post_init__(self) -> None:
        _check(self)

    @property
    def duration(self) -> float:
        """Seconds, the kind's own default filled in."""
        return _SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds

    @property
    def amount(self) -> int:
        """Size, the kind's own default filled in."""
        return _SIZES.get(self.kind, 0) if self.size is None else self.size

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
                if fault.skip:
                    self._active[place] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.count is not None:
                    self._active[place : place + 1] = [] if fault.count == 1 else [_one_less(fault)]
                return fault
        return None


def altered(fault: Fault | None, reply: Reply) -> Reply | None:
    """Return what is sent in place of `reply`; None when there is no HTTP answer at all."""
    if fault is None or fault.kind in _WHOLE:
        return reply
    alter = _ALTERING.get(fault.kind)
    return alter(fault, reply) if alter else None


def fault_from_document(document: object) -> Fault:
    """Read one fault from decoded JSON.

    Raises:
        FaultError: the message starts with the key that is wrong.
    """
    if not isinstance(document, dict):
        raise FaultError("fault: must be an object")
    known = {each.name for each in fields(Fault)}
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
    return {key: value for key, value in asdict(fault).items() if value not in (None, "", 0)}


def _one_less(fault: Fault) -> Fault:
    return replace(fault, count=(fault.count or 1) - 1)


def _status_reply(fault: Fault, _reply: Reply) -> Reply:
    status = fault.status or 500
    headers = dict(fault.headers or {})
    if fault.retry_after is not None:
        headers["Retry-After"] = fault.retry_after
    if fault.body is None:
        return Reply(status, _PAGE.format(f"{status} Error").encode(), _HTML, headers)
    return Reply(status, _encoded(fault, fault.body), _guessed_type(fault.body), headers)


def _cut(_fault: Fault, reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _page(fault: Fault, _reply: Reply) -> Reply:
    return Reply(fault.status or 200, _PAGE.format("Even geduld").encode(), _HTML)


def _edited(fault: Fault, reply: Reply) -> Reply:
    old, new = _encoded(fault, fault.find or ""), _encoded(fault, fault.body or "")
    return replace(reply, body=reply.body.replace(old, new))


def _headed(fault: Fault, reply: Reply) -> Reply:
    told = dict(fault.headers or {})
    kind = told.pop("Content-Type", reply.content_type)
    return replace(reply, content_type=kind, headers={**reply.headers, **told})


def _crowded(fault: Fault, reply: Reply) -> Reply:
    crowd = {f"X-{number}": "1" for number in range(fault.amount)}
    return replace(reply, headers={**reply.headers, **crowd})


def _bomb(fault: Fault, reply: Reply) -> Reply:
    return Reply(200, _packed_blanks(fault.amount), reply.content_type, {"Content-Encoding": "gzip"})


_ALTERING: Mapping[str, Callable[[Fault, Reply], Reply]] = {
    "status": _status_reply,
    "html": _page,
    "cut": _cut,
    "edited": _edited,
    "headed": _headed,
    "crowded": _crowded,
    "bomb": _bomb,
}


@lru_cache(maxsize=1)
def _packed_blanks(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    step = b" " * min(size, 1024 * 1024)
    pieces = [packer.compress(step) for _ in range(size // len(step))] if step else []
    return b"".join(pieces) + packer.flush()


def _encoded(fault: Fault, text: str) -> bytes:
    return text.encode(fault.encoding or "utf-8")


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
    for key, text in (("retry_after", fault.retry_after), ("body", fault.body), ("find", fault.find)):
        if text is not None and not isinstance(text, str):
            raise FaultError(f"{key}: must be text")
    if not isinstance(fault.landed, bool):
        raise FaultError("landed: must be true or false")
    needed = _NEEDED.get(fault.kind)
    if needed and not getattr(fault, needed):
        raise FaultError(f"{needed}: required with kind {fault.kind}")
    if fault.retry_after is not None and any(sign in fault.retry_after for sign in "\r\n\0"):
        raise FaultError("retry_after: must be one line")
    _check_bytes(fault)
    _check_numbers(fault)


def _check_bytes(fault: Fault) -> None:
    if fault.encoding not in _ENCODINGS:
        raise FaultError(f"encoding: must be one of {', '.join(_ENCODINGS[1:])}")
    for key, text in (("body", fault.body), ("find", fault.find)):
        try:
            _encoded(fault, text or "")
        except UnicodeEncodeError as error:
            raise FaultError(f"{key}: cannot be written in {fault.encoding or 'utf-8'}") from error
    headers: object = {} if fault.headers is None else fault.headers
    if not isinstance(headers, Mapping) or not all(map(_is_line, [*headers, *headers.values()])):
        raise FaultError("headers: must be an object of texts of one line")


def _is_line(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable()


def _check_numbers(fault: Fault) -> None:
    if type(fault.skip) is not int or fault.skip < 0:
        raise FaultError("skip: must be a whole number of at least 0")
    if fault.count is not None and (type(fault.count) is not int or fault.count < 1):
        raise FaultError("count: must be a whole number of at least 1")
    if fault.seconds is not None and (
        type(fault.seconds) not in (int, float) or not 0 <= fault.seconds <= 3600
    ):
        raise FaultError("seconds: must be a number from 0 to 3600")
    if fault.status is not None and (type(fault.status) is not int or not 200 <= fault.status <= 599):
        raise FaultError("status: must be a whole number from 200 to 599")
    if fault.size is not None and (type(fault.size) is not int or not 1 <= fault.size <= 1024**3):
        raise FaultError("size: must be a whole number from 1 to 1073741824")

"""The ways in which a call to a system fails, and what is to come of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

from gateway.emulation.faults import Fault
from tests.faults.house import TIMEOUT

AWAY, BAD, RATION, REJECTED = (
    "SYSTEM_UNAVAILABLE",
    "BAD_UPSTREAM_ANSWER",
    "RATE_LIMITED",
    "CREDENTIALS_REJECTED",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One way to fail.

    Attributes:
        fault: Makes the fault, for a system and the present moment.
        code: What a client reads.
        outcome: What is logged and counted of each attempt.
        tries: Attempts of a call that can be repeated; none arrives where `arrives` is false.
        seconds: How long the operation takes by the clock, at the least and at the most.
        instead: Systems of which a client reads another word.
        wait: Seconds until the client is told to come back, from the moment of the refusal; None: not told.
    """

    fault: Callable[[str, datetime], Fault]
    code: str = AWAY
    outcome: str = AWAY
    tries: int = 2
    arrives: bool = True
    seconds: tuple[float, float] = (0.0, 1.0)
    wait: float | None = None
    instead: Mapping[str, str] = field(default_factory=dict)

    @property
    def retryable(self) -> bool:
        """Whether a client may try again."""
        return self.tries > 1 or self.code == AWAY or self.wait is not None


def _plain(fault: Fault) -> Callable[[str, datetime], Fault]:
    return lambda _system, _now: fault


def _status(status: int) -> Callable[[str, datetime], Fault]:
    return _plain(Fault("status", status=status))


def _bodies(moneybird: str, acumulus: str, encoding: str = "") -> Callable[[str, datetime], Fault]:
    bodies = {"moneybird": moneybird, "acumulus": acumulus}
    return lambda system, _now: Fault("status", status=200, body=bodies[system], encoding=encoding)


def _asking(
    told: Callable[[datetime], str | None], body: str | None = None
) -> Callable[[str, datetime], Fault]:
    return lambda _system, now: Fault("status", status=429, retry_after=told(now), body=body)


def _limited(told: Callable[[datetime], str | None], wait: float, body: str | None = None) -> Row:
    return Row(_asking(told, body), RATION, "429", tries=1, wait=wait)


def _read(moneybird: str, acumulus: str, encoding: str = "") -> Row:
    return Row(_bodies(moneybird, acumulus, encoding), BAD, "200")


TIMED_OUT = (TIMEOUT, TIMEOUT + 0.2)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
LAUGHS = XML + (
    '<!DOCTYPE r [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><response><status>0</status><contact><contactname1>&i;</contactname1></contact></response>"
)
DOCTYPE = XML + "<!DOCTYPE response><response><status>0</status><contacts/></response>"
DEEP = 10_000
DIGITS = "9" * 5_000

ROWS = {
    "refused": Row(_plain(Fault("refuse", seconds=600)), arrives=False),
    "hanging": Row(_plain(Fault("hang")), tries=1, seconds=TIMED_OUT),
    "dripping": Row(_plain(Fault("drip", seconds=1.5)), tries=1, seconds=TIMED_OUT),
    "reset": Row(_plain(Fault("reset"))),
    "half-an-answer": Row(_plain(Fault("truncated"))),
    "half-a-document": Row(_plain(Fault("cut")), BAD, "200"),
    "no-http": Row(_plain(Fault("garbage")), BAD, BAD),
    "web-page": Row(_plain(Fault("html")), BAD, "200"),
    "web-page-as-data": Row(
        _plain(Fault("headed", headers={"Content-Type": "text/html; charset=utf-8"})), BAD, "200"
    ),
    "web-page-503": Row(_plain(Fault("html", status=503)), AWAY, "503"),
    "picture": _read("\x89PNG\r\n\x1a\n", "\x89PNG\r\n\x1a\n", "latin-1"),
    "nothing": Row(_bodies("", ""), BAD, "200", instead={"acumulus": AWAY}),
    "other-document": _read("17", XML + "<response><status>0</status></response>"),
    "redirect": Row(_status(302), BAD, "302"),
    "500": Row(_status(500), AWAY, "500"),
    "503-later": Row(_plain(Fault("status", status=503, retry_after="120")), AWAY, "503", tries=1, wait=120),
    "429-seconds": _limited(lambda _: "30", 30),
    "429-date": _limited(lambda now: format_datetime(now + timedelta(seconds=90), usegmt=True), 90),
    "429-epoch": _limited(lambda now: str(int((now + timedelta(seconds=240)).timestamp())), 240),
    "429-untold": _limited(lambda _: None, 60),
    "429-for-a-year": _limited(lambda now: str(int(now.timestamp()) + 365 * 86_400), 86_400),
    "429-no-sense": _limited(lambda _: "soon", 60, '{"error": "te veel"}'),
    "bomb": Row(_plain(Fault("bomb", size=64 * 1024 * 1024)), BAD, BAD, tries=1),
    "endless": Row(_plain(Fault("endless")), BAD, BAD, tries=1),
    "crowded": Row(_plain(Fault("crowded", size=20_000)), BAD, BAD),
    "entities": _read(LAUGHS, LAUGHS),
    "doctype": _read(DOCTYPE, DOCTYPE),
    "nested": _read("[" * DEEP + "]" * DEEP, XML + "<a>" * DEEP + "</a>" * DEEP),
    "endless-number": _read(
        f'[{{"id": "1", "version": {DIGITS}}}]', f"{XML}<response><status>{DIGITS}</status></response>"
    ),
    "401": Row(_status(401), REJECTED, "401", tries=1),
    "403": Row(_status(403), REJECTED, "403", tries=1),
    "404": Row(_status(404), BAD, "404", tries=1),
}
"""Every row, by its name."""

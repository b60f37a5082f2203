"""What calls show besides their answers: how far two clocks are apart, and why a certificate is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.domain.administration import Administration
from gateway.domain.waiting import http_date
from gateway.telemetry import Instruments, log
from gateway.transport.exchange import certificate_fault

SILENCE = 60.0
"""Seconds after which a certificate's fault is told again: every call finds it anew."""


class Remarks:
    """Notes what is worth knowing of one line.

    Args:
        administration: Whose line it is.
        instruments: Show the clocks.
        seconds: Monotonic.
    """

    def __init__(
        self, administration: Administration, instruments: Instruments, seconds: Callable[[], float]
    ) -> None:
        self._administration = administration
        self._instruments = instruments
        self._seconds = seconds
        self._told_at: float | None = None

    def clock(self, date: str | None, now: datetime) -> None:
        """Note what time it is for the system.

        Args:
            date: The header `Date` of an answer that came just now.
            now: For us, UTC.
        """
        if moment := http_date(date):
            self._instruments.skew(self._administration, (moment - now).total_seconds())

    def certificate(self, error: BaseException) -> None:
        """Tell why a certificate is refused, where that is why there is no connection."""
        reason, now = certificate_fault(error), self._seconds()
        if reason is None or (self._told_at is not None and now - self._told_at < SILENCE):
            return
        self._told_at = now
        whose = {"system": self._administration.system, "administration": self._administration.slug}
        log().warning("certificate_refused", **whose, reason=reason)

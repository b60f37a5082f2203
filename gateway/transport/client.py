"""httpx behind the `Network` and `Client` ports: deadlines, the ration, repetition, one call for equals.

A call passes, in this order: those who ask the same at once become one; a system that keeps failing is
left alone; the ration must have something left for its urgency; it waits for a place among the calls in
flight; it is sent, and its answer understood. What failed, and can be repeated, is repeated once, within
the same time.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import certifi
import httpx
import stamina
import stamina.instrumentation

from gateway.domain.administration import Quota
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    GatewayError,
    NotLoaded,
    NotReached,
    RateLimited,
)
from gateway.flight import SingleFlight, Urgency, time_left, urgency
from gateway.ports import Allowance, Answer, Call, Client, Ledger, Line, Ration
from gateway.telemetry import Attempt, Instruments
from gateway.transport.breaker import Breaker
from gateway.transport.exchange import CONNECT, Exchange
from gateway.transport.local import LocalLedger
from gateway.transport.patience import Patience
from gateway.transport.remarks import Remarks
from gateway.transport.slots import Slots
from gateway.transport.unpacking import ACCEPTED

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]
LedgerOf = Callable[[str, Allowance], Ledger]

TRIES = 2
"""Times that a safe call is sent: a connection may just have been closed, an answer have broken off."""

WAIT = 5.0
"""Seconds that a call waits at most for a ration, or as a failing system asked, if its operation has them."""

UNTOLD = timedelta(seconds=60)
"""For how long a system that refuses for its ration, and does not say until when, is not asked."""

LITTLE = 0.2
"""Seconds of a call's time that are too few to repeat it."""

BIG = 256 * 1024
"""Answers larger than this, in bytes, are understood in a thread so that the event loop goes on."""

SOON = timedelta(seconds=1)
"""For how long a system that refuses for its ration is not asked at the least."""

SLACK = 0.02
"""Seconds waited beyond a moment: the clocks that measure the wait and the moment are not the same."""

# Every try is logged and counted by our own instruments, and the library would count for all networks.
stamina.instrumentation.set_on_retry_hooks(())


def utc_now() -> datetime:
    """Return the machine's own time, UTC."""
    return datetime.now(UTC)


class HttpNetwork:
    """Opens lines; keeps the rations that they share.

    Args:
        transport: Answers instead of the network, for tests.
        clock: The present moment, UTC.
        instruments: Measure every call; None: some that nobody reads.
        pause: Waits for so many seconds.
        seconds: Monotonic, for the time that a call may take.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
        instruments: Instruments | None = None,
        pause: Pause = asyncio.sleep,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._around = Surroundings(clock, pause, instruments or Instruments(), seconds)
        self._ledger_of: LedgerOf | None = None
        self._ledgers: dict[tuple[str, Allowance | None], Ledger] = {}

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self._clock()

    def share_rations(self, ledger_of: LedgerOf) -> None:
        """Keep rations together with other processes from now on; lines that are open go on as they are.

        Args:
            ledger_of: Keeps the ration of a name.
        """
        self._ledger_of = ledger_of
        self._ledgers.clear()

    def open(self, line: Line) -> Client:
        """Open a line; nothing is sent yet."""
        http = httpx.AsyncClient(
            headers={"Accept-Encoding": ACCEPTED, **line.headers},
            transport=self._transport,
            verify=self._tls,
            trust_env=False,
            follow_redirects=False,
            # The whole call has a deadline of its own.
            timeout=httpx.Timeout(None, connect=min(CONNECT, line.timeout)),
            limits=httpx.Limits(max_connections=line.at_once, max_keepalive_connections=line.at_once),
        )
        return HttpClient(http, line, self._ledger(line), self._around)

    def _ledger(self, line: Line) -> Ledger:
        if not line.ration and not self._ledger_of:
            return LocalLedger(line.allowance)
        whose = line.administration
        name = line.ration or f"{whose.system}:{whose.slug}:{whose.remote_id}"
        # An administration may be opened anew with another allowance.
        key = name, None if line.ration else line.allowance
        if key not in self._ledgers:
            make = self._ledger_of
            self._ledgers[key] = make(name, line.allowance) if make else LocalLedger(line.allowance)
        return self._ledgers[key]

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made once: loading the certificates takes about 40 ms a client.
        return ssl.create_default_context(cafile=certifi.where())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every line of a network has in common."""

    clock: Callable[[], datetime]
    pause: Pause
    instruments: Instruments
    seconds: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Understood:
    """An answer, what it means, and to whom: others who wait for it may read it otherwise."""

    answer: Answer
    by: Callable[[Answer], Any]
    value: Any


class HttpClient:
    """An open line to one system; made by `HttpNetwork.open`."""

    def __init__(self, http: httpx.AsyncClient, line: Line, ledger: Ledger, around: Surroundings) -> None:
        self._http = http
        self._line = line
        self._ledger = ledger
        self._around = around
        self._exchange = Exchange(http, line, self._error)
        self._remarks = Remarks(line.administration, around.instruments, around.seconds)
        self._last_failure = ""
        self._breaker = Breaker(patience=timedelta(seconds=line.timeout))
        self._breaker_told = self._breaker.state
        self._slots = Slots(line.at_once)
        self._reads: SingleFlight[_Understood] = SingleFlight()

    async def ask(self, call: Call, understand: Callable[[Answer], T]) -> T:
        """Make a call and return what its answer means, as the port promises."""
        patience = Patience(self._line.timeout, self._around.seconds)
        if not call.safe:
            return (await self._tried(call, understand, 1, patience)).value  # type: ignore[no-any-return]
        if not call.shared:
            return (await self._repeated(call, understand, patience)).value  # type: ignore[no-any-return]
        # Who is in a hurry does not wait, and is not refused, with those who are not.
        key = call.method, call.path, call.body, urgency()
        found = await self._reads.do(key, lambda: self._repeated(call, understand, patience))
        if found.by == understand:
            return found.value  # type: ignore[no-any-return]
        return await _understood(found.answer, understand)

    def quota(self) -> Quota | None:
        """What is left of the ration, as far as answers or settings told."""
        return self._ledger.quota(self._around.clock())

    async def close(self) -> None:
        """Close every connection."""
        await self._reads.close()
        await self._http.aclose()

    async def _repeated(
        self, call: Call, understand: Callable[[Answer], Any], patience: Patience
    ) -> _Understood:
        """Make a call, and once more if it fails and there is time."""

        def worth_it(error: Exception) -> float | bool:
            wait = self._wait_for(error, patience)
            return False if wait is None else wait or True

        tries = stamina.retry_context(
            worth_it, attempts=TRIES, timeout=None, wait_initial=0.05, wait_max=0.2, wait_jitter=0.1
        )
        async for attempt in tries:
            with attempt:
                return await self._tried(call, understand, attempt.num, patience)
        raise AssertionError  # the last attempt returned or raised

    def _wait_for(self, error: Exception, patience: Patience) -> float | None:
        """Return after how many seconds a failed call is repeated; None where it is not."""
        if not isinstance(error, BackendUnavailable | BadUpstreamAnswer | RateLimited) or not error.retryable:
            return None
        if patience.left() < LITTLE or self._breaker.closed_until(self._around.clock()):
            return None
        if error.retry_after is None:
            return 0.0
        wait = max(0.0, (error.retry_after - self._around.clock()).total_seconds())
        return wait if self._can_wait(wait) and wait < patience.left() - LITTLE else None

    async def _tried(
        self, call: Call, understand: Callable[[Answer], Any], number: int, patience: Patience
    ) -> _Understood:
        """Send a call once, when its turn has come."""
        await self._admitted()
        async with self._slots.taken(urgency()):
            patience.begin()
            if not patience.left():
                raise self._error(BackendUnavailable, f"gave no answer in {self._line.timeout:g} s")
            sent = await self._spend()
            with self._judged():
                answer = await self._answer(call, number, sent, patience)
                try:
                    value = await _understood(answer, understand)
                except RateLimited as error:
                    error.retry_after = await self._refused(error, answer, sent)
                    raise
                return _Understood(answer, understand, value)

    async def _answer(self, call: Call, number: int, sent: int, patience: Patience) -> Answer:
        attempt = Attempt(self._line.administration, call.method, len(call.body), number)
        with self._around.instruments.upstream(attempt) as telling:
            try:
                answer = await self._exchange.answer(call, patience.left())
            except NotReached as error:
                await self._ledger.give_back(sent)
                self._remarks.certificate(error)
                raise
            except BaseException:
                await self._ledger.lose(sent, self._around.clock())
                raise
            telling.answered(answer.status, len(answer.body))
        await self._learn(answer, sent)
        return answer

    async def _learn(self, answer: Answer, sent: int) -> None:
        now = self._around.clock()
        self._remarks.clock(answer.headers.get("date"), now)
        told = self._line.learn(answer, now) or Ration()
        if answer.status == 429:
            until = told.retry_after or told.resets_at or now + UNTOLD
            told = replace(told, retry_after=max(until, now + SOON))
        await self._ledger.learn(told, sent, now)

    async def _refused(self, error: RateLimited, answer: Answer, sent: int) -> datetime | None:
        """Return until when the line is closed, now that a call was refused for the ration."""
        now = self._around.clock()
        if answer.status != 429:  # said in the body alone
            until = error.retry_after or now + UNTOLD
            await self._ledger.learn(Ration(retry_after=max(until, now + SOON)), sent, now)
        return await self._ledger.closed_until(now, Urgency.WRITE)

    async def _admitted(self) -> None:
        """Wait until a call may be sent, where that is soon enough.

        Raises:
            NotReached: the system is left alone.
            RateLimited: the ration has nothing left for this.
        """
        self._check_breaker()
        until = await self._closed_until()
        if until is None:
            return
        seconds = (until - self._around.clock()).total_seconds()
        if self._can_wait(seconds):
            await self._around.pause(seconds + SLACK)
            until = await self._closed_until()
        if until:
            raise await self._withheld(until)

    async def _spend(self) -> int:
        """Count a call that is sent now; others may have used up what was left while it waited."""
        self._check_breaker()
        sent = await self._ledger.spend(self._around.clock(), urgency())
        if isinstance(sent, datetime):
            raise await self._withheld(sent)
        try:
            # It may have opened while the ration was asked for, or another have become its probe.
            self._check_breaker()
        except NotReached:
            await self._ledger.give_back(sent)
            raise
        return sent

    async def _closed_until(self) -> datetime | None:
        return await self._ledger.closed_until(self._around.clock(), urgency())

    async def _withheld(self, until: datetime) -> BackendError:
        """Return the error of a call that is not sent to stay within the ration."""
        self._around.instruments.withheld(self._line.administration, "ration")
        if await self._ledger.closed_until(self._around.clock(), Urgency.WAITED):
            words = "takes no more calls before the ration is renewed"
            return self._error(RateLimited, words, retry_after=until)
        words = "is not asked for more now: the rest of its ration is kept for what is more urgent"
        return self._error(NotLoaded, words, retry_after=until)

    def _check_breaker(self) -> None:
        if until := self._breaker.closed_until(self._around.clock()):
            self._around.instruments.withheld(self._line.administration, "breaker")
            words = "failed several times in a row and is left alone for a moment"
            error = self._error(NotReached, words, retry_after=until)
            # Nothing was sent; but what was wrong before is what there is to say.
            error.code = self._last_failure or error.code
            raise error

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """Tell the breaker how a call went; what is no failure of the system is a success."""
        ticket = self._breaker.enter(self._around.clock())
        try:
            yield
        except (BackendUnavailable, BadUpstreamAnswer) as error:
            if isinstance(error, BadUpstreamAnswer) and not error.retryable:
                self._breaker.succeeded(ticket)  # it works, and wants no such call
            else:
                self._last_failure = error.code
                self._breaker.failed(ticket, self._around.clock())
            raise
        except GatewayError:
            self._breaker.succeeded(ticket)
            raise
        except BaseException:
            self._breaker.gave_up(ticket)
            raise
        else:
            self._breaker.succeeded(ticket)
        finally:
            if self._breaker.state != self._breaker_told:
                self._breaker_told = self._breaker.state
                self._around.instruments.breaker(self._line.administration, self._breaker_told)

    def _error(
        self,
        kind: type[BackendError],
        words: str,
        *,
        retryable: bool | None = None,
        retry_after: datetime | None = None,
    ) -> BackendError:
        administration = self._line.administration
        return kind(
            f"{administration.system.capitalize()} {words}.",
            system=administration.system,
            administration=administration.slug,
            retryable=retryable,
            retry_after=retry_after,
        )

    def _can_wait(self, seconds: float) -> bool:
        left = time_left()
        return left is not None and seconds <= WAIT and seconds < left


async def _understood(answer: Answer, understand: Callable[[Answer], T]) -> T:
    return await asyncio.to_thread(understand, answer) if len(answer.body) > BIG else understand(answer)

"""httpx behind the `Network` and `Client` ports: deadlines, a cap, the ration, one call for equals.

What httpx does on its own is not enough: its read timeout never fires on a trickle, a small
compressed body may become gigabytes, and it takes proxies and credentials from the environment.
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import cast

import certifi
import httpx

from gateway.domain.administration import Quota
from gateway.domain.errors import BackendError, BackendUnavailable, BadUpstreamAnswer, RateLimited
from gateway.flight import SingleFlight
from gateway.ports import Answer, Call, Client, Line
from gateway.telemetry import cause, log
from gateway.transport.ration import RationGate
from gateway.transport.unpacking import ACCEPTED, Unpacker

MAX_BODY = 32 * 1024 * 1024
"""Bytes of a decoded body that are read at most: about 27,000 rows of an Acumulus list."""

BROKEN_OFF = ("disconnected", "closed connection", "incomplete", "peer closed")
"""How httpx spells that an answer broke off, as against one that was never HTTP."""


def utc_now() -> datetime:
    """Return the machine's own time, UTC."""
    return datetime.now(UTC)


class HttpNetwork:
    """Opens lines; keeps the rations that they share.

    Args:
        transport: Answers instead of the network, for tests.
        clock: The present moment, UTC.
    """

    def __init__(
        self, *, transport: httpx.AsyncBaseTransport | None = None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._gates: dict[str, RationGate] = {}

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self._clock()

    def open(self, line: Line) -> Client:
        """Open a line; nothing is sent yet."""
        gate = self._gates.setdefault(line.ration, RationGate()) if line.ration else RationGate()
        http = httpx.AsyncClient(
            headers={"Accept-Encoding": ACCEPTED, **line.headers},
            transport=self._transport,
            verify=self._tls,
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the whole call has a deadline of its own
            limits=httpx.Limits(max_connections=line.at_once, max_keepalive_connections=line.at_once),
        )
        return HttpClient(http, line, gate, self._clock)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made once: loading the certificates takes about 40 ms a client.
        return ssl.create_default_context(cafile=certifi.where())


class HttpClient:
    """An open line to one system; made by `HttpNetwork.open`."""

    def __init__(
        self, http: httpx.AsyncClient, line: Line, gate: RationGate, clock: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._line = line
        self._gate = gate
        self._clock = clock
        self._slots = asyncio.Semaphore(line.at_once)
        self._reads: SingleFlight[Answer] = SingleFlight()

    async def send(self, call: Call) -> Answer:
        """Make one call; any HTTP status is an answer. Equal safe calls in flight are one.

        Raises:
            BackendUnavailable: no connection, or no whole answer in time.
            BadUpstreamAnswer: what came was no HTTP, or larger than is read.
            RateLimited: the ration is known to be used up; nothing was sent.
        """
        if not call.safe:
            return await self._send(call)
        return await self._reads.do((call.method, call.path, call.body), lambda: self._send(call))

    def quota(self) -> Quota | None:
        """What is left of the ration, as far as answers or settings told."""
        return self._gate.quota(self._clock(), self._line.per_minute)

    async def close(self) -> None:
        """Close every connection."""
        await self._reads.close()
        await self._http.aclose()

    async def _send(self, call: Call) -> Answer:
        async with self._slots:
            number = self._spend()
            started = time.perf_counter()
            try:
                answer = await self._exchange(call)
            except BackendError as error:
                self._tell(call, started, outcome=error.code)
                raise
        self._tell(call, started, outcome=str(answer.status))
        if ration := self._line.learn(answer, self._clock()):
            self._gate.learn(ration, number)
        return answer

    def _spend(self) -> int:
        now = self._clock()
        if until := self._gate.closed_until(now, self._line.per_minute):
            raise self._error(
                RateLimited, "takes no more calls before the ration is renewed", retry_after=until
            )
        return self._gate.spend(now, self._line.per_minute)

    async def _exchange(self, call: Call) -> Answer:
        """Send and read to the end; whatever httpx raises becomes a BackendError."""
        try:
            async with asyncio.timeout(self._line.timeout):
                return await self._read(call)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise self._error(BackendUnavailable, f"gave no answer in {self._line.timeout:g} s") from error
        except httpx.RemoteProtocolError as error:
            if any(words in str(error).lower() for words in BROKEN_OFF):
                raise self._error(BackendUnavailable, "broke off its answer") from error
            raise self._error(BadUpstreamAnswer, "gave an answer that is no HTTP") from error
        except zlib.error as error:
            raise self._error(BadUpstreamAnswer, "gave an answer that cannot be unpacked") from error
        except httpx.ConnectError as error:
            self._gate.give_back()
            certificate = _is_certificate_fault(error)
            words = "has no valid certificate" if certificate else "could not be reached"
            raise self._error(BackendUnavailable, words, retryable=not certificate) from error
        except httpx.HTTPError as error:
            raise self._error(BackendUnavailable, "broke off its answer") from error

    async def _read(self, call: Call) -> Answer:
        request = self._http.build_request(
            call.method, self._line.base_url + call.path, content=call.body, headers=dict(call.headers)
        )
        response = await self._http.send(request, stream=True)
        try:
            body = await self._body(response)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body)

    async def _body(self, response: httpx.Response) -> bytes:
        unpacker = Unpacker(response.headers.get("Content-Encoding", ""))
        pieces: list[bytes] = []
        size = 0
        async for packed in cast("httpx.AsyncByteStream", response.stream):
            for piece in unpacker.unpacked(packed):
                pieces.append(piece)
                size += len(piece)
                if size > MAX_BODY:
                    raise self._error(BadUpstreamAnswer, "gave an answer larger than is read")
        unpacker.end()
        return b"".join(pieces)

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

    def _tell(self, call: Call, started: float, *, outcome: str) -> None:
        # The path may hold a customer number or a search text, so it is not told.
        log().debug(
            "upstream_call",
            system=self._line.administration.system,
            administration=self._line.administration.slug,
            method=call.method,
            cause=str(cause()),
            outcome=outcome,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )


def _is_certificate_fault(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False

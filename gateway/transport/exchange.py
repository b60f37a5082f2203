"""One HTTP exchange, whole or failed: what httpx raises ends here.

What httpx does on its own is not enough: its read timeout never fires on a trickle, a small
compressed body may become gigabytes, and it takes proxies and credentials from the environment.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import httpx

from gateway.domain.errors import BackendError, BackendUnavailable, BadUpstreamAnswer, NotReached
from gateway.ports import Answer, Call, Line
from gateway.transport.unpacking import Unpacker

MAX_BODY = 32 * 1024 * 1024
"""Bytes of a decoded body that are read at most: about 27,000 rows of an Acumulus list."""

CONNECT = 5.0
"""Seconds in which a connection has to stand, where a call has more time than that."""

CONNECT_PART = 0.9
"""Part of a call's time that the connection may take."""

BROKEN_OFF = ("disconnected", "closed connection", "incomplete", "peer closed")
"""How httpx spells that an answer broke off, as against one that was never HTTP."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Sends calls over a connection of a line.

    Attributes:
        http: Keeps connections.
        line: Where they go.
        fault: Makes an error of the line's administration.
    """

    http: httpx.AsyncClient
    line: Line
    fault: Callable[..., BackendError]

    async def answer(self, call: Call, seconds: float) -> Answer:
        """Send a call and read its answer to the end.

        Raises:
            NotReached: there was no connection: nothing was sent.
            BackendUnavailable: no whole answer in so many seconds.
            BadUpstreamAnswer: what came was no HTTP, or larger than is read.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._read(call, seconds)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            is_refused = certificate_fault(error) is not None
            words = "has no valid certificate" if is_refused else "could not be reached"
            raise self.fault(NotReached, words, retryable=not is_refused) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            words = f"gave no answer in {self.line.timeout:g} s"
            raise self.fault(BackendUnavailable, words) from error
        except httpx.RemoteProtocolError as error:
            if any(words in str(error).lower() for words in BROKEN_OFF):
                raise self.fault(BackendUnavailable, "broke off its answer") from error
            raise self.fault(BadUpstreamAnswer, "gave an answer that is no HTTP") from error
        except zlib.error as error:
            raise self.fault(BadUpstreamAnswer, "gave an answer that cannot be unpacked") from error
        except httpx.HTTPError as error:
            raise self.fault(BackendUnavailable, "broke off its answer") from error

    async def _read(self, call: Call, seconds: float) -> Answer:
        # A connection that does not stand must fail as such, and not because the whole time is over.
        connect = min(CONNECT, CONNECT_PART * seconds)
        request = self.http.build_request(
            call.method,
            self.line.base_url + call.path,
            content=call.body,
            headers=dict(call.headers),
            timeout=httpx.Timeout(None, connect=connect),
        )
        response = await self.http.send(request, stream=True)
        try:
            body = await self._body(response)
        finally:
            await response.aclose()
            # It leads back to the response: with all its headers that would wait for the garbage collector.
            response.stream = httpx.ByteStream(b"")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body)

    async def _body(self, response: httpx.Response) -> bytes:
        unpacker = Unpacker(response.headers.get("Content-Encoding", ""))
        # One block that grows: thousands of pieces would leave the heap full of holes.
        body = bytearray()
        try:
            async for packed in cast("httpx.AsyncByteStream", response.stream):
                for piece in unpacker.unpacked(packed):
                    body += piece
                    if len(body) > MAX_BODY:
                        words = "gave an answer larger than is read"
                        raise self.fault(BadUpstreamAnswer, words, retryable=False)  # noqa: TRY301
            unpacker.end()
            return bytes(body)
        except BaseException:
            # An error is held as long as its system fails, and its traceback would hold all that came.
            body.clear()
            raise


def certificate_fault(error: BaseException) -> str | None:
    """Return why a certificate was refused, in OpenSSL's words; None where an error has another cause."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            # Only those that OpenSSL itself raised have it.
            return getattr(seen, "verify_message", "") or "unknown"
        seen = seen.__cause__ or seen.__context__
    return None

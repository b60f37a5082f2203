"""GraphQL over HTTP: a request comes in, and an answer goes out; what both mean stands beside it.

No web framework stands on this way. Nothing of a request is read before the one who sent it is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from gateway import telemetry
from gateway.auth import CHALLENGE, Doorkeeper, Viewer
from gateway.domain.errors import Unauthenticated
from gateway.serving.accounts import Account, Accounts, caller
from gateway.serving.caching import max_age_asked
from gateway.serving.compression import coding, compressed
from gateway.serving.conditional import NO_STORE, Part, cache_control, revalidated, tagged
from gateway.serving.message import Asked, Headers, Replied
from gateway.serving.negotiation import (
    MediaType,
    Refusal,
    answer_type,
    status,
    too_large,
    unacceptable,
)
from gateway.serving.operations import Operations, Ran, Spent, refused
from gateway.serving.parameters import Operation, in_url, posted
from gateway.serving.rates import Rates
from gateway.serving.upstream import upstream
from gateway.settings import GraphQLSettings, LimitSettings

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
MakeContext = Callable[[Viewer, int | None], Any]


class LeftError(Exception):
    """The client is gone; there is nobody to answer."""


BUSY_SECONDS = 1
"""After which whoever was turned away for too much at once may come again."""


@dataclass(slots=True)
class Crowd:
    """How many operations are being answered."""

    now: int = 0


@dataclass(frozen=True)
class Endpoint:
    """Answers at /graphql.

    Attributes:
        operations: Runs what is asked.
        context: Makes a request's context: for whom, and how old what is shown may be, in seconds.
        doorkeeper: Knows who asks.
        rates: Counts their requests.
        options: What clients may do.
        limits: How much of it.
        accounts: Note what becomes of it.
    """

    operations: Operations
    context: MakeContext
    doorkeeper: Doorkeeper
    rates: Rates
    options: GraphQLSettings
    limits: LimitSettings
    accounts: Accounts
    _crowd: Crowd = field(default_factory=Crowd)

    async def answer(self, account: Account, receive: Receive) -> Replied:
        """Answer a request that may be looked at."""
        asked = account.request
        try:
            viewer = await self.doorkeeper.viewer(asked.headers.get("authorization"))
        except Unauthenticated as error:
            return turned_away(error)
        account.caller = caller(viewer.id)
        media_type = answer_type(asked.headers.get("accept")) or MediaType.JSON
        refusal = unacceptable(asked, body_bytes=self.limits.body_bytes)
        if refusal is None:
            read = await self._read(account, receive)
            if isinstance(read, Replied):
                return read
            if not isinstance(read, Refusal):
                return await _unless_gone(receive, self._admitted(account, read, viewer, media_type))
            refusal = read
        return self._replied(self._refused(account, refusal), media_type)

    async def _read(
        self, account: Account, receive: Receive
    ) -> Operation | Sequence[Operation | Refusal] | Refusal | Replied:
        if account.request.method == "GET":
            account.bytes_in = len(account.request.query)
            return in_url(account.request.query)
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                body = await body_of(receive, self.limits.body_bytes)
        except TimeoutError:
            return plain(408, "REQUEST_TIMEOUT", "The body took too long to arrive.", ("connection", "close"))
        if body is None:
            return too_large(self.limits.body_bytes)
        account.bytes_in = len(body)
        return posted(body, batch=self.options.batching)

    async def _admitted(
        self,
        account: Account,
        read: Operation | Sequence[Operation | Refusal],
        viewer: Viewer,
        media_type: MediaType,
    ) -> Replied:
        """Answer what was read, unless there is too much of it."""
        batch = [read] if isinstance(read, Operation) else list(read)
        if seconds := await self.rates.wait(viewer.id or "", len(batch)):
            return plain(429, "RATE_LIMITED", "That was too much in a minute.", ("retry-after", str(seconds)))
        if self._crowd.now + len(batch) > self.limits.in_flight:
            words = "Too much is being answered just now."
            return plain(503, "SYSTEM_UNAVAILABLE", words, ("retry-after", str(BUSY_SECONDS)))
        self._crowd.now += len(batch)
        try:
            return await self._answered(account, read, viewer, media_type)
        finally:
            self._crowd.now -= len(batch)

    async def _answered(
        self,
        account: Account,
        read: Operation | Sequence[Operation | Refusal],
        viewer: Viewer,
        media_type: MediaType,
    ) -> Replied:
        asked = account.request
        max_age = max_age_asked(asked.method, asked.headers.get("cache-control", ""))
        spent, contexts, calls = Spent(), list[Any](), upstream(asked.headers, viewer)

        def context() -> Any:
            contexts.append(self.context(viewer, max_age))
            return contexts[-1]

        async def run(each: Operation | Refusal) -> Ran:
            if isinstance(each, Refusal):
                return self._refused(account, each)
            with self.accounts.operation(account) as ended:
                ran = await self.operations.run(
                    each,
                    by_get=asked.method == "GET",
                    must_be_trusted=viewer.require_trusted,
                    spent=spent,
                    context=context,
                )
                ended.tell(ran.ending, ran.payload)
                ended.lacks = not all(is_whole for used in contexts for *_, is_whole in used.shown)
                return replace(ran, payload=calls.beside(ran.payload, telemetry.calls()))

        if not isinstance(read, Operation):
            payloads = [(await run(each)).payload for each in read]
            told = _json(200, media_type.header, payloads, (("cache-control", NO_STORE),))
            return _on_the_way(asked, told)
        ran = await run(read)
        parts = [part for each in contexts for part in each.shown]
        control = cache_control(asked.method, ran.ending, (Part(*part) for part in parts))
        # What one operation cost is not what the next one would.
        control = NO_STORE if calls.is_told else control
        return _on_the_way(asked, self._replied(ran, media_type, ("cache-control", control)))

    def _refused(self, account: Account, refusal: Refusal) -> Ran:
        ran = refused(refusal)
        with self.accounts.operation(account) as ended:
            ended.tell(ran.ending, ran.payload)
        return ran

    def _replied(self, ran: Ran, media_type: MediaType, *headers: tuple[str, str]) -> Replied:
        code = status(ran.ending, media_type, draft=self.options.draft_status)
        return _json(
            code, media_type.header, ran.payload, (*(headers or (("cache-control", NO_STORE),)), *ran.headers)
        )


def plain(code: int, word: str, message: str, *headers: tuple[str, str]) -> Replied:
    """Return an answer that is none of GraphQL's: its status says it, and one error does in words."""
    extensions = {"code": word, "requestId": telemetry.request_id()}
    payload = {"errors": [{"message": message, "extensions": extensions}]}
    return _json(code, MediaType.JSON.header, payload, (("cache-control", NO_STORE), *headers))


def turned_away(error: Unauthenticated) -> Replied:
    """Return the answer to whoever is not known."""
    return plain(401, error.code, error.message, ("www-authenticate", CHALLENGE))


def _json(code: int, content_type: str, value: Any, headers: Headers) -> Replied:
    return Replied(code, (("content-type", content_type), *headers), orjson.dumps(value))


def _on_the_way(asked: Asked, replied: Replied) -> Replied:
    """Return an answer as it is sent: tagged, or left out where the client has it, and made smaller."""
    chosen = coding(asked.headers.get("accept-encoding"), len(replied.body))
    found = revalidated(asked, tagged(replied, chosen))
    return found if found.status == 304 else compressed(found, chosen)


async def _unless_gone(receive: Receive, answer: Coroutine[Any, Any, Replied]) -> Replied:
    """Wait for an answer as long as its client does; a write that has begun goes on all the same.

    Raises:
        LeftError: the client is gone, and what was being read for it is given up.
    """
    answering = asyncio.ensure_future(answer)
    watching = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise LeftError
        return answering.result()
    finally:
        answering.cancel()
        watching.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def body_of(receive: Receive, most: int) -> bytes | None:
    """Read a body; None when it has more bytes than it may.

    Raises:
        LeftError: the client is gone.
    """
    pieces: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LeftError
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return None
        is_more = message.get("more_body", False)
    return b"".join(pieces)

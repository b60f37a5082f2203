"""The paths that this gateway answers, and what every answer has in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from gateway import telemetry
from gateway.auth import Scope, Viewer
from gateway.domain.errors import Forbidden, Unauthenticated
from gateway.serving.accounts import PATHS, Account
from gateway.serving.conditional import NO_STORE
from gateway.serving.endpoint import Endpoint, LeftError, plain, turned_away
from gateway.serving.errors import unforeseen
from gateway.serving.graphiql import POLICY, Explorer, packaged
from gateway.serving.guards import ALWAYS, CLOSED, Guard
from gateway.serving.hooks import Hooks
from gateway.serving.message import Asked, Headers, Replied, asked, request_id, sent, trace_parent
from gateway.serving.metrics import Metrics
from gateway.serving.negotiation import HTML, MediaType, preferred

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

PAGE = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether anybody can be served, and how things stand.

    Attributes:
        is_ready: Whether anybody can.
        administrations: For each one slug, system, state and age in seconds.
        is_shared: Whether what is shared can be reached just now; None: nothing is shared.
    """

    is_ready: bool
    administrations: Sequence[Mapping[str, object]]
    is_shared: bool | None = None


@dataclass
class Draining:
    """Whether the process has been told to end, and what became of requests since.

    Attributes:
        told: Whether it has.
        answered: Requests that were answered all the same.
        dropped: Requests that were given up, for their time was over.
    """

    told: bool = False
    answered: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Site:
    """What is served; an ASGI application that neither connects nor closes anything.

    Attributes:
        endpoint: Answers at /graphql.
        guard: Says who may speak to this address at all.
        health: Tells how things stand.
        sdl: The schema as text; None where it is not shown.
        graphiql: Whether a browser gets the explorer.
        metrics: Tells what was counted.
        draining: Whether the process is about to end.
        hooks: Answers to systems that tell of their own accord; None: to none.
    """

    endpoint: Endpoint
    guard: Guard
    health: Callable[[], Health]
    sdl: str | None
    graphiql: bool
    metrics: Metrics
    draining: Draining = field(default_factory=Draining)
    hooks: Hooks | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request under a name of its own; what nobody foresaw ends here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        if scope["type"] != "http":
            return
        request = asked(scope)
        identifier = request_id(request.headers.get("x-request-id"), lambda: _fresh_id(request))
        account = Account(request)
        with telemetry.request(identifier):
            replied = None
            try:
                replied = await self._foreseen(account, receive)
                whole = replied.having(*self._always(request, replied), ("x-request-id", identifier))
                start, rest = sent(whole)
                await send(start)
                await send({**rest, "body": b""} if request.method == "HEAD" else rest)
                self.draining.answered += self.draining.told
            except LeftError:
                # Nobody is there any more to be answered.
                return
            except asyncio.CancelledError:
                self.draining.dropped += self.draining.told
                raise
            finally:
                self.endpoint.accounts.close(account, replied)

    async def _foreseen(self, account: Account, receive: Receive) -> Replied:
        try:
            return await self._replied(account, receive)
        except LeftError:
            raise
        except Exception as error:  # noqa: BLE001 - the last place that could tell the client anything
            telemetry.log().error("request_failed", **telemetry.shape(error))
            body = orjson.dumps({"errors": [unforeseen(telemetry.request_id())]})
            return Replied(500, _typed(MediaType.JSON.header), body)

    async def _replied(self, account: Account, receive: Receive) -> Replied:
        request = account.request
        if self.hooks and self.hooks.holds(request.path):
            # Whoever signs comes from elsewhere, by any name of this machine, and is no page.
            return await self.hooks.answer(account, receive)
        if barred := self.guard.bars(request.headers):
            if self._wants_page(request) and not request.query and self.guard.is_followed(request.headers):
                return self._explored()
            return plain(barred.status, "FORBIDDEN", barred.message)
        if request.method == "OPTIONS" and (allowed := self.guard.preflight(request.headers)):
            return Replied(204, allowed, b"")
        if request.path == "/graphql":
            return await self._graphql(account, receive)
        is_asset = self.graphiql and self._explorer.holds(request.path)
        if not is_asset and request.path not in PATHS:
            return plain(404, "NOT_FOUND", "There is nothing at this address.")
        if request.method not in ("GET", "HEAD"):
            return plain(405, "METHOD_NOT_ALLOWED", "This is read by GET.", ("allow", "GET, HEAD"))
        if is_asset:
            return self._explorer.asset(request.path, request.headers.get("accept-encoding"))
        if request.path == "/health/live":
            return _json(200, {"status": "live"})
        if request.path == "/health/ready":
            return await self._ready(request)
        if request.path == "/metrics":
            return await self._metrics(request)
        return await self._schema(request)

    async def _graphql(self, account: Account, receive: Receive) -> Replied:
        if self._wants_page(account.request):
            return self._explored()
        return await self.endpoint.answer(account, receive)

    def _wants_page(self, request: Asked) -> bool:
        """Whether a browser asks for the explorer, where there is one."""
        if not self.graphiql or (request.method, request.path) != ("GET", "/graphql"):
            return False
        return preferred(request.headers.get("accept"), (*MediaType, HTML)) == HTML

    def _explored(self) -> Replied:
        policy = ("content-security-policy", POLICY)
        return Replied(200, (*_typed(PAGE), ("vary", "accept"), policy), self._page)

    async def _ready(self, request: Asked) -> Replied:
        health = self.health()
        is_ready = health.is_ready and not self.draining.told
        status = "draining" if self.draining.told else "ready" if health.is_ready else "starting"
        told: dict[str, object] = {"status": status}
        if health.is_shared is not None:
            # Each worker goes on by itself meanwhile: that is no reason to send nobody here.
            told["shared"] = "up" if health.is_shared else "away"
        with suppress(Unauthenticated):
            viewer = await self._viewer(request)
            seen = [each for each in health.administrations if viewer.sees(str(each["slug"]))]
            told["administrations"] = seen
        return _json(200 if is_ready else 503, told)

    async def _metrics(self, request: Asked) -> Replied:
        try:
            viewer = await self._viewer(request)
        except Unauthenticated as error:
            return turned_away(error)
        if not viewer.may(Scope.ADMIN):
            return plain(403, Forbidden.code, f"This needs the scope {Scope.ADMIN}.")
        content_type, body = await self.metrics.told(request.headers.get("accept"))
        return Replied(200, (*_typed(content_type), ("vary", "accept")), body)

    async def _schema(self, request: Asked) -> Replied:
        if self.sdl is None:
            return plain(404, "NOT_FOUND", "The schema is not shown here.")
        try:
            await self._viewer(request)
        except Unauthenticated as error:
            return turned_away(error)
        return Replied(200, _typed(TEXT), self.sdl.encode())

    async def _viewer(self, request: Asked) -> Viewer:
        return await self.endpoint.doorkeeper.viewer(request.headers.get("authorization"))

    def _always(self, request: Asked, replied: Replied) -> Headers:
        is_page = (replied.header("content-type") or "").startswith("text/html")
        shared = self.guard.shared_with(request.headers)
        vary = ", ".join(filter(None, [replied.header("vary"), dict(shared).get("vary")]))
        own = {**dict(ALWAYS), **({} if is_page else dict([CLOSED])), **dict(shared)}
        return (
            *((name, value) for name, value in own.items() if name != "vary"),
            *([("vary", vary)] if vary else []),
        )

    @cached_property
    def _explorer(self) -> Explorer:
        return packaged()

    @cached_property
    def _page(self) -> bytes:
        return self._explorer.page(needs_key=not self.endpoint.doorkeeper.is_open)


def _fresh_id(request: Asked) -> str:
    """Return an id of our own: that of the trace that the request belongs to, where it belongs to one."""
    trace = trace_parent(request.headers.get("traceparent"))
    return trace.trace_id if trace else telemetry.new_request_id()


def _typed(content_type: str) -> Headers:
    return (("content-type", content_type), ("cache-control", NO_STORE))


def _json(status: int, value: object) -> Replied:
    return Replied(status, _typed(MediaType.JSON.header), orjson.dumps(value))

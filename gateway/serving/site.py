"""The paths that this gateway answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult

from gateway import telemetry
from gateway.serving.caching import max_age_asked
from gateway.serving.errors import answered, unforeseen


@dataclass(frozen=True, slots=True)
class Health:
    """Whether anybody can be served; for each administration slug, system, state and age in seconds."""

    is_ready: bool
    administrations: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Site:
    """What is served.

    Attributes:
        schema: Answers operations.
        context: Makes a request's context, for the seconds that its answer may be old.
        health: Tells how things stand.
        sdl: The schema as text; None where it is not shown.
        graphiql: Whether a browser gets the explorer.
    """

    schema: Schema
    context: Callable[[int | None], Any]
    health: Callable[[], Health]
    sdl: str | None
    graphiql: bool


class Endpoint(GraphQL[Any, Any]):
    """GraphQL over HTTP, with our errors and a fresh context for every request."""

    def __init__(self, site: Site) -> None:
        super().__init__(
            site.schema, graphql_ide="graphiql" if site.graphiql else None, subscription_protocols=()
        )
        self._make_context = site.context

    async def get_context(self, request: Request, response: Any) -> Any:  # type: ignore[override]  # noqa: ARG002
        """Return the request's context; its deadline begins now."""
        return self._make_context(max_age_asked(request.method, request.headers.get("cache-control", "")))

    async def process_result(
        self,
        request: Any,  # noqa: ARG002
        result: ExecutionResult,
    ) -> GraphQLHTTPResponse:
        """Return the answer with errors as clients read them."""
        return answered(result, telemetry.request_id())

    def parse_json(self, data: str | bytes) -> Any:
        """Return what a request's body says; anything but an object or a list is refused."""
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise HTTPException(400, "The body is no JSON.") from error
        if not isinstance(body, dict | list):
            raise HTTPException(400, "The body must be a JSON object.")
        return body

    def encode_json(self, data: object) -> bytes:
        """Return JSON bytes."""
        return orjson.dumps(data)


class NamedRequests:
    """Gives every request an id, and tells it in the answer; what nobody foresaw ends here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request under a name of its own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with telemetry.request(telemetry.new_request_id()) as identifier:
            begun = False

            async def named(message: Message) -> None:
                nonlocal begun
                begun = True
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-request-id", identifier.encode())]
                await send(message)

            try:
                await self._app(scope, receive, named)
            except Exception as error:
                telemetry.log().error("request_failed", **telemetry.shape(error))
                if begun:
                    raise
                await _json({"errors": [unforeseen(identifier)]}, status=500)(scope, receive, named)


def application(site: Site) -> ASGIApp:
    """Return the ASGI application."""

    async def live(_: Request) -> Response:
        return _json({"status": "live"})

    async def ready(_: Request) -> Response:
        health = site.health()
        status = "ready" if health.is_ready else "starting"
        answer = {"status": status, "administrations": health.administrations}
        return _json(answer, status=200 if health.is_ready else 503)

    async def sdl(_: Request) -> Response:
        if site.sdl is None:
            return PlainTextResponse("The schema is not shown here.\n", status_code=404)
        return PlainTextResponse(site.sdl)

    endpoint = Endpoint(site)
    return Starlette(
        routes=[
            Route("/graphql", endpoint),
            Route("/health/live", live),
            Route("/health/ready", ready),
            Route("/schema.graphql", sdl),
        ],
        middleware=[Middleware(NamedRequests)],
    )


def _json(value: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")

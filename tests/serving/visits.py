"""Visits to the application without a network: by an HTTP client, or message by message as a server would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from gateway.app import on_demand
from gateway.ports import Backend
from gateway.serving import Site
from gateway.settings import GraphQLSettings, Settings
from tests.fakes import World, world

HOME = "http://localhost"
"""An address that names this machine, as is asked where there are no keys."""

JSON = {"Content-Type": "application/json"}
TOTAL = "{ contacts { totalCount } }"

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Visited:
    """A gateway over fakes, its application, and a client of it."""

    world: World
    site: Site
    browser: httpx.AsyncClient

    async def ask(self, document: str, **headers: str) -> httpx.Response:
        """Post a document; `headers` are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.browser.post("/graphql", json={"query": document}, headers=named)

    async def get(self, document: str, **headers: str) -> httpx.Response:
        """Ask by GET, as `ask` does by POST."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.browser.get("/graphql", params={"query": document}, headers=named)


@asynccontextmanager
async def visited(
    *backends: Backend, graphql: GraphQLSettings | None = None, **settings: Any
) -> AsyncIterator[Visited]:
    """Open a gateway that loads nothing ahead, and a client that speaks to it on this machine.

    Args:
        backends: Its administrations.
        graphql: What clients may do.
        settings: Other sections of the configuration.
    """
    configured = on_demand(Settings(graphql=graphql or GraphQLSettings(), **settings))
    async with world(*backends, settings=configured) as opened:
        site = opened.gateway.application()
        async with client_of(site) as browser:
            yield Visited(opened, site, browser)


def client_of(site: Site) -> httpx.AsyncClient:
    """Return an HTTP client of an application on this machine."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=HOME)


@dataclass
class Line:
    """One request, message by message: those of the client come in turn, then it waits for its answer.

    Attributes:
        messages: What the client sends.
        scope: What differs from a POST of JSON to /graphql.
        leaves: Set once the client is gone; it never goes by itself.
        sent: What it got.
    """

    messages: Sequence[Message] = ()
    scope: Mapping[str, Any] = field(default_factory=dict)
    leaves: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[Message] = field(default_factory=list)
    read: int = 0

    async def run(self, site: Site) -> None:
        """Have the request answered."""
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        asked = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": headers,
        }
        await site({**asked, **self.scope}, self._receive, self._send)

    @property
    def status(self) -> int:
        """The answer's status."""
        status: int = self.sent[0]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers."""
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def told(self) -> Any:
        """The answer's JSON."""
        return orjson.loads(self.sent[1]["body"])

    async def _receive(self) -> Message:
        await asyncio.sleep(0)
        if self.read < len(self.messages):
            self.read += 1
            return self.messages[self.read - 1]
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


def piece(content: bytes, *, more: bool = False) -> Message:
    """Return a part of a body."""
    return {"type": "http.request", "body": content, "more_body": more}


def posted(document: str, **members: object) -> Message:
    """Return a whole body that asks for a document."""
    return piece(orjson.dumps({"query": document, **members}))


def code_of(answer: httpx.Response) -> str:
    """Return the code of an answer's only error, which stands where every client looks for it."""
    (error,) = answer.json()["errors"]
    assert error["message"]
    code: str = error["extensions"]["code"]
    return code

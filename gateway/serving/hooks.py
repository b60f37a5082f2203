"""What systems send of their own accord, as HTTP: one answer for all that cannot be trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import Unauthenticated
from gateway.serving.accounts import Account
from gateway.serving.conditional import NO_STORE
from gateway.serving.endpoint import body_of, plain, turned_away
from gateway.serving.message import Replied

Take = Callable[[str, Mapping[str, str], bytes], bool]
"""Takes in what came for an administration, with its headers and its body; says whether it can be trusted."""

HOOKS = "/webhooks/"

MOST_BYTES = 65_536
"""Bytes of a body; a contact with all that hangs on it has some thousands."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Answers below /webhooks/.

    Attributes:
        take: Takes in what came.
        body_seconds: In which a body has to arrive.
    """

    take: Take
    body_seconds: float

    def holds(self, path: str) -> bool:
        """Whether a path is one of these."""
        return path.startswith(HOOKS)

    async def answer(self, account: Account, receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> Replied:
        """Answer at once; what it gives rise to goes on behind.

        Moneybird takes nothing but 200 for an answer. Source: Moneybird, webhooks.
        """
        request = account.request
        if request.method != "POST":
            return plain(405, "METHOD_NOT_ALLOWED", "This is written to by POST.", ("allow", "POST"))
        try:
            async with asyncio.timeout(self.body_seconds):
                body = await body_of(receive, MOST_BYTES)
        except TimeoutError:
            words = "The body took too long to arrive."
            return plain(408, "REQUEST_TIMEOUT", words, ("connection", "close"))
        if body is None:
            words = f"A body has at most {MOST_BYTES} bytes."
            return plain(413, "BODY_TOO_LARGE", words, ("connection", "close"))
        account.bytes_in = len(body)
        if not self.take(request.path.removeprefix(HOOKS), request.headers, body):
            return turned_away(Unauthenticated("This is not signed as it has to be."))
        return Replied(200, (("content-type", "text/plain; charset=utf-8"), ("cache-control", NO_STORE)), b"")

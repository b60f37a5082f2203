"""Having a system look for contacts of one book: nothing twice at once, nor while its answer is young."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.cache import guarded
from gateway.directory.entry import Entry, entry
from gateway.domain.errors import BackendError
from gateway.domain.question import Question
from gateway.flight import SingleFlight, Urgency, urgent
from gateway.ports import Backend
from gateway.settings import Ages
from gateway.telemetry import Cause, because

MOST = 1000
"""Questions that are remembered."""

Join = Callable[[Mapping[str, Entry]], None]


class Finder:
    """Asks one system, and remembers what it was asked.

    Args:
        backend: The connected administration.
        ages: How long an answer is good.
        clock: The present moment, UTC.
    """

    def __init__(self, backend: Backend, ages: Ages, clock: Callable[[], datetime]) -> None:
        self._backend = backend
        self._ages = ages
        self._clock = clock
        self._asked: dict[Question, datetime] = {}
        self._flight: SingleFlight[None] = SingleFlight()

    async def find(self, question: Question, max_age: float | None, join: Join) -> None:
        """Have the system look, unless what came of the same question is young; a failure counts for nothing.

        Args:
            question: What is looked for.
            max_age: Seconds; 0 asks in any case, None as configured.
            join: Puts what came, by the system's id, where it belongs.
        """
        asked_at = self._asked.get(question)
        if asked_at and self._ages.good(max(0.0, (self._clock() - asked_at).total_seconds()), max_age):
            return
        try:
            await self._flight.do(question, lambda: self._look(question, join))
        except BackendError:
            # A list that lacks rows says so, and why, by how the book's own load went.
            return

    def forget(self) -> None:
        """Forget every question: the book is whole, and answers by itself."""
        self._asked.clear()

    async def close(self) -> None:
        """End what is being asked."""
        await self._flight.close()

    async def _look(self, question: Question, join: Join) -> None:
        find, began = self._backend.contacts.find, self._clock()
        if find is None:
            return
        with because(Cause.DEMAND), urgent(Urgency.WAITED):
            found = await guarded(find(question), self._backend.administration.slug)
        join({each.key.remote: entry(each) for each in found})
        self._asked.pop(question, None)
        self._asked[question] = began
        if len(self._asked) > MOST:
            del self._asked[next(iter(self._asked))]

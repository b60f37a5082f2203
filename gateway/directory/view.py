"""One book at the moment of an answer, and what the answer is worth for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from gateway.directory.criteria import Criteria
from gateway.directory.fields import covers, field
from gateway.directory.listing import ListQuery, Row, Source
from gateway.directory.refresh import MANY, Book
from gateway.directory.selection import Selection
from gateway.directory.snapshot import Snapshot
from gateway.domain.administration import SourceState
from gateway.domain.errors import BadUpstreamAnswer, DeadlineExceeded, GatewayError, NotLoaded

READIED_AT_ONCE = 2000
"""Contacts whose columns are made without leaving the event loop."""


@dataclass(frozen=True)
class View:
    """What one book held at the moment of an answer, and why there is nothing newer.

    `unlearned` is what kept details from being read that decide who is listed.
    """

    book: Book
    snapshot: Snapshot | None
    selection: Selection | None
    problem: GatewayError | None
    unlearned: GatewayError | None = None

    @property
    def fetched_at(self) -> datetime:
        """When the rows were read; for a book with rows only."""
        return self.snapshot.fetched_at if self.snapshot else datetime.min.replace(tzinfo=UTC)

    @property
    def stale_because(self) -> GatewayError | None:
        """Why the rows are not newer; what came of a list that is not whole is as new as can be."""
        return self.problem if self.snapshot and self.snapshot.is_whole else None

    @cached_property
    def undecided(self) -> list[str]:
        """Contacts whose details decide whether, or where, they are listed."""
        return self.selection.undecided() if self.selection else []

    def count(self) -> int | None:
        """Return how many contacts are listed; None while that is not known."""
        if self.selection is None or self.snapshot is None or not self.snapshot.is_whole or self.undecided:
            return None
        return self.selection.count()

    def source(self) -> Source:
        """Say what is held of the book."""
        snapshot, problem, slug = self.snapshot, self.problem, self.book.slug
        if snapshot is None:
            unloaded = DeadlineExceeded("The contacts have not been loaded yet.")
            return Source(slug, SourceState.UNAVAILABLE, problem=problem or unloaded)
        lacking = _lacking(snapshot, slug)
        state = SourceState.STALE if problem else SourceState.FRESH
        return Source(
            slug,
            SourceState.PARTIAL if lacking and (problem is None or not snapshot.is_whole) else state,
            fetched_at=snapshot.fetched_at,
            contact_count=len(snapshot) if snapshot.expected is None else snapshot.expected,
            detailed_count=snapshot.detailed,
            problem=lacking if isinstance(problem, DeadlineExceeded) and lacking else problem or lacking,
        )

    def source_of_list(self, query: ListQuery, rows: Iterable[Row], count: int | None) -> Source:
        """Say what the answer to a list is worth for the book."""
        source, book, snapshot = self.source(), self.book, self.snapshot
        if snapshot is None or self.selection is None:
            return replace(source, not_filterable=_never_told(book, query.criteria))
        mine = [row for row in rows if row.held.value.key.administration == book.slug]
        lacking = next((row.problem for row in mine if row.problem), None)
        stale = next((row.held.stale_because for row in mine if row.held.stale_because), self.unlearned)
        state = SourceState.STALE if stale and source.state is SourceState.FRESH else source.state
        if self.undecided:
            words = f"The details of {len(self.undecided)} contacts, that decide it, are not known."
            lacking = self.unlearned or lacking or NotLoaded(words)
        told = (*_never_told(book, query.criteria), *self.selection.untold())
        return replace(
            source,
            state=SourceState.PARTIAL if lacking else state,
            problem=source.problem or lacking or stale,
            match_count=count,
            details_fetched_at=self._details_used(query, mine),
            not_filterable=tuple(dict.fromkeys(told)),
        )

    def _details_used(self, query: ListQuery, rows: Iterable[Row]) -> datetime | None:
        """When the oldest details were read that the answer used; None where it used none."""
        listed = self.book.backend.contacts.listed
        if not self.book.is_thin or self.snapshot is None:
            return None
        used: list[datetime | None] = []
        if not covers(listed, query.criteria.paths()):
            used.append(self.snapshot.oldest_details)
        if not covers(listed, query.paths):
            used += [row.held.fetched_at for row in rows if row.held.value.complete]
        return min((each for each in used if each), default=None)


async def view(
    book: Book,
    criteria: Criteria,
    problem: GatewayError | None = None,
    unlearned: GatewayError | None = None,
) -> View:
    """Look at a book for a list; what its index lacks is made, away from the event loop where it is large."""
    snapshot = book.usable()
    if snapshot is None:
        return View(book, None, None, book.problem or problem)
    if len(snapshot.overlay) > MANY:
        snapshot = await asyncio.to_thread(snapshot.folded)
    if not snapshot.index.is_ready(criteria):
        if len(snapshot.index) > READIED_AT_ONCE:
            await asyncio.to_thread(snapshot.index.prepare, criteria)
        else:
            snapshot.index.prepare(criteria)
    system = book.backend.administration.system
    return View(book, snapshot, Selection(snapshot, criteria, system), book.problem or problem, unlearned)


def _lacking(snapshot: Snapshot, slug: str) -> GatewayError | None:
    """Return why rows are lacking; None when none are."""
    if snapshot.expected is not None:
        words = f"{len(snapshot):,} of {snapshot.expected:,} contacts have been loaded so far."
        return DeadlineExceeded(words)
    if snapshot.left_out:
        words = f"{snapshot.left_out} of the records could not be read as a contact and are left out."
        return BadUpstreamAnswer(words, administration=slug)
    return None


def _never_told(book: Book, criteria: Criteria) -> tuple[str, ...]:
    """Return the paths of the condition and the order that the system does not keep."""
    kept_out = {rule.path for rule in book.backend.fields if not rule.readable}
    asked = (field(name).paths for name in sorted(criteria.asked()))
    return tuple(paths[0] for paths in asked if kept_out.issuperset(paths))

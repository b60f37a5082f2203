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
from gateway.domain.errors import (
    BadUpstreamAnswer,
    DeadlineExceeded,
    GatewayError,
    NotLoaded,
    RateLimited,
)

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
            contact_count=_size(snapshot),
            detailed_count=snapshot.detailed,
            problem=_told(problem, lacking, slug) if lacking else problem,
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
            detailed_count=snapshot.detailed + _completed(snapshot, mine),
            match_count=count,
            details_fetched_at=self._details_used(query, mine),
            not_filterable=tuple(dict.fromkeys(told)),
        )

    def _details_used(self, query: ListQuery, rows: Iterable[Row]) -> datetime | None:
        """When the oldest details were read that the answer used; None where it used none."""
        contacts = self.book.backend.contacts
        listed = contacts.listed
        if self.snapshot is None:
            return None
        if not self.book.is_thin:
            asked = query.paths | query.criteria.paths()
            return self.book.read_since if any(covers(contacts.unseen, [path]) for path in asked) else None
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
        of_all = f" of {size:,}" if (size := _size(snapshot)) is not None else ""
        return DeadlineExceeded(f"{len(snapshot):,}{of_all} contacts have been loaded so far.")
    if snapshot.left_out:
        words = f"{snapshot.left_out} of the records could not be read as a contact and are left out."
        return BadUpstreamAnswer(words, administration=slug)
    return None


def _size(snapshot: Snapshot) -> int | None:
    """Return how many contacts the book has; None where more were found than its list has told of."""
    if snapshot.expected is None:
        return len(snapshot)
    return snapshot.expected if snapshot.expected >= len(snapshot) else None


def _told(problem: GatewayError | None, lacking: GatewayError, slug: str) -> GatewayError:
    """Return what is told of a book that lacks rows: a ration that is used up does not say how many."""
    if problem is None or isinstance(problem, DeadlineExceeded):
        return lacking
    if isinstance(problem, RateLimited):
        words = f"{lacking.message} {problem.message}"
        after = problem.retry_after
        return type(problem)(words, system=problem.system, administration=slug, retry_after=after)
    return problem


def _completed(snapshot: Snapshot, rows: Iterable[Row]) -> int:
    """Return how many rows came to be known in full for this answer."""
    read = [row.held.value.key.remote for row in rows if row.held.value.complete]
    return sum(1 for key in read if (held := snapshot.get(key)) and not held[0].complete)


def _never_told(book: Book, criteria: Criteria) -> tuple[str, ...]:
    """Return the paths of the condition and the order that the system does not keep."""
    kept_out = {rule.path for rule in book.backend.fields if not rule.readable}
    asked = (field(name).paths for name in sorted(criteria.asked()))
    return tuple(paths[0] for paths in asked if kept_out.issuperset(paths))

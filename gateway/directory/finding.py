"""Looking for contacts in a book that is not loaded yet: what its system is asked, and when.

A list that searches or filters has the system look once the book's load has ended without being whole,
because it broke off or its ration is used up, or when it has not ended after a third of the list's time.
What comes joins what has arrived, for this list and later ones; the book is no more whole for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator

from gateway.directory.criteria import (
    AllOf,
    Between,
    Condition,
    Contains,
    Criteria,
    Has,
    OneOf,
    StartsWith,
    passes,
)
from gateway.directory.fields import CUSTOM_FIELD, SYSTEM, field, moment_of
from gateway.directory.refresh import Book
from gateway.domain.contact import ContactStatus
from gateway.domain.question import Question

HEAD_START = 1 / 3
"""Part of a list's time that a load has for itself before the system is asked besides."""

UNTOLD = frozenset({SYSTEM, "status", "hasMandate", "hasOpenTodo"})
"""Filters that no single path tells, or that are told otherwise."""


def question_of(criteria: Criteria, system: str) -> Question | None:
    """Return what a system can look for of a list's criteria; None where there is nothing to look for.

    Only what holds in any case is told of the condition: what stands under "or" and "not" is left out.

    Args:
        criteria: What the list asks.
        system: The system's name.
    """
    stated = list(_stated(criteria.condition))
    if any(_excludes(each, system) for each in stated):
        return None
    texts, equal, after = [], [], []
    for each in stated:
        if each.field in UNTOLD or each.field.startswith(CUSTOM_FIELD):
            continue
        path = field(each.field).paths[0]
        match each.test:
            case Contains(text) | StartsWith(text):
                texts.append((path, each.written or text))
            case OneOf((value,)):
                equal.append((path, each.written or str(value)))
            case Between(int(moment), _):
                after.append((path, moment_of(moment)))
    question = Question(
        words=criteria.search.written if criteria.search else (),
        texts=tuple(texts),
        equal=tuple(equal),
        after=tuple(after),
        with_archived=not any(_leaves_archived_out(each) for each in stated),
    )
    return None if question.is_empty else question


async def helped(
    renewal: Awaitable[None], book: Book, question: Question, max_age: float | None, head_start: float
) -> None:
    """Wait for a book to be renewed; where it will not be whole by that, have its system look besides.

    Args:
        renewal: Renews the book.
        book: Which.
        question: What is looked for.
        max_age: Seconds, of what was found before; None as configured.
        head_start: Seconds that the renewal has for itself.
    """
    renewing = asyncio.ensure_future(renewal)
    try:
        await asyncio.wait([renewing], timeout=head_start)
        if _lacks_rows(book):
            await book.find(question, max_age)
        await renewing
    finally:
        renewing.cancel()


def _lacks_rows(book: Book) -> bool:
    """Whether what is found may join a book: one that turned us away shows nothing."""
    return not book.is_turned_away and (book.snapshot is None or not book.snapshot.is_whole)


def _stated(condition: Condition) -> Iterator[Has]:
    """Return the tests that hold of every contact that the condition holds of."""
    match condition:
        case Has():
            yield condition
        case AllOf(parts):
            for part in parts:
                yield from _stated(part)


def _excludes(asked: Has, system: str) -> bool:
    """Whether a test fails for every contact of the system."""
    return asked.test == OneOf(()) or (asked.field == SYSTEM and not passes(asked.test, (system,)))


def _leaves_archived_out(asked: Has) -> bool:
    return asked.field == "status" and not passes(asked.test, (str(ContactStatus.ARCHIVED),))

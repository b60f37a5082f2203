"""What the benchmark asks, and two ways of answering: the gateway's, and a scan with a sort per request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.directory.criteria import IS_ACTIVE, AllOf, Criteria, one_of, search_of
from gateway.directory.entry import Entry
from gateway.directory.order import Order, OrderField, OrderKey, order_of, relevance
from gateway.directory.paging import PageRequest, paginate
from gateway.directory.selection import Selection
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import ContactStatus
from gateway.domain.text import fold
from tests.benchmarks.book import ABSENT, COMMON, RARE, SECOND, SELECTIVE, SYSTEM

PAGE = 50
LETTERS = "oo"
FORWARD = PageRequest(PAGE)

FIRST, FIRST_TOTAL = "first page", "first page + total"
CITY_TOTAL = "city (1 in 2,000) + total, by UPDATED_AT"
WORD, WORD_TOTAL = "common word (1 in 15)", "common word + total"
CHANGED = "first page + total, over 100 changes not folded in"
NEW = ", asked anew"
"""Behind the name of a question of which the index remembered nothing."""
SCAN = "scan: "
"""Before the name of a question that a scan answers."""

LATEST = OrderKey(OrderField.UPDATED_AT, descending=True)

Answer = tuple[list[str], int | None]
"""The ids on the page, and the total where it was asked for."""


@dataclass(frozen=True)
class Question:
    """A page of 50 active contacts.

    Attributes:
        name: What the table calls it.
        criteria: What is asked.
        counted: Whether the total is asked for too.
        request: Which part of the list.
        city: The city that it is about, as stored.
    """

    name: str
    criteria: Criteria
    counted: bool = False
    request: PageRequest = FORWARD
    city: str = ""

    @property
    def is_remembered(self) -> bool:
        """Whether the index keeps what it found, so that asking again is another matter."""
        streams = self.criteria.order.is_by_name and not self.counted
        return bool(self.city) or (self.criteria.search is not None and not streams)

    def matches(self, snapshot: Snapshot) -> int:
        """Return how many contacts match."""
        return Selection(snapshot, self.criteria, SYSTEM).count()


def asked(name: str, search: str, *keys: OrderKey, counted: bool = True) -> Question:
    """Make a question of a search."""
    return Question(name, Criteria(IS_ACTIVE, search_of(search), order_of(keys, fold(search))), counted)


def questions(snapshot: Snapshot) -> list[Question]:
    """Return all that is asked of a book."""
    everyone = Criteria()
    in_city = Criteria(AllOf((IS_ACTIVE, one_of("city", [SELECTIVE]))), order=Order((LATEST,)))
    middle = snapshot.index.entry(len(snapshot.index) // 2)
    place = everyone.order.place(middle.contact, middle.name.decode(), middle.identity)
    return [
        Question(FIRST, everyone),
        Question(FIRST_TOTAL, everyone, counted=True),
        Question("behind a cursor in the middle", everyone, request=PageRequest(PAGE, after=place)),
        Question("last page, backward", everyone, request=PageRequest(PAGE, backward=True)),
        Question(CITY_TOTAL, in_city, counted=True, city=SELECTIVE),
        asked(WORD, COMMON, counted=False),
        asked(WORD_TOTAL, COMMON),
        asked("common word, by RELEVANCE", COMMON, OrderKey(OrderField.RELEVANCE), counted=False),
        asked("two words + total, by CITY", f"{SECOND} {COMMON}", OrderKey(OrderField.CITY)),
        asked("rare text (1 in 10,000) + total", RARE),
        asked("no hit + total", ABSENT),
        asked("two letters + total", LETTERS),
    ]


def answered(snapshot: Snapshot, question: Question) -> Answer:
    """Answer as the gateway does."""
    selection = Selection(snapshot, question.criteria, SYSTEM)
    # The total first: a page then takes what was found for it.
    total = selection.count() if question.counted else None
    page = paginate([selection], question.criteria.order, question.request)
    return [found.place[-1] for found in page.rows], total


def scanned(entries: Sequence[Entry], question: Question) -> Answer:
    """Answer in plain Python, with texts folded beforehand."""
    city = question.city
    search, after = question.criteria.search, question.request.after
    found = [each for each in entries if each.contact.status is ContactStatus.ACTIVE]
    if city:
        found = [each for each in found if each.contact.address and each.contact.address.city == city]
    for word in search.words if search else ():
        found = [each for each in found if word.text in each.words or (word.code and word.code in each.codes)]
    total = len(found) if question.counted else None
    found.sort(key=sort_key(question.criteria.order))
    if after is not None:
        edge = (str(after[0]).encode(), str(after[1]))
        found = [each for each in found if each.place > edge]
    page = found[-PAGE:] if question.request.backward else found[:PAGE]
    return [each.identity for each in page], total


def sort_key(order: Order) -> Callable[[Entry], Any]:
    """Return the plainest key that sorts in an order."""
    keys: dict[OrderField, Callable[[Entry], Any]] = {
        OrderField.NAME: lambda each: each.place,
        OrderField.CITY: lambda each: (fold(each.contact.address.city), each.identity),
        OrderField.UPDATED_AT: lambda each: (-each.contact.updated_at.timestamp(), each.identity),
        OrderField.RELEVANCE: lambda each: (relevance(each.name.decode(), order.text), *each.place),
    }
    return keys[order.keys[0].field]

"""A book whose load breaks off, in a system that can look for contacts, and what a list shows of it."""

from __future__ import annotations

from gateway.directory import Directory, ListQuery
from gateway.directory.criteria import Criteria, search_of
from gateway.directory.paging import PageRequest
from gateway.directory.refresh import Book
from gateway.domain.errors import BackendUnavailable
from gateway.domain.question import Question
from gateway.flight import Deadline
from tests.fakes import NOW, SEAL, FakeContacts, contact

AWAY = BackendUnavailable("away")
QUESTION = Question(words=("N5",))


def six() -> FakeContacts:
    """Return a book of six, of which four arrive, and a system that finds those whose name is a word."""
    made = FakeContacts(contact(str(number), f"N{number}", updated_at=NOW) for number in range(1, 7))
    made.parts = 2
    made.finds = lambda asked: [each for each in made.book.values() if each.display_name in asked.words]
    made.switch.failing["part 5"] = AWAY
    return made


async def read_list(book: Book, search: str = "N5", *, max_age: float | None = None, seconds: float = 60.0):
    directory = Directory({"shop": book}, SEAL)
    criteria = Criteria(search=search_of(search))
    query = ListQuery(("shop",), PageRequest(), max_age, frozenset({"displayName"}), criteria)
    return await directory.list(query, Deadline(seconds))


def shown(listing) -> list[str]:
    return [row.held.value.display_name for row in listing.rows]


def keys_of(book: Book) -> set[str]:
    snapshot = book.usable()
    return set(snapshot.keys()) if snapshot else set()

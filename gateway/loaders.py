"""What one request asks of the systems, gathered by tick: each loader batches, then cache, then port.

Loaders live as long as a request and belong to its viewer: a key of an administration that the
viewer may not see is not there, whoever asked for it before.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from strawberry.dataloader import DataLoader

from gateway.auth import Viewer
from gateway.cache import Cache, Held, Kind, Load
from gateway.domain.administration import AdministrationFacts, Choice, ChoiceKind
from gateway.domain.charge import Charge
from gateway.domain.contact import Contact, ContactKey
from gateway.domain.errors import BackendError, NotFound
from gateway.domain.mandate import PaymentsMandate
from gateway.flight import Deadline, for_calls, urgent
from gateway.ports import Backend

T = TypeVar("T")
Q = TypeVar("Q")

NOBODY: Held[tuple[Contact, ...]] = Held((), datetime.max.replace(tzinfo=UTC))
"""The answer to a look-up that found nobody; never kept, so it has no age."""


class Books(Protocol):
    """Contacts by key: the directory, as far as loaders need it."""

    async def read(
        self, administration: str, keys: Sequence[str], *, max_age: float | None, details: bool
    ) -> Mapping[str, Held[Contact] | BackendError]:
        """Return contacts of one administration; those that do not exist are left out."""


@dataclass(frozen=True, slots=True)
class ContactQuestion:
    """One contact asked for: how old it may be, and whether a list row is not enough."""

    administration: str
    remote: str
    max_age: float | None = None
    details: bool = True


@dataclass(frozen=True, slots=True)
class ChargesQuestion:
    """The charges of one contact."""

    administration: str
    remote: str
    include_billed: bool = False


@dataclass(frozen=True, slots=True)
class Kinds:
    """How what loaders read is kept."""

    numbers: Kind[tuple[Contact, ...]]
    charges: Kind[tuple[Charge, ...]]
    mandates: Kind[PaymentsMandate | None]
    choices: Kind[tuple[Choice, ...] | None]
    facts: Kind[AdministrationFacts]


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where loaders get things: shared by all requests."""

    books: Books
    backends: Mapping[str, Backend]
    cache: Cache
    kinds: Kinds

    async def forget(self, key: ContactKey) -> None:
        """Drop what is held beside a contact, because it was, or may have been, written."""
        slug, remote = key.administration, key.remote
        await self.cache.forget(self.kinds.charges, slug, [f"{remote}:all", f"{remote}:open"])
        await self.cache.forget(self.kinds.mandates, slug, [remote])

    async def forget_numbers(self, administration: str, numbers: Iterable[str]) -> None:
        """Drop who holds customer numbers, because one of them was, or may have been, written."""
        await self.cache.forget(self.kinds.numbers, administration, map(number_key, numbers))


def number_key(number: str) -> str:
    """Return the key under which the holders of a customer number are kept."""
    return hashlib.sha256(number.encode("utf-8", "replace")).hexdigest()


class Loaders:
    """One request's loaders.

    Attributes:
        shown: What was read for this request: when, UTC, for how many seconds that is as good as new, and
            whether nothing of it is missing.

    Args:
        shelves: Where things come from.
        viewer: Whose request it is.
        deadline: Until when answers are waited for.
        max_age: Seconds that everything but contacts may be old, which say it in each question.
    """

    def __init__(
        self, shelves: Shelves, viewer: Viewer, deadline: Deadline, max_age: float | None = None
    ) -> None:
        self._shelves = shelves
        self._viewer = viewer
        self._deadline = deadline
        self._max_age = max_age
        self.shown: list[tuple[datetime, float, bool]] = []
        self.contact: DataLoader[ContactQuestion, Held[Contact]] = DataLoader(self._contacts)
        self.charges: DataLoader[ChargesQuestion, tuple[Charge, ...]] = DataLoader(self._charges)
        self.mandate: DataLoader[tuple[str, str], PaymentsMandate | None] = DataLoader(self._mandates)

    def saw(self, fetched_at: datetime | None, *, is_whole: bool) -> None:
        """Note that contacts are shown: when they were read, UTC, and whether nothing of them is missing."""
        moment = fetched_at or datetime.min.replace(tzinfo=UTC)
        self.shown.append((moment, self._shelves.kinds.numbers.ages.fresh, is_whole and bool(fetched_at)))

    def forget(self) -> None:
        """Answer nothing from what this request asked before: it has written since."""
        self.contact.clear_all()
        self.charges.clear_all()
        self.mandate.clear_all()

    async def choices(self, administration: str, kind: ChoiceKind) -> tuple[Choice, ...] | None:
        """Return one of an administration's own lists; None: its system has no such list."""
        book = self._backend(administration).book

        async def load(_: Sequence[str]) -> Mapping[str, tuple[Choice, ...] | BackendError | None]:
            return {kind: await book.choices(kind)}

        return await self._one(self._shelves.kinds.choices, administration, kind, load)

    async def facts(self, administration: str) -> AdministrationFacts:
        """Return currency, country and time zone of an administration."""
        book = self._backend(administration).book

        async def load(_: Sequence[str]) -> Mapping[str, AdministrationFacts | BackendError]:
            return {"facts": await book.facts()}

        return await self._one(self._shelves.kinds.facts, administration, "facts", load)

    async def by_customer_number(self, administration: str, number: str) -> Held[tuple[Contact, ...]] | None:
        """Look contacts up by customer number; None where the system's list alone can tell."""
        look_up = self._backend(administration).contacts.by_customer_number
        if look_up is None:
            return None
        key = number_key(number)

        async def load(_: Sequence[str]) -> Mapping[str, tuple[Contact, ...] | BackendError]:
            holders = await look_up(number)
            return {key: holders} if holders else {}

        found = await self._held(self._shelves.kinds.numbers, administration, key, load)
        return found or NOBODY

    def _backend(self, administration: str) -> Backend:
        if not self._viewer.sees(administration) or administration not in self._shelves.backends:
            raise NotFound("There is no such administration.")
        return self._shelves.backends[administration]

    async def _one(self, kind: Kind[T], administration: str, key: str, load: Load[T]) -> T:
        found = await self._held(kind, administration, key, load)
        if found is None:
            raise NotFound("There is nothing of that kind.")
        return found.value

    async def _held(self, kind: Kind[T], administration: str, key: str, load: Load[T]) -> Held[T] | None:
        cache = self._shelves.cache
        asked = cache.get_or_load_many(kind, administration, [key], load, self._max_age)
        found = (await self._deadline.bound(asked)).get(key)
        if isinstance(found, BackendError):
            raise found
        if found:
            self.shown.append((found.fetched_at, kind.ages.fresh, found.stale_because is None))
        return found

    async def _contacts(self, questions: list[ContactQuestion]) -> list[Held[Contact] | BaseException]:
        groups: dict[tuple[str, float | None, bool], list[ContactQuestion]] = {}
        for each in questions:
            groups.setdefault((each.administration, each.max_age, each.details), []).append(each)
        answers = await _each(groups.values(), self._contacts_of_one)
        found: dict[ContactQuestion, Held[Contact] | BaseException] = {}
        for members, answer in zip(groups.values(), answers, strict=True):
            for each in members:
                held = answer if isinstance(answer, BaseException) else answer.get(each.remote)
                found[each] = held or NotFound("There is no such contact.")
        return [found[each] for each in questions]

    async def _contacts_of_one(
        self, questions: Sequence[ContactQuestion]
    ) -> Mapping[str, Held[Contact] | BackendError]:
        first = questions[0]
        self._backend(first.administration)
        reading = self._shelves.books.read(
            first.administration,
            [each.remote for each in questions],
            max_age=first.max_age,
            details=first.details,
        )
        found = await self._deadline.bound(reading)
        for each in found.values():
            if isinstance(each, Held):
                self.saw(each.fetched_at, is_whole=each.stale_because is None)
        return found

    async def _charges(self, questions: list[ChargesQuestion]) -> list[tuple[Charge, ...] | BaseException]:
        async def ask(question: ChargesQuestion) -> tuple[Charge, ...]:
            port = self._backend(question.administration).charges
            if port is None:
                return ()
            key = f"{question.remote}:{'all' if question.include_billed else 'open'}"

            async def load(_: Sequence[str]) -> Mapping[str, tuple[Charge, ...] | BackendError]:
                return {key: await port.of_contact(question.remote, include_billed=question.include_billed)}

            return await self._one(self._shelves.kinds.charges, question.administration, key, load)

        with urgent(for_calls(len(questions))):
            return await _each(questions, ask)

    async def _mandates(self, keys: list[tuple[str, str]]) -> list[PaymentsMandate | BaseException | None]:
        async def ask(key: tuple[str, str]) -> PaymentsMandate | None:
            administration, remote = key
            port = self._backend(administration).mandates
            if port is None:
                return None

            async def load(_: Sequence[str]) -> Mapping[str, PaymentsMandate | BackendError | None]:
                return {remote: await port.of_contact(remote)}

            return await self._one(self._shelves.kinds.mandates, administration, remote, load)

        with urgent(for_calls(len(keys))):
            return await _each(keys, ask)


async def _each(questions: Iterable[Q], ask: Callable[[Q], Awaitable[T]]) -> list[T | BaseException]:
    """Ask all at once; a failure is the answer to its own question."""
    return await asyncio.gather(*(ask(each) for each in questions), return_exceptions=True)

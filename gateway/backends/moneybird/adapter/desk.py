"""Asks one Moneybird administration, and reads what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from gateway.backends.moneybird import protocol
from gateway.backends.moneybird.mapping import Home, contact_from_row
from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.mapping.values import identifier
from gateway.backends.moneybird.protocol import requests
from gateway.backends.moneybird.wire import VersionRow
from gateway.domain.contact import Contact
from gateway.domain.errors import BackendError, BadUpstreamAnswer, NotFound
from gateway.domain.faults import Fault, Notice, NoticeCode
from gateway.domain.secret import Secret
from gateway.ports import Answer, Call, Client

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch:
    """Contacts as one answer gave them, by key, and how many entries could not be read."""

    contacts: Mapping[str, Contact]
    left_out: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Asks one administration, and reads what it answers.

    `book` is the administration's id at Moneybird, `base_url` everything before a call's path. `token` is
    what no refusal may repeat.
    """

    client: Client
    book: str
    base_url: str
    home: Home
    now: Callable[[], datetime]
    token: Secret

    async def ask(self, call: Call, read: Callable[[bytes], T]) -> T:
        """Make a call and read its body; anything but a good answer is raised."""
        return await self.client.ask(call, lambda answer: self.read(answer, read))

    async def ask_for_one(
        self,
        call: Call,
        read: Callable[[bytes], T],
        is_none: Callable[[Answer], bool] = protocol.says_none,
    ) -> T | None:
        """Make a call for one thing; None where the answer says that Moneybird has no such thing."""
        return await self.client.ask(
            call, lambda answer: None if is_none(answer) else self.read(answer, read)
        )

    async def ask_for_page(self, call: Call, read: Callable[[bytes], T]) -> tuple[T, Call | None]:
        """Make a call for a page of a list; return also the call for the next one, None after the last."""
        return await self.client.ask(
            call,
            lambda answer: (
                self.read(answer, read),
                protocol.next_page(answer, call, base_url=self.base_url),
            ),
        )

    def read(self, answer: Answer, read: Callable[[bytes], T]) -> T:
        """Read a good answer's body; anything else is raised."""
        return read(protocol.body_of(answer, administration=self.home.administration, now=self.now()))

    async def write(self, call: Call, read: Callable[[bytes], T], paths: Mapping[str, str]) -> T:
        """Make a writing call, once, and read its answer; a refusal is raised with its faults.

        Args:
            call: Changes something.
            read: Of the answer's body.
            paths: Request key to the path of the input that it was set by.
        """
        return await self.client.ask(call, lambda answer: self.read_written(answer, read, paths))

    def read_written(self, answer: Answer, read: Callable[[bytes], T], paths: Mapping[str, str]) -> T:
        """Read the answer to a write, as `write` does."""
        slug = self.home.administration
        told = self._discreet(answer)
        return read(protocol.written_body(told, paths, administration=slug, now=self.now()))

    async def contact_now(self, key: str) -> Contact | None:
        """Read one contact as it stands, archived or not; None where Moneybird says that it has none."""
        if not is_id(key):
            return None
        call = requests.contact_now(self.book, key)
        return await self.ask_for_one(call, self.contact, protocol.is_missing)

    async def known_contact(self, key: str) -> Contact:
        """Read the contact that a write concerns.

        Raises:
            NotFound: there is none.
        """
        found = await self.contact_now(key)
        if found is None:
            raise NotFound("Moneybird has no such contact.")
        return found

    async def contact_again(self, key: str) -> tuple[Contact | None, tuple[Notice, ...]]:
        """Read a contact after a write that was carried out; a failure is but a notice."""
        try:
            found = await self.contact_now(key)
        except BackendError:
            found = None
        return (found, ()) if found else (None, (UNREAD,))

    def unreadable(self) -> BadUpstreamAnswer:
        """Return the error of an answer that is not what was asked for."""
        return protocol.unreadable(self.home.administration)

    def contacts(self, body: bytes) -> Batch:
        """Read a list of contacts; of two with one key the last stands."""
        rows = protocol.rows_of(body, administration=self.home.administration)
        read = [contact_from_row(row, self.home) for row in rows]
        found = {contact.key.remote: contact for contact in read if contact}
        return Batch(found, read.count(None))

    def contact(self, body: bytes) -> Contact:
        """Read a single contact."""
        contact = contact_from_row(body, self.home)
        if contact is None:
            raise self.unreadable()
        return contact

    def versions(self, body: bytes) -> tuple[Mapping[str, str], int]:
        """Read the synchronization list: key to version, and how many entries could not be read."""
        rows = protocol.rows_of(body, administration=self.home.administration)
        records = [reading.record for row in rows if (reading := read_record(row, VersionRow))]
        keyed = [(identifier(record.id), identifier(record.version)) for record in records]
        found = [(key, version or "") for key, version in keyed if key]
        return dict(found), len(rows) - len(found)

    def _discreet(self, answer: Answer) -> Answer:
        """Return an answer whose words can be passed on: a refusal may repeat what it refuses."""
        if answer.status < 400:
            return answer
        return replace(answer, body=answer.body.replace(self.token.reveal().encode(), b"***"))


UNREAD = Notice(NoticeCode.NOT_VERIFIED, "Moneybird carried this out; the contact could not be read again.")
UNCHECKED = Notice(NoticeCode.NOT_VALIDATED, "Moneybird has no way to check a write without carrying it out.")


async def check() -> tuple[Fault | Notice, ...]:
    """Say that Moneybird itself was not asked."""
    return (UNCHECKED,)


def is_id(key: str) -> bool:
    """Whether a text can be an id of Moneybird's: digits alone."""
    return key.isascii() and key.isdigit()


def nothing(_body: bytes) -> None:
    """Read an answer that has nothing to tell."""


def landed(error: BackendError) -> BackendError:
    """Return an error of a read after a write: whatever hit the read, the write was sent."""
    error.may_have_landed = True
    return error

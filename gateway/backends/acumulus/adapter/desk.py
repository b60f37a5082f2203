"""Reading one contact for a write of it, and handing the write in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gateway.backends.acumulus import mapping, protocol, wire
from gateway.backends.acumulus.adapter.conversation import Conversation
from gateway.backends.acumulus.merge import present
from gateway.backends.acumulus.protocol.failures import Origin
from gateway.backends.acumulus.protocol.submission import Receipt, Submission, receipt, submission
from gateway.backends.acumulus.wire import Nodes
from gateway.domain.contact import Contact, with_listed
from gateway.domain.errors import BackendError, RejectedBySystem
from gateway.domain.faults import Fault, Notice, NoticeCode
from gateway.domain.text import blank_to_none
from gateway.ports import Answer

_NAMES = ("contactname1", "contactperson")


@dataclass(frozen=True, slots=True)
class Reading:
    """A contact as it was just read.

    Attributes:
        contact: What the gateway makes of it.
        details: The answer of contact_get.
        row: Its row of contacts_list; None where there is none, or where it could not be read.
        whole: Whether the list could be read.
    """

    contact: Contact
    details: Nodes
    row: Nodes | None
    whole: bool = True

    @property
    def stored(self) -> Nodes:
        """Data nodes by the names under which they are written."""
        return present(self.details, self.row)


class Desk:
    """Where one administration's writes are read for and handed in.

    No read here is shared with a call that somebody else has in flight: an answer that began before
    another's write would be copied back over it.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    @property
    def slug(self) -> str:
        """Of the administration."""
        return self._conversation.administration.slug

    async def read(self, key: str) -> Reading | None:
        """Read a contact, then its row; None when there is no such contact.

        Raises:
            BackendError: at either call.
        """
        details = await self._details(key)
        if details is None:
            return None
        return self._reading(details, await self._row(key, search_text(details)))

    async def read_again(self, key: str, name: str) -> Reading | None:
        """Read a contact after a write, and its row at the same time; None when it is gone.

        Args:
            key: Of the contact.
            name: What it should be found by in the list.

        Raises:
            BackendError: the contact could not be read; without its row the reading is not whole.
        """
        details, row = await asyncio.gather(self._details(key), self._row(key, name), return_exceptions=True)
        if isinstance(details, BaseException):
            raise details
        if isinstance(row, BaseException) and not isinstance(row, BackendError):
            raise row
        if details is None:
            return None
        if isinstance(row, BackendError):
            return self._reading(details, None, whole=False)
        return self._reading(details, row)

    async def found(self, text: str) -> Sequence[Nodes]:
        """Return the rows of a list that a text is searched in, archived contacts included; "" is all.

        Source: Acumulus, "API - List contacts": `filter` is compared with names among others.
        """
        asked = {**({"filter": text} if text else {}), **wire.WHOLE_BOOK}
        call = self._conversation.call(wire.CONTACTS.path, asked, shared=False)
        return await self._conversation.ask(call, partial(protocol.rows, listing=wire.CONTACTS))

    def submission(self, nodes: Mapping[str, str], own: Mapping[str, str], *, key: str = "") -> Submission:
        """Return a write; see `submission.submission`."""
        login = self._conversation.settings
        credentials = (login.contract_code, login.username, login.password)
        return submission(nodes, own, key=key, credentials=credentials)

    async def send(self, sent: Submission, *, testing: bool = False) -> Receipt:
        """Hand a write in.

        Raises:
            RejectedBySystem: Acumulus refused what was written.
            BackendError: the write was not carried out for another reason, or its end is not known.
        """
        call = self._conversation.manage(sent.nodes, testing=testing)
        return await self._conversation.ask(call, partial(receipt, sent=sent))

    async def test(self, sent: Submission) -> tuple[Fault | Notice, ...]:
        """Let Acumulus judge a write without carrying it out.

        Raises:
            BackendError: it could not be asked.
        """
        try:
            told = await self.send(sent, testing=True)
        except RejectedBySystem as error:
            return error.faults
        if told.proc == wire.TESTED:
            return told.notices
        words = "Acumulus did not say that it judged this without carrying it out."
        return (*told.notices, Notice(NoticeCode.NOT_VALIDATED, words))

    async def _details(self, key: str) -> Nodes | None:
        call = self._conversation.call(wire.CONTACT_GET, {"contactid": key}, shared=False)
        return await self._conversation.ask(call, partial(_of_key, key=key))

    async def _row(self, key: str, name: str) -> Nodes | None:
        """Return a contact's row: by its name, or out of the whole list where that does not bring it up."""
        for text in dict.fromkeys((name, "")):
            rows = [row for row in await self.found(text) if (row.get("contactid") or "").strip() == key]
            if rows:
                return rows[-1]
        return None

    def _reading(self, details: Nodes, row: Nodes | None, *, whole: bool = True) -> Reading:
        contact = mapping.contact_from_details(details, self.slug)
        if row is not None:
            contact = with_listed(contact, mapping.contact_from_row(row, self.slug))
        return Reading(contact, details, row, whole)


def search_text(nodes: Nodes) -> str:
    """Return what a contact can be found by in the list, empty where nothing serves."""
    names = (blank_to_none(nodes.get(name)) for name in _NAMES)
    return next((name for name in names if name and "\ufffd" not in name), "")


def _of_key(answer: Answer, origin: Origin, *, key: str) -> Nodes | None:
    return protocol.details(answer, origin, key)

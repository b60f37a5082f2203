"""Asks Acumulus, without storing anything, what no document tells of contact_manage.

Two things keep the write from being stored, of which either alone would do: overwriteifexists 0, and
testmode. Source: Acumulus, "API - Manage Contact". Both are believed only after contact_get was read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from gateway.backends.acumulus import mapping, protocol, wire
from gateway.backends.acumulus.adapter.conversation import Conversation
from gateway.backends.acumulus.merge.evidence import MARK, Trial, changed, findings, spellings
from gateway.backends.acumulus.merge.nodes import NODES, Kind
from gateway.backends.acumulus.protocol import Managed
from gateway.backends.acumulus.wire import Nodes
from gateway.domain.errors import BackendError, BadUpstreamAnswer
from gateway.domain.text import blank_to_none

MARKS = ("gateway check", "gateway probe")
"""Labels that are sent, of which none is stored; the second where a contact has the first."""

CANDIDATES = 10
"""Contacts that are read at most to find one with texts to compare."""

NOBODY = "there is no contact to probe with"
UNCHANGED = "the contact that was probed is as it was before, as far as contact_get tells"

_ALL = 5
_LINES = tuple(node.name for node in NODES if node.kind is Kind.LINES)


@dataclass(frozen=True, slots=True)
class Subject:
    """A contact to probe with, as contact_get tells it."""

    key: str
    nodes: Nodes

    @property
    def telling(self) -> int:
        """How much the answer may show, up to `_ALL`: by a label, notes, and line breaks in them.

        The two characters of a line break may be letters of a text, so that real ones show more.
        """
        notes = any(blank_to_none(self.nodes.get(name)) for name in _LINES)
        real, two = spellings(self.nodes)
        return (blank_to_none(self.nodes.get(MARK)) is not None) + notes + (3 if real else 2 * two)

    @property
    def mark(self) -> str:
        """A label that is not the stored one."""
        return next(mark for mark in MARKS if mark != (self.nodes.get(MARK) or "").strip())


async def probe(conversation: Conversation) -> tuple[str, ...]:
    """Try one write that stores nothing, and tell what its answer shows, a line each.

    Cost: a list, ten contacts at most, the write, and the contact once more.

    Raises:
        BackendError: a call failed, or the contact is not as it was before.
    """
    subject = await _subject(conversation)
    if subject is None:
        return (NOBODY,)
    answer = await _tried(conversation, subject)
    # Whatever became of the call, it may have landed.
    await _check(conversation, subject, answer)
    if isinstance(answer, BackendError):
        raise answer
    return (*findings(Trial(subject.nodes, subject.mark, answer)), UNCHANGED)


async def _subject(conversation: Conversation) -> Subject | None:
    """Return the contact out of the first few that shows most."""
    call = conversation.call(wire.CONTACTS.path, {**wire.WHOLE_BOOK, "rowcount": str(CANDIDATES)})
    rows = await conversation.ask(call, partial(protocol.rows, listing=wire.CONTACTS))
    keys = [(row.get("contactid") or "").strip() for row in rows[:CANDIDATES]]
    best: Subject | None = None
    for key in filter(mapping.is_key, keys):
        nodes = await _details(conversation, key)
        if nodes is None:
            continue
        subject = Subject(key, nodes)
        if best is None or subject.telling > best.telling:
            best = subject
        if subject.telling == _ALL:
            break
    return best


async def _details(conversation: Conversation, key: str) -> Nodes | None:
    # Never shared with a call in flight: what is compared has to be read before, and after.
    call = conversation.call(wire.CONTACT_GET, {"contactid": key}, shared=False)
    return await conversation.ask(call, partial(protocol.details, key=key))


async def _tried(conversation: Conversation, subject: Subject) -> Managed | BackendError:
    nodes = {"contactid": subject.key, "overwriteifexists": "0", MARK: subject.mark}
    try:
        return await conversation.ask(conversation.manage(nodes, testing=True), protocol.managed)
    except BackendError as error:
        return error


async def _check(conversation: Conversation, subject: Subject, answer: Managed | BackendError) -> None:
    """Raise when something was stored, or when that cannot be told."""
    label = f'the label "{subject.mark}"'
    try:
        after = await _details(conversation, subject.key)
    except BackendError as error:
        words = f"The probed contact could not be read again. Look in Acumulus whether one has {label}."
        raise _alarm(conversation, f"{error.message} {words}") from error
    if after is None:
        raise _alarm(conversation, "THE CONTACT THAT WAS PROBED IS GONE.")
    if names := changed(subject.nodes, after):
        words = "THE CONTACT THAT WAS PROBED HAS CHANGED, by the probe or by somebody else at that moment:"
        raise _alarm(conversation, f"{words} {', '.join(names)}. Look in Acumulus for {label}.")
    if isinstance(answer, Managed) and _claims_a_write(answer, subject.key):
        words = f"ACUMULUS SAYS THAT IT STORED THE PROBE. Look in Acumulus for {label}."
        raise _alarm(conversation, words)


def _claims_a_write(managed: Managed, key: str) -> bool:
    proc, answered = ((managed.nodes.get(name) or "").strip() for name in ("contactproc", "contactid"))
    return proc in (wire.ADDED, wire.UPDATED) or (bool(answered) and answered != key)


def _alarm(conversation: Conversation, words: str) -> BackendError:
    slug = conversation.administration.slug
    return BadUpstreamAnswer(words, system=wire.NAME, administration=slug, retryable=False)

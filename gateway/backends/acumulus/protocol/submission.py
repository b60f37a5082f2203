"""One write of contact_manage, and what its answer says of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.backends.acumulus import protocol, wire
from gateway.backends.acumulus.merge.nodes import BY_NAME
from gateway.backends.acumulus.protocol.failures import Origin, Remark
from gateway.domain.errors import RejectedBySystem
from gateway.domain.faults import Fault, FaultCode, Notice, NoticeCode
from gateway.domain.secret import Secret
from gateway.ports import Answer, UpstreamRequest

REPLACED_CODE = 511
"""Of a warning that another value was stored. Source: SIEL, libAcumulus, its changelog, of invoice_add."""

_UNSAID = Fault(FaultCode.REJECTED_BY_SYSTEM, "Acumulus refused this and did not say why.")

_NAME = re.compile(r"\bcontact[a-z0-9]+")
_SIGNS = re.compile(r"[\W_]+")
_APART = re.compile(r"[\s,;]+")
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Submission:
    """A write of one contact.

    Attributes:
        nodes: Everything in the contact's element, key and flag included, in the order in which it is sent.
        own: Nodes whose text the caller gave, to the field that gave it; the others' texts are nobody's to
            be told.
        credentials: Texts that no message may repeat.
    """

    nodes: Mapping[str, str]
    own: Mapping[str, str]
    credentials: tuple[Secret, ...] = field(default=(), repr=False)

    def request(self) -> UpstreamRequest:
        """Return the write as a client may see it."""
        return UpstreamRequest("POST", wire.CONTACT_MANAGE, protocol.shown(self.nodes))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Acumulus says that it did: in `proc` by its own word; `key` is empty where it tells none."""

    proc: str
    key: str
    notices: tuple[Notice, ...]


def submission(
    nodes: Mapping[str, str], own: Mapping[str, str], *, key: str = "", credentials: tuple[Secret, ...] = ()
) -> Submission:
    """Return the write of data nodes: of a new contact, or over all that the contact `key` has.

    Source: Acumulus, "API - Manage Contact": without overwriteifexists 1 an update stores nothing.
    """
    flags = {"contactid": key, "overwriteifexists": "1"} if key else {}
    return Submission({**flags, **nodes}, own, credentials)


def receipt(answer: Answer, origin: Origin, *, sent: Submission) -> Receipt:
    """Read the answer to a write.

    Raises:
        RejectedBySystem: Acumulus refused what was written; nothing was stored.
        BackendError: the write was not carried out for another reason, or its end is not known.
    """
    managed = protocol.managed(answer, origin)
    if managed.failed:
        faults = tuple(_fault(remark, sent) for remark in managed.errors)
        raise RejectedBySystem(
            "Acumulus refused the write.",
            faults=faults or (_UNSAID,),
            system=wire.NAME,
            administration=origin.administration,
        )
    # A success with errors in it is none that is documented; they are told all the same.
    notices = tuple(_notice(remark, sent) for remark in (*managed.errors, *managed.warnings))
    proc, key = (managed.nodes.get(name) or "" for name in ("contactproc", "contactid"))
    return Receipt(proc.strip().lower(), key.strip(), notices)


def _fault(remark: Remark, sent: Submission) -> Fault:
    about_it = remark.code == 404 or "contactid" in _NAME.findall(remark.message)
    if "contactid" in sent.nodes and about_it:
        return Fault(FaultCode.NOT_FOUND, "There is no such contact any more.")
    return Fault(FaultCode.REJECTED_BY_SYSTEM, _told(remark, sent), _path(remark, sent))


def _notice(remark: Remark, sent: Submission) -> Notice:
    name = _name(remark)
    replaced = remark.code == REPLACED_CODE and name in sent.own
    code = NoticeCode.VALUE_REPLACED if replaced else NoticeCode.SYSTEM_WARNING
    return Notice(code, _told(remark, sent), _path(remark, sent))


def _name(remark: Remark) -> str | None:
    return next((name for name in _NAME.findall(remark.message) if name in BY_NAME), None)


def _path(remark: Remark, sent: Submission) -> str:
    name = _name(remark)
    return sent.own.get(name, BY_NAME[name].path) if name else ""


def _told(remark: Remark, sent: Submission) -> str:
    """Return a message word for word, unless it repeats what its reader may not see."""
    said = _letters(remark.message)
    others = (text for name, text in sent.nodes.items() if name not in sent.own and name != "contactid")
    hidden = [*others, *(secret.reveal() for secret in sent.credentials)]
    if said and not any(_repeats(said, text) for text in hidden):
        return f"Acumulus: {remark.message.strip()}"
    name = _name(remark)
    return f"Acumulus has something against {name or 'this write'} (code {remark.code or 'unknown'})."


def _repeats(said: str, text: str) -> bool:
    """Whether a message holds a text, or a word of it; a few letters alone are in every message."""
    words = (text, *_APART.split(text))
    return any(len(letters) >= _SHORT and letters in said for letters in map(_letters, words))


def _letters(text: str) -> str:
    return _SIGNS.sub("", text).casefold()

"""Moneybird's webhooks, pure: whether one can be trusted, and which contacts it says may have changed.

Where the documents are silent both readings hold. Whether the subject of a person's or a note's event is the
contact or the person or note: its own id is taken where it is a contact's, and that of its owner where it
shows one. Whether the subject is there at all: the ids beside it are enough. Which of two contacts a merge
names: the one that is named is read again, and the list is asked who else changed or is gone. A person or a
note that shows no owner, since it is gone perhaps, is named itself: whoever holds it knows its contact.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.backends.moneybird.mapping.reading import read_record
from gateway.backends.moneybird.mapping.values import identifier
from gateway.backends.moneybird.wire import CONTACT_EVENTS, MERGED, OWN_EVENTS, PushRow, SubjectRow
from gateway.domain.secret import Secret
from gateway.ports import Hint, Refused

SIGNATURE = "moneybird-signature"
REPEATED_AS = "idempotency-key"
"""Headers. Source: Moneybird, webhooks, verifying signatures; deduplication."""

WINDOW = 300
"""Seconds by which the signed time may differ from ours, both ways. Source: verifying signatures."""

REGISTER = "register"
"""In place of a secret, while there is none: Moneybird gives it in the answer to making a webhook, and before
that wants the address to answer 200. Until then everything is answered so, and nothing of it is read.

Source: Moneybird API v2, webhooks, create."""

MOST_SIGNATURES = 8
"""Signatures that are looked at: while a secret is exchanged for another there are two."""

OTHER = "other"

_TIME = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class MoneybirdWebhooks:
    """Takes in the webhooks of one administration.

    Attributes:
        secret: What Moneybird gave when the webhook was made.
        administration_id: Which administration it is of.
    """

    secret: Secret
    administration_id: str

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Hint | Refused:
        """Check the signature and its time; only then is the body read."""
        if self.secret.reveal() == REGISTER:
            return Hint(OTHER, ())
        signed = headers.get(SIGNATURE, "")
        if not signed:
            return Refused("unsigned")
        at, digests = _parts(signed)
        if not at or not digests:
            return Refused("malformed")
        wanted = hmac.new(
            self.secret.reveal().encode(), at.encode() + b"." + body, hashlib.sha256
        ).hexdigest()
        # All are compared, so that the time it takes tells nothing.
        if True not in [hmac.compare_digest(wanted, each) for each in digests]:
            return Refused("wrong_signature")
        if abs(now.timestamp() - int(at)) > WINDOW:
            return Refused("out_of_time")
        return self._hint(body, _marks(wanted, headers.get(REPEATED_AS, "")))

    def _hint(self, body: bytes, marks: tuple[str, ...]) -> Hint:
        reading = read_record(body, PushRow)
        if reading is None:
            return Hint(OTHER, marks)
        push = reading.record
        action = push.action or ""
        told = action if action in CONTACT_EVENTS else OTHER
        whose = identifier(push.administration_id)
        if whose is not None and whose != self.administration_id:
            return Hint(told, marks, is_foreign=True)
        if not _concerns(push, action):
            return Hint(told, marks)
        contacts = _contacts(push, action)
        part = None if contacts else _id(push.entity_id)
        return Hint(told, marks, contacts, part, action in OWN_EVENTS, action == MERGED)


def _parts(header: str) -> tuple[str, list[str]]:
    """Read `t=<unix>,v1=<hex>[,v1=<hex>]`; what else stands there is of schemes that we do not know."""
    pairs = [each.strip().partition("=") for each in header.split(",")]
    times = [value for name, _, value in pairs if name == "t" and _TIME.fullmatch(value)]
    digests = [value for name, _, value in pairs if name == "v1" and _DIGEST.fullmatch(value)]
    return (times[0] if len(times) == 1 else "", digests[:MOST_SIGNATURES])


def _marks(signature: str, key: str) -> tuple[str, ...]:
    """Return what a repetition has in common: the key stays when it is sent anew, but nobody signed it."""
    return (
        (signature, f"key {hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}")
        if key
        else (signature,)
    )


def _concerns(push: PushRow, action: str) -> bool:
    """Whether a webhook is of a contact, or of something that may hang on one; not so an invoice, say."""
    return push.entity_type == "Contact" or action.startswith("contact_") or action in CONTACT_EVENTS


def _contacts(push: PushRow, action: str) -> tuple[str, ...]:
    entity = push.entity or SubjectRow()
    is_contact = push.entity_type == "Contact" or (push.entity_type is None and action.startswith("contact_"))
    candidates = [
        push.entity_id if is_contact else None,
        entity.contact_id,
        entity.entity_id if entity.entity_type == "Contact" else None,
    ]
    return tuple(dict.fromkeys(filter(None, map(_id, candidates))))


def _id(value: str | int | None) -> str | None:
    key = identifier(value)
    return key if key and _ID.fullmatch(key) else None

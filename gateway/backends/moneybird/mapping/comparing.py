"""What a contact shows after a write, against what was asked; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.backends.moneybird.mapping.attributes import (
    CONTACT_KEYS,
    FIRST_PERSON_KEYS,
    PERSON,
    alike,
    stored,
)
from gateway.domain.changes import Form, Value, held, moved, normal
from gateway.domain.contact import Contact
from gateway.domain.faults import Notice, NoticeCode
from gateway.domain.person import Person

SEQUENCE = "sepaMandate.sequence"
FOLLOWING: Mapping[str, NoticeCode] = {
    "address.countryCode": NoticeCode.DEFAULT_SET,
    SEQUENCE: NoticeCode.DEFAULT_SET,
    "sepaMandate.bic": NoticeCode.VALUE_MOVED,
}
"""What Moneybird fills in of a group that a new contact is given in part. Source: Moneybird API v2,
contacts, "Creates a new contact": its examples."""

PERSON_ADDED = Notice(
    NoticeCode.PERSON_ADDED,
    "Moneybird added a contact person: it does so when a company has a first or last name.",
)
WORDS: Mapping[NoticeCode, str] = {
    NoticeCode.VALUE_KEPT: "Moneybird kept what it had.",
    NoticeCode.VALUE_REPLACED: "Moneybird stored something else.",
    NoticeCode.VALUE_MOVED: "This changed along: Moneybird derives it, or somebody else wrote.",
    NoticeCode.DEFAULT_SET: "Moneybird filled in its default.",
}


def is_as_wanted(contact: Contact, values: Mapping[str, Value]) -> bool:
    """Whether a contact has every value that an update asked for."""
    return not any(_unlike(contact, values))


def is_made_of(contact: Contact, values: Mapping[str, Value]) -> bool:
    """Whether a contact has every value that a create asked for, its first person included."""
    return not any(_unlike(contact, values, new=True)) and _has_person(contact, values)


def update_notices(before: Contact, after: Contact, values: Mapping[str, Value]) -> tuple[Notice, ...]:
    """Return what an update did otherwise, or besides."""
    known = {person.key for person in before.persons or ()}
    added = any(person.key not in known for person in after.persons or ())
    return (
        *(_answered(path, before, after) for path in _unlike(after, values)),
        *_moved(before, after, values),
        *((PERSON_ADDED,) if added else ()),
    )


def creation_notices(after: Contact, values: Mapping[str, Value]) -> tuple[Notice, ...]:
    """Return what a create did otherwise, or besides; what every new contact gets is not told."""
    groups = {path.partition(".")[0] for path in values if values[path] is not None}
    followed = (
        _notice(code, path)
        for path, code in FOLLOWING.items()
        if path.partition(".")[0] in groups and values.get(path) is None and held(after, path) is not None
    )
    asked = 1 if _person(values) else 0
    return (
        *(_notice(NoticeCode.VALUE_REPLACED, path) for path in _unlike(after, values, new=True)),
        *followed,
        *(() if _has_person(after, values) else (_notice(NoticeCode.VALUE_REPLACED, "person"),)),
        *((PERSON_ADDED,) if len(after.persons or ()) > asked else ()),
    )


def person_values(person: Person) -> Mapping[str, Value]:
    """Return a person's values by the paths of its input."""
    return {
        "firstName": person.first_name,
        "lastName": person.last_name,
        "phone": person.phone,
        "email": person.email,
        "department": person.department,
    }


def _unlike(contact: Contact, values: Mapping[str, Value], *, new: bool = False) -> Iterator[str]:
    """Yield the paths that do not have what was asked, of several for one stored value the first."""
    told: set[str] = set()
    for path, value in values.items():
        place = CONTACT_KEYS.get(path, path)
        if place in told or path.startswith(PERSON) or (new and value is None):
            continue
        if not alike(path, stored(contact, path), value):
            told.add(place)
            yield path


def _answered(path: str, before: Contact, after: Contact) -> Notice:
    kept = alike(path, stored(before, path), stored(after, path))
    return _notice(NoticeCode.VALUE_KEPT if kept else NoticeCode.VALUE_REPLACED, path)


def _moved(before: Contact, after: Contact, values: Mapping[str, Value]) -> Iterator[Notice]:
    told = {CONTACT_KEYS.get(path, path) for path in values}
    for change in moved(before, after):
        path, place = change.field, CONTACT_KEYS.get(change.field, change.field)
        if place in told:
            continue
        told.add(place)
        if path == SEQUENCE and change.before is None:
            # It was stored all along, and shows only now that there is a mandate.
            yield _notice(NoticeCode.DEFAULT_SET, path)
        elif not alike(path, stored(before, path), stored(after, path)):
            yield _notice(NoticeCode.VALUE_MOVED, path)


def _person(values: Mapping[str, Value]) -> Mapping[str, Value]:
    found = {path: normal(Form.LINE, values.get(path)) for path in FIRST_PERSON_KEYS}
    return found if any(found.values()) else {}


def _has_person(contact: Contact, values: Mapping[str, Value]) -> bool:
    wanted = _person(values)
    names = [
        {PERSON + path: value for path, value in person_values(each).items()}
        for each in contact.persons or ()
    ]
    return not wanted or any(wanted.items() <= each.items() for each in names)


def _notice(code: NoticeCode, path: str) -> Notice:
    return Notice(code, WORDS[code], path)

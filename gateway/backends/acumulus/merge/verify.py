"""What a write did, by what is read after it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gateway.backends.acumulus.merge import holds
from gateway.backends.acumulus.merge.nodes import BY_NAME, NODES, Node, meaning
from gateway.backends.acumulus.wire import Nodes
from gateway.domain.changes import held
from gateway.domain.contact import Contact
from gateway.domain.faults import Notice, NoticeCode

NOT_READ_BACK = "Acumulus does not tell this value, so whether it was stored is not known."
NOT_READ_AGAIN = "Acumulus could not be asked, or did not tell in full, what it has stored."


def of_wanted(
    before: Nodes, after: Nodes, wanted: Mapping[str, str], paths: Mapping[str, str]
) -> Iterator[Notice]:
    """Yield where what was set is not what is stored.

    Args:
        before: Data nodes as read before the write, by the names of a write; empty for a new contact.
        after: The same, read after it.
        wanted: Node to the text that was set.
        paths: Node to the field that set it.
    """
    for name, text in wanted.items():
        path = paths.get(name, BY_NAME[name].path)
        found = after.get(name)
        if found is None:
            yield Notice(NoticeCode.NOT_VERIFIED, NOT_READ_BACK, path)
        elif not holds(after, name, text):
            if holds(before, name, found):
                yield Notice(NoticeCode.VALUE_KEPT, "Acumulus kept the value that was there before.", path)
            else:
                yield Notice(NoticeCode.VALUE_REPLACED, "Acumulus stored another value than this.", path)


def of_others(before: Nodes, after: Nodes, left_alone: Iterable[Node]) -> Iterator[Notice]:
    """Yield where what was read before and should have stayed is something else now, or is told no more."""
    for node in left_alone:
        was, now = before.get(node.name), after.get(node.name)
        if was is None:
            continue
        if now is None:
            yield Notice(NoticeCode.NOT_VERIFIED, NOT_READ_BACK, node.path)
        elif meaning(node, was) != meaning(node, now):
            words = f"This was not to change, and is another value now ({node.name})."
            yield Notice(NoticeCode.VALUE_MOVED, words, node.path)


def of_defaults(after: Nodes, contact: Contact, wanted: Mapping[str, str]) -> Iterator[Notice]:
    """Yield what a new contact has that nobody set, as far as its fields show it."""
    for node in NODES:
        text = after.get(node.name)
        unasked = node.name not in wanted and text and meaning(node, text) is not None
        if unasked and held(contact, node.path) not in (None, (), ""):
            yield Notice(NoticeCode.DEFAULT_SET, "Acumulus set this, and nobody asked for it.", node.path)


def fits(after: Nodes, wanted: Mapping[str, str]) -> bool:
    """Whether a contact can be the one that was made with these texts, and with nothing else.

    What Acumulus does not tell is not held against it, but some text that was set has to be told.
    """
    told = [name for name, text in wanted.items() if text and name in after]
    if not any(BY_NAME[name].default == "" for name in told):
        return False
    if not all(holds(after, name, wanted[name]) for name in told):
        return False
    rest = (node for node in NODES if node.name not in wanted and node.default is not None)
    return all(_untouched(node, after.get(node.name)) for node in rest)


def _untouched(node: Node, text: str | None) -> bool:
    return not text or meaning(node, text) in (None, meaning(node, node.default or ""))


def once(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the notices, the first of each code and path."""
    found: dict[tuple[NoticeCode, str], Notice] = {}
    for notice in notices:
        found.setdefault((notice.code, notice.path), notice)
    return tuple(found.values())

r"""What the answer to a harmless contact_manage shows of what no document tells. Pure.

Whether it answers what is stored or what was sent decides if it could ever stand in for the end of
contact_get that no document shows. Nothing is concluded where the answer does not tell, and no value of a
contact stands in the words.

Source: Acumulus, "API - Manage Contact": "all known nodes with their set values", which may be either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.backends.acumulus import wire
from gateway.backends.acumulus.merge import present
from gateway.backends.acumulus.merge.nodes import BY_NAME, NODES, Kind, Omitted, meaning
from gateway.backends.acumulus.protocol import Managed
from gateway.backends.acumulus.wire import Nodes

MARK = "contactmark"
"""The node that is sent: a label that neither prints nor counts anywhere."""

_WORDS = (wire.ADDED, wire.UPDATED, wire.TESTED, "unchanged")
"""What contactproc may say. Source: Acumulus, "API - Manage Contact"."""

_CHANCE = frozenset({Kind.CHOICE, Kind.COUNTRY})
"""Kinds of which two contacts have the same by chance, or by a default, so that equal ones prove nothing."""

_SHOWN = frozenset(wire.GET_DOCUMENTED) - {"contactvattype"}
"""Nodes that contact_get is documented to answer; contactvattype is another thing there."""

DOUBTFUL = tuple(node for node in NODES if node.omitted is Omitted.RESET and node.name not in _SHOWN)
"""What an update clears when it leaves it out, and no document shows a way to read."""


_OTHER_BACKSLASH = re.compile(r"\\(?![nt])")


class Answered(StrEnum):
    """What contact_manage answers."""

    STORED = "contact_manage answers the stored values, not what was sent"
    MERGED = "contact_manage answers what was sent, and the stored values of all that was not sent"
    SENT = "contact_manage only repeats what was sent: its answer proves nothing of what is stored"
    UNCLEAR = "whether contact_manage answers stored values cannot be concluded"


@dataclass(frozen=True, slots=True)
class Trial:
    """One harmless write: the contact as contact_get told it before, the mark sent, and the answer."""

    before: Nodes
    mark: str
    managed: Managed

    @property
    def counts(self) -> tuple[int, int, int]:
        """Of the nodes that contact_get tells: how many the answer repeats, lacks, and tells otherwise."""
        told = [
            name
            for name, node in BY_NAME.items()
            if name != MARK and node.kind not in _CHANCE and self._has_own_value(name)
        ]
        lacking = [name for name in told if _meaning(self.managed.nodes, name) is None]
        same = [name for name in told if _same(self.before, self.managed.nodes, name)]
        return len(same), len(lacking), len(told) - len(same) - len(lacking)

    def _has_own_value(self, name: str) -> bool:
        found, default = _meaning(self.before, name), BY_NAME[name].default
        return found is not None and (not default or found != meaning(BY_NAME[name], default))

    @property
    def answered(self) -> Answered:
        """What the answer is, as far as it can be concluded."""
        same, lacking, otherwise = self.counts
        repeats = (self.managed.nodes.get(MARK) or "").strip() == self.mark
        keeps = MARK not in self.before or _same(self.before, self.managed.nodes, MARK)
        if same and not lacking and not otherwise:
            if repeats:
                return Answered.MERGED
            return Answered.STORED if keeps else Answered.UNCLEAR
        if lacking and not same and not otherwise and repeats:
            return Answered.SENT
        return Answered.UNCLEAR

    @property
    def tells_stored(self) -> bool:
        """Whether what was not sent is answered as it is stored."""
        return self.answered in (Answered.STORED, Answered.MERGED)


def findings(trial: Trial) -> tuple[str, ...]:
    """Return what a trial shows, a line each."""
    if trial.managed.failed:
        codes = [str(remark.code) for remark in trial.managed.errors if remark.code is not None]
        told = f" ({', '.join(codes)})" if codes else ""
        return (
            f"contact_manage refused the harmless write{told}: nothing can be concluded",
            *_breaks(trial, managed=False),
        )
    return (_proc(trial), _answered(trial), *_doubtful(trial), *_breaks(trial, managed=trial.tells_stored))


def _proc(trial: Trial) -> str:
    said = (trial.managed.nodes.get("contactproc") or "").strip()
    if not said:
        return "contactproc said nothing"
    return f"contactproc said {said if said in _WORDS else 'a word that is not documented'}"


def _answered(trial: Trial) -> str:
    if trial.answered is not Answered.UNCLEAR:
        return str(trial.answered)
    same, lacking, otherwise = trial.counts
    return (
        f"{trial.answered}: of {same + lacking + otherwise} values that contact_get tells, its answer holds "
        f"{same}, lacks {lacking}, and tells {otherwise} otherwise"
    )


def _doubtful(trial: Trial) -> tuple[str, ...]:
    known = present(trial.before, None)
    unread = [node.name for node in DOUBTFUL if node.name not in known]
    if not unread:
        return ("contact_get answers every doubtful field that an update would clear",)
    if not trial.tells_stored:
        return (f"contact_get does not answer, and contact_manage does not prove: {_listed(unread)}",)
    nodes = trial.managed.nodes
    valued = [name for name in unread if _meaning(nodes, name) is not None]
    empty = [name for name in unread if name in nodes and name not in valued]
    absent = [name for name in unread if name not in nodes]
    lines = (
        (valued, "contact_manage answers with a value, and contact_get not at all: {}"),
        (empty, "contact_manage answers as empty, which need not be what is stored: {}"),
        (absent, "neither call answers {}"),
    )
    return tuple(words.format(_listed(names)) for names, words in lines if names)


def _breaks(trial: Trial, *, managed: bool) -> tuple[str, ...]:
    answers = {"contact_get": trial.before}
    if managed:
        answers["contact_manage"] = trial.managed.nodes
    lines = tuple(f"{call} {words}" for call, nodes in answers.items() if (words := _spelling(nodes)))
    return lines or ("how line breaks come back is not known: no text of this contact holds one",)


def spellings(nodes: Nodes) -> tuple[bool, bool]:
    """Return whether line breaks and tabs stand in texts as real ones, and whether as two characters.

    A text in which a backslash stands before anything else too is a path or the like, and tells nothing.
    """
    texts = [(nodes.get(node.name) or "").strip() for node in NODES if node.kind is Kind.LINES]
    real = any(sign in text for text in texts for sign in "\r\n\t")
    return real, any("\\" in text and not _OTHER_BACKSLASH.search(text) for text in texts)


def _spelling(nodes: Nodes) -> str:
    real, two = spellings(nodes)
    if real and two:
        return "answers line breaks as real ones, and holds the two characters \\n or \\t as well"
    if two:
        return "answers line breaks as the two characters \\n or \\t, unless a text holds these very letters"
    return "answers line breaks as real ones" if real else ""


def changed(before: Nodes, after: Nodes) -> tuple[str, ...]:
    """Return the nodes in which two answers of contact_get differ."""
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def _meaning(nodes: Nodes, name: str) -> object:
    return meaning(BY_NAME[name], nodes.get(name) or "")


def _same(one: Nodes, other: Nodes, name: str) -> bool:
    return _meaning(one, name) == _meaning(other, name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)

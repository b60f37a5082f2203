"""How much an operation may hold: judged on its text and its parsed document, before anything else.

Two bounds are no settings, since no way of asking needs more: introspection may not go round in circles,
and opening fragments may not be much more work than reading the longest document allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLError

from gateway.serving.limits_selections import fragments_of, opened, operations_of, response_name, unfolded
from gateway.serving.limits_tally import Tally, tally, written
from gateway.settings import LimitSettings

CODE = "QUERY_TOO_COMPLEX"

INTROSPECTION_DEPTH = 20
"""Fields below one another; the standard query of explorers has 14."""

INTROSPECTION_CIRCLES = 2
"""Lists of types below one another; the standard query has one."""

UNFOLDED = 2
"""Selections to look at and pairs of fields to compare, for each token that a document may have."""

CAP = 10**12
"""A larger count is told as this one: above every limit, and still a number for every client's JSON."""

_TOKEN = re.compile(
    r"""
    (?: [\s,\ufeff]++ | \#[^\n\r]*+ )*+
    (?: [A-Za-z_][0-9A-Za-z_]*+
      | [!$&()\[\]:=@{|}] | \.\.\.
      | -?[0-9][0-9A-Za-z_.]*+ (?: (?<=[eE]) [+-][0-9]++ )?+
      | \"\"\" (?: [^\"\\] | \\(?:\"\"\")?+ | \"(?!\"\") )*+ \"\"\"
      | \"(?!\"\") (?: [^\"\\\n\r] | \\. )*+ \"
      | \"\"(?!\")
    )
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an operation is not carried out.

    Attributes:
        what: The setting that is passed, or the bound that is none.
        counted: How many were found; where `is_exact` is false, at least so many.
        allowed: How many may be.
    """

    what: str
    counted: int
    allowed: int
    is_exact: bool = True

    @property
    def message(self) -> str:
        """Say it to the client."""
        found = f"{'' if self.is_exact else 'at least '}{self.counted:,}"
        return f"{_SENTENCES[self.what].format(found)}; at most {self.allowed:,} is allowed."

    def error(self) -> GraphQLError:
        """Return the entry of `errors`: its extensions name code, limit, counted and allowed."""
        facts = {"code": CODE, "limit": self.what, "counted": self.counted, "allowed": self.allowed}
        return GraphQLError(self.message, extensions=facts)


_SENTENCES = {
    "tokens": "The number of tokens in the document is {}",
    "depth": "The depth of the operation is {}",
    "aliases": "The number of aliases in the operation is {}",
    "root_fields": "The number of root fields in the operation is {}",
    "directives": "The number of directives in the operation is {}",
    "introspection": "The depth of the introspection is {}",
    "circles": "The number of lists of types below one another in the introspection is {}",
    "unfolded": "The number of selections to open and to compare in the document is {}",
    "cost": "The cost of the operation is {}",
}


def refused(what: str, counted: int, allowed: int, *, is_exact: bool = True) -> Refusal | None:
    """Return a refusal where more was counted than is allowed; what is allowed exactly passes."""
    if counted <= allowed:
        return None
    return Refusal(what, min(counted, CAP), allowed, is_exact=is_exact and counted <= CAP)


def count_tokens(text: str, most: int) -> int:
    """Count a text's tokens, up to one more than `most`.

    Counting ends where the text is no GraphQL: the parser will say so, and reads no further either.
    """
    count, end = 0, 0
    while count <= most and (found := _TOKEN.match(text, end)):
        count, end = count + 1, found.end()
    return count


def text_fault(text: str, limits: LimitSettings) -> Refusal | None:
    """Judge a text before it is parsed; however long it is, only as many tokens as are allowed are read."""
    return refused("tokens", count_tokens(text, limits.tokens), limits.tokens, is_exact=False)


def faults(document: DocumentNode, limits: LimitSettings) -> Refusal | None:
    """Judge a parsed document before it is validated: the first limit that is passed.

    Every operation of it counts by itself, with its fragments as often as they are spread. Fragments that
    are not defined or go round in circles are left to validation.
    """
    return next((each for each in _faults(document, limits) if each), None)


def _faults(document: DocumentNode, limits: LimitSettings) -> Iterator[Refusal | None]:
    fragments = fragments_of(document)
    for fragment in fragments.values():
        # Validation reads unused fragments too.
        alone = written(fragment).tally
        yield refused("aliases", alone.aliases, limits.aliases)
        yield refused("directives", alone.directives, limits.directives)
    for operation in operations_of(document):
        yield from _tally_faults(tally(operation, fragments), limits)
        roots = {response_name(node) for node, _ in opened([operation.selection_set], fragments).fields}
        yield refused("root_fields", len(roots), limits.root_fields)
    most = UNFOLDED * limits.tokens
    yield refused("unfolded", unfolded(document, most), most, is_exact=False)


def _tally_faults(found: Tally, limits: LimitSettings) -> Iterable[Refusal | None]:
    return (
        refused("aliases", found.aliases, limits.aliases),
        refused("directives", found.directives, limits.directives),
        refused("depth", found.depth, limits.depth),
        refused("introspection", found.introspection, INTROSPECTION_DEPTH),
        refused("circles", found.circles, INTROSPECTION_CIRCLES),
    )

"""One operation after another: found, judged before anything of it runs, run, and told as clients read it."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationType,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from strawberry.types import ExecutionResult

from gateway import telemetry
from gateway.serving.cost import cost
from gateway.serving.documents import Library, find
from gateway.serving.errors import formatted
from gateway.serving.limits import count_tokens, faults, text_fault
from gateway.serving.limits import refused as over
from gateway.serving.message import Headers
from gateway.serving.negotiation import MUTATION_BY_GET, Ending, Refusal
from gateway.serving.parameters import Operation
from gateway.settings import LimitSettings

REMEMBERED = 40_000
"""Tokens of all documents together that are parsed and judged once: some 400 bytes each."""

LETTERS = 100
"""Characters of a text that weigh as much as one token: texts and comments may be long."""

TOLD = 5
"""Faults of a document that are told at most: whoever sends thousands of them has no use for the rest."""

NUL = Refusal(
    Ending.INVALID,
    "BAD_USER_INPUT",
    "A text in this request has the character NUL in it, which no record has.",
)
"""For queries: a mutation says which of its fields it is."""

_SUGGESTION = re.compile(r" Did you mean .*$", re.DOTALL)


class Schema(Protocol):
    """What answers."""

    @property
    def core(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
    ) -> Any:
        """Run an operation."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How an operation ended, and what is told of it."""

    ending: Ending
    payload: Mapping[str, Any]
    headers: Headers = ()


@dataclass(slots=True)
class Spent:
    """What the operations of one request cost together."""

    cost: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document, judged without its variables: what is wrong with it, or its nodes.

    Attributes:
        ending: How a request for it ends that is not run.
        errors: What is wrong with it.
        document: None where anything is.
        has_nul: Whether one of its texts has a NUL in it.
        digest: What it is called in logs and spans, which never hold its text.
    """

    ending: Ending
    errors: tuple[GraphQLError, ...]
    document: DocumentNode | None = None
    has_nul: bool = False
    digest: str = ""


@dataclass(slots=True)
class Shelf:
    """Judged documents by their texts; those that were not asked for the longest make room for others."""

    documents: OrderedDict[str, tuple[Prepared, int]] = field(default_factory=OrderedDict, repr=False)
    held: int = 0

    def get(self, text: str) -> Prepared | None:
        """Return a document; None where it is not, or no longer, there."""
        if text not in self.documents:
            return None
        self.documents.move_to_end(text)
        return self.documents[text][0]

    def put(self, text: str, prepared: Prepared, weight: int) -> None:
        """Keep a document that is not there yet, as long as there is room."""
        self.documents[text] = prepared, weight
        self.held += weight
        while self.held > REMEMBERED:
            _, (_, gone) = self.documents.popitem(last=False)
            self.held -= gone


@dataclass(frozen=True)
class Operations:
    """Runs operations.

    Attributes:
        schema: What answers.
        limits: What an operation may hold and cost.
        library: Documents that have names.
        introspection: Whether clients may ask what the schema holds, and are told what they may have meant.
    """

    schema: Schema
    limits: LimitSettings
    library: Library
    introspection: bool
    _shelf: Shelf = field(default_factory=Shelf)

    async def run(
        self,
        operation: Operation,
        *,
        by_get: bool,
        must_be_trusted: bool,
        spent: Spent,
        context: Callable[[], Any],
    ) -> Ran:
        """Carry an operation out, unless something speaks against it before.

        Args:
            operation: As read.
            by_get: Whether it may change nothing.
            must_be_trusted: Whether only documents that the owner wrote down are run.
            spent: By the request so far; the limits are those of all its operations together.
            context: Makes what resolvers have at hand; its time begins then.
        """
        document = find(operation, self.library, must_be_trusted=must_be_trusted)
        if isinstance(document, Refusal):
            return refused(document)
        prepared = self._prepare(document.text)
        telemetry.noted().document = prepared.digest
        if prepared.document is None:
            return _failed(prepared.ending, *prepared.errors)
        if unfit := _unfit(operation, prepared, prepared.document, by_get=by_get):
            return unfit
        name, variables = operation.operation_name, operation.variables
        price = cost(self.schema.core, prepared.document, name, variables, self.limits)
        _note(prepared, name, price.total)
        spent.cost += price.total
        costs = {"cost": {"requested": price.total, "allowed": self.limits.cost}}
        if refusal := price.refusal or over("cost", spent.cost, self.limits.cost):
            return _failed(Ending.INVALID, refusal.error(), extensions=costs)
        result = await self.schema.execute(document.text, dict(variables), context(), operation_name=name)
        if document.is_offered:
            self.library.kept.keep(document.text)
        return _told(result, costs)

    def _prepare(self, text: str) -> Prepared:
        found = self._shelf.get(text)
        if found is None:
            digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
            found = replace(self._judged(text), digest=digest)
            weight = count_tokens(text, self.limits.tokens) + len(text) // LETTERS
            self._shelf.put(text, found, weight)
        return found

    def _judged(self, text: str) -> Prepared:
        if too_long := text_fault(text, self.limits):
            return Prepared(Ending.INVALID, (too_long.error(),))
        try:
            document = parse(text)
        except GraphQLError as error:
            return Prepared(Ending.UNPARSED, (error,))
        if too_much := faults(document, self.limits):
            return Prepared(Ending.INVALID, (too_much.error(),))
        rules = specified_rules if self.introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        errors = validate(self.schema.core, document, rules, max_errors=TOLD)
        if not errors:
            return Prepared(Ending.COMPLETE, (), document, _writes_nul(document))
        return Prepared(Ending.INVALID, tuple(errors if self.introspection else map(_plainer, errors)))


def refused(refusal: Refusal) -> Ran:
    """Return what is told of a request that was refused before it was understood as an operation."""
    error = GraphQLError(refusal.message, extensions={"code": refusal.code})
    return Ran(refusal.ending, _failed(refusal.ending, error).payload, refusal.headers)


def _told(result: ExecutionResult, extensions: Mapping[str, Any]) -> Ran:
    errors = result.errors or []
    if result.data is None and errors and all(error.path is None for error in errors):
        # Nothing was run: variables that do not fit.
        return _failed(Ending.INVALID, *errors, extensions=extensions)
    payload: dict[str, Any] = {"data": result.data}
    if errors:
        payload = {"errors": _entries(errors), **payload}
    return Ran(Ending.PARTIAL if errors else Ending.COMPLETE, {**payload, "extensions": extensions})


def _failed(ending: Ending, *errors: GraphQLError, extensions: Mapping[str, Any] | None = None) -> Ran:
    """Return what is told where nothing was run: errors, and no data."""
    payload: dict[str, Any] = {"errors": _entries(errors[: TOLD + 1])}
    return Ran(ending, {**payload, "extensions": extensions} if extensions else payload)


def _entries(errors: Any) -> list[dict[str, Any]]:
    identifier = telemetry.request_id()
    return [formatted(error, identifier) for error in errors]


def _note(prepared: Prepared, name: str | None, price: int) -> None:
    """Note what may be told of an operation that fits."""
    noted = telemetry.noted()
    node = prepared.document and get_operation_ast(prepared.document, name)
    if node:
        noted.kind, noted.name = node.operation.value, node.name.value if node.name else ""
    noted.cost = price


def _unfit(operation: Operation, prepared: Prepared, document: DocumentNode, *, by_get: bool) -> Ran | None:
    """Say why a good document is not run for this request."""
    node = get_operation_ast(document, operation.operation_name)
    if node is None:
        return _failed(Ending.INVALID, GraphQLError(_unnamed(operation)))
    if by_get and node.operation is not OperationType.QUERY:
        return refused(MUTATION_BY_GET)
    if node.operation is OperationType.QUERY and (prepared.has_nul or _holds_nul(operation.variables)):
        return refused(NUL)
    return None


def _writes_nul(document: DocumentNode) -> bool:
    token = document.loc and document.loc.start_token
    while token:
        if "\0" in (token.value or ""):
            return True
        token = token.next
    return False


def _holds_nul(variables: Mapping[str, object]) -> bool:
    # Not by recursion: values may be nested more deeply than calls may.
    left: list[object] = [variables]
    while left:
        value = left.pop()
        if isinstance(value, str) and "\0" in value:
            return True
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
    return False


def _unnamed(operation: Operation) -> str:
    if operation.operation_name:
        return "The document has no operation of that name."
    return "The document has several operations: operationName says which is meant."


def _plainer(error: GraphQLError) -> GraphQLError:
    """Return an error without what the client may have meant: that would tell the schema bit by bit."""
    return GraphQLError(_SUGGESTION.sub("", error.message), error.nodes, error.source, error.positions)

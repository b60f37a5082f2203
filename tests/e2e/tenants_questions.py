"""Every question that the schema allows of a thing, made from the schema itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    parse,
    visit,
)

from gateway.app import schema_of
from tests.e2e.tenants import SYSTEMS, Thing

CORE: GraphQLSchema = schema_of(SYSTEMS).core
PARTS = ("ContactPerson", "Note", "Charge")
WHOLE = ("Administration", "Contact")

VALUES: Mapping[str, Mapping[str, Any]] = {
    "ContactFields": {"companyName": "Nieuw"},
    "ContactPersonFields": {"lastName": "Nieuw"},
    "ContactNoteFields": {"text": "Nieuw"},
    "ContactChargeFields": {"description": "Nieuw", "price": "1.00", "quantity": "1 x"},
}
"""What a mutation sets, by the type of the input's group."""

SAMPLE = Thing("nobody", "moneybird", "1", "1", dict.fromkeys(PARTS, ("1", "1")), "")
"""Stands for any thing, where only the questions matter."""

TEXTS = ("eq", "in", "contains", "startsWith")


@dataclass(frozen=True, slots=True)
class Question:
    """An operation as a client sends it.

    Attributes:
        name: Tells it from the others, whatever it names.
        document: GraphQL.
        variables: Hold all that is named.
        names: Whether the answer is that thing, where it is there.
    """

    name: str
    document: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    names: bool = False

    @property
    def writes(self) -> bool:
        """Whether it is a mutation, if only a dry run."""
        return self.document.startswith("mutation")

    @property
    def sent(self) -> dict[str, Any]:
        """The request's body."""
        return {"query": self.document, "variables": dict(self.variables)}


def selection(kind: Any, above: frozenset[str] = frozenset(), depth: int = 0) -> str:
    """Return a selection of every field of a type.

    Of a type that is selected above already, or beside what is above, only the first leaf is taken: else an
    operation would be without end, or cost more than it may.

    Args:
        kind: An object.
        above: Names of those types.
        depth: How many objects stand above.
    """
    beside = {name: get_named_type(each.type).name for name, each in kind.fields.items()}
    pieces: list[str] = []
    for name, each in kind.fields.items():
        known = above | {kind.name}
        below = known | ({*beside.values()} - {beside[name]})
        pieces += _field(name, each, _leaf_or_all(each, known, below, depth), depth)
    return f"{{ __typename {' '.join(pieces)} }}"


def _leaf_or_all(definition: GraphQLField, known: frozenset[str], below: frozenset[str], depth: int) -> str:
    named: Any = get_named_type(definition.type)
    if is_leaf_type(named):
        return ""
    if named.name not in known:
        return selection(named, below, depth + 1)
    leaf = next(name for name, each in named.fields.items() if is_leaf_type(get_named_type(each.type)))
    return f"{{ {leaf} }}"


def _field(name: str, definition: GraphQLField, below: str, depth: int) -> Iterator[str]:
    """Yield the field; one that needs an argument once for each value that it can have, deeper down once."""
    needed = [
        (argument, each.type) for argument, each in definition.args.items() if is_required_argument(each)
    ]
    if not needed:
        yield f"{name} {below}"
        return
    ((argument, kind),) = needed
    choices = get_named_type(kind)
    assert isinstance(choices, GraphQLEnumType)
    values = list(choices.values)[: None if depth < 2 else 1]
    yield from (f"{name}{value}: {name}({argument}: {value}) {below}" for value in values)


def leaves(kind: Any, levels: int = 1) -> str:
    """Return a selection of a type's leaves, and of those of the objects in it for each further level."""
    pieces = []
    for name, each in kind.fields.items():
        named = get_named_type(each.type)
        if is_leaf_type(named) and not any(map(is_required_argument, each.args.values())):
            pieces.append(name)
        elif levels > 1:
            pieces.append(f"{name} {leaves(named, levels - 1)}")
    return f"{{ __typename {' '.join(pieces)} }}"


def everything(coordinate: str) -> str:
    """Return the whole selection below a root field ("Query.contact")."""
    parent, name = coordinate.split(".")
    return selection(get_named_type(_type(parent).fields[name].type))


def ways(kind: Any, levels: int = 1) -> dict[str, str]:
    """Return ways to select from a type, by what is added to a question's name.

    Something of another's that is found all the same may fall over one of its fields: so leaves are asked
    for alone too.
    """
    return {"": selection(kind), ", leaves": leaves(kind, levels)}


def _type(name: str) -> Any:
    return CORE.type_map[name]


def questions(thing: Thing, *, dry: bool = False) -> list[Question]:
    """Return every question about a thing: by its names, and by what it holds.

    Args:
        thing: What is asked about.
        dry: Whether writes are tried alone.
    """
    tried = [each for each in mutations(thing) if not dry or "in earnest" not in each.name]
    by_name = lookups(thing, number=thing.number, remote=thing.remote)
    return [*_by_id(thing), *by_name, *_lists(thing), *_filters(thing), *tried]


def ids(thing: Thing) -> dict[str, str]:
    """Return a thing's global ids by type."""
    return {
        "Administration": thing.administration,
        "Contact": thing.contact,
        **{part: thing.part(part) for part in PARTS},
    }


def _by_id(thing: Thing) -> Iterator[Question]:
    for kind, own in ids(thing).items():
        is_whole = kind in WHOLE
        for way, below in ways(_type(kind)).items():
            selected = f"{{ id ... on {kind} {below} }}"
            document = f"query($id: ID!) {{ node(id: $id) {selected} }}"
            yield Question(f"node {kind}{way}", document, {"id": own}, names=is_whole)
            document = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {selected} }}"
            yield Question(f"nodes {kind}{way}", document, {"ids": [own]}, names=is_whole)
    for way, below in ways(_type("Contact")).items():
        document = f"query($id: ID!, $age: Int) {{ contact(id: $id, maxAge: $age) {below} }}"
        for age in (None, 0):
            variables = {"id": thing.contact, "age": age}
            yield Question(f"contact {age}{way}", document, variables, names=True)
    wrong = "query($id: ID!) { contact(id: $id) { id } }"
    yield Question("contact by another id", wrong, {"id": thing.administration})
    for way, below in ways(_type("Administration")).items():
        document = f"query($id: ID!) {{ administration(id: $id) {below} }}"
        for name, own in _books(thing).items():
            yield Question(f"administration {name}{way}", document, {"id": own}, names=True)


def _books(thing: Thing) -> dict[str, str]:
    return {"id": thing.administration, "slug": thing.slug}


def lookups(thing: Thing, *, number: str, remote: str) -> Iterator[Question]:
    """Look a customer number and a system's own id up in the book of a thing."""
    for name, argument, value in (
        ("contactByCustomerNumber", "customerNumber", number),
        ("contactByRemoteId", "remoteId", remote),
    ):
        kind = _type("Query").fields[name].args[argument].type
        head = f"query($value: {kind}, $book: ID!)"
        call = f"{name}({argument}: $value, administration: $book)"
        for form, book in _books(thing).items():
            for way, below in ways(_type("Contact")).items():
                variables = {"value": value, "book": book}
                yield Question(f"{name} {form}{way}", f"{head} {{ {call} {below} }}", variables, names=True)


ARGUMENTS = """query($first: Int, $last: Int, $after: String, $before: String, $search: String,
  $where: ContactFilter, $books: [ID!]) { contacts(first: $first, last: $last, after: $after, before: $before,
  search: $search, where: $where, administrations: $books) %s }"""
COUNTS = """{ totalCount nodes { id displayName } pageInfo { hasNextPage hasPreviousPage endCursor }
  sources { state matchCount contactCount notFilterable } }"""
"""A list by its leaves and its counts."""


def _listed(name: str, below: str = COUNTS, **variables: Any) -> Question:
    """Return a question for a list, of two rows where it says nothing."""
    size = {} if "last" in variables else {"first": 2}
    return Question(f"contacts {name}", ARGUMENTS % below, {**size, **variables})


def _lists(thing: Thing) -> Iterator[Question]:
    for way, below in {"": everything("Query.contacts"), ", leaves": COUNTS}.items():
        for name, own in _books(thing).items():
            yield _listed(f"of the {name}{way}", below, books=[own])
        yield _listed(f"as they are{way}", below)
        yield _listed(f"behind the cursor{way}", below, after=thing.cursor)
        yield _listed(f"before the cursor{way}", below, before=thing.cursor, last=2)
    for name, text in (("word", thing.word), ("number", thing.number), ("slug", thing.slug)):
        yield _listed(f"search by {name}", search=text)
    for way, below in ways(_type("Administration")).items():
        yield Question(f"administrations{way}", f"{{ administrations {below} }}")
    yield Question("viewer", f"{{ viewer {everything('Query.viewer')} }}")


def _filters(thing: Thing) -> Iterator[Question]:
    """Ask by every member of the filter that can name something of one book."""
    for name, where in _tests(thing):
        yield _listed(name, where=where)


def _tests(thing: Thing) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in _type("ContactFilter").fields.items():
        kind = get_named_type(each.type)
        if kind.name == "TextFilter":
            text = thing.number if name == "customerNumber" else thing.word
            for test in TEXTS:
                yield f"{name} {test}", {name: {test: [text] if test == "in" else text}}
        elif kind.name == "ID":
            value = thing.remote if name == "remoteId" else f"{thing.word}-1"
            yield name, {name: [value] if is_list_type(each.type) else value}
    yield "customField", {"customField": {"id": thing.slug, "value": {"contains": thing.word}}}
    yield "not", {"not": {"name": {"contains": thing.word}}}
    yield "system", {"system": [thing.system.upper()]}


def mutations(thing: Thing) -> Iterator[Question]:
    """Write to a thing in every way: as a dry run, and in earnest."""
    for name, definition in _type("Mutation").fields.items():
        (argument,) = definition.args.values()
        kind = get_named_type(argument.type)
        values = _written(name, kind, thing)
        wishes = {"in earnest": {}, **({"tried": {"dryRun": True}} if "dryRun" in kind.fields else {})}
        for way, below in ways(get_named_type(definition.type), 2).items():
            document = f"mutation($input: {kind.name}!) {{ {name}(input: $input) {below} }}"
            for wish, said in wishes.items():
                yield Question(f"{name} {wish}{way}", document, {"input": {**values, **said}})


def _written(mutation: str, kind: GraphQLInputObjectType, thing: Thing) -> dict[str, Any]:
    part = next((each for each in PARTS if mutation.startswith(f"contact{each.removeprefix('Contact')}")), "")
    named = {
        "id": thing.part(part) if part else thing.contact,
        "contactId": thing.contact,
        "administration": thing.administration,
    }
    own = {name: value for name, value in named.items() if name in kind.fields}
    groups = {name: get_named_type(each.type).name for name, each in kind.fields.items()}
    return {**own, **{name: dict(VALUES[group]) for name, group in groups.items() if group in VALUES}}


def fields_below(document: str) -> set[str]:
    """Return the coordinates ("Contact.id") of all fields that a document selects."""
    found: set[str] = set()
    types = TypeInfo(CORE)

    class Reader(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            parent = types.get_parent_type()
            if parent and not node.name.value.startswith("__"):
                found.add(f"{parent.name}.{node.name.value}")

    visit(parse(document), TypeInfoVisitor(types, Reader()))
    return found


def reachable_fields() -> set[str]:
    """Return the coordinates of all fields of the schema's objects."""
    return {
        f"{kind.name}.{name}"
        for kind in CORE.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name in kind.fields
    }

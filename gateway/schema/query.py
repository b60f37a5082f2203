"""The ways into the graph."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Annotated

import strawberry

from gateway.cache import Held
from gateway.directory import ListQuery, Row
from gateway.directory.criteria import Criteria, search_of
from gateway.directory.fields import covers
from gateway.directory.paging import page_request
from gateway.domain.administration import SourceState
from gateway.domain.contact import Contact as ContactModel
from gateway.domain.contact import ContactKey
from gateway.domain.errors import Ambiguous, BadInput, NotFound
from gateway.domain.identity import GlobalId, contact_id, parse
from gateway.loaders import ChargesQuestion, ContactQuestion
from gateway.schema.administration import Administration, Viewer
from gateway.schema.charge import Charge
from gateway.schema.contact import Contact
from gateway.schema.contact_filter import ContactFilter, condition_of
from gateway.schema.contact_list import ContactConnection
from gateway.schema.contact_order import ContactOrder, ordered_by
from gateway.schema.context import Context, Info, parse_id
from gateway.schema.node import Node
from gateway.schema.note import Note
from gateway.schema.paths import selected
from gateway.schema.person import ContactPerson

MAX_NODES = 100

COUNTS = frozenset({"totalCount", "sources.matchCount"})
"""What is asked of a list that only counting all its rows can tell."""

First = Annotated[int | None, strawberry.argument(description="Rows from the start: 0 to 250. Default 50.")]
After = Annotated[
    str | None,
    strawberry.argument(description="Behind this cursor, of a list in the same order."),
]
Last = Annotated[int | None, strawberry.argument(description="Rows from the end: 0 to 250. Not with first.")]
Before = Annotated[
    str | None,
    strawberry.argument(description="Before this cursor, of a list in the same order."),
]
SearchText = Annotated[
    str | None,
    strawberry.argument(
        description="Words that must all be found, each anywhere in a name, person, e-mail address, phone "
        "number (digits), customer number, VAT number, trade register number, bank account (blanks "
        "aside), address, label or website. Case and accents do not count; blank is no search. At most 1000 "
        "characters and 20 words."
    ),
]
Where = Annotated[
    ContactFilter | None,
    strawberry.argument(description="Which contacts are wanted. Null: the active ones."),
]
OrderBy = Annotated[
    list[ContactOrder] | None,
    strawberry.argument(
        description="What to order by, the weightiest first, ties by id. Null or empty: [{field: NAME}]."
    ),
]
Books = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="Ids or slugs of the books; null for all that the viewer may see."),
]
MaxAge = Annotated[
    int | None,
    strawberry.argument(
        description="Seconds that what is shown may be old; 0 asks the system now. Null: as the request's "
        "Cache-Control says (max-age, or no-cache for 0), else as configured."
    ),
]
AdministrationArgument = Annotated[
    strawberry.ID, strawberry.argument(description="Id or slug of the administration.")
]


@strawberry.type(description="The ways into the graph.")
class Query:
    """Root fields; each resolves on its own."""

    @strawberry.field(description="Anything with a global id; null with NOT_FOUND when it is not there.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its global id.")],  # noqa: A002
    ) -> Node | None:
        """Fetch one thing."""
        return await _node(info, parse(id))

    @strawberry.field(
        description="Several things by global id, in the order asked; null where one is not there."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100.")],
    ) -> list[Node | None]:
        """Fetch many things at once."""
        if len(ids) > MAX_NODES:
            raise BadInput(f"At most {MAX_NODES} ids can be asked for at once.")
        found = await asyncio.gather(*(_node_by_text(info, each) for each in ids), return_exceptions=True)
        # An exception in a list is reported at its own place and leaves the others standing.
        return [None if isinstance(each, NotFound) else each for each in found]  # type: ignore[misc]

    @strawberry.field(description="One contact, archived or not; null with NOT_FOUND when it is not there.")
    async def contact(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its global id.")],  # noqa: A002
        max_age: MaxAge = None,
    ) -> Contact | None:
        """Fetch a contact by id."""
        slug, remote = parse_id(id, "Contact").parts
        return await _contact(info, slug, remote, max_age)

    @strawberry.field(
        description="The contact with this customer number, archived ones included. Null with NOT_FOUND when "
        "nobody holds it, and with AMBIGUOUS when several do: the entry's candidates are their ids."
    )
    async def contact_by_customer_number(
        self,
        info: Info,
        customer_number: Annotated[
            str, strawberry.argument(description="As the book has it; blanks around it do not count.")
        ],
        administration: AdministrationArgument,
    ) -> Contact | None:
        """Look a contact up by its owner's own number."""
        slug = info.context.slug(administration)
        holders = await _holders(info.context, slug, customer_number.strip())
        key = _only_one(holders)
        if held := holders[key]:
            return Contact.of(Row(held, problem=held.stale_because))
        return await _contact(info, slug, key.remote, None)

    @strawberry.field(
        description="The contact that a system calls by this id; null with NOT_FOUND when none."
    )
    async def contact_by_remote_id(
        self,
        info: Info,
        remote_id: Annotated[strawberry.ID, strawberry.argument(description="The system's own id.")],
        administration: AdministrationArgument,
        max_age: MaxAge = None,
    ) -> Contact | None:
        """Look a contact up by its system's id."""
        return await _contact(info, info.context.slug(administration), remote_id, max_age)

    @strawberry.field(description="Who asks, and what they may.")
    def viewer(self, info: Info) -> Viewer:
        """Return the caller."""
        viewer = info.context.viewer
        return Viewer(name=viewer.name, scopes=sorted(viewer.scopes))

    @strawberry.field(
        description="Contacts of several books as one list: searched, filtered and ordered alike in all of "
        "them. A failing system costs only its own rows; sources says so. maxAge bounds the list and the "
        "details on the page; search, filter and order use the details held."
    )
    async def contacts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        search: SearchText = None,
        where: Where = None,
        order_by: OrderBy = None,
        administrations: Books = None,
        max_age: MaxAge = None,
    ) -> ContactConnection:
        """List contacts over all books."""
        context = info.context
        seal = context.directory.seal
        criteria = _criteria(search, where, order_by)
        query = ListQuery(
            administrations=_books(context, administrations),
            page=page_request(first, last, after, before, partial(seal.open, criteria.order)),
            max_age=context.age(max_age),
            paths=selected(info, ("nodes",), ("edges", "node")),
            criteria=criteria,
            counted=not COUNTS.isdisjoint(selected(info, ())),
        )
        listing = await context.directory.list(query, context.deadline)
        for source in listing.sources:
            context.loaders.saw(source.fetched_at, is_whole=source.state is SourceState.FRESH)
        return ContactConnection(listing=listing, seal=seal)

    @strawberry.field(
        description="All connected books that the viewer may see, in the order of the configuration."
    )
    def administrations(self, info: Info) -> list[Administration]:
        """List administrations."""
        return [Administration.from_domain(each) for each in info.context.visible()]

    @strawberry.field(description="One connected book; null with NOT_FOUND when there is none.")
    def administration(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id or slug.")],  # noqa: A002
    ) -> Administration | None:
        """Find an administration."""
        return Administration.of(info.context, info.context.slug(id))


def _criteria(text: str | None, where: ContactFilter | None, order: list[ContactOrder] | None) -> Criteria:
    search = search_of(text or "")
    return Criteria(condition_of(where), search, ordered_by(order, search))


def _books(context: Context, wanted: list[strawberry.ID] | None) -> tuple[str, ...]:
    if wanted is None:
        return tuple(each.slug for each in context.visible())
    return tuple(dict.fromkeys(context.slug(each) for each in wanted))


async def _row(info: Info, slug: str, remote: str, max_age: int | None, *, details: bool) -> Row:
    question = ContactQuestion(slug, remote, info.context.age(max_age), details)
    held = await info.context.loaders.contact.load(question)
    return Row(held, problem=held.stale_because)


async def _contact(info: Info, slug: str, remote: str, max_age: int | None) -> Contact:
    listed = info.context.backend(slug).contacts.listed
    details = not covers(listed, selected(info, ()))
    return Contact.of(await _row(info, slug, remote, max_age, details=details))


async def _holders(context: Context, slug: str, number: str) -> dict[ContactKey, Held[ContactModel] | None]:
    """Return who holds a customer number: by the book where it is at hand, else by a look-up.

    A look-up brings the contacts themselves; the book tells only who they are.
    """
    if not number:
        return {}
    age = context.age(None)
    if not context.directory.books[slug].young(age):
        found = await context.loaders.by_customer_number(slug, number)
        if found is not None:
            return {each.key: Held(each, found.fetched_at, found.stale_because) for each in found.value}
        await context.directory.settle([slug], age, context.deadline)
    holders = await context.directory.holders(slug, number)
    if holders is None:
        raise context.directory.source(slug).problem or NotFound("There is no such contact.")
    return dict.fromkeys(holders)


def _only_one(holders: Iterable[ContactKey]) -> ContactKey:
    keys = sorted(holders)
    if not keys:
        raise NotFound("No contact has this customer number.")
    if len(keys) > 1:
        raise Ambiguous(
            f"{len(keys)} contacts have this customer number.",
            candidates=tuple(contact_id(key.administration, key.remote) for key in keys),
        )
    return keys[0]


async def _node_by_text(info: Info, text: str) -> Node:
    return await _node(info, parse(text))


async def _node(info: Info, wanted: GlobalId) -> Node:
    slug = wanted.administration
    if wanted.type == "Administration":
        return Administration.of(info.context, slug)
    remote = wanted.parts[1]
    if wanted.type == "Contact":
        return await _contact(info, slug, remote, None)
    info.context.backend(slug)
    owner = Contact.of(await _row(info, slug, remote, None, details=True))
    return await _part(info, owner, wanted.type, wanted.parts[2])


async def _part(info: Info, owner: Contact, type_name: str, key: str) -> Node:
    model = owner.model
    if type_name == "ContactPerson":
        person = next((each for each in model.persons or () if each.key == key), None)
        found: Node | None = ContactPerson.from_domain(person, owner) if person else None
    elif type_name == "Note":
        note = next((each for each in model.notes or () if each.key == key), None)
        found = Note.from_domain(note, owner) if note else None
    else:
        question = ChargesQuestion(model.key.administration, model.key.remote, include_billed=True)
        charges = await info.context.loaders.charges.load(question)
        charge = next((each for each in charges if each.remote_id == key), None)
        found = Charge.from_domain(charge, model.key, owner) if charge else None
    if found is None:
        raise NotFound(f"There is no such {type_name}.")
    return found

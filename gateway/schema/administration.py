"""A connected book and what it is worth at the moment."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.auth import Scope
from gateway.directory import Source as SourceView
from gateway.directory.fields import FILTERABLE
from gateway.directory.order import SORTABLE
from gateway.domain import administration as domain
from gateway.domain.administration import CAPABILITIES, ChoiceKind, FieldRule, SourceState
from gateway.domain.identity import GlobalId
from gateway.schema.context import Context, Info
from gateway.schema.enums import System
from gateway.schema.node import Node
from gateway.schema.paths import ALWAYS_KNOWN
from gateway.schema.problem import Problem


@strawberry.type(description="What a viewer may ask for.")
class Viewer:
    """The caller, as the caller sees it."""

    name: str | None = strawberry.field(
        description="Name of the key or token; null without configured keys: then everyone here may ask."
    )
    scopes: list[str] = strawberry.field(
        description="Rights: contacts:read, contacts:write (implies read), contacts:raw, admin (all of them)."
    )


@strawberry.type(
    description="Something that can be done with an administration's contacts, or the reason why not."
)
class Capability:
    """One of the names in `CAPABILITIES`."""

    name: str = strawberry.field(description='What can be done: "charges.read".')
    supported: bool = strawberry.field(description="Whether it can be done here.")
    reason: str | None = strawberry.field(description="Why it cannot; null where it can.")


@strawberry.type(description="What can be done with one field of a contact in this administration.")
class FieldCapability:
    """A FieldRule as the client sees it."""

    path: str = strawberry.field(description='Path in Contact or ContactFields: "address.postalCode".')
    readable: bool = strawberry.field(description="Whether the system tells it.")
    writable: bool = strawberry.field(description="Whether it can be set.")
    clearable: bool = strawberry.field(description="Whether it can be made empty.")
    filterable: bool = strawberry.field(description="Whether lists can be filtered by it.")
    sortable: bool = strawberry.field(description="Whether lists can be ordered by it.")
    choices: ChoiceKind | None = strawberry.field(
        description="The list that its values come from; null where any value is good."
    )
    note: str | None = strawberry.field(description="What one must know; null when nothing.")

    @classmethod
    def from_domain(cls, rule: FieldRule) -> FieldCapability:
        """Show a rule."""
        return cls(
            path=rule.path,
            readable=rule.readable,
            writable=rule.writable,
            clearable=rule.clearable,
            filterable=rule.path in FILTERABLE and (rule.readable or rule.path in ALWAYS_KNOWN),
            sortable=rule.readable and rule.path in SORTABLE,
            choices=rule.choices,
            note=rule.note,
        )


@strawberry.type(description="One entry of a system's own list.")
class Choice:
    """A value and its name."""

    value: strawberry.ID = strawberry.field(
        description="What a contact's field holds. Unique only within its list: not a cache key."
    )
    name: str = strawberry.field(description="What people call it.")
    is_default: bool = strawberry.field(description="Whether the system takes it when nothing is chosen.")


@strawberry.type(description="Calls that a system still takes, as far as it tells.")
class Quota:
    """A Quota of the domain."""

    limit: int | None = strawberry.field(description="Calls in a window; null when not told.")
    remaining: int | None = strawberry.field(description="Calls left in the window; null when not told.")
    resets_at: datetime | None = strawberry.field(description="When the window ends; null when not told.")


@strawberry.type(
    description="What an answer is worth for one administration: how old, how complete, and why."
)
class SourceStatus:
    """A Source of the directory."""

    view: strawberry.Private[SourceView]
    state: SourceState = strawberry.field(description="What the answer is worth.")
    fetched_at: datetime | None = strawberry.field(
        description="When the contacts were last confirmed with the system; null while nothing is held."
    )
    contact_count: int | None = strawberry.field(
        description="Contacts in the book, archived ones included; null while not known."
    )
    detailed_count: int | None = strawberry.field(
        description="Of these, known in full: lists of Acumulus are thin. Null while not known."
    )
    match_count: int | None = strawberry.field(
        description="Of these, in this list over all its pages; null outside of lists and while not known."
    )
    details_fetched_at: datetime | None = strawberry.field(
        description="When the oldest details were read that this answer used beyond the list; null when none."
    )
    not_filterable: list[str] = strawberry.field(
        description="Paths in this list's filter or order that the system cannot tell."
    )
    problem: Problem | None = strawberry.field(
        description="Why the last attempt failed, or what is lacking; null when all is well."
    )

    @strawberry.field(description="The administration that this speaks of.")
    def administration(
        self, info: Info
    ) -> Annotated[Administration, strawberry.lazy("gateway.schema.administration")]:
        """Return the administration."""
        return Administration.of(info.context, self.view.administration)

    @strawberry.field(description="Calls left with the system; null when it tells nothing of them.")
    def quota(self, info: Info) -> Quota | None:
        """Return what is left of the ration."""
        quota = info.context.backend(self.view.administration).quota()
        if quota is None:
            return None
        return Quota(limit=quota.limit, remaining=quota.remaining, resets_at=quota.resets_at)

    @classmethod
    def from_view(cls, view: SourceView) -> SourceStatus:
        """Show what the directory says of a source."""
        return cls(
            view=view,
            state=view.state,
            fetched_at=view.fetched_at,
            contact_count=view.contact_count,
            detailed_count=view.detailed_count,
            match_count=view.match_count,
            details_fetched_at=view.details_fetched_at,
            not_filterable=list(view.not_filterable),
            problem=Problem.from_domain(view.problem) if view.problem else None,
        )


@strawberry.type(description="One connected book of a bookkeeping system.")
class Administration(Node):
    """An administration that exists for the viewer."""

    model: strawberry.Private[domain.Administration]
    slug: str = strawberry.field(
        description="The short name from the configuration; good wherever an administration's id is asked."
    )
    title: str = strawberry.field(description="What people call it.")
    system: System = strawberry.field(description="The system that keeps it.")
    remote_id: strawberry.ID = strawberry.field(description="What the system calls it.")

    @classmethod
    def of(cls, context: Context, slug: str) -> Administration:
        """Return the administration of a slug.

        Raises:
            NotFound: it does not exist for the viewer.
        """
        return cls.from_domain(context.backend(slug).administration)

    @classmethod
    def from_domain(cls, model: domain.Administration) -> Administration:
        """Show an administration."""
        return cls(
            id=strawberry.ID(str(GlobalId("Administration", (model.slug,)))),
            model=model,
            slug=model.slug,
            title=model.title,
            system=model.system,  # type: ignore[arg-type]
            remote_id=strawberry.ID(model.remote_id),
        )

    @strawberry.field(description="Currency of the book, ISO 4217; null where the system does not tell.")
    async def currency(self, info: Info) -> str | None:
        """Ask the system once in a while."""
        return (await info.context.loaders.facts(self.slug)).currency

    @strawberry.field(
        description="Country of the book, ISO 3166-1 alpha-2; null where the system does not tell."
    )
    async def country(self, info: Info) -> str | None:
        """Ask the system once in a while."""
        return (await info.context.loaders.facts(self.slug)).country

    @strawberry.field(
        description='Time zone of the book: "Europe/Amsterdam"; null where the system does not tell.'
    )
    async def time_zone(self, info: Info) -> str | None:
        """Ask the system once in a while."""
        return (await info.context.loaders.facts(self.slug)).time_zone

    @strawberry.field(
        description="Whether this viewer may change contacts here: a right, and no read-only administration. "
        "What the system can do stands in capabilities."
    )
    def can_write(self, info: Info) -> bool:
        """Whether rights and configuration both allow it."""
        return info.context.viewer.may(Scope.WRITE) and not self.model.read_only

    @strawberry.field(
        description="Everything that could be done with contacts, and whether it can be done here."
    )
    def capabilities(self, info: Info) -> list[Capability]:
        """List every capability in the order of the domain."""
        reasons = info.context.backend(self.slug).unsupported
        return [
            Capability(name=name, supported=name not in reasons, reason=reasons.get(name))
            for name in CAPABILITIES
        ]

    @strawberry.field(description="Every field that a contact could have here, and what can be done with it.")
    def fields(self, info: Info) -> list[FieldCapability]:
        """List the system's field rules."""
        return [FieldCapability.from_domain(rule) for rule in info.context.backend(self.slug).fields]

    @strawberry.field(
        description="A list that fields here take their values from; null where the system has no such list."
    )
    async def choices(
        self,
        info: Info,
        kind: Annotated[ChoiceKind, strawberry.argument(description="Which list.")],
    ) -> list[Choice] | None:
        """Ask the system once in a while."""
        choices = await info.context.loaders.choices(self.slug, kind)
        if choices is None:
            return None
        return [
            Choice(value=strawberry.ID(each.value), name=each.name, is_default=each.is_default)
            for each in choices
        ]

    @strawberry.field(description="What is held of this administration at the moment; asks nobody.")
    def status(self, info: Info) -> SourceStatus:
        """Say what the directory holds."""
        return SourceStatus.from_view(info.context.directory.source(self.slug))

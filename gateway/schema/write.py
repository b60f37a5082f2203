"""Carrying out a mutation: whatever happens becomes a result, for nothing breaks on purpose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from strawberry.utils.str_converters import to_snake_case as python_name

from gateway.domain.contact import ContactKey
from gateway.domain.errors import GatewayError
from gateway.domain.faults import Fault, FaultCode, Outcome
from gateway.schema.context import Context, Info, parse_id
from gateway.schema.inputs import wish_of
from gateway.schema.user_error import Place
from gateway.services import Services
from gateway.services.result import Caller, Result, Wish, faults_from, refused
from gateway.services.writing import lacks_right
from gateway.telemetry import log, shape

Target = TypeVar("Target")

Part = tuple[ContactKey, str]
"""A contact's key, and that of a person or note of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutation that is to be carried out.

    Attributes:
        info: Of its field.
        source: Its input.
        place: How that is built.
    """

    info: Info
    source: Any
    place: Place

    @property
    def context(self) -> Context:
        """Of the request."""
        return self.info.context

    @property
    def services(self) -> Services:
        """What carries writes out."""
        return self.context.services

    @property
    def caller(self) -> Caller:
        """Who writes."""
        return Caller(self.context.viewer, self.context.deadline)

    @property
    def wish(self) -> Wish:
        """What was said besides the values."""
        return wish_of(self.source)

    def administration(self) -> str:
        """Read the id or slug of the administration; raises as `Context.slug`."""
        return self.context.slug(self._identity)

    def contact(self) -> ContactKey:
        """Read the contact's id.

        Raises:
            BadInput: it is malformed, or the id of something else.
            NotFound: its administration is not there for the viewer.
        """
        slug, remote = parse_id(self._identity, "Contact").parts
        self.context.backend(slug)
        return ContactKey(slug, remote)

    def part(self, type_name: str) -> Part:
        """Read the id of a person or a note; raises as `contact` does."""
        slug, remote, key = parse_id(self._identity, type_name).parts
        self.context.backend(slug)
        return ContactKey(slug, remote), key

    async def carried_out(
        self, target: Callable[[], Target], write: Callable[[Target], Awaitable[Result]]
    ) -> Result:
        """Return how the write ended; raises nothing.

        Args:
            target: Reads what is written to.
            write: Hands it over to a service.
        """
        if fault := lacks_right(self.caller):
            return refused(fault)
        try:
            found = target()
        except GatewayError as error:
            return refused(*faults_from(error, self.place.identity))
        try:
            return await write(found)
        except Exception as error:  # noqa: BLE001 - a mutation answers in its payload, also of our own faults
            log().error("mutation_failed", mutation=self.info.field_name, **shape(error))
            return self._unforeseen()
        finally:
            # What this request has read may be another thing now.
            self.context.loaders.forget()

    @property
    def _identity(self) -> str:
        return str(getattr(self.source, python_name(self.place.identity)))

    def _unforeseen(self) -> Result:
        """Return what is known when a service broke off: unless it only tried, not even what was written."""
        outcome = Outcome.REFUSED if self.wish.dry_run else Outcome.UNKNOWN
        words = "Nothing was written." if self.wish.dry_run else "Whether anything was written is not known."
        message = f"Something went wrong in the gateway. {words} The request id finds it in the log."
        return Result(outcome, faults=(Fault(FaultCode.INTERNAL, message),))

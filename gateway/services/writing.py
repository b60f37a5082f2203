"""The way of every write: from a plan, over the journal, to what really happened.

Until a write is noted in the journal it may be given up: at the deadline, or when its client goes
away. From then on it goes its way to the end, is sent once, and what its answer does not tell is
found out by reading.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from gateway.auth import Scope
from gateway.cache import Held, guarded
from gateway.domain.changes import FieldChange
from gateway.domain.contact import Contact, ContactKey
from gateway.domain.errors import BackendError, GatewayError
from gateway.domain.faults import Fault, FaultCode, Outcome
from gateway.flight import Urgency, urgent
from gateway.ports import Backend, Intent, Plan, Settled, Store, Trace, Written
from gateway.services.remembering import key_digest, result_of, settled_as
from gateway.services.result import Caller, Result, Wish, faults_from, refused
from gateway.telemetry import CacheState, Cause, Instruments, because, holding, log, request_id, shape

T = TypeVar("T")

LAST_LOOK = 2.0
"""Seconds beyond the deadline in which it is still found out how a write went."""

NOT_NOTED = "The write could not be noted in the journal, or locked for all workers: nothing was sent."
NO_ANSWER = "Nobody knows whether this was written: {why} Look at the record before you repeat it."
GOES_ON = "the time for this operation was over while it was being written, and it goes on."
ASKED_BEFORE = "the same write may be under way since it was asked for before."
LOST = "its answer was lost."
FAILED = "the gateway failed while it was being written."
TOO_LATE = Fault(
    FaultCode.DEADLINE_EXCEEDED,
    "The time for this operation was over before anything was written.",
    retryable=True,
)
BROKEN = "The gateway failed to write this. The request id finds it in the log."


class Shown(Protocol):
    """What reads are answered from, as far as writes concern it."""

    async def current(self, key: ContactKey) -> Held[Contact] | None:
        """Return a contact as it is shown; None where that is not known, or where there is none."""

    async def keep(self, key: ContactKey, before: Contact | None, after: Contact | None) -> None:
        """Show a contact as it is after a write, None for one that is gone; drop whatever is older."""

    async def doubt(self, administration: str, contact: str | None, numbers: Sequence[str]) -> None:
        """Answer nothing of what may have been written without asking the system."""


@dataclass(frozen=True, slots=True)
class Order:
    """One write that is asked for.

    Attributes:
        mutation: The field of the schema.
        administration: Whose contact.
        plan: Works it out, by reading alone.
        contact: The system's own id; None for a new contact.
        fields: Paths that are set.
        input: A digest of what is asked.
        subject: Where the input names what is written ("id").
        ends: Whether it is the contact itself that is gone when the outcome is DELETED.
        numbers: Customer numbers that are set.
        rules: What a system's own rules say once the contact was read.
    """

    mutation: str
    administration: str
    plan: Callable[[], Awaitable[Plan]]
    contact: str | None = None
    fields: tuple[str, ...] = ()
    input: str = ""
    subject: tuple[str, ...] = ()
    ends: bool = False
    numbers: tuple[str, ...] = ()
    rules: Callable[[Contact | None], tuple[Fault, ...]] = lambda before: ()  # noqa: ARG005


@dataclass(slots=True)
class Progress:
    """How far a write is.

    Attributes:
        plan: There from the moment that it cannot be given up any more, and so is `trace`.
        trace: What it can be looked for by.
        late: What is true of it when it is given up; None: nothing was written.
    """

    plan: Plan | None = None
    trace: Trace | None = None
    late: Result | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Carries writes out.

    Attributes:
        backends: By slug.
        store: Locks and the journal.
        shown: What reads are answered from.
        now: The present moment, UTC.
        instruments: Count how writes end.
    """

    backends: Mapping[str, Backend]
    store: Store
    shown: Shown
    now: Callable[[], datetime]
    instruments: Instruments = field(default_factory=Instruments)
    _running: set[asyncio.Task[Result]] = field(default_factory=set)

    async def write(self, caller: Caller, order: Order, wish: Wish) -> Result:
        """Carry a write out, or say why not; raises nothing but that the caller went away."""
        progress = Progress()
        if _key(order, wish):
            progress.late = self._unknown(order, (), ASKED_BEFORE)
        if not caller.deadline.left():
            return progress.late or refused(TOO_LATE)
        task = asyncio.create_task(self._guarded(caller, order, wish, progress))
        self._running.add(task)
        task.add_done_callback(partial(self._ended, order))
        try:
            done, _ = await asyncio.wait({task}, timeout=caller.deadline.left())
        except asyncio.CancelledError:
            if progress.plan is None:
                task.cancel()
            raise
        if done:
            return task.result()
        if progress.plan is None or progress.trace is None:
            task.cancel()
            return progress.late or refused(TOO_LATE)
        return await self._overtaken(order, progress.plan, progress.trace, task)

    async def close(self) -> None:
        """Wait for the writes under way: what has begun is not given up."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _guarded(self, caller: Caller, order: Order, wish: Wish, progress: Progress) -> Result:
        slug = order.administration
        try:
            with because(Cause.WRITE), holding(CacheState.BYPASSED), urgent(Urgency.WRITE):
                return await self._locked(caller, order, wish, progress)
        except GatewayError as error:
            return refused(*faults_from(error, *order.subject), administration=slug)
        except Exception as error:  # noqa: BLE001 - a mutation never breaks, whatever happens in it
            log().error("write_broken", administration=slug, mutation=order.mutation, **shape(error))
            if progress.plan is None:
                return progress.late or refused(Fault(FaultCode.INTERNAL, BROKEN), administration=slug)
            await self._show(order, progress.plan, None)
            return self._unknown(order, progress.plan.changes, FAILED)

    async def _locked(self, caller: Caller, order: Order, wish: Wish, progress: Progress) -> Result:
        """Hold the contact, and the idempotency key: whoever comes with it waits for its first result."""
        slug, key = order.administration, _key(order, wish)
        async with AsyncExitStack() as held:
            if key:
                await self._held(held, order, f"key:{slug}:{key}")
            if order.contact is not None:
                await self._held(held, order, f"contact:{slug}:{order.contact}")
            if key and (earlier := await self._noted(self.store.journal.find(slug, key), order)):
                return await self._again(order, *earlier, progress)
            progress.late = None
            return await self._planned(caller, order, wish, progress, key)

    async def _planned(
        self, caller: Caller, order: Order, wish: Wish, progress: Progress, key: str | None
    ) -> Result:
        """Work a write out, and send it where nothing speaks against it."""
        plan = await guarded(order.plan(), order.administration)
        faults = (*plan.faults, *order.rules(plan.before))
        if wish.if_version is not None and wish.if_version != plan.version:
            words = "The record is not in that version any more; it is as shown."
            faults = (Fault(FaultCode.CONFLICT, words, field=("ifVersion",)), *faults)
        found = self._refused(order, plan, tuple(dict.fromkeys(faults)))
        if faults:
            return found
        if plan.nothing is not None and not plan.changes:
            return replace(found, outcome=Outcome.DRY_RUN if wish.dry_run else plan.nothing)
        if wish.dry_run:
            return await self._tried(plan, found)
        return await self._sent(caller, order, plan, progress, key)

    async def _tried(self, plan: Plan, found: Result) -> Result:
        """Say what would be written, and what the system itself says of it."""
        said = await plan.check()
        faults = tuple(each for each in said if isinstance(each, Fault))
        notices = (*plan.notices, *(each for each in said if not isinstance(each, Fault)))
        outcome = Outcome.REFUSED if faults else Outcome.DRY_RUN
        return replace(found, outcome=outcome, faults=faults, notices=notices, requests=plan.requests)

    async def _sent(
        self, caller: Caller, order: Order, plan: Plan, progress: Progress, key: str | None
    ) -> Result:
        intent = self._intent(caller, order, plan, key)
        progress.plan, progress.trace = plan, Trace(intent.at, intent.known)
        if earlier := await self._noted(self.store.journal.intend(intent), order):
            return await self._again(order, *earlier, progress)
        try:
            written = await guarded(plan.send(), order.administration)
        except GatewayError as error:
            found = await self._found_out(order, plan, progress.trace, error)
            if found is None:
                return await self._failed(order, plan, intent, error)
            written = found
        return await self._done(order, plan, intent, written)

    def _intent(self, caller: Caller, order: Order, plan: Plan, key: str | None) -> Intent:
        return Intent(
            id=uuid.uuid4().hex,
            at=self.now(),
            administration=order.administration,
            mutation=order.mutation,
            contact=order.contact,
            fields=order.fields,
            actor=caller.viewer.name,
            request_id=request_id() or None,
            key=key,
            input=order.input,
            known=plan.known,
        )

    async def _done(self, order: Order, plan: Plan, intent: Intent, written: Written) -> Result:
        """Take over what a write left behind: into the journal, and into what is shown."""
        result = self._result(order, plan, written)
        contact = written.contact.key.remote if written.contact else order.contact
        await self._settle(order, intent, result, contact)
        await self._show(order, plan, written)
        return result

    async def _show(self, order: Order, plan: Plan, written: Written | None) -> None:
        """Let reads tell of a write; None: of one of which nobody knows."""
        slug, after = order.administration, written.contact if written else None
        if after:
            await self.shown.keep(after.key, plan.before, after)
        elif written and written.outcome is Outcome.DELETED and order.ends and order.contact:
            await self.shown.keep(ContactKey(slug, order.contact), plan.before, None)
        else:
            await self.shown.doubt(slug, order.contact, _numbers(order, plan.before))

    async def _failed(self, order: Order, plan: Plan, intent: Intent, error: GatewayError) -> Result:
        """Say that nothing was written, or that nobody knows."""
        if not _may_have_landed(error):
            result = self._refused(order, plan, faults_from(error, *order.subject))
            await self._settle(order, intent, result, order.contact)
            return result
        result = self._unknown(order, plan.changes, error.message)
        await self._settle(order, intent, result, order.contact)
        await self._show(order, plan, None)
        return result

    async def _found_out(self, order: Order, plan: Plan, trace: Trace, error: GatewayError) -> Written | None:
        """Find out by reading whether a write happened; None: it did not, or that cannot be known."""
        if not _may_have_landed(error):
            return None
        try:
            return await guarded(plan.look(trace), order.administration)
        except GatewayError:
            return None

    async def _again(
        self, order: Order, intent: Intent, settled: Settled | None, progress: Progress
    ) -> Result:
        """Return the first result of a write that is asked for once more; nothing is sent."""
        slug, trace = order.administration, Trace(intent.at, intent.known)
        progress.plan = progress.trace = None
        if intent.input != order.input:
            words = "Another input was sent under this idempotency key within the last 24 hours."
            fault = Fault(FaultCode.IDEMPOTENCY_KEY_REUSED, words, field=("idempotencyKey",))
            return refused(fault, administration=slug)
        if settled and settled.outcome != Outcome.UNKNOWN:
            progress.late = result_of(settled, slug)
            shown = await self.shown.current(ContactKey(slug, settled.contact)) if settled.contact else None
            return replace(progress.late, contact=shown)
        progress.late = self._unknown(order, (), LOST)
        try:
            plan = await guarded(order.plan(), slug)
            written = await guarded(plan.look(trace), slug)
        except GatewayError:
            # That it cannot be looked into now does not make it refused.
            return progress.late
        if written is None:
            return self._unknown(order, plan.changes, LOST)
        progress.plan, progress.trace = plan, trace
        return await self._done(order, plan, intent, written)

    async def _overtaken(self, order: Order, plan: Plan, trace: Trace, task: asyncio.Task[Result]) -> Result:
        """Answer for a write that goes on beyond the deadline, after one look at the record."""
        try:
            async with asyncio.timeout(LAST_LOOK):
                written = await guarded(plan.look(trace), order.administration)
        except (TimeoutError, GatewayError):
            written = None
        if task.done():
            return task.result()
        # The contact is still held by the write, so that nothing newer can be shown yet.
        await self._show(order, plan, written)
        return self._result(order, plan, written) if written else self._unknown(order, plan.changes, GOES_ON)

    def _result(self, order: Order, plan: Plan, written: Written) -> Result:
        return Result(
            written.outcome,
            order.administration,
            Held(written.contact, self.now()) if written.contact else None,
            part=written.part,
            charge=written.charge,
            link=written.link,
            changes=plan.changes,
            notices=(*plan.notices, *written.notices),
        )

    def _refused(self, order: Order, plan: Plan, faults: tuple[Fault, ...]) -> Result:
        current = Held(plan.before, self.now()) if plan.before else None
        found = refused(*faults, administration=order.administration, contact=current)
        return replace(found, changes=plan.changes, notices=plan.notices)

    def _unknown(self, order: Order, changes: tuple[FieldChange, ...], why: str) -> Result:
        fault = Fault(FaultCode.OUTCOME_UNKNOWN, NO_ANSWER.format(why=why), field=order.subject)
        return Result(Outcome.UNKNOWN, order.administration, changes=changes, faults=(fault,))

    async def _settle(self, order: Order, intent: Intent, result: Result, contact: str | None) -> None:
        settled = settled_as(intent.id, self.now(), result, contact)
        # What was written is written; that its end could not be noted must not hide it.
        with suppress(GatewayError):
            await self._noted(self.store.journal.settle(order.administration, settled), order)

    async def _held(self, held: AsyncExitStack, order: Order, name: str) -> None:
        await self._noted(held.enter_async_context(self.store.lock(name)), order)

    async def _noted(self, answer: Awaitable[T], order: Order) -> T:
        try:
            return await answer
        except OSError as error:
            self.instruments.meters.journal.labels(order.administration).inc()
            log().error("journal_failed", administration=order.administration, **shape(error))
            raise GatewayError(NOT_NOTED, retryable=True) from error

    def _ended(self, order: Order, done: asyncio.Task[Result]) -> None:
        self._running.discard(done)
        outcome = "cancelled" if done.cancelled() else done.result().outcome
        self.instruments.meters.writes.labels(order.administration, order.mutation, outcome).inc()


def _key(order: Order, wish: Wish) -> str | None:
    """Return the digest of the idempotency key; None where there is none, or where nothing is written."""
    if wish.idempotency_key is None or wish.dry_run:
        return None
    return key_digest(order.mutation, wish.idempotency_key)


def _may_have_landed(error: GatewayError) -> bool:
    return isinstance(error, BackendError) and error.may_have_landed


def _numbers(order: Order, before: Contact | None) -> tuple[str, ...]:
    """Return the customer numbers whose holder may be another one now."""
    held = (before.customer_number,) if before and before.customer_number else ()
    return (*order.numbers, *held)


def lacks_right(caller: Caller) -> Fault | None:
    """Return that somebody may write nowhere; None: they may somewhere."""
    if caller.viewer.may(Scope.WRITE):
        return None
    return Fault(FaultCode.FORBIDDEN, f"This needs the scope {Scope.WRITE}.")


def may_write(
    backends: Mapping[str, Backend], caller: Caller, administration: str, subject: tuple[str, ...]
) -> Fault | None:
    """Return why somebody may not write to an administration; None: they may.

    Args:
        backends: By slug.
        caller: Who wants to.
        administration: The slug.
        subject: Where the input names what is written.
    """
    backend = backends.get(administration)
    if backend is None or not caller.viewer.sees(administration):
        return Fault(FaultCode.NOT_FOUND, "There is no such thing.", field=subject)
    if fault := lacks_right(caller):
        return fault
    if backend.administration.read_only:
        return Fault(FaultCode.FORBIDDEN, "This administration is read-only.")
    return None

"""Changing a contact: read, merge, prove, write, read again, compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.backends.acumulus import mapping, wire
from gateway.backends.acumulus.adapter.desk import Desk, Reading, search_text
from gateway.backends.acumulus.mapping import inputs
from gateway.backends.acumulus.merge import Merged, holds, merge, verify
from gateway.backends.acumulus.merge.nodes import BY_PATH, NODES
from gateway.backends.acumulus.protocol.submission import Receipt, Submission
from gateway.domain.changes import FieldChange, Value, held, same
from gateway.domain.errors import BackendError, BadUpstreamAnswer, NotFound, RejectedBySystem
from gateway.domain.faults import Fault, FaultCode, Notice, NoticeCode, Outcome
from gateway.ports import Plan, Trace, Written
from gateway.telemetry import log


@dataclass(frozen=True, slots=True)
class Aim:
    """What an update is for.

    Attributes:
        values: By path, as in `domain.changes`; the status among them.
        accept: Paths that may be cleared, or set to their default, with it.
        done: The outcome once it is stored.
        nothing: The outcome when that is stored already.
    """

    values: Mapping[str, Value]
    accept: frozenset[str]
    done: Outcome = Outcome.UPDATED
    nothing: Outcome = Outcome.UNCHANGED


async def plan(desk: Desk, key: str, aim: Aim) -> Plan:
    """Read a contact for this update alone, and work it out.

    Raises:
        NotFound: there is no such contact.
        BackendError: it could not be read.
    """
    before = await desk.read(key) if mapping.is_key(key) else None
    if before is None:
        raise NotFound("There is no such contact.")
    wanted = inputs.texts(aim.values)
    merged = merge(before.details, before.row, wanted, aim.accept)
    sent = desk.submission(merged.nodes, inputs.given(aim.values), key=key)
    return Update(desk, key, aim, before, wanted, merged, sent).plan()


@dataclass(frozen=True, slots=True)
class Update:
    """One update of one contact, worked out on what was read of it."""

    desk: Desk
    key: str
    aim: Aim
    before: Reading
    wanted: Mapping[str, str]
    merged: Merged
    sent: Submission

    def plan(self) -> Plan:
        """Return the plan; where nothing moves nothing is sent, so that nothing can be lost either."""
        moves = bool(self.merged.moves)
        faults = inputs.faults(self.aim.values, self.before.contact)
        return Plan(
            send=self.send,
            look=self.look,
            before=self.before.contact,
            version=self.before.contact.version,
            changes=self._changes(),
            faults=(*faults, *self.merged.refused) if moves else faults,
            notices=self.merged.notices if moves else (),
            requests=(self.sent.request(),) if moves else (),
            nothing=None if moves else self.aim.nothing,
            check=self._check,
        )

    def _changes(self) -> tuple[FieldChange, ...]:
        """Return what changes: also what sets a value that could not be read, whatever that is."""
        return tuple(
            FieldChange(path, held(self.before.contact, path), value)
            for path, value in self.aim.values.items()
            if path in BY_PATH and BY_PATH[path].name in self.merged.moves
            # The flag of a mandate may stay as it is while the reference that it stands for changes.
            if path != inputs.ACTIVE or not same(path, bool(held(self.before.contact, path)), value)
        )

    async def _check(self) -> tuple[Fault | Notice, ...]:
        return await self.desk.test(self.sent)

    async def send(self) -> Written:
        """Write, read again and compare.

        Raises:
            RejectedBySystem: Acumulus refused it, or took it and kept everything as it was.
            BackendError: whether it was carried out is not known, unless the error says that it was not.
        """
        receipt = await self.desk.send(self.sent)
        if receipt.key and receipt.key.lstrip("0") != self.key.lstrip("0"):
            return await self._elsewhere(receipt)
        try:
            after = await self._read_again(self.key)
        except BackendError as error:
            after = None
            failure: BackendError | None = error
        else:
            failure = None
        if after is None:
            if receipt.proc != wire.UPDATED:
                raise BadUpstreamAnswer("Acumulus did not say that it stored the update.") from failure
            return Written(self.aim.done, notices=(*receipt.notices, _NOT_READ_AGAIN))
        return self._written(after, receipt.notices)

    async def look(self, trace: Trace) -> Written | None:  # noqa: ARG002
        """Read the contact; the update is proven once all that it sets is read, and is as it was set."""
        after = await self._read_again(self.key)
        if after is None or not self.wanted:
            return None
        stored = after.stored
        if not all(holds(stored, name, text) for name, text in self.wanted.items()):
            return None
        return self._written(after, ())

    async def _read_again(self, key: str) -> Reading | None:
        return await self.desk.read_again(key, search_text({**self.before.details, **self.wanted}))

    def _written(self, after: Reading, told: tuple[Notice, ...]) -> Written:
        notices = self._differences(after)
        moved = tuple(each for each in notices if each.code is NoticeCode.VALUE_MOVED)
        kept = tuple(each for each in notices if each.code is NoticeCode.VALUE_KEPT)
        if kept and len(kept) == len(self.merged.moves) and not moved and not self.merged.notices:
            words = "Acumulus took this without an objection, and kept the value that was there before."
            faults = tuple(Fault(FaultCode.REJECTED_BY_SYSTEM, words, each.path) for each in kept)
            raise RejectedBySystem("Acumulus stored nothing of it.", faults=faults, system=wire.NAME)
        if self.aim.done is not Outcome.UPDATED and any(each.path == "status" for each in kept):
            raise BadUpstreamAnswer("Acumulus changed the contact, but not its status.")
        if moved:
            log().error(
                "value_moved",
                system=wire.NAME,
                administration=self.desk.slug,
                fields=[each.path for each in moved],
            )
        unread = () if after.whole else (_NOT_READ_AGAIN,)
        return Written(self.aim.done, after.contact, notices=verify.once((*told, *notices, *unread)))

    def _differences(self, after: Reading) -> tuple[Notice, ...]:
        before, now = self.before.stored, after.stored
        left_alone = [
            node
            for node in NODES
            if node.name not in self.wanted and self.aim.accept.isdisjoint((node.path, *node.also))
        ]
        wanted = {name: text for name, text in self.wanted.items() if name in self.merged.moves}
        return (
            *verify.of_wanted(before, now, wanted, self.sent.own),
            *verify.of_others(before, now, left_alone),
        )

    async def _elsewhere(self, receipt: Receipt) -> Written:
        """Tell that Acumulus made a contact out of an update: the one to be changed was gone by then.

        What becomes of a write to an unknown contactid no page of Acumulus tells.
        """
        if self.aim.done is not Outcome.UPDATED:
            raise BadUpstreamAnswer("Acumulus wrote to another contact than the one that was named.")
        words = f"The contact was gone, and Acumulus made another one of what was sent: {receipt.key}."
        notice = Notice(NoticeCode.SYSTEM_WARNING, words)
        try:
            after = await self._read_again(receipt.key) if mapping.is_key(receipt.key) else None
        except BackendError:
            after = None
        notices = (notice, *receipt.notices)
        if after is None:
            return Written(Outcome.CREATED, notices=(*notices, _NOT_READ_AGAIN))
        return Written(Outcome.CREATED, after.contact, notices=notices)


_NOT_READ_AGAIN = Notice(NoticeCode.NOT_VERIFIED, verify.NOT_READ_AGAIN)

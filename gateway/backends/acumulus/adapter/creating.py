"""Making a contact: write it, read it, and find it again when the answer was lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.backends.acumulus import mapping, wire
from gateway.backends.acumulus.adapter.desk import Desk, Reading, search_text
from gateway.backends.acumulus.mapping import inputs
from gateway.backends.acumulus.merge import verify
from gateway.backends.acumulus.merge.nodes import NODES, meaning
from gateway.backends.acumulus.protocol.submission import Submission
from gateway.domain.changes import Value, changed
from gateway.domain.errors import BackendError, BadUpstreamAnswer
from gateway.domain.faults import Fault, Notice, NoticeCode, Outcome
from gateway.ports import Plan, Trace, Written

_ACTIVE = "1"


class Claims:
    """Which new contacts are whose: two lost answers must not be explained by one contact.

    Knows the creates of this process only; other writers are told apart by what they wrote.
    """

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._sending: dict[object, Mapping[str, str]] = {}

    @contextmanager
    def sending(self, mark: object, nodes: Mapping[str, str]) -> Iterator[None]:
        """Note that a contact is being made, until its answer is there or lost; `mark` tells the write."""
        self._sending[mark] = nodes
        try:
            yield
        finally:
            del self._sending[mark]

    def taken(self, key: str) -> bool:
        """Whether a contact is known to be another create's."""
        return key in self._keys

    def take(self, key: str) -> None:
        """Note whose a contact is: the caller's."""
        self._keys.add(key)

    def undecided(self, mark: object, nodes: Mapping[str, str]) -> bool:
        """Whether another write makes an equal contact right now, so that a new one may be that."""
        return any(other is not mark and sent == nodes for other, sent in self._sending.items())


async def plan(desk: Desk, claims: Claims, values: Mapping[str, Value]) -> Plan:
    """Work out a new contact, on the list of those that there are.

    Raises:
        BackendError: the list could not be had, or not be read.
    """
    texts = {name: text for name, text in inputs.texts(values).items() if not _is_nothing(name, text)}
    wanted = {node.name: texts[node.name] for node in NODES if node.name in texts}
    wanted.setdefault("contactstatus", _ACTIVE)
    faults = inputs.faults(values, None)
    known = () if faults else tuple(sorted(await _keys(desk, wanted)))
    sent = desk.submission(wanted, inputs.given(values))
    create = Create(desk, claims, wanted, sent)
    return Plan(
        send=create.send,
        look=create.look,
        changes=changed(None, {path: value for path, value in values.items() if value is not None}),
        faults=faults,
        requests=(sent.request(),),
        known=known,
        check=create.check,
    )


def _is_nothing(name: str, text: str) -> bool:
    return next(meaning(node, text) is None for node in NODES if node.name == name)


async def _keys(desk: Desk, wanted: Mapping[str, str]) -> set[str]:
    rows = await desk.found(search_text(wanted))
    return {key for row in rows if mapping.is_key(key := (row.get("contactid") or "").strip())}


@dataclass(frozen=True, slots=True)
class Create:
    """One contact to be made.

    `wanted` is node to its text, nothing empty among them; `mark` tells this write from equal ones.
    """

    desk: Desk
    claims: Claims
    wanted: Mapping[str, str]
    sent: Submission
    mark: object = field(default_factory=object)

    async def check(self) -> tuple[Fault | Notice, ...]:
        """Let Acumulus judge it."""
        return await self.desk.test(self.sent)

    async def send(self) -> Written:
        """Make it, and read it.

        Raises:
            RejectedBySystem: Acumulus refused it.
            BackendError: whether it was made is not known, unless the error says that it was not.
        """
        with self.claims.sending(self.mark, self.wanted):
            receipt = await self.desk.send(self.sent)
            if receipt.proc != wire.ADDED or not mapping.is_key(receipt.key):
                raise BadUpstreamAnswer("Acumulus did not say which contact it made.")
            self.claims.take(receipt.key)
        try:
            after = await self.desk.read_again(receipt.key, search_text(self.wanted))
        except BackendError:
            after = None
        if after is None:
            words = f"Acumulus made contact {receipt.key}. {verify.NOT_READ_AGAIN}"
            notice = Notice(NoticeCode.NOT_VERIFIED, words)
            return Written(Outcome.CREATED, notices=(*receipt.notices, notice))
        return self._written(after, receipt.notices)

    async def look(self, trace: Trace) -> Written | None:
        """Look for a contact that was not there before and is what was to be made: the only one, or none."""
        fitting: list[Reading] = []
        for key in sorted(await _keys(self.desk, self.wanted) - set(trace.known)):
            if self.claims.taken(key):
                continue
            reading = await self.desk.read_again(key, search_text(self.wanted))
            if reading and verify.fits(reading.stored, self.wanted):
                fitting.append(reading)
        if len(fitting) != 1 or self.claims.undecided(self.mark, self.wanted):
            return None
        found = fitting[0]
        if self.claims.taken(found.contact.key.remote):
            return None
        self.claims.take(found.contact.key.remote)
        return self._written(found, ())

    def _written(self, after: Reading, told: tuple[Notice, ...]) -> Written:
        stored = after.stored
        asked = {name: text for name, text in self.wanted.items() if name in self.sent.own}
        notices = (
            *told,
            *verify.of_wanted({}, stored, asked, self.sent.own),
            *verify.of_defaults(stored, after.contact, self.wanted),
            *(() if after.whole else (Notice(NoticeCode.NOT_VERIFIED, verify.NOT_READ_AGAIN),)),
        )
        return Written(Outcome.CREATED, after.contact, notices=verify.once(notices))

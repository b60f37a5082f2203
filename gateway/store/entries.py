"""The journal's entries, by what is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from gateway.domain.faults import Outcome
from gateway.ports import Intent, Settled
from gateway.store.touching import touched_since

REMEMBERED_FOR = timedelta(hours=24)
"""How long the first result of an idempotency key is returned."""


class Entries:
    """What is remembered of one administration's writes: a day of them, and those without an end.

    What the first answer told is kept packed, and only where a key may ask for it again.
    """

    def __init__(self) -> None:
        self._intents: dict[str, Intent] = {}
        self._settled: dict[str, Settled] = {}
        self._told: dict[str, bytes] = {}
        self._by_key: dict[str, str] = {}

    def add(self, intent: Intent) -> None:
        """Take in a write."""
        self._forget(before=intent.at - REMEMBERED_FOR)
        self._intents[intent.id] = intent
        if intent.key:
            self._by_key[intent.key] = intent.id

    def settle(self, settled: Settled) -> None:
        """Take in how a write ended; of one that is not remembered, nothing."""
        if settled.id not in self._intents:
            return
        self._settled[settled.id] = replace(settled, told={})
        key = self._intents[settled.id].key
        if key and settled.told:
            self._told[settled.id] = msgspec.json.encode(settled.told)
        if settled.outcome == Outcome.REFUSED and key and self._by_key.get(key) == settled.id:
            # Nothing was written, so the key is as good as new.
            del self._by_key[key]

    def find(self, key: str, now: datetime) -> tuple[Intent, Settled | None] | None:
        """Return the newest write under a key, unless its day is over."""
        intent = self._intents.get(self._by_key.get(key, ""))
        if intent is None or intent.at < now - REMEMBERED_FOR:
            return None
        settled = self._settled.get(intent.id)
        if settled and intent.id in self._told:
            settled = replace(settled, told=msgspec.json.decode(self._told[intent.id]))
        return intent, settled

    def unsettled(self) -> tuple[Intent, ...]:
        """Return the writes without an end, the oldest first."""
        return tuple(each for each in self._intents.values() if each.id not in self._settled)

    def touched(self, since: datetime) -> dict[str | None, datetime]:
        """Return the contacts that what was read at a moment lacks, as far as is remembered."""
        return touched_since(self._intents.values(), self._settled, since)

    def _forget(self, before: datetime) -> None:
        # Entries come in the order of time, so the old ones stand first.
        old = []
        for intent in self._intents.values():
            if intent.at >= before:
                break
            if intent.id in self._settled:
                old.append(intent)
        for intent in old:
            del self._intents[intent.id], self._settled[intent.id]
            self._told.pop(intent.id, None)
            if intent.key and self._by_key.get(intent.key) == intent.id:
                del self._by_key[intent.key]


class MemoryJournal:
    """A journal that ends with the process.

    Args:
        clock: The present moment, UTC.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._entries: dict[str, Entries] = {}

    async def intend(self, intent: Intent) -> tuple[Intent, Settled | None] | None:
        """Note a write, unless there is one under its key."""
        entries = self._of(intent.administration)
        earlier = entries.find(intent.key, self._clock()) if intent.key else None
        if earlier is None:
            entries.add(intent)
        return earlier

    async def settle(self, administration: str, settled: Settled) -> None:
        """Note how a write ended."""
        self._of(administration).settle(settled)

    async def find(self, administration: str, key: str) -> tuple[Intent, Settled | None] | None:
        """Return the newest write under a key's digest."""
        return self._of(administration).find(key, self._clock())

    async def unsettled(self, administration: str) -> tuple[Intent, ...]:
        """Return the writes of which no end is known."""
        return self._of(administration).unsettled()

    async def touched(self, administration: str, since: datetime) -> Mapping[str | None, datetime]:
        """Return the contacts that what was read at a moment lacks: of a day, and where no end is known."""
        return self._of(administration).touched(since)

    def _of(self, administration: str) -> Entries:
        return self._entries.setdefault(administration, Entries())

"""Lists whose books are renewed while the details are read that decide who is listed."""

from __future__ import annotations

import asyncio

import pytest

from gateway.directory.batches import BATCH
from gateway.domain.administration import SourceState
from tests.directory.test_deciding import Setting, person


class Restless(Setting):
    """A thin book in which "2" may change once its details were read, and before the last contact's are."""

    def __init__(self, *, changes: bool) -> None:
        super().__init__(BATCH + 1)
        self.changes = changes
        self._sent = self.contacts.switch.call
        self.contacts.switch.call = self.call

    async def call(self, method: str, asked: object = None) -> None:
        """Take a call; the first for the last contact's details comes after the change."""
        if method == "get_many" and str(BATCH + 1) in asked and self.changes:
            self.changes = False
            while not self.book.snapshot.get("2")[0].complete:  # noqa: ASYNC110 - two batches take turns
                await asyncio.sleep(0)
            self.clock.move(5)
            self.contacts.book["2"] = person(2, label="vip", version="2")
            await self.book.renew()
        await self._sent(method, asked)


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        pytest.param(False, BATCH // 2 + 1, id="at-rest"),
        pytest.param(True, BATCH // 2 + 2, id="changed-once"),
    ],
)
async def test_a_book_renewed_meanwhile_is_looked_at_again(changes: bool, total: int):
    """What changed is read once more, and the list is whole."""
    at = Restless(changes=changes)
    listing = await at.ask()
    assert (listing.sources[0].state, listing.total) == (SourceState.FRESH, total)
    await at.directory.close()

"""Three workers and a bookkeeping system, in any order of what they do."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ports.sharing import Listed, Told
from tests.sharing.server import redis_server
from tests.sharing.shelf import NOW, Worker, told, workers

KEYS = ("1", "2", "3")


@pytest.fixture(scope="module")
def server():
    with redis_server() as server:
        yield server


def told_at(key: str, moment: int, *, is_there: bool, written: bool = False) -> Told:
    """Return what is known of a contact as the system had it at a moment; both are told of in its version."""
    if is_there:
        return told(key, f"Acme {moment}", version=str(moment), written=written)
    return Told(None, version=str(moment), written=written)


@dataclass
class System:
    """A bookkeeping system: of each contact when it changed last, and whether it is there since."""

    moment: int = 0
    contacts: dict[str, tuple[int, bool]] = field(default_factory=dict)

    def change(self, key: str, *, is_there: bool) -> None:
        """Change a contact."""
        self.moment += 1
        self.contacts[key] = (self.moment, is_there)

    def rows(self, keys: tuple[str, ...], *, written: bool = False) -> dict[str, Told]:
        """Answer what it knows of some contacts."""
        known = {key: self.contacts.get(key, (0, False)) for key in keys}
        return {
            key: told_at(key, moment, is_there=is_there, written=written)
            for key, (moment, is_there) in known.items()
        }


@dataclass
class Seat:
    """A worker, what it holds of the book, and what it asked the system and did not tell yet."""

    worker: Worker
    held: dict[str, tuple[int, Told]] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    lists: list[tuple[int, dict[str, Told]]] = field(default_factory=list)
    reads: list[tuple[int, dict[str, Told]]] = field(default_factory=list)

    async def hear(self) -> None:
        """Take in what is new."""
        news = await self.worker.book.news()
        if news is None:
            return
        if news.whole:
            self.held = {}
        self.held |= news.rows
        self.doubts = dict(news.doubts)

    async def tell(self, rows: dict[str, Told], since: int | None, listed: Listed | None = None) -> int:
        """Tell of contacts, and hold what is told by the rule that the port tells of."""
        number = await self.worker.book.tell(rows, since=since, listed=listed)
        for key, row in rows.items():
            at, before = self.held.get(key, (0, Told(None)))
            newer = since is not None and at > since and (before.written or listed is None)
            in_doubt = since is not None and listed is None and self.doubts.get(key, 0) > since
            if not newer and not in_doubt:
                written = row.written or (before.written and listed is None)
                self.held[key] = (number, Told(row.contact, row.read_at, row.version, written))
        if listed:
            self.doubts = {key: at for key, at in self.doubts.items() if at > listed.number}
        return number


OPERATIONS = st.tuples(
    st.sampled_from(
        ["ask list", "tell list", "ask", "tell", "write", "drop", "change", "change", "doubt", "hear", "hear"]
    ),
    st.integers(0, 2),
    st.sampled_from(KEYS),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OPERATIONS, max_size=40))
def test_all_come_to_one_truth(server, operations):
    """Whatever is told in whichever order: all hold the same in the end, and nothing older than a write."""
    asyncio.run(in_order(server, operations))


async def in_order(server, operations) -> None:
    server.client.flushall()
    system, written = System(), dict.fromkeys(KEYS, 0)
    async with workers(server, 4) as (*three, late):
        seats = [Seat(each) for each in three]
        for name, at, key in operations:
            await operate(system, seats[at], name, key, written)
        for seat in seats:
            await seat.hear()
        last = Seat(late)
        await last.hear()
    for seat in seats:
        assert there(seat) == there(last)
        assert seat.doubts == last.doubts


async def operate(system: System, seat: Seat, name: str, key: str, written: dict[str, int]) -> None:
    match name:
        case "change":
            system.change(key, is_there=True)
        case "write" | "drop":
            system.change(key, is_there=name == "write")
            written[key] = system.moment
            await seat.tell(system.rows((key,), written=True), None)
            seat.doubts.pop(key, None)
        case "ask list":
            await seat.hear()
            seat.lists.append((seat.worker.book.number, system.rows(KEYS)))
        case "tell list" if seat.lists:
            since, rows = seat.lists.pop(0)
            await seat.tell(rows, since, Listed(NOW, since))
        case "ask":
            await seat.hear()
            seat.reads.append((seat.worker.book.number, system.rows((key,))))
        case "tell" if seat.reads:
            since, rows = seat.reads.pop(0)
            await seat.tell(rows, since)
        case "doubt":
            seat.doubts[key] = await seat.worker.book.doubt(key)
        case "hear":
            await seat.hear()
            for each, (_, row) in seat.held.items():
                assert int(row.version) >= written[each]


def there(seat: Seat) -> dict[str, tuple[int, Told]]:
    return {key: row for key, row in seat.held.items() if row[1].contact}

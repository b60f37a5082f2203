"""How many calls are in flight at once, and who goes first."""

import asyncio
import random
from dataclasses import replace

import pytest

from gateway.flight import Urgency, urgent
from gateway.ports import Call
from gateway.transport.slots import Slots
from tests.transport.calls import sent
from tests.transport.test_client import LINE, System, turns


class Queue:
    """Those who want a place, each by a name; `inside` are in, `came` is the order in which they got in."""

    def __init__(self, places: int) -> None:
        self.slots = Slots(places)
        self.came: list[str] = []
        self.inside: set[str] = set()
        self.most = 0
        self.leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def joins(self, name: str, urgency: Urgency = Urgency.WAITED) -> None:
        self.leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._stays(name, urgency))

    async def _stays(self, name: str, urgency: Urgency) -> None:
        async with self.slots.taken(urgency):
            self.came.append(name)
            self.inside.add(name)
            self.most = max(self.most, len(self.inside))
            try:
                await self.leave[name].wait()
            finally:
                self.inside.discard(name)

    async def end(self) -> None:
        for each in self.leave.values():
            each.set()
        await asyncio.wait(self.tasks.values())


async def test_by_urgency_and_then_by_coming():
    """Whoever waits is let in by urgency; of one urgency, in the order of coming."""
    queue = Queue(1)
    queue.joins("first", Urgency.BACKGROUND)
    await turns(2)
    wanted = [Urgency.BACKGROUND, Urgency.BULK, Urgency.WAITED, Urgency.WRITE] * 2
    for number, urgency in enumerate(wanted):
        queue.joins(f"{urgency.name} {number}", urgency)
        await turns(2)
    await queue.end()
    assert queue.came[1:] == [
        *("WRITE 3", "WRITE 7", "WAITED 2", "WAITED 6"),
        *("BULK 1", "BULK 5", "BACKGROUND 0", "BACKGROUND 4"),
    ]
    assert queue.most == 1


async def test_one_who_fails_leaves():
    """An error inside gives the place back."""
    slots = Slots(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            async with slots.taken(Urgency.WAITED):
                raise ValueError("broken")


async def test_one_who_leaves_as_the_place_is_handed_over():
    """The place of one who was cancelled in that moment goes to the next."""
    queue = Queue(1)
    async with queue.slots.taken(Urgency.WAITED):
        for name in ("next", "last"):
            queue.joins(name)
            await turns(2)
    queue.tasks["next"].cancel()
    await turns(5)
    assert queue.came == ["last"]
    await queue.end()


@pytest.mark.parametrize("seed", range(20))
async def test_those_who_leave_take_no_place_with_them(seed):
    """However many come, leave and are cancelled, in whatever moment: all places are there in the end."""
    chance, queue = random.Random(seed), Queue(3)  # noqa: S311
    for step in range(200):
        name, action = chance.choice(list(queue.tasks) or [""]), chance.randrange(5)
        if action < 2 or not name:
            queue.joins(f"{step}", chance.choice(list(Urgency)))
        elif action == 2:
            queue.tasks[name].cancel()
        else:
            queue.leave[name].set()
        await turns(chance.randrange(4))
    await queue.end()
    assert queue.most == 3
    assert not queue.inside
    for name in ("a", "b", "c"):
        queue.joins(name)
    await turns(2)
    assert queue.inside == {"a", "b", "c"}
    await queue.end()


async def test_a_full_queue_in_the_background_holds_no_write_up():
    """A write goes next though hundreds wait in the background, and then a read that somebody waits for."""
    system = System()
    system.gate = asyncio.Event()
    client = system.network().open(replace(LINE, at_once=2, timeout=10))
    with urgent(Urgency.BACKGROUND):
        behind = [asyncio.create_task(sent(client, Call("GET", f"/{turn}"))) for turn in range(300)]
        await turns()
    equal = asyncio.create_task(sent(client, Call("GET", "/299")))
    with urgent(Urgency.WRITE):
        write = asyncio.create_task(sent(client, Call("POST", "/write", safe=False)))
        await turns()
    system.gate.set()
    await asyncio.gather(equal, write, *behind)
    paths = [request.url.path for request in system.requests]
    assert paths[2:4] == ["/api/write", "/api/299"]
    assert len(paths) == 302

"""Whether many workers stay one gateway: `python -m tests.benchmarks.soak_shared --minutes 10 --users 40`.

Two machines of two workers each, with one Redis between them, in front of emulated systems. Beside all that
`soak` does, workers are killed, whichever of them leads, and Redis is killed, hung, filled, restarted and
replaced by an empty one. While it is, and a moment longer, a worker may show what is older than a write that
it could not hear of, and a write may be refused to be repeated; else everything is held to the same.
Ends with 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from gateway.backends.moneybird.sandbox.ration import LIMIT
from tests.benchmarks import soak
from tests.benchmarks.soak import (
    CONFIGURATION,
    SECTIONS,
    Asked,
    Scene,
    agree,
    counted,
    drawn,
    going_on,
    whole,
)
from tests.benchmarks.soak_report import report
from tests.benchmarks.soak_trouble import Reading, Trouble, edit_elsewhere, read_process
from tests.benchmarks.soak_truth import Weather
from tests.benchmarks.soak_users import SLUGS, Town, User
from tests.e2e.workers import LONG, House, Machine, eventually, kill, per_window, put_out, sandbox, started
from tests.sharing.server import RedisServer, redis_server

LAYOUT = (2, 2)
RETURN = 4.0
"""Seconds after which all workers have heard what was written meanwhile, and a stall of the machine."""

PERSISTENT = ("--appendonly", "yes", "--appendfsync", "always")


@dataclass(frozen=True, slots=True)
class Storms:
    """How often workers and Redis are hit, in seconds between two on the average.

    Attributes:
        killing: Workers.
        redis: Redis.
        longest: How many seconds Redis is away at most.
        ration: Whether the emulated Moneybird counts calls.
    """

    killing: float = 15.0
    redis: float = 20.0
    longest: float = 5.0
    ration: bool = False


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of it."""

    asked: Asked
    town: Town
    trouble: Counter[str]
    readings: list[Reading]
    before: Reading
    after: Reading
    calls: Counter[str]
    log: str
    turned_away: int

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong."""
        found = list(self.town.truth.faults)
        if self.turned_away:
            found.append(f"{self.turned_away} calls beyond the ration")
        if "Traceback" in self.log:
            found.append(f"log: {self.log[self.log.index('Traceback') - 500 :][:3000]}")
        return found


@dataclass(frozen=True, slots=True)
class Stage:
    """The machines and what is between them."""

    machines: list[Machine]
    redis: RedisServer
    bases: dict[str, str]
    folder: Path


@contextmanager
def staged(asked: Asked, storms: Storms, folder: Path) -> Iterator[Stage]:
    """Serve emulated systems, a Redis and the machines."""
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(*PERSISTENT))
        systems = stack.enter_context(sandbox(folder, asked.contacts, ration=storms.ration))
        bases = {name: system.url for name, system in systems.items()}
        sections = "".join(SECTIONS[slug].format(bases[slug]) for slug in SLUGS)
        text = CONFIGURATION.format(sections=sections).replace("[cache]", f'[cache]\nurl = "{redis.url}"')
        machines: list[Machine] = []
        stack.callback(put_out, machines)
        for number, workers in enumerate(LAYOUT):
            place = folder / f"machine{number}"
            place.mkdir()
            (place / "gateway.toml").write_text(text)
            machines.append(Machine(place, workers, started(place, workers)))
        for machine in machines:
            machine.listen()
        yield Stage(machines, redis, bases, folder)


@dataclass(slots=True)
class Storm:
    """Hits workers and Redis; `count` tells what it did."""

    stage: Stage
    storms: Storms
    weather: Weather
    random: Random
    count: Counter[str] = field(default_factory=Counter)

    async def kill_workers(self) -> None:
        """Kill one now and then, until cancelled."""
        while True:
            await asyncio.sleep(self.storms.killing * self.random.uniform(0.5, 1.5))
            machine = self.random.choice(self.stage.machines)
            if pids := machine.pids():
                kill(self.random.choice(pids))
                self.count["worker killed"] += 1

    async def hit_redis(self) -> None:
        """Take Redis away now and then, until cancelled; it is there at the end."""
        ways = [self._kill, self._hang, self._fill, self._restart, self._replace]
        while True:
            # Each way once before any comes again: a short soak sees most of them.
            for way in self.random.sample(ways, len(ways)):
                await asyncio.sleep(self.storms.redis * self.random.uniform(0.5, 1.5))
                self.count[f"redis{way.__name__}"] += 1
                self.weather.spells.append((time.time(), float("inf")))
                try:
                    await way(self.storms.longest * self.random.uniform(0.2, 1.0))
                finally:
                    self.weather.spells[-1] = (self.weather.spells[-1][0], time.time() + RETURN)

    async def _kill(self, seconds: float) -> None:
        self.stage.redis.kill()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.stage.redis.start()

    async def _hang(self, seconds: float) -> None:
        self.stage.redis.hang()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.stage.redis.go_on()

    async def _fill(self, seconds: float) -> None:
        self.stage.redis.fill()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.stage.redis.empty()

    async def _restart(self, _seconds: float) -> None:
        self.stage.redis.kill()
        self.stage.redis.start()

    async def _replace(self, _seconds: float) -> None:
        self.stage.redis.client.flushall()
        await self._restart(0)


def look(machines: Sequence[Machine]) -> Reading:
    """Look at all processes of all machines together; one that ends meanwhile is left out."""
    found = []
    for machine in machines:
        for pid in {machine.program.pid, *machine.pids()}:
            try:
                found.append(read_process(pid))
            except (OSError, StopIteration):
                continue
    sums = (sum(getattr(each, name) for each in found) for name in ("memory", "sockets", "files"))
    return Reading(time.monotonic(), *sums)


async def watch(machines: Sequence[Machine], readings: list[Reading]) -> None:
    """Look at all machines every second, until cancelled."""
    while True:
        readings.append(look(machines))
        await asyncio.sleep(1)


async def weathered(scene: Scene, stage: Stage, storm: Storm, trouble: Trouble) -> None:
    """Let users live for as long as asked, with everything going on around them."""
    asked, town = scene.asked, scene.town
    users = [User(town, scene.http, drawn(asked, number)) for number in range(asked.users)]
    until = time.monotonic() + asked.seconds
    jobs = [scene.compare(), watch(stage.machines, scene.readings), trouble.go_on(scene.http)]
    jobs += [storm.kill_workers(), storm.hit_redis()]
    if asked.faulty != "moneybird":
        jobs.append(edit_elsewhere(town.truth, drawn(asked, -1), scene.bases["moneybird"], scene.http, 1.0))
    async with going_on(*jobs), asyncio.TaskGroup() as group:
        for user in users:
            group.create_task(user.live(until, asked.pause))
    await trouble.lift(scene.http)


async def settled(scene: Scene, stage: Stage, storms: Storms) -> None:
    """Wait until nothing is in doubt; every machine shows what is so, whichever worker answers."""
    truth, town = scene.town.truth, scene.town
    house = House(stage.machines, {}, stage.redis, scene.http)
    for machine in stage.machines:
        await eventually(partial(_is_whole, machine))
    await house.all_say("up")
    # Moneybird answers nothing anew once its ration is used up: then only what it has stored is compared.
    seconds = 5.0 if storms.ration else soak.RECOVERY
    until = time.monotonic() + soak.RECOVERY
    await whole(scene, seconds)
    while truth.open() and time.monotonic() < until:
        for slug in SLUGS:
            truth.compare(slug, *await scene.state(slug))
        await asyncio.sleep(1)
    shown = ["acumulus"] if storms.ration else list(SLUGS)
    for machine in stage.machines * 2:
        town.address = machine.graphql
        nodes = await whole(scene, seconds)
        for slug in SLUGS:
            truth.compare(slug, *await scene.state(slug))
        for slug in shown:
            agree(truth, slug, nodes)


async def _is_whole(machine: Machine) -> bool:
    return len(machine.pids()) == machine.workers


async def beyond(scene: Scene, storms: Storms) -> int:
    """Return how many calls Moneybird turned away of itself, and how many came beyond a window's ration."""
    answer = await scene.http.get(f"{scene.control('moneybird')}/log", timeout=LONG)
    rows = answer.json()["requests"]
    refused: int = sum(row["status"] == 429 and row["fault"] is None for row in rows)
    counted = [row for row in rows if row["fault"] is None and row["status"] != 429]
    over = max(per_window(counted).values(), default=0) - LIMIT if storms.ration else 0
    return refused + max(0, over)


async def run(asked: Asked, storms: Storms, folder: Path) -> Soaked:
    """Soak several workers; see the module."""
    with staged(asked, storms, folder) as stage:
        first, *others = (machine.graphql for machine in stage.machines)
        scene = await soak.scene_of(asked, stage.machines[0].program, first, stage.bases)
        weather = scene.town.weather
        weather.is_lossy = True
        async with aclosing(scene.http):
            await whole(scene)
            before = look(stage.machines)
            trouble = Trouble(drawn(asked, -2), asked.faulty, scene.control(asked.faulty), asked.longest)
            storm = Storm(stage, storms, weather, drawn(asked, -3), trouble.faults)
            scene.town.others = tuple(others)
            await weathered(scene, stage, storm, trouble)
            scene.town.others = ()
            await settled(scene, stage, storms)
            calls, turned_away = await counted(scene), await beyond(scene, storms)
        after = look(stage.machines)
        log = "\n".join(machine.program.errors for machine in stage.machines)
    return Soaked(asked, scene.town, trouble.faults, scene.readings, before, after, calls, log, turned_away)


def main(words: Sequence[str] | None = None) -> int:
    """Soak, print what came of it, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--faulty", choices=SLUGS, default="acumulus", help="the book that fails")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--writing", type=float, default=0.3, help="how much of what users of the tests write"
    )
    parser.add_argument("--killing", type=float, default=15, help="seconds between two killed workers")
    parser.add_argument("--redis", type=float, default=20, help="seconds between two troubles of Redis")
    parser.add_argument(
        "--ration", action="store_true", help="the emulated Moneybird counts; let it be the one that fails"
    )
    told = parser.parse_args(words)
    asked = Asked(told.minutes * 60, told.users, faulty=told.faulty, writing=told.writing, seed=told.seed)
    storms = Storms(told.killing, told.redis, ration=told.ration)
    with tempfile.TemporaryDirectory() as folder:
        soaked = asyncio.run(run(asked, storms, Path(folder)))
    sys.stdout.write(report(soaked))
    return 1 if soaked.faults else 0


if __name__ == "__main__":
    sys.exit(main())

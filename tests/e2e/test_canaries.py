"""Secrets, and values of contacts, pushed through everything there is: nothing but data shows them."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.domain.identity import parse
from gateway.emulation.faults import Fault
from gateway.telemetry import Instruments, configure_logging
from gateway.telemetry.tracing import OpenTelemetry
from tests.e2e.canaries import (
    API_KEY,
    EMAIL,
    IBAN,
    NAME,
    OWN,
    PERSONAL,
    Aviary,
    aviary,
    configured,
    credentials,
    emulated,
    leaks,
)
from tests.e2e.canary_flights import failing, misbehaving, reading, writing
from tests.e2e.program import PATIENCE, Program, run

EVERYTHING = (*credentials(), *PERSONAL)
GOOD = {"request", "upstream_call", "webhook", "token_refused", "source_failed", "breaker"}
"""Events that must have been among those that were looked at."""

WRITTEN = {"CREATED", "UPDATED", "ARCHIVED", "SENT", "DRY_RUN", "REFUSED", "UNKNOWN"}
"""Outcomes that must have been among those of the writes."""


def caught(texts: Iterable[str], words: Iterable[str] = EVERYTHING) -> list[str]:
    """Return the texts in which one of the words stands."""
    words = tuple(words)
    return [text for text in texts if leaks(text, words)]


@pytest.fixture(params=["json", "pretty"])
def logged(request, capsys, caplog):
    """Write events of every level, and return all that was written, by whomever."""
    configure_logging(level="debug", pretty=request.param == "pretty")
    caplog.set_level("WARNING")

    def read() -> str:
        written = capsys.readouterr()
        return f"{written.out}{written.err}{caplog.text}"

    yield read
    structlog.reset_defaults()


def recorder() -> tuple[Instruments, InMemorySpanExporter]:
    """Return instruments that keep their spans."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Instruments(tracer=OpenTelemetry(provider.get_tracer("tests"))), exporter


def named() -> list[str]:
    """Return the names of all that runs."""
    return [each.get_name() for each in asyncio.all_tasks()] + [each.name for each in threading.enumerate()]


def at_rest(folder: Path) -> tuple[list[str], list[str]]:
    """Return what stands on the disk: what must not hold a value, and what may, as the README has it."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    told = [str(each.relative_to(folder)) for each in folder.rglob("*")]
    settled: list[str] = []
    for file in files:
        for line in file.read_bytes().decode("latin-1").splitlines():
            is_settled = file.suffix == ".jsonl" and "settled" in json.loads(line)
            (settled if is_settled else told).append(line)
    return told, settled


@pytest.mark.timeout(500)
async def test_nothing_of_them_is_told(tmp_path: Path, logged, request):
    """Read, searched, written, refused, failed: no log, span, series, name, key or file tells what it was."""
    # Faults take their time; how events are written makes no difference to them.
    is_whole = "json" in request.node.name
    instruments, spans = recorder()
    async with aviary(tmp_path, instruments) as house:
        await reading(house)
        # What is written is forgotten.
        keys = set(house.gateway.shelves.cache._store._entries)
        await writing(house)
        await misbehaving(house)
        errors = await failing(house) if is_whole else []
        running = named()
        series = (await house.client.get("/metrics")).text
        keys |= set(house.gateway.shelves.cache._store._entries)
        assert not is_whole or outcomes(series) >= WRITTEN
        assert house.leaked() == []
    written = logged()
    told, settled = at_rest(tmp_path / "cache")
    assert not is_whole or [each for each in GOOD if each not in written] == []
    assert not is_whole or len(errors) > 20
    assert (len(spans.get_finished_spans()) > 200, len(keys) > 10) == (True, True)
    assert any("snapshots" in each for each in told)
    assert caught(written.splitlines()) == []
    assert caught(each.to_json() for each in spans.get_finished_spans()) == []
    assert caught(series.splitlines()) == []
    assert caught([*keys, *running, *errors]) == []
    assert caught(told) == []
    assert caught(settled, credentials()) == []
    assert caught(settled) != []


def outcomes(series: str) -> set[str]:
    """Return the outcomes of writes that were counted."""
    lines = [line for line in series.splitlines() if line.startswith("gateway_writes_total{")]
    return {line.split('outcome="')[1].partition('"')[0] for line in lines}


async def test_nothing_shows_itself(tmp_path: Path):
    """No object of the gateway's shows a credential by its repr, and none that is handed on a value."""
    async with aviary(tmp_path, Instruments()) as house:
        await reading(house)
        things = [await planned(house, system) for system in house.emulators]
        books = house.gateway.directory.books
        things += [house.gateway, house.settings, house.gateway.application()]
        things += [each.connection for each in house.settings.administrations]
        things += [each for book in books.values() for each in (book.backend, book, book.snapshot)]
        things += house.gateway.instruments, house.gateway.doorkeeper, house.settings.auth.jwt
        handed_on = [f"{each!r} {each}" for each in things]
        shown = [f"{each!r} {each}" for each in living()]
    assert len(shown) > 500
    assert caught(handed_on) == []
    assert caught(shown, credentials()) == []


async def planned(house: Aviary, system: str) -> Any:
    """Return the plan of an update, as an adapter makes it."""
    contacts = house.gateway.directory.books[system].backend.contacts
    values = {"company_name": f"{NAME} 2", "emails": (f"x{EMAIL}",)}
    return await contacts.update(parse(house.ids(system)[0]).parts[1], values, frozenset())


def living() -> list[object]:
    """Return objects of every class of the gateway's that there are, some of each."""
    gc.collect()
    counts: Counter[type] = Counter()
    found = []
    for each in gc.get_objects():
        room = str(type(each).__module__)
        if not room.startswith("gateway.") or ".sandbox" in room or ".emulation" in room:
            continue
        counts[type(each)] += 1
        if counts[type(each)] <= 50:
            found.append(each)
    return found


def as_toml(values: Mapping[str, Any]) -> str:
    """Return a configuration as its owner writes it."""
    lines = []
    for name, section in values.items():
        tables = section if isinstance(section, list) else [section]
        for table in tables:
            lines.append(f"[[{name}]]" if isinstance(section, list) else f"[{name}]")
            nested = {key: each for key, each in table.items() if isinstance(each, list | dict)}
            lines += [f"{key} = {json.dumps(each)}" for key, each in table.items() if key not in nested]
            for key, each in nested.items():
                if isinstance(each, dict) or isinstance(each[0], dict):
                    lines.append(as_toml({f"{name}.{key}": each}))
                else:
                    lines.append(f"{key} = {json.dumps(each)}")
    return "\n".join(lines)


def broken(sections: list[dict[str, Any]], folder: Path) -> str:
    """Return a configuration whose every secret has something wrong with it."""
    user, word = OWN["acumulus"]["username"], OWN["acumulus"]["password"]
    moneybird, acumulus = sections
    wrong = [
        {**moneybird, "base_url": f"http://{user}:{word}@moneybird.example/api", "timeout": API_KEY},
        {**acumulus, "username": [user], "password": [word], "slug": EMAIL},
    ]
    values = configured(wrong, folder)
    values["auth"]["keys"][0] |= {"sha256": API_KEY, "scopes": [IBAN]}
    values["cache"] |= {"hydrate": word, "fresh": EMAIL}
    return as_toml(values)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("form", ["json", pytest.param("pretty", marks=pytest.mark.thorough)])
async def test_the_commands_tell_nothing(tmp_path: Path, form: str):
    """Served, failed, reloaded with faults, checked and queried: what the program writes holds none."""
    async with emulated() as (emulators, sections):
        log = {"level": "debug", "format": form}
        values = {**configured(sections, tmp_path), "log": log, "server": {"port": 0}}
        file = tmp_path / "gateway.toml"
        file.write_text(as_toml(values))
        with Program("serve", cwd=tmp_path) as program:
            address = await asyncio.to_thread(program.address, "GraphQL")
            await visit(address, emulators)
            file.write_text(broken(sections, tmp_path))
            program.signal(signal.SIGHUP)
            await until(lambda: program.errors.count("reload_refused") >= 6)
            status, _ = await asyncio.to_thread(program.stop, signal.SIGTERM)
        assert (status, "upstream_call" in program.errors, "drained" in program.errors) == (0, True, True)
        told = [program.errors, *program.said]
        for text in (broken(sections, tmp_path), as_toml(turned_away(values)), as_toml(values)):
            file.write_text(text)
            for words in COMMANDS:
                ended = await asyncio.to_thread(run, *words, cwd=tmp_path)
                told += (
                    [ended.stderr]
                    if words[0] == "query" and not ended.returncode
                    else [ended.stderr, ended.stdout]
                )
        assert len(told) > 8
        assert caught(line for text in told for line in text.splitlines()) == []


COMMANDS = (
    ("check",),
    ("query", f'{{ contacts(search: "{EMAIL}") {{ totalCount nodes {{ displayName }} }} }}'),
    ("query", f'{{ contact(id: "{IBAN}") {{ id }} }}'),
)


def turned_away(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration whose credentials the systems do not know."""
    sections = [{**each, **WRONG[each["system"]]} for each in values["administrations"]]
    return {**values, "administrations": sections}


WRONG = {"moneybird": {"token": API_KEY}, "acumulus": {"password": OWN["moneybird"]["token"]}}


async def visit(address: str, emulators: Mapping[str, Any]) -> None:
    """Ask and write through a program, well and badly, while its systems work and while they do not."""
    search = {"query": f'{{ contacts(search: "{EMAIL}", maxAge: 0) {{ nodes {{ displayName about }} }} }}'}
    values = f'administration: "acumulus", contact: {{companyName: "{NAME}", emails: ["{EMAIL}"]}}'
    written = {"query": f"mutation {{ contactCreate(input: {{{values}}}) {{ outcome }} }}"}
    headers = {"Authorization": f"Bearer {API_KEY}"}
    kinds = (
        Fault("status", status=500, body=EMAIL),
        Fault("garbage"),
        Fault("status", status=401, body=IBAN),
    )
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for fault in (None, *kinds):
            for emulator in emulators.values():
                emulator.faults.clear()
                if fault:
                    emulator.faults.add(fault)
            for body in (search, written, {"query": EMAIL, "variables": IBAN}):
                await client.post(address, json=body, headers=headers)
                await client.post(address, json=body, headers={"Authorization": f"Bearer {IBAN}"})
        for emulator in emulators.values():
            emulator.faults.clear()


async def until(seen: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)

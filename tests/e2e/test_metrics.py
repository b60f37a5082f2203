"""The instruments of a whole gateway, as operators read them."""

from __future__ import annotations

import json
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.metrics_core import Metric
from structlog.testing import capture_logs

from gateway.domain.administration import Quota
from gateway.telemetry import Instruments
from gateway.telemetry.tracing import OpenTelemetry
from tests.e2e.house import opened
from tests.e2e.program import PATIENCE, Program, ready
from tests.fakes import backend, contact, load_all, world
from tests.serving.visits import client_of
from tests.telemetry.measured import total

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
FIRST = "query First { viewer { name } }"
LIST = "query Short { contacts(first: 10) { nodes { displayName persons { fullName } charges { id } } } }"
CANARY = "NL91ABNA0417164300"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def documented() -> dict[str, list[str]]:
    """Return the series of the README's table, and their labels."""
    section = README[README.index("### Instruments") : README.index("### In a container")]
    rows = re.findall(r"^\| (`gateway_[^|]+) \|([^|]*)\|", section, re.MULTILINE)
    return {
        name: re.findall(r"\w+", labels) for names, labels in rows for name in re.findall(r"`(\w+)`", names)
    }


def told(family: Metric) -> str:
    """Return the name of a series as it is read: a counter's ends in _total."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def labels_of(family: Metric, declared: object) -> list[str]:
    """Return the labels of a series: as declared, else as its samples have them."""
    known = getattr(declared, "_labelnames", None)
    return list(known if known is not None else family.samples[0].labels)


async def test_every_series_is_explained():
    """The README's table and the gateway name the same series, with the same labels."""
    quota = Quota(limit=150, remaining=120)
    async with world(replace(backend([contact("1")]), quota=lambda: quota)) as house:
        await load_all(house.gateway.directory)
        site = house.gateway.application()
        families = {told(family): family for family in site.metrics.collect()}
    assert sorted(documented()) == sorted(families)
    meters = house.gateway.instruments.meters.registry._names_to_collectors
    labels = {name: labels_of(family, meters.get(family.name)) for name, family in families.items()}
    assert documented() == labels


async def test_the_calls_of_an_operation_are_counted_and_traced():
    """One trace goes from the caller's to every call of both systems, through all that batches and shares."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instruments = Instruments(tracer=OpenTelemetry(provider.get_tracer("tests")))
    async with opened(5, instruments=instruments) as house:
        async with client_of(house.gateway.application()) as browser:
            headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            answer = await browser.post("/graphql", json={"query": LIST}, headers=headers)
            assert "errors" not in answer.json()
            found = (await browser.get("/metrics")).text
        calls = house.calls()
    *upstream, operation = exporter.get_finished_spans()
    assert operation.name == "graphql query"
    assert {f"{span.context.trace_id:032x}" for span in (*upstream, operation)} == {TRACE}
    assert {span.parent.span_id for span in upstream} == {operation.context.span_id}
    by_system = {name: sum(span.attributes["gateway.system"] == name for span in upstream) for name in calls}
    assert by_system == calls
    counted = {name: total(found, "upstream_calls_total", administration=name) for name in calls}
    assert counted == calls
    assert {span.attributes["gateway.cause"] for span in upstream} == {"load", "hydrate", "demand"}
    assert "traceparent" not in repr([row for name in calls for row in house.rows(name)]).lower()


async def test_every_call_says_what_was_held():
    """The log tells of a call whether nothing was held, or it was too old, unwanted, or renewed behind."""
    told: list[str] = []
    async with opened({"moneybird": 3, "acumulus": 0}) as house:
        book = house.gateway.directory.books["moneybird"]
        for seconds, max_age in ((0, "null"), (60, "null"), (0, "0"), (1000, "null")):
            house.clock.move(seconds)
            with capture_logs() as events:
                arguments = f'administrations: ["moneybird"], maxAge: {max_age}'
                await house.data(f"{{ contacts({arguments}) {{ totalCount }} }}")
                await book.renew()
            told.append(next(each["cache"] for each in events if each["event"] == "upstream_call"))
    assert told == ["not held", "renewed behind", "bypassed", "expired"]


async def test_nothing_that_a_client_sends_is_told():
    """Variables, literals, aliases, headers and query strings are in no event, no series and no span."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instruments = Instruments(tracer=OpenTelemetry(provider.get_tracer("tests")))
    fields = f'{CANARY}: contacts(search: $s) {{ totalCount }} b: contact(id: "{CANARY}") {{ id }}'
    document = f"query Q($s: String) {{ {fields} }}"
    refused = (f"{{ {CANARY} }}", f"query {CANARY}{'x' * 60} {{ viewer {{ name }} }}")
    headers = {"Authorization": f"Bearer {CANARY}", "User-Agent": CANARY, "traceparent": CANARY}
    async with opened(3, instruments=instruments) as house, client_of(house.gateway.application()) as browser:
        with capture_logs() as events:
            for asked in (document, *refused):
                body = {"query": asked, "variables": {"s": CANARY}}
                await browser.post(f"/graphql?x={CANARY}", json=body, headers=headers)
                in_url = {"query": asked, "variables": f'{{"s": "{CANARY}"}}'}
                await browser.get("/graphql", params=in_url)
        series = (await browser.get("/metrics")).text
    spans = [span.to_json() for span in exporter.get_finished_spans()]
    assert len([each for each in events if each["event"] == "request"]) == 6
    assert len(spans) > 6
    assert not any(CANARY in each for each in (repr(events), series, *spans))


async def test_writes_are_counted():
    """A write is counted by its administration, its mutation and what came of it."""
    new = 'administration: "moneybird", contact: {companyName: "Nieuw B.V."}'
    async with opened(3) as house:
        for dry in ("true", "false"):
            document = f"mutation {{ contactCreate(input: {{{new}, dryRun: {dry}}}) {{ outcome }} }}"
            await house.data(document)
        async with client_of(house.gateway.application()) as browser:
            found = (await browser.get("/metrics")).text
    whose = {"administration": "moneybird", "mutation": "contactCreate"}
    outcomes = {each: total(found, "writes_total", outcome=each, **whose) for each in ("DRY_RUN", "CREATED")}
    assert outcomes == {"DRY_RUN": 1, "CREATED": 1}
    assert total(found, "writes_total") == 2


def test_the_demo_tells_where_its_metrics_are(tmp_path: Path):
    """The demo prints the address of its metrics, and with --log info one event a request."""
    with Program("demo", "--port", "0", "--contacts", "5", "--log", "info", cwd=tmp_path) as demo:
        graphql, health, metrics = demo.address("GraphQL"), demo.address("Health"), demo.address("Metrics")
        ready(health)
        answer = httpx.post(graphql, json={"query": LIST}, headers={"X-Request-Id": "mine"}, timeout=30)
        assert answer.status_code == 200
        found = httpx.get(metrics, timeout=30).text
        assert demo.stop(signal.SIGINT)[0] == 0
    assert total(found, "operation_seconds_count", operation="Short", kind="query", outcome="complete") == 1
    assert total(found, "book_contacts", administration="moneybird") == 5
    assert total(found, "process_resident_memory_bytes") > 0
    events = [json.loads(line) for line in demo.errors.splitlines()]
    mine = [each for each in events if each.get("request_id") == "mine"]
    assert [each["operation"] for each in mine if each["event"] == "request"] == ["Short"]
    assert sum(each["event"] == "upstream_call" for each in mine) == mine[-1]["upstream_calls"] > 0


SERVED = """
[server]
port = 0
[cache]
directory = "none"
preload = false
[log]
level = "{level}"
format = "json"
[[administrations]]
slug = "{slug}"
system = "moneybird"
administration_id = "123"
token = "s3cret-token"
base_url = "http://127.0.0.1:9/api"
"""


def events_of(program: Program) -> list[dict[str, Any]]:
    return [json.loads(line) for line in program.errors.splitlines() if line.startswith("{")]


def test_counters_go_on_and_the_log_follows_the_configuration(tmp_path: Path):
    """After SIGHUP the log is written as the new configuration says, and no counter has forgotten."""
    file = tmp_path / "gateway.toml"
    file.write_text(SERVED.format(level="info", slug="shop"))
    with Program("serve", cwd=tmp_path) as served:
        graphql, metrics = served.address("GraphQL"), served.address("Metrics")
        assert httpx.post(graphql, json={"query": FIRST}, timeout=30).status_code == 200
        assert httpx.post(graphql, json={"query": LIST}, timeout=60).status_code == 200
        file.write_text(SERVED.format(level="error", slug="second"))
        served.signal(signal.SIGHUP)
        until = time.monotonic() + PATIENCE
        while 'administration="second"' not in httpx.get(metrics, timeout=30).text:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert httpx.post(graphql, json={"query": FIRST}, timeout=30).status_code == 200
        found = httpx.get(metrics, timeout=30).text
        served.stop(signal.SIGTERM)
    assert total(found, "operation_seconds_count", operation="First") == 2
    assert total(found, "upstream_calls_total", administration="shop", outcome="SYSTEM_UNAVAILABLE") >= 1
    requests = [each["operation"] for each in events_of(served) if each["event"] == "request"]
    assert requests == ["First", "Short"]

"""Spans as OpenTelemetry gets them."""

import asyncio

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from gateway import telemetry
from gateway.domain.administration import Administration
from gateway.domain.errors import BackendUnavailable
from gateway.flight import SingleFlight
from gateway.telemetry import Attempt, Cause, Instruments
from gateway.telemetry.tracing import OpenTelemetry

SHOP = Administration("shop", "Shop", "moneybird", "123")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def instruments(exporter) -> Instruments:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Instruments(tracer=OpenTelemetry(provider.get_tracer("tests")))


async def called(instruments: Instruments, status: int = 200) -> None:
    with instruments.upstream(Attempt(SHOP, "GET", number=2)) as telling:
        await asyncio.sleep(0)
        telling.answered(status, 10)


async def test_one_trace_from_the_caller_to_the_system(instruments, exporter):
    """The operation continues its caller's trace, and the call is below it, with facts alone."""
    with (
        telemetry.request("r1"),
        telemetry.operation() as noted,
        telemetry.because(Cause.HYDRATE),
        instruments.tracer.operation(noted, PARENT) as span,
    ):
        await called(instruments)
        noted.kind, noted.name, noted.document, noted.cost = "query", "List", "abc", 12
        span.ended("complete", True)
    call, operation = exporter.get_finished_spans()
    assert f"{operation.context.trace_id:032x}" == f"{call.context.trace_id:032x}" == TRACE
    assert f"{operation.parent.span_id:016x}" == "00f067aa0ba902b7"
    assert call.parent.span_id == operation.context.span_id
    assert (operation.name, operation.kind) == ("graphql query", SpanKind.SERVER)
    assert (call.name, call.kind) == ("moneybird GET", SpanKind.CLIENT)
    assert dict(operation.attributes) == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "List",
        "graphql.document.hash": "abc",
        "gateway.cost": 12,
        "gateway.request_id": "r1",
        "gateway.outcome": "complete",
    }
    assert dict(call.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "gateway.system": "moneybird",
        "gateway.administration": "shop",
        "gateway.cause": "hydrate",
        "gateway.cache": "not held",
        "gateway.try": 2,
    }


@pytest.mark.parametrize(
    "parent",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("jan@example.com", id="nonsense"),
        pytest.param(f"00-{'0' * 32}-00f067aa0ba902b7-01", id="zeros"),
    ],
)
def test_a_trace_of_its_own(instruments, exporter, parent):
    """Whoever has no trace that can be relied on gets a new one."""
    with telemetry.operation() as noted, instruments.tracer.operation(noted, parent):
        pass
    [span] = exporter.get_finished_spans()
    assert span.parent is None
    assert span.name == "graphql refused"


async def test_tasks_belong_to_the_operation_that_began_them(instruments, exporter):
    """A call in a task, or shared by two operations, is below the one that began it."""
    flight: SingleFlight[None] = SingleFlight()

    async def answered(parent: str | None) -> None:
        with telemetry.operation() as noted, instruments.tracer.operation(noted, parent):
            await flight.do("equal", lambda: called(instruments))

    await asyncio.gather(answered(PARENT), answered(None))
    spans = {span.name: span for span in exporter.get_finished_spans() if span.parent}
    assert f"{spans['moneybird GET'].context.trace_id:032x}" == TRACE
    assert len(exporter.get_finished_spans()) == 3


async def test_a_call_behind_the_answer_is_in_its_trace(instruments, exporter):
    """A call that ends after its operation is in the same trace, below it."""
    with telemetry.operation() as noted, instruments.tracer.operation(noted, PARENT):
        task = asyncio.create_task(called(instruments))
    await task
    operation, call = exporter.get_finished_spans()
    assert call.parent.span_id == operation.context.span_id


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(BackendUnavailable("NL91ABNA0417164300"), id="foreseen"),
        pytest.param(ValueError("NL91ABNA0417164300"), id="unforeseen"),
    ],
)
def test_a_failure_is_told_in_a_word(instruments, exporter, failure):
    """A span of what failed is an error of a known kind, and holds neither words nor a traceback."""
    raised = pytest.raises(type(failure))
    with raised, telemetry.operation() as noted, instruments.tracer.operation(noted, None) as span:
        try:
            with instruments.upstream(Attempt(SHOP, "GET")):
                raise failure
        finally:
            span.ended("failed", False)
    for each in exporter.get_finished_spans():
        assert each.status.status_code is StatusCode.ERROR
        assert not each.events
        assert "NL91" not in each.to_json()


async def test_what_a_system_refuses_is_an_error(instruments, exporter):
    """A call is well below status 400, and an error from there on."""
    await called(instruments, 304)
    await called(instruments, 404)
    found = [span.status.status_code for span in exporter.get_finished_spans()]
    assert found == [StatusCode.UNSET, StatusCode.ERROR]

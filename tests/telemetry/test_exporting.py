"""Whether spans go anywhere is said by the standard variables."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from structlog.testing import capture_logs

from gateway import telemetry
from gateway.telemetry.exporting import exporter_wanted, exporting
from gateway.telemetry.tracing import OpenTelemetry, Silent


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        pytest.param({}, None, id="nothing-said"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "otlp", id="endpoint"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318"}, "otlp", id="own-endpoint"),
        pytest.param({"OTEL_TRACES_EXPORTER": "otlp"}, "otlp", id="exporter"),
        pytest.param({"OTEL_TRACES_EXPORTER": " Console "}, "console", id="console"),
        pytest.param({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "x"}, None, id="none"),
        pytest.param({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, None, id="disabled"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, None, id="empty"),
    ],
)
def test_what_is_wanted(environ, wanted):
    """An endpoint or an exporter asks for spans; `none` and OTEL_SDK_DISABLED speak against them."""
    assert exporter_wanted(environ) == wanted


def test_without_a_word_nothing_is_traced():
    """Where nothing asks for spans there are none, and nothing is told of it."""
    with capture_logs() as events, exporting({}) as tracer:
        assert isinstance(tracer, Silent)
    assert events == []


def test_an_unknown_exporter_is_told():
    """An exporter that does not exist is one line in the log, and costs nothing but the spans."""
    with capture_logs() as events, exporting({"OTEL_TRACES_EXPORTER": "zipkin"}) as tracer:
        assert isinstance(tracer, Silent)
    assert [(each["event"], each["cure"]) for each in events] == [
        ("tracing_unavailable", "use otlp, console or none")
    ]


@pytest.fixture
def collector():
    """A collector on this machine; what it was sent."""
    sent: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("more", "service"),
    [
        pytest.param({}, b"contacts-gateway", id="own-name"),
        pytest.param({"OTEL_SERVICE_NAME": "books"}, b"books", id="another-name"),
    ],
)
def test_spans_are_sent(monkeypatch, collector, more, service):
    """What is left to send is sent at the end, under the service's name, to the endpoint that was named."""
    address, sent = collector
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, **more}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with exporting(environ) as tracer:
        assert isinstance(tracer, OpenTelemetry)
        with telemetry.operation() as noted, tracer.operation(noted, None):
            noted.kind = "query"
    [(path, body)] = sent
    assert path == "/v1/traces"
    assert b"graphql query" in body
    assert service in body


def test_a_collector_that_is_away_costs_one_line(monkeypatch):
    """That spans cannot be sent is told once, without the collector's address, and nothing waits for it."""
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with capture_logs() as events, exporting(environ) as tracer:
        for _ in range(2):
            with telemetry.operation() as noted, tracer.operation(noted, None):
                pass
    warned = [each for each in events if each["log_level"] == "warning"]
    assert [each["event"] for each in warned] == ["tracing_failed"]
    assert "127.0.0.1" not in repr(events)


BLOCKED = """
import sys
sys.modules["opentelemetry"] = None
import asyncio
from gateway import app, telemetry
from gateway.cli import main
from gateway.domain.administration import Administration
from gateway.telemetry import Attempt, Instruments
from gateway.telemetry.exporting import exporting
telemetry.configure_logging(pretty=False)
with exporting({"OTEL_TRACES_EXPORTER": "otlp"}) as tracer:
    instruments = Instruments(tracer=tracer)
    with telemetry.operation() as noted, tracer.operation(noted, None) as span:
        shop = Administration("shop", "Shop", "moneybird", "1")
        with instruments.upstream(Attempt(shop, "GET")) as telling:
            telling.answered(200, 1)
        span.ended("complete", True)
print([call.outcome for call in noted.calls])
"""


def test_without_opentelemetry_everything_works():
    """Where it is not installed all else is measured, and the log says how to get it."""
    ended = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout == "['200']\n", ended.stderr
    assert "contacts-gateway[otel]" in ended.stderr


def test_it_is_not_imported_unless_it_is_wanted():
    """Who wants no spans does not wait for OpenTelemetry, nor for redis, which imports it too."""
    words = "import sys; sys.modules['redis'] = None; import gateway.app, gateway.cli.running; "
    words += "print('opentelemetry' in sys.modules)"
    ended = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", words], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "False\n"

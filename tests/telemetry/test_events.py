"""Log events, as programs and as people read them."""

import contextvars
import io
import json
from contextlib import redirect_stderr

import pytest
import structlog

from gateway import telemetry


@pytest.fixture
def configured():
    yield telemetry.configure_logging
    structlog.reset_defaults()


def test_events_are_key_value(configured, capsys):
    """An event is an object of JSON on stderr: time, level and name, then its facts and the request's id."""
    configured(pretty=False)
    with telemetry.request("abc"):
        telemetry.log().info("told", administration="shop", words="two\nlines", count=3)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    event = json.loads(shown.err)
    assert list(event)[:3] == ["timestamp", "level", "event"]
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "level": "info",
        "event": "told",
        "administration": "shop",
        "words": "two\nlines",
        "count": 3,
        "request_id": "abc",
    }


def test_events_for_people(configured, capsys):
    """Where people read it an event is one line with all its facts, in colour on a terminal alone."""
    configured(pretty=True)
    with telemetry.request("abc"):
        telemetry.log().warning("told", administration="shop")
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "\x1b" not in shown
    for part in ("warning", "told", "administration=shop", "request_id=abc"):
        assert part in shown


def test_what_is_no_terminal_gets_json(configured, capsys):
    """Unless it is said how events are written, they are JSON where stderr is no terminal."""
    configured()
    telemetry.log().info("told")
    assert json.loads(capsys.readouterr().err)["event"] == "told"


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_lines(configured):
    """Unless it is said how events are written, they are lines where stderr is a terminal."""
    terminal = Terminal()
    with redirect_stderr(terminal):
        configured()
        telemetry.log().info("told")
    assert "told" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_no_request_no_id(configured, capsys):
    """Outside of a request an event carries no id."""
    configured(pretty=False)
    telemetry.log().warning("told")
    assert "request_id" not in capsys.readouterr().err


def test_one_of_several_workers(configured, capsys):
    """An event tells which worker it is of, where there are several."""
    configured(pretty=False)

    def work() -> None:
        telemetry.name_worker(2)
        telemetry.log().warning("told")

    contextvars.copy_context().run(work)
    telemetry.log().warning("told")
    several, alone = map(json.loads, capsys.readouterr().err.splitlines())
    assert several["worker"] == 2
    assert "worker" not in alone


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        pytest.param("debug", ["d", "i", "w", "e"], id="debug"),
        pytest.param("info", ["i", "w", "e"], id="info"),
        pytest.param("warning", ["w", "e"], id="warning"),
        pytest.param("error", ["e"], id="error"),
    ],
)
def test_levels(configured, capsys, level, seen):
    """What is below the level is not written."""
    configured(level=level, pretty=False)
    telemetry.log().debug("d")
    telemetry.log().info("i")
    telemetry.log().warning("w")
    telemetry.log().error("e")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == seen


def test_the_shape_of_an_error_has_none_of_its_words():
    """Of an unforeseen error the type and the places are told, and not what it says."""
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("NL91ABNA0417164300")
    told = telemetry.shape(caught.value)
    assert told["error"] == "ValueError"
    assert told["arose"].startswith("test_events.py:")
    assert "NL91" not in repr(told)

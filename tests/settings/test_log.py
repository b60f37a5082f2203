"""What is written of what happens, as the configuration says it."""

import pytest
import structlog

from gateway import telemetry
from gateway.cli.logs import configure
from gateway.settings import LogFormat, LogLevel, LogSettings
from tests.settings.test_loading import SHOP


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("", LogSettings(LogLevel.INFO, None), id="nothing-said"),
        pytest.param('level = "debug"', LogSettings(LogLevel.DEBUG, None), id="level"),
        pytest.param('format = "json"', LogSettings(LogLevel.INFO, LogFormat.JSON), id="format"),
        pytest.param(
            'level = "env:LEVEL"\nformat = "pretty"',
            LogSettings(LogLevel.ERROR, LogFormat.PRETTY),
            id="both",
        ),
    ],
)
def test_the_log(load, lines, expected):
    """Level and format are as said; the format is left open where nothing is."""
    assert load(f"[log]\n{lines}\n{SHOP}", LEVEL="error").log == expected


def test_what_is_wrong_with_the_log(faults):
    """Unknown words and keys are told with what is known, all at once."""
    assert faults(f'[log]\nlevel = "loud"\nformat = "xml"\nlevle = 1\n{SHOP}') == [
        "log.level: unknown word; use debug or info or warning or error",
        "log.format: unknown word; use pretty or json",
        "log.levle: unknown key; did you mean level?",
    ]


@pytest.mark.parametrize(
    ("wanted", "is_json", "events"),
    [
        pytest.param(LogSettings(), True, ["i", "w"], id="default"),
        pytest.param(LogSettings(format=LogFormat.JSON), True, ["i", "w"], id="json"),
        pytest.param(LogSettings(LogLevel.WARNING, LogFormat.PRETTY), False, ["w"], id="pretty"),
    ],
)
def test_the_log_is_written_as_said(capsys, wanted, is_json, events):
    """What is configured is what is written, here where stderr is no terminal."""
    try:
        configure(wanted)
        telemetry.log().info("told i")
        telemetry.log().warning("told w")
    finally:
        structlog.reset_defaults()
    lines = capsys.readouterr().err.splitlines()
    assert [line.startswith("{") for line in lines] == [is_json] * len(events)
    assert [each for each in "iw" if any(f"told {each}" in line for line in lines)] == events

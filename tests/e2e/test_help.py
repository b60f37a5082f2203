"""`--help` is quick: nothing is imported that does not help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gateway.cli import main
from tests.e2e.program import PATIENCE, environment

KNOWN = {"click", "gateway", "colorama"}
"""Packages that help needs; colorama is click's own, on Windows."""

ROOMS = {"gateway", "gateway.cli"}
"""Of the gateway: the commands, and files of theirs."""

SHOWN = """
import json, sys
before = set(sys.modules)
from gateway.cli import main
try:
    main(sys.argv[1:], prog_name="gateway")
except SystemExit as ended:
    json.dump({"status": ended.code, "modules": sorted(set(sys.modules) - before)}, sys.stderr)
"""


def paths(command: click.Command, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the words of a command and of all below it, in the order of the alphabet."""
    below = command.commands if isinstance(command, click.Group) else {}
    return [above, *(path for name in sorted(below) for path in paths(below[name], (*above, name)))]


@pytest.mark.parametrize("words", paths(main), ids=lambda words: " ".join(words) or "all")
def test_help_imports_click_alone(words: tuple[str, ...], tmp_path: Path):
    """Every command's help comes without the schema, HTTP, XML or any other library but click."""
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", SHOWN, *words, "--help"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    told = json.loads(ended.stderr)
    packages = {name.partition(".")[0] for name in told["modules"]} - sys.stdlib_module_names
    rooms = {".".join(name.split(".")[:2]) for name in told["modules"] if name.startswith("gateway")}
    assert told["status"] == 0
    assert ended.stdout.startswith(f"Usage: {' '.join(('gateway', *words))} ")
    assert packages <= KNOWN
    assert rooms == ROOMS
    assert "asyncio" not in told["modules"]

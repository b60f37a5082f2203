"""What the tests of clients work with: programs of other languages, and the files that the README shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PATIENCE = 200.0
"""Seconds for one program, an installation too, on a machine with other things to do."""


def tool(name: str) -> str:
    """Return the path of a program; without it the test is skipped, but not where all must be tested."""
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is not installed: programs that speak GraphQL are made and run with it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def ended(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; it finds no module of this checkout by way of the environment."""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 - named by us
        [str(word) for word in words],
        cwd=cwd,
        env=alone,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def told(*words: str | Path, cwd: Path) -> str:
    """Run a program to its good end, and return what it printed."""
    done = ended(*words, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shown(heading: str) -> dict[str, str]:
    """Return the files that a section of the README shows: a block's first line names its file."""
    section = README[README.index(f"\n### {heading}\n") + 1 :]
    section = section[: section.index("\n### ", 1)]
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))


def laid_out(place: Path, files: dict[str, str]) -> Path:
    """Write files below a folder, and the schema beside them."""
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "schema.graphql", place)
    return place

"""A Dockerfile carried out without an engine: a folder stands for each stage's file system."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ABSOLUTE = re.compile(r"(?<![^\s=:])/(?=[a-z])")
"""Where a path of the container begins."""

PATIENCE = 300.0
"""Seconds for one step, on a machine with other things to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction."""

    word: str
    rest: str


def steps(text: str) -> list[Step]:
    """Return a Dockerfile's instructions in their order."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ")
    return [Step(*line.split(maxsplit=1)) for line in whole.splitlines() if line.strip()]


def context(source: Path, target: Path) -> Path:
    """Copy what .dockerignore lets through: what stands behind a "!", without what "**/" names."""
    lines = (source / ".dockerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*", "it lets nothing through that it does not name"
    without = shutil.ignore_patterns(*(line[3:] for line in lines if line.startswith("**/")))
    target.mkdir()
    for name in (line[1:] for line in lines if line.startswith("!")):
        _copy(source / name, target / name, without)
    return target


def _copy(source: Path, target: Path, ignore: object = None) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=ignore, dirs_exist_ok=True)  # type: ignore[arg-type]
    else:
        shutil.copy2(source, target)


@dataclass(slots=True)
class Image:
    """What the instructions make: a file system below `root`, and how it is started.

    Attributes:
        root: Where the file system is; every stage is made there, since programs hold their own path.
        environ: What the instructions set, over what the machine has.
        told: The last of each other instruction.
    """

    root: Path
    environ: dict[str, str]
    workdir: str = "/"
    told: dict[str, str] = field(default_factory=dict)

    def inside(self, text: str) -> str:
        """Return a text whose absolute paths are below the root."""
        return ABSOLUTE.sub(f"{self.root}/", text)

    def take(self, step: Step, context: Path, stages: Mapping[str, Path]) -> None:
        """Carry out one instruction."""
        match step.word:
            case "WORKDIR":
                self.workdir = step.rest
                Path(self.inside(step.rest)).mkdir(parents=True, exist_ok=True)
            case "ENV":
                name, _, value = step.rest.partition("=")
                self.environ[name] = self.inside(value).replace(f"${name}", self.environ.get(name, ""))
            case "COPY":
                self._copy(step.rest.split(), context, stages)
            case "RUN":
                self._run(step.rest)
            case _:
                self.told[step.word] = step.rest

    def _copy(self, words: list[str], context: Path, stages: Mapping[str, Path]) -> None:
        source = stages[words.pop(0).removeprefix("--from=")] if words[0].startswith("--from=") else context
        *names, last = words
        target = Path(self.inside(last)) if last.startswith("/") else Path(self.inside(self.workdir)) / last
        target.parent.mkdir(parents=True, exist_ok=True)
        for name in names:
            _copy(source / name.lstrip("/"), target / name if last.endswith("/") else target)

    def _run(self, command: str) -> None:
        mine = command if os.geteuid() == 0 else re.sub(r"-([og]) \d+", _own, command)
        ended = subprocess.run(  # noqa: S602 - our own Dockerfile's words, for a shell as an engine has them
            self.inside(mine),
            shell=True,
            cwd=self.inside(self.workdir),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == 0, f"RUN {command}\n{ended.stdout}{ended.stderr}"

    def words(self, word: str) -> list[str]:
        """Return the words of an instruction that is written as a list of them."""
        found: list[str] = json.loads(self.told[word][self.told[word].index("[") :])
        return found

    def program(self, words: Sequence[str]) -> list[str]:
        """Return a command with its program looked up as the container would, inside it and nowhere else."""
        found = shutil.which(words[0], path=self.environ["PATH"])
        assert found, f"{words[0]} is not in {self.environ['PATH']}"
        assert Path(found).is_relative_to(self.root), found
        return [found, *words[1:]]


def _own(option: re.Match[str]) -> str:
    return f"-{option[1]} {os.getuid() if option[1] == 'o' else os.getgid()}"


def built(source: Path, place: Path) -> Image:
    """Carry out the Dockerfile of a checkout; return its last stage."""
    sent = context(source, place / "context")
    stages: dict[str, Path] = {}
    root = place / "root"
    image, name = _stage(root, _with_tools(place / "tools")), ""
    for step in steps((source / "Dockerfile").read_text(encoding="utf-8")):
        if step.word != "FROM":
            image.take(step, sent, stages)
            continue
        if name:
            stages[name] = root.rename(place / name)
            image = _stage(root, {"PATH": "/usr/bin:/bin"})
        name = step.rest.partition(" AS ")[2]
    return image


def _stage(root: Path, environ: dict[str, str]) -> Image:
    # No user of the container has a home: what would be written to one is to be found.
    for each in ("", "tmp"):
        (root / each).mkdir()
    return Image(root, {**environ, "HOME": str(root), "TMPDIR": str(root / "tmp")})


def _with_tools(place: Path) -> dict[str, str]:
    """Return the environment of a machine that has Python and pip, as the images of Python do."""
    place.mkdir()
    for name, words in {"python": "", "pip": " -m pip"}.items():
        (place / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        (place / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    return {**kept, "PATH": f"{place}:/usr/bin:/bin"}

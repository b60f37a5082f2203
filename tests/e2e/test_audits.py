"""The public audits of GraphQL over HTTP, by their own program, against `gateway demo`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.clients.workshop import PATIENCE, told, tool
from tests.e2e.program import ROOT, Program, ready

AUDITS = ROOT / "tests" / "audits"
COUNT = 61


@pytest.mark.timeout(2 * PATIENCE + 60)
def test_every_audit_is_ok(tmp_path: Path):
    """All audits are ok: what must, what should and what may be."""
    node, npm = tool("node"), tool("npm")
    place = Path(shutil.copytree(AUDITS, tmp_path / "audits", ignore=shutil.ignore_patterns("node_modules")))
    told(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=place)
    with Program("demo", "--port", "0", "--contacts", "10", cwd=tmp_path) as program:
        address = program.address("GraphQL ")
        ready(program.address("Health"))
        found = [json.loads(line) for line in told(node, "audit.mjs", address, cwd=place).splitlines()]
    assert [each for each in found if each["status"] != "ok"] == []
    assert len(found) == COUNT

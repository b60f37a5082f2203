"""`gateway schema --check --changelog`: what breaks clients must be told, as a commit's check asks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program import ROOT, run

CHANGES = "# A\n\n## Changes\n\n- 0.5: more. {told}\n- 0.4: doors.\n"


@pytest.mark.parametrize(
    ("told", "status", "complaints"),
    [
        pytest.param("breaking: Viewer.gone, which nobody asked.", 0, [], id="told"),
        pytest.param("Nothing much.", 1, ["Viewer.gone"], id="not-told"),
    ],
)
def test_schema_check_with_a_changelog(told: str, status: int, complaints: list[str], tmp_path: Path):
    """Every change is printed; the status is 1 only where the changelog lacks a breaking one."""
    text = (ROOT / "schema.graphql").read_text(encoding="utf-8")
    seeded = text.replace("type Viewer {", "type Viewer {\n  gone: Int\n")
    (tmp_path / "released.graphql").write_text(f"# 0.4: earlier.\n{seeded}")
    (tmp_path / "CHANGES.md").write_text(CHANGES.format(told=told))
    words = ("schema", "--check", "--against", "released.graphql", "--changelog", "CHANGES.md")

    ended = run(*words, cwd=tmp_path)

    lines = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (status, "breaking: Field Viewer.gone was removed.\n")
    assert len(lines) == len(complaints)
    assert all(name in line for name, line in zip(complaints, lines, strict=True))


def test_a_changelog_that_is_not_there(tmp_path: Path):
    """A file that cannot be read is one clear line, status 2."""
    (tmp_path / "schema.graphql").write_text("type Query { x: ID }")
    ended = run("schema", "--check", "--changelog", "nowhere.md", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "--changelog: nowhere.md cannot be read; name a file with a section Changes."
    ]

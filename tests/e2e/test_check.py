"""`gateway check` where it does more than look: what it tries, what it writes down, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.program import ROOT, Program, run

SECTIONS = """
[[administrations]]
slug = "shop-nl"
title = "Shop B.V."
system = "moneybird"
administration_id = "123456789012345678"
token = "sandbox-token-moneybird"
base_url = "{moneybird}"

[[administrations]]
slug = "wholesale"
title = "Wholesale V.O.F."
system = "acumulus"
contract_code = "123456"
username = "ApiUser123456"
password = "sandbox-only-Acumulus"
base_url = "{acumulus}"
"""
CREDENTIALS = ("sandbox-token-moneybird", "sandbox-only-Acumulus", "ApiUser123456", "123456789012345678")
CLOSED = {"RCUR", "FRST", "OOFF", "FNAL"}


@contextmanager
def emulated(folder: Path, *chosen: str) -> Iterator[dict[str, str]]:
    """Serve the emulators with some settings, and write the configuration for them; addresses by name."""
    words = [word for each in chosen for word in ("--set", each)]
    ports = ("--moneybird-port", "0", "--acumulus-port", "0")
    with Program("sandbox", *ports, "--contacts", "20", "--no-ration", *words, cwd=folder) as program:
        found = {name: program.address(f"{name.capitalize()}:") for name in ("acumulus", "moneybird")}
        program.line("Ctrl-C")
        (folder / "gateway.toml").write_text(SECTIONS.format(**found))
        yield found


def stored(address: str) -> dict[str, Any]:
    """Return all that an emulator stores."""
    surface = f"http://{address.removeprefix('http://').partition('/')[0]}/_control"
    found: dict[str, Any] = httpx.get(f"{surface}/state").json()
    return found


def texts(value: object) -> Iterator[str]:
    """Walk over the texts of a document."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def told(stdout: str, slug: str) -> list[str]:
    """Return the lines below the table about an administration."""
    return [line.partition(": ")[2] for line in stdout.splitlines() if line.startswith(f"{slug}: ")]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param(
            "acumulus.nodes=full",
            (
                "contact_manage answers the stored values, not what was sent",
                "contact_get answers line breaks as real ones",
            ),
            id="full",
        ),
        pytest.param(
            "acumulus.nodes=documented",
            (
                "contact_manage answers the stored values, not what was sent",
                "contact_manage answers with a value, and contact_get not at all: contacttelephone2",
            ),
            id="documented",
        ),
        pytest.param(
            "acumulus.manage_answers=submitted",
            ("contact_manage only repeats what was sent: its answer proves nothing of what is stored",),
            id="submitted",
        ),
        pytest.param(
            "acumulus.breaks=escaped",
            ("contact_get answers line breaks as the two characters \\n or \\t",),
            id="escaped",
        ),
    ],
)
def test_a_probe_tells_what_no_document_does(tmp_path: Path, chosen: str, expected: tuple[str, ...]):
    """The lines stand under the table, the status is 0, and both books are as they were."""
    with emulated(tmp_path, chosen) as addresses:
        before = [stored(address) for address in addresses.values()]
        ended = run("check", "--probe", cwd=tmp_path)
        assert [stored(address) for address in addresses.values()] == before

    lines = told(ended.stdout, "wholesale")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "contactproc said testmode" in lines
    for words in expected:
        assert any(line.startswith(words) for line in lines), (words, lines)
    assert lines[-1] == "the contact that was probed is as it was before, as far as contact_get tells"
    assert told(ended.stdout, "shop-nl") == ["nothing to probe: no field is in doubt"]


def test_without_a_probe_nothing_is_tried(tmp_path: Path):
    """A mere check sends no contact_manage and says nothing of one."""
    with emulated(tmp_path) as addresses:
        ended = run("check", cwd=tmp_path)
        surface = f"http://{addresses['acumulus'].removeprefix('http://').partition('/')[0]}/_control"
        paths = [row["path"] for row in httpx.get(f"{surface}/log").json()["requests"]]
    assert ended.returncode == 0
    assert "contact_manage" not in ended.stdout
    assert paths
    assert [path for path in paths if "manage" in path] == []


def test_a_recording_holds_nobody(tmp_path: Path):
    """Every answer is a file for its owner alone, and no value of any contact or credential stands in one."""
    with emulated(tmp_path) as addresses:
        ended = run("check", "--probe", "--record", "samples/today", cwd=tmp_path)
        values = {text for address in addresses.values() for text in texts(stored(address))}

    files = sorted((tmp_path / "samples" / "today").rglob("*.*"))
    names = [file.relative_to(tmp_path / "samples" / "today").as_posix() for file in files]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert names[:4] == [
        "shop-nl/01-administrations.json",
        "shop-nl/02-contacts-synchronization.json",
        "wholesale/01-general-general_about.xml",
        "wholesale/02-contacts-contacts_list.xml",
    ]
    assert sum("contact_manage.xml" in name for name in names) == 1
    assert re.fullmatch(r"wholesale/[0-9]{2}-contacts-contact_get\.xml", names[-1])
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    written = "\n".join(file.read_text() for file in files)
    words = {word for text in (*values, *CREDENTIALS) for word in re.findall(r"\w{4,}", text)}
    assert len(words) > 300
    recognisable = {word for word in words - CLOSED if re.search("[A-WYZa-wyz0-8]", word)}
    assert [word for word in recognisable if re.search(rf"\b{word}\b", _values_of(written))] == []
    assert not any(name in written for name in ("127.0.0.1", "Authorization", "Bearer"))


def _values_of(written: str) -> str:
    """Return what stands in the files besides the names of nodes and keys."""
    return re.sub(r'</?[a-z0-9_]+ ?/?>|"[a-z0-9_]+" ?:', " ", written)


def test_a_failure_is_recorded_with_its_status(tmp_path: Path):
    """An answer that is no good is a sample too: its file's name tells the HTTP status; status 1."""
    with emulated(tmp_path):
        file = tmp_path / "gateway.toml"
        file.write_text(file.read_text().replace("sandbox-only-Acumulus", "wrong-Canary"))
        ended = run("check", "--probe", "--record", "samples", cwd=tmp_path)
    files = sorted((tmp_path / "samples" / "wholesale").iterdir())
    assert ended.returncode == 1
    assert [file.name for file in files] == ["01-general-general_about-403.xml"]
    assert "Acumulus does not accept the credentials." in told(ended.stdout, "wholesale")
    assert "contactproc" not in ended.stdout
    assert "Canary" not in ended.stdout + ended.stderr + files[0].read_text()


def test_a_probe_that_fails_is_status_1(tmp_path: Path):
    """What kept it from being carried out is told, and the rest of the table stands."""
    with emulated(tmp_path) as addresses:
        surface = f"http://{addresses['acumulus'].removeprefix('http://').partition('/')[0]}/_control"
        httpx.post(f"{surface}/faults", json={"kind": "status", "status": 500, "path": "contact_manage"})
        ended = run("check", "--probe", cwd=tmp_path)
    assert ended.returncode == 1
    assert "the probe failed: Acumulus failed to answer (HTTP 500)." in told(ended.stdout, "wholesale")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("kind", ["used", "file"])
def test_a_folder_that_is_in_use_is_refused(tmp_path: Path, kind: str):
    """Nothing that is there is written over: one line, status 2, and nobody is asked."""
    away = {"moneybird": "http://127.0.0.1:1/api/v2", "acumulus": "http://127.0.0.1:1/a"}
    (tmp_path / "gateway.toml").write_text(SECTIONS.format(**away))
    place = tmp_path / "samples"
    if kind == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine.xml").write_text("mine")

    ended = run("check", "--record", "samples", cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "--record: samples" in ended.stderr
    assert [path.read_text() for path in (place, place / "mine.xml") if path.is_file()] == ["mine"]


def test_a_system_without_a_redaction_is_not_recorded(tmp_path: Path):
    """It is visited all the same, said to be left out, and leaves no file."""
    (tmp_path / "gateway.toml").write_text(
        '[[administrations]]\nslug = "toy"\nsystem = "toybooks"\nnames = "Aap;Noot"\n'
    )
    words = ("check", "--probe", "--record", "samples")
    ended = run(*words, cwd=tmp_path, path=str(ROOT / "tests" / "toy"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert told(ended.stdout, "toy") == [
        "nothing to probe: no field is in doubt",
        "not recorded: Toy Books has no redaction",
    ]
    assert list((tmp_path / "samples").iterdir()) == []


def test_help_tells_both():
    """Both options are explained and shown."""
    shown = run("check", "--help", cwd=ROOT)
    assert shown.returncode == 0
    assert "gateway check --probe --record samples" in shown.stdout.partition("Examples:")[2]
    assert "stores nothing" in re.sub(r"\s+", " ", shown.stdout)

"""A network that keeps what came, and nothing of what was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.domain.administration import Administration, Quota
from gateway.domain.errors import BackendUnavailable
from gateway.ports import Answer, Call, Line
from gateway.transport.recording import RecordingNetwork, SampleFolder
from tests.fakes import FakeClient, FakeNetwork
from tests.transport.calls import sent

LINE = Line(Administration("shop", "Shop", "toy", "1"), "http://127.0.0.1:1", {"token": "secret"}, 10)
CALL = Call("POST", "/secret/call", b"secret", {"secret": "secret"})


def redact(call: Call, answer: Answer) -> tuple[str, bytes]:
    """Keep the size alone."""
    return "the-call.xml", b"x" * len(answer.body)


def files(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(file.name for file in folder.iterdir())


def recorded(folder: SampleFolder, status: int = 200) -> tuple[RecordingNetwork, FakeClient]:
    """Return a network that answers with a status, and the client below it."""
    client = FakeClient(lambda call: Answer(status, {"header": "secret"}, b"secret"), Quota(5, 4, None))
    return RecordingNetwork(FakeNetwork(client=client), folder.keep), client


async def test_every_answer_is_a_numbered_file_for_its_owner_alone(tmp_path: Path):
    """The files are in order, hold what the redaction left, and nobody else may read them."""
    network, client = recorded(SampleFolder(tmp_path / "new" / "shop", redact))
    line = network.open(LINE)

    answers = [await sent(line, CALL) for _ in range(2)]

    folder = tmp_path / "new" / "shop"
    assert files(folder) == ["01-the-call.xml", "02-the-call.xml"]
    assert [(folder / name).read_bytes() for name in files(folder)] == [b"xxxxxx"] * 2
    assert {(folder / name).stat().st_mode & 0o777 for name in files(folder)} == {0o600}
    assert [answer.body for answer in answers] == [b"secret"] * 2
    assert client.sent == [CALL, CALL]


async def test_a_status_that_is_not_200_is_in_the_name(tmp_path: Path):
    """It is all that the file itself cannot tell."""
    network, _ = recorded(SampleFolder(tmp_path, redact), 403)
    await sent(network.open(LINE), CALL)
    assert files(tmp_path) == ["01-the-call-403.xml"]


async def test_the_rest_is_the_real_networks(tmp_path: Path):
    """Time, ration and closing pass through, and a call without an answer leaves no file."""
    gone = BackendUnavailable("Gone.")
    client = FakeClient(lambda call: gone, Quota(5, 4, None))
    below = FakeNetwork(client=client)
    network = RecordingNetwork(below, SampleFolder(tmp_path, redact).keep)
    line = network.open(LINE)

    with pytest.raises(BackendUnavailable):
        await sent(line, CALL)
    await line.close()

    assert network.now() == below.now()
    assert line.quota() == Quota(5, 4, None)
    assert client.is_closed
    assert below.lines == [LINE]
    assert files(tmp_path) == []


async def test_a_name_cannot_leave_the_folder(tmp_path: Path):
    """Whatever a system calls its file, it stands in the folder."""
    folder = SampleFolder(tmp_path / "shop", lambda call, answer: ("../../É v/il.x/ml", b""))
    network, _ = recorded(folder)
    await sent(network.open(LINE), CALL)
    assert files(tmp_path / "shop") == ["01--v-il.x-ml"]


@pytest.mark.parametrize("link", [False, True], ids=["file", "link"])
async def test_nothing_is_written_over(tmp_path: Path, link: bool):
    """What is there already stays; it is told, no later answer is kept, and the call is none the worse."""
    there = tmp_path / "01-the-call.xml"
    if link:
        there.symlink_to(tmp_path / "elsewhere")
    else:
        there.write_text("mine")
    folder = SampleFolder(tmp_path, redact)
    network, _ = recorded(folder)
    line = network.open(LINE)

    assert [(await sent(line, CALL)).status for _ in range(2)] == [200, 200]

    assert folder.failure == "File exists"
    assert files(tmp_path) == ["01-the-call.xml"]
    assert link or there.read_text() == "mine"

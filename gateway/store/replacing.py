"""Files of which there is always a whole one: a new one takes the old one's place in one step."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(directory: Path, name: str) -> Iterator[None]:
    """Keep everybody else from writing the files of one name; the directory is made where it is not there.

    Raises:
        BlockingIOError: somebody else is at work on them.
        OSError: the directory cannot be written to.
    """
    prepare(directory)
    lock = os.open(directory / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def prepare(directory: Path) -> None:
    """Make a directory that is for the gateway's user alone.

    Raises:
        OSError: it cannot be made, or not be written to.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(13, "it may not be written to", str(directory))


def replace(path: Path, pieces: Iterable[bytes]) -> int:
    """Put a file in the place of an older one; who is alone with its name does this.

    Whenever the process ends, or the machine, one of the two is there and whole.

    Returns:
        Its bytes.

    Raises:
        OSError: it could not be written; the older one is as it was.
    """
    made = path.with_name(f"{path.name}.new")
    file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        size = sum(_write(file, piece) for piece in pieces)
        os.fsync(file)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)
    made.replace(path)
    sync(path.parent)
    return size


def sync(directory: Path) -> None:
    """Have what was renamed or removed in a directory be so after a power cut too."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(file: int, piece: bytes) -> int:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(file, rest) :]
    return len(piece)

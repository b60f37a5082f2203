"""A clock that is set, and a journal in a directory of the test's own."""

from collections.abc import Callable

import pytest

from gateway.store import FileJournal
from tests.fakes import Clock
from tests.store.writes import NOON


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def directory(tmp_path):
    """A directory that is not there yet."""
    return tmp_path / "cache" / "journal"


@pytest.fixture
def process(directory, clock) -> Callable[[], FileJournal]:
    """Make the journal of one more process on the same directory."""
    return lambda: FileJournal(directory, {"shop": "shop-1f2e"}, clock)

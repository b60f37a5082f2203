"""A Redis for the tests of a file, empty at the beginning of each."""

import pytest

from tests.sharing.server import redis_server


@pytest.fixture(scope="module")
def running():
    with redis_server() as found:
        yield found


@pytest.fixture
def server(running):
    running.empty()
    running.client.flushall()
    return running

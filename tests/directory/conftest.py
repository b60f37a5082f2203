"""One book of two contacts, and the clock it goes by."""

import pytest

from tests.fakes import Clock, FakeContacts, backend, book_of, contact


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1", "Ann"), contact("2", "Bo")])


@pytest.fixture
async def book(contacts, clock):
    made = book_of(backend(contacts), clock)
    yield made
    await made.close()

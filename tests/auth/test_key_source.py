"""Keys that are fetched: when, how often, and what holds while that fails."""

import asyncio

import pytest
import structlog

from gateway.auth.key_set import MAX_BYTES
from gateway.auth.key_source import FetchedKeys
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer
from tests.auth.issuer import CANARY, document, row

URL = "https://id.example/jwks.json"


class Issuer:
    """Answers with a key set, or fails; counts how often it was asked."""

    def __init__(self, *rows):
        self.answer = document(*rows)
        self.error = None
        self.gate = None
        self.asked = []
        self.reached = asyncio.Event()

    async def fetch(self, url):
        self.asked.append(url)
        self.reached.set()
        if self.gate:
            await self.gate.wait()
        if self.error:
            raise self.error
        return self.answer


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def issuer():
    return Issuer(row())


@pytest.fixture
def keys(issuer, clock):
    return FetchedKeys(URL, ["RS256"], issuer.fetch, clock)


async def test_keys_are_fetched_when_first_needed(issuer, keys):
    """Nothing is asked before, and the next one asks nothing."""
    assert issuer.asked == []
    assert await keys.find("first", "RS256")
    assert await keys.find("first", "RS256")
    assert issuer.asked == [URL]


async def test_who_comes_at_once_shares_a_fetch(issuer, keys):
    """A hundred first tokens are one fetch, and all of them get their key."""
    issuer.gate = asyncio.Event()
    waiting = [asyncio.create_task(keys.find("first", "RS256")) for _ in range(100)]
    await asyncio.sleep(0)
    issuer.gate.set()
    assert all(await asyncio.gather(*waiting))
    assert len(issuer.asked) == 1


async def test_who_comes_during_the_first_fetch_waits_for_it(issuer, keys):
    """Nobody is turned away because the keys are on their way."""
    issuer.gate = asyncio.Event()
    first = asyncio.create_task(keys.find("first", "RS256"))
    await issuer.reached.wait()
    late = asyncio.create_task(keys.find("first", "RS256"))
    await asyncio.sleep(0)
    issuer.gate.set()
    assert await first is await late is not None
    assert len(issuer.asked) == 1


async def test_keys_are_good_for_ten_minutes(issuer, keys, clock):
    """After that the next token waits for new ones: a key that was taken back is not taken any more."""
    await keys.find("first", "RS256")
    clock.now += 599.9
    await keys.find("first", "RS256")
    assert len(issuer.asked) == 1
    issuer.answer = document(row("second"))
    clock.now += 0.1
    assert await keys.find("first", "RS256") is None
    assert await keys.find("second", "RS256")
    assert len(issuer.asked) == 2


async def test_an_unknown_key_is_asked_for_once_a_minute(issuer, keys, clock):
    """A new key is found within a minute, and made-up ids do not make a flood."""
    await keys.find("first", "RS256")
    issuer.answer = document(row("second"))
    for unknown in ("second", "made-up", "another"):
        assert await keys.find(unknown, "RS256") is None
    assert len(issuer.asked) == 1
    clock.now += 60
    assert await keys.find("second", "RS256")
    for number in range(20):
        assert await keys.find(f"made-up-{number}", "RS256") is None
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        pytest.param(BackendUnavailable(CANARY), b"", id="unavailable"),
        pytest.param(BadUpstreamAnswer(CANARY), b"", id="bad-answer"),
        pytest.param(OSError(CANARY), b"", id="system"),
        pytest.param(TimeoutError(), b"", id="timeout"),
        pytest.param(None, b"<html>" + CANARY.encode(), id="html"),
        pytest.param(None, b'{"keys": []}', id="no-keys"),
        pytest.param(None, b" " * (MAX_BYTES + 1), id="too-large"),
    ],
)
async def test_old_keys_stay_while_the_fetch_fails(issuer, keys, clock, error, answer):
    """An issuer that is down locks nobody out, is asked once a minute, and its words reach no log."""
    await keys.find("first", "RS256")
    good, issuer.error, issuer.answer = issuer.answer, error, answer
    clock.now += 600
    with structlog.testing.capture_logs() as events:
        for _ in range(5):
            assert await keys.find("first", "RS256")
    assert len(issuer.asked) == 2
    assert [(event["event"], event["held"]) for event in events] == [("key_set_failed", True)]
    assert CANARY not in str(events)
    issuer.error, issuer.answer = None, good
    clock.now += 59.9
    await keys.find("first", "RS256")
    assert len(issuer.asked) == 2
    clock.now += 0.1
    await keys.find("first", "RS256")
    assert len(issuer.asked) == 3


async def test_without_any_key_the_fetch_is_tried_again_soon(issuer, keys, clock):
    """Nobody is let in before the first keys are there, and the issuer is asked every five seconds."""
    issuer.error = OSError()
    for _ in range(5):
        assert await keys.find("first", "RS256") is None
    assert len(issuer.asked) == 1
    issuer.error = None
    clock.now += 4.9
    assert await keys.find("first", "RS256") is None
    clock.now += 0.1
    assert await keys.find("first", "RS256")
    assert len(issuer.asked) == 2


async def test_who_leaves_does_not_end_the_fetch(issuer, keys):
    """Whoever sends an unknown key's id and hangs up keeps the keys from nobody."""
    issuer.gate = asyncio.Event()
    rude = asyncio.create_task(keys.find("made-up", "RS256"))
    await issuer.reached.wait()
    rude.cancel()
    await asyncio.gather(rude, return_exceptions=True)
    issuer.gate.set()
    assert await keys.find("first", "RS256")
    assert len(issuer.asked) == 1


async def test_known_keys_do_not_wait_for_a_fetch_of_others(issuer, keys, clock):
    """While a made-up id makes the issuer be asked, tokens with a known one pass."""
    await keys.find("first", "RS256")
    clock.now += 60
    issuer.reached.clear()
    issuer.gate = asyncio.Event()
    waiting = asyncio.create_task(keys.find("made-up", "RS256"))
    await issuer.reached.wait()
    assert await asyncio.wait_for(keys.find("first", "RS256"), 1)
    issuer.gate.set()
    assert await waiting is None


async def test_a_hanging_issuer_is_not_waited_for(issuer, clock):
    """A fetch has its seconds; then who waits is answered, and it counts as failed."""
    keys = FetchedKeys(URL, ["RS256"], issuer.fetch, clock, patience=0.01)
    issuer.gate = asyncio.Event()
    assert await asyncio.wait_for(keys.find("first", "RS256"), 5) is None
    assert await keys.find("first", "RS256") is None
    assert len(issuer.asked) == 1

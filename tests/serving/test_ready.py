"""Whether the gateway is ready, from its start to its end: asked at any moment, true of that moment."""

from dataclasses import replace

from gateway.domain.errors import BackendUnavailable, CredentialsRejected
from gateway.serving import Draining
from gateway.settings import Settings
from gateway.settings.values import CacheSettings
from tests.fakes import FakeContacts, backend, contact, load_all, world
from tests.serving.visits import client_of


async def test_readiness_follows_every_change_at_once():
    """The very next question sees a book that came, fails, is turned away or heals, and the coming end."""
    contacts, draining = FakeContacts([contact("1")]), Draining()
    settings = Settings(cache=CacheSettings(preload=True))
    seen: list[tuple[int, str, str, float | None]] = []
    async with (
        world(backend(contacts), settings=settings) as opened,
        client_of(opened.gateway.application(draining)) as browser,
    ):

        async def look() -> None:
            answer = await browser.get("/health/ready")
            [book] = answer.json()["administrations"]
            seen.append((answer.status_code, answer.json()["status"], book["state"], book["age"]))

        await look()
        await load_all(opened.gateway.directory)
        await look()
        for failure in (BackendUnavailable("away"), CredentialsRejected("wrong key"), None):
            opened.clock.move(10)
            contacts.switch.failing = {"scan": failure} if failure else {}
            await load_all(opened.gateway.directory)
            await look()
        draining.told = True
        await look()
    assert seen == [
        (503, "starting", "UNAVAILABLE", None),
        (200, "ready", "FRESH", 0),
        (200, "ready", "STALE", 10),
        (503, "starting", "UNAVAILABLE", 20),
        (200, "ready", "FRESH", 0),
        (503, "draining", "FRESH", 0),
    ]


async def test_what_is_shared_is_told():
    """It is told whether it can be reached, where anything is; without it the gateway is ready still."""
    state = {"up": True}
    async with world(backend(FakeContacts([contact("1")]))) as opened:
        gateway = replace(opened.gateway, is_shared=lambda: state["up"])
        told = []
        for each, is_up in ((gateway, True), (gateway, False), (opened.gateway, True)):
            state["up"] = is_up
            async with client_of(each.application()) as browser:
                answer = await browser.get("/health/ready")
                told.append((answer.status_code, answer.json()["status"], answer.json().get("shared")))
    assert told == [(200, "ready", "up"), (200, "ready", "away"), (200, "ready", None)]

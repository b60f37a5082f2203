"""Webhooks as HTTP: their form is looked at first, and nobody is told why one is not trusted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from gateway.serving.hooks import MOST_BYTES, Hooks
from gateway.settings import LimitSettings
from tests.fakes import backend, turns
from tests.serving.visits import Line, client_of, code_of, piece, visited

HERE = "/webhooks/shop"
POST = {"path": HERE}


class Taken:
    """Takes in what comes, and trusts it or not."""

    def __init__(self, trusts: bool = True) -> None:
        self.trusts = trusts
        self.came: list[tuple[str, bytes]] = []

    def __call__(self, slug, headers, body) -> bool:
        self.came.append((slug, body))
        return self.trusts


@pytest.fixture
async def site():
    async with visited(backend([])) as here:
        yield here.site


def taking(site, taken: Taken, seconds: float = 60.0):
    return replace(site, hooks=Hooks(taken, seconds))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_nothing_but_post(site, method):
    """Any other method is told which one it is, whatever the slug."""
    taken = Taken()
    async with client_of(taking(site, taken)) as browser:
        answers = [await browser.request(method, path) for path in (HERE, "/webhooks/nobody")]
    assert [(each.status_code, each.headers["allow"]) for each in answers] == [(405, "POST")] * 2
    assert taken.came == []


async def test_a_body_comes_in_pieces(site):
    """The bytes are handed on as they came, put together."""
    taken = Taken()
    line = Line([piece(b"ab", more=True), piece(b"\xff", more=True), piece(b"c")], POST)
    await line.run(taking(site, taken))
    assert line.status == 200
    assert taken.came == [("shop", b"ab\xffc")]


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 413)], ids=["all", "one-more"])
async def test_a_body_is_bounded(site, extra, status):
    """Once there is more than 64 KiB nothing more is waited for."""
    taken = Taken()
    line = Line(
        [piece(b"x" * (MOST_BYTES - 1), more=True), piece(b"x" * (1 + extra), more=bool(extra))], POST
    )
    await line.run(taking(site, taken))
    assert line.status == status
    assert len(taken.came) == (status == 200)


async def test_a_body_has_to_arrive(site):
    """Who begins a body and does not end it is told so, and takes up nothing for longer."""
    line = Line([piece(b"x", more=True)], POST)
    await line.run(taking(site, Taken(), 0.01))
    assert (line.status, line.headers["connection"]) == (408, "close")


async def test_a_client_that_leaves(site):
    """There is nobody to be answered, and nothing is taken."""
    taken = Taken()
    line = Line([piece(b"x", more=True)], POST)
    running = asyncio.create_task(line.run(taking(site, taken)))
    await turns()
    line.leaves.set()
    await running
    assert (line.sent, taken.came) == ([], [])


async def test_who_is_not_trusted_learns_nothing(site):
    """The answer says that something is wrong, and not what."""
    async with client_of(taking(site, Taken(trusts=False))) as browser:
        answer = await browser.post(HERE, content=b"x")
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["cache-control"] == "no-store"


async def test_another_name_of_this_machine_will_do(site):
    """A system calls by a public name, which a gateway without keys answers to nobody else."""
    headers = {"host": "gateway.example"}
    async with client_of(taking(site, Taken())) as browser:
        hook = await browser.post(HERE, content=b"x", headers=headers)
        other = await browser.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert (hook.status_code, hook.content, other.status_code) == (200, b"", 421)


async def test_the_slug_is_not_told_in_the_log(site):
    """Whatever follows the folder may be anything that somebody made up."""
    with capture_logs() as events:
        async with client_of(taking(site, Taken())) as browser:
            await browser.post("/webhooks/somebody@example.com", content=b"x")
    (request,) = (each for each in events if each["event"] == "request")
    assert (request["path"], request["bytes_in"], request["status"]) == ("/webhooks", 1, 200)
    assert "somebody" not in str(events)


async def test_the_limit_on_time_is_as_configured():
    """A body of a webhook has as long as any other body."""
    async with visited(backend([]), limits=LimitSettings(body_seconds=7)) as here:
        assert here.site.hooks.body_seconds == 7

"""Keys and tokens at the door: who is let in, as whom, how often, and what is said to everybody else."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.auth import Doorkeeper
from gateway.auth.key_source import PAUSE, FetchedKeys
from gateway.auth.tokens import Tokens
from gateway.settings import Scope
from gateway.transport.fetching import fetched
from tests.auth.issuer import AUDIENCE, CANARY, ISSUER, claims, document, row, signed
from tests.e2e.program import Program, free_port, run
from tests.e2e.tenants import TENANTS, Estate, browser, key_text, opened_estate

FIRST, SECOND = TENANTS
OWN = [f"{FIRST}-moneybird", f"{FIRST}-acumulus"]
WHO = {"query": "{ viewer { name scopes } administrations { slug } }"}
NAMES = {"query": "{ viewer { name } }"}
KEY = key_text(FIRST, [Scope.READ])

REFUSED = [
    pytest.param(None, id="missing"),
    pytest.param("", id="empty"),
    pytest.param(KEY, id="no-scheme"),
    pytest.param(f"Basic {KEY}", id="another-scheme"),
    pytest.param("Bearer", id="nothing-behind-the-scheme"),
    pytest.param(f"Bearer {KEY} {KEY}", id="twice"),
    pytest.param(f"Bearer {KEY}x", id="wrong"),
    pytest.param(f"Bearer {KEY[:-1]}", id="cut-short"),
    pytest.param(f"Bearer {KEY.upper()}", id="in-another-case"),
    pytest.param(f"Bearer {'x' * 20_000}", id="endless"),
    pytest.param(f"Bearer {signed(claims(exp=int(time.time()) - 120))}", id="token-over-its-time"),
    pytest.param(f"Bearer {signed(claims(aud='others'))}", id="token-for-others"),
    pytest.param(f"Bearer {signed(claims(iss='https://other.example/'))}", id="token-of-another-issuer"),
    pytest.param(f"Bearer {signed(key_id='second')}", id="token-of-an-unknown-key"),
    pytest.param(f"Bearer {signed()}x", id="token-with-a-broken-signature"),
    pytest.param("Bearer a.b.c", id="token-that-is-none"),
]


def bearer(text: str) -> dict[str, str]:
    """Return the header that a key or token is sent in."""
    return {"authorization": f"Bearer {text}"}


def token(**others: Any) -> dict[str, str]:
    """Return the header of a token for a reader of the first owner's books, with claims put differently."""
    return bearer(signed(claims(**{"scope": "openid contacts:read", "books": OWN, **others})))


@asynccontextmanager
async def guarded(
    folder: Path, keys: bytes | None = None, **others: Any
) -> AsyncIterator[tuple[Estate, httpx.AsyncClient]]:
    """Open a gateway that takes the owners' keys, and an issuer's tokens by its key set in a file."""
    file = folder / "jwks.json"
    file.write_bytes(keys or document())
    async with opened_estate(jwt=issuer(str(file)), **others) as estate, browser(estate.gateway) as client:
        yield estate, client


def issuer(jwks: str) -> dict[str, Any]:
    """Return the section that lets an issuer's tokens in."""
    return {"issuer": ISSUER, "audience": AUDIENCE, "jwks": jwks, "administrations_claim": "books"}


@pytest.mark.parametrize("authorization", REFUSED)
async def test_who_is_not_known(tmp_path, authorization):
    """401 and the challenge, byte for byte the same whatever is wrong; no system is asked."""
    headers = {"x-request-id": "same", **({} if authorization is None else {"authorization": authorization})}
    async with guarded(tmp_path) as (estate, client):
        for method, path in (("POST", "/graphql"), ("GET", "/graphql"), ("GET", "/schema.graphql")):
            answer = await client.request(method, path, json=WHO, headers=headers)
            usual = await client.request(method, path, headers={"x-request-id": "same"})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert "data" not in answer.json()
            assert (answer.content, answer.headers) == (usual.content, usual.headers)
        assert estate.calls(FIRST) == estate.calls(SECOND) == 0


@pytest.mark.parametrize(
    "scopes",
    [
        pytest.param((Scope.READ,), id="reader"),
        pytest.param((Scope.WRITE,), id="writer"),
        pytest.param((Scope.RAW, Scope.WRITE), id="writer-of-records"),
        pytest.param((Scope.ADMIN,), id="admin"),
    ],
)
@pytest.mark.parametrize("word", TENANTS)
async def test_who_a_key_is(tmp_path, word, scopes):
    """A key has its name, its rights and its books; the scheme is good in any case."""
    async with guarded(tmp_path) as (_, client):
        text = key_text(word, scopes)
        answer = await client.post("/graphql", json=WHO, headers={"authorization": f"bEARER {text}"})
        assert answer.json()["data"] == {
            "viewer": {"name": text.removeprefix("key-of-"), "scopes": sorted(scopes)},
            "administrations": [{"slug": f"{word}-moneybird"}, {"slug": f"{word}-acumulus"}],
        }


async def test_health(tmp_path):
    """Anybody learns whether it is ready; who has a key learns of their own books, and of no others."""
    async with guarded(tmp_path) as (_, client):
        for headers in ({}, bearer("wrong"), token(exp=1)):
            assert (await client.get("/health/ready", headers=headers)).json() == {"status": "ready"}
        for headers in (bearer(KEY), token()):
            told = (await client.get("/health/ready", headers=headers)).json()
            assert [each["slug"] for each in told["administrations"]] == OWN
        assert (await client.get("/health/live")).json() == {"status": "live"}


async def test_the_schema(tmp_path):
    """The schema as text is for whoever has a key or token, whatever their rights."""
    async with guarded(tmp_path) as (_, client):
        for headers in (bearer(key_text(FIRST, [Scope.RAW])), token(scope="")):
            answer = await client.get("/schema.graphql", headers=headers)
            assert answer.status_code == 200
            assert "type Query" in answer.text


@pytest.mark.parametrize(
    ("others", "scopes", "books"),
    [
        pytest.param({}, ["contacts:read"], OWN, id="as-claimed"),
        pytest.param({"scope": ["admin", "email"]}, ["admin"], OWN, id="scopes-in-a-list"),
        pytest.param({"books": [OWN[0]]}, ["contacts:read"], OWN[:1], id="one-book"),
        pytest.param({"books": [OWN[0], "nowhere"]}, ["contacts:read"], OWN[:1], id="a-book-that-is-not"),
        pytest.param({"books": None}, ["contacts:read"], [], id="no-books"),
        pytest.param({"books": OWN[0]}, ["contacts:read"], [], id="no-list-of-books"),
        pytest.param({"scope": None}, [], None, id="no-rights"),
        pytest.param({"scope": "contacts:raw"}, ["contacts:raw"], None, id="no-right-to-read"),
    ],
)
async def test_who_a_token_is(tmp_path, others, scopes, books):
    """A token has its subject's name, the rights that we know, and the books that it names; none: no data."""
    async with guarded(tmp_path) as (_, client):
        answer = (await client.post("/graphql", json=WHO, headers=token(**others))).json()
        alone = (
            await client.post(
                "/graphql", json={"query": "{ viewer { name scopes } }"}, headers=token(**others)
            )
        ).json()
        assert alone["data"]["viewer"] == {"name": "ann", "scopes": scopes}
        if books is None:
            assert answer["data"] is None
            assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"]
        else:
            assert [each["slug"] for each in answer["data"]["administrations"]] == books


@dataclass
class KeyServer:
    """Serves a key set over HTTP.

    Attributes:
        body: The key set; None: it fails.
        asked: How often it was fetched.
    """

    body: bytes | None
    asked: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body, status = (self.body, b"200 OK") if self.body else (b"", b"500 No")
        head = b"HTTP/1.1 %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(body))
        writer.write(head + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(keys: KeyServer) -> AsyncIterator[str]:
    """Yield the address of the key set while it is served."""
    server = await asyncio.start_server(keys.answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"


async def test_keys_by_url():
    """An issuer's keys are fetched once, when the first token comes, and not for keys or strangers."""
    keys = KeyServer(document())
    async with (
        serving(keys) as url,
        opened_estate(jwt=issuer(url)) as estate,
        browser(estate.gateway) as client,
    ):
        await client.post("/graphql", json=NAMES, headers=bearer(KEY))
        await client.post("/graphql", json=NAMES)
        assert keys.asked == 0
        answers = await asyncio.gather(
            *(client.post("/graphql", json=WHO, headers=token()) for _ in range(5))
        )
        assert {each.status_code for each in answers} == {200}
        assert [each["slug"] for each in answers[0].json()["data"]["administrations"]] == OWN
        await client.post("/graphql", json=WHO, headers=token(sub="bob"))
        assert keys.asked == 1


async def test_keys_that_cannot_be_fetched():
    """While an issuer's keys are not to be had its tokens are not good, and keys are all the same."""
    async with (
        serving(KeyServer(None)) as url,
        opened_estate(jwt=issuer(url)) as estate,
        browser(estate.gateway) as client,
    ):
        answers = [await client.post("/graphql", json=NAMES, headers=each) for each in (token(), bearer(KEY))]
        assert [each.status_code for each in answers] == [401, 200]


async def test_new_keys_of_an_issuer():
    """A token signed with a new key makes the key set be fetched again, at most once a minute."""
    keys, now = KeyServer(document()), [0.0]
    async with serving(keys) as url, opened_estate(jwt=issuer(url)) as estate:
        jwt = estate.gateway.settings.auth.jwt
        source = FetchedKeys(url, jwt.algorithms, fetched, clock=lambda: now[0])
        gateway = replace(estate.gateway, doorkeeper=Doorkeeper(tokens=Tokens(jwt, source)))
        new = bearer(signed(claims(scope="contacts:read", books=OWN), key_id="second"))
        async with browser(gateway) as client:

            async def statuses() -> list[int]:
                found = [await client.post("/graphql", json=NAMES, headers=each) for each in (token(), new)]
                return [each.status_code for each in found]

            assert await statuses() == [200, 401]
            keys.body = document(row("second"))
            assert (await statuses(), keys.asked) == ([200, 401], 1)
            now[0] = PAUSE
            assert (await statuses(), keys.asked) == ([200, 200], 2)
            assert (await statuses(), keys.asked) == ([401, 200], 2)


async def test_keys_that_are_held_to_trusted_documents(tmp_path):
    """`require_trusted` of a key is heeded for that key alone, by what the owner wrote down."""
    manifest = tmp_path / "trusted.json"
    manifest.write_text(json.dumps({"one": WHO["query"]}))
    options = {"trusted_documents": str(manifest)}
    async with guarded(tmp_path, graphql=options, held=[KEY]) as (_, client):
        for text, allowed in ((KEY, False), (key_text(SECOND, [Scope.READ]), True)):
            known = await client.post("/graphql", json=WHO, headers=bearer(text))
            assert known.json()["data"]["viewer"]["name"] == text.removeprefix("key-of-")
            other = (await client.post("/graphql", json=NAMES, headers=bearer(text))).json()
            codes = [each["extensions"]["code"] for each in other.get("errors", [])]
            assert codes == ([] if allowed else ["DOCUMENT_NOT_TRUSTED"])


async def test_who_asks_too_often(tmp_path):
    """Above its requests in a minute a key waits, told how long; no other key, token or stranger does."""
    async with guarded(tmp_path, limits={"requests_per_minute": 2}) as (_, client):
        answers = [await client.post("/graphql", json=NAMES, headers=bearer(KEY)) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 60
        assert answers[2].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        namesake = KEY.removeprefix("key-of-")
        for headers in (bearer(key_text(SECOND, [Scope.READ])), token(), token(sub=namesake)):
            assert (await client.post("/graphql", json=NAMES, headers=headers)).status_code == 200
        for _ in range(3):
            assert (await client.post("/graphql", json=NAMES)).status_code == 401


async def test_nothing_of_a_key_is_told(tmp_path):
    """No log event and no answer holds a key, a token or anything that it claims, right or wrong."""
    secret = token(sub=CANARY, email=CANARY)["authorization"].removeprefix("Bearer ")
    texts = [KEY, secret, f"{KEY}{CANARY}", f"{secret}{CANARY}", f"a.{CANARY}.c"]
    contacts = {"query": "{ contacts { nodes { id persons { id } } } }"}
    with capture_logs() as events:
        async with guarded(tmp_path) as (_, client):
            for text in texts:
                for asked in (
                    contacts,
                    {"query": "{"},
                    {"query": f'{{ contact(id: "{"x" * 40}") {{ id }} }}'},
                ):
                    answer = await client.post("/graphql", json=asked, headers=bearer(text))
                    assert not any(each in answer.text for each in (*texts, CANARY))
                await client.get("/health/ready", headers=bearer(text))
    assert {each["event"] for each in events} >= {"token_refused", "upstream_call"}
    written = repr(events)
    parts = [part for text in (secret,) for part in text.split(".")]
    assert not any(each in written for each in (*texts, *parts, CANARY))


SECTIONS = """
[server]
port = 0

[cache]
preload = false

[[administrations]]
slug = "shop"
title = "Shop B.V."
system = "moneybird"
administration_id = "123"
token = "sandbox"
base_url = "http://127.0.0.1:{port}/api/v2"

[[administrations]]
slug = "other"
title = "Other B.V."
system = "moneybird"
administration_id = "124"
token = "sandbox"
base_url = "http://127.0.0.1:{port}/api/v2"

{key}
"""


def test_a_new_key_pasted_into_the_configuration(tmp_path):
    """The lines that `gateway key new` prints let its key in, and the program's log does not hold it."""
    words = ("--name", "shop's own", "--scope", "contacts:write", "--administration", "shop")
    made = run("key", "new", *words, cwd=tmp_path)
    text, section = re.split(r"\n\n", made.stdout, maxsplit=1)
    (tmp_path / "gateway.toml").write_text(SECTIONS.format(port=free_port(), key=section))
    with Program("serve", cwd=tmp_path) as program:
        address = program.address("GraphQL ")
        right, wrong, none = (_asked(address, each) for each in (bearer(text), bearer(f"{text}x"), {}))
        assert program.stop(signal.SIGTERM)[0] == 0
        assert text not in program.errors
    assert [each.status_code for each in (right, wrong, none)] == [200, 401, 401]
    assert right.json()["data"] == {
        "viewer": {"name": "shop's own", "scopes": ["contacts:write"]},
        "administrations": [{"slug": "shop"}],
    }


def _asked(address: str, headers: Mapping[str, str]) -> httpx.Response:
    return httpx.post(address, json=WHO, headers=dict(headers), timeout=30)

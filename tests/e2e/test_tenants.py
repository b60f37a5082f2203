"""What a viewer may not see does not exist: every question of the schema, as two owners of books ask it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.settings import Scope
from tests.e2e.tenants import (
    OTHER,
    TENANTS,
    browser,
    key_text,
    nowhere,
    opened_estate,
    shown,
    things_of,
)
from tests.e2e.tenants_questions import (
    SAMPLE,
    Question,
    lookups,
    mutations,
    questions,
)

READ, WRITE, RAW, ADMIN = Scope.READ, Scope.WRITE, Scope.RAW, Scope.ADMIN
FIRST, SECOND = TENANTS


def _marks(scopes: tuple[str, ...]) -> list[pytest.MarkDecorator]:
    """Return that most of the many viewers are for thorough runs."""
    return [] if scopes in ((READ,), (ADMIN,)) else [pytest.mark.thorough]


VIEWERS = [
    pytest.param(word, scopes, id=f"{word}-{'+'.join(scopes)}", marks=_marks(scopes))
    for word, sets in {
        FIRST: [(READ,), (WRITE,), (RAW,), (ADMIN,), (READ, RAW), (RAW, WRITE)],
        SECOND: [(READ,), (ADMIN,)],
    }.items()
    for scopes in sets
]
IN_THE_HOUSE = pytest.mark.asyncio(loop_scope="module")
RESET = re.compile(rb'"resetsAt":"[^"]+"')
OWN = re.compile(rb'"(cursor|startCursor|endCursor|resetsAt)":"[^"]+"')
"""What is each gateway's own: its seals, and the ends of windows, which emulators tell by the real clock."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house():
    """One gateway for all tests, in which nothing is written: judging the documents takes the most time."""
    async with opened_estate() as estate, browser(estate.gateway) as client:
        yield estate, client


async def ask(
    client: httpx.AsyncClient, word: str, scopes: Iterable[Scope], question: Question
) -> httpx.Response:
    """Send a question with an owner's key, under one request id for all."""
    headers = {"authorization": f"Bearer {key_text(word, scopes)}", "x-request-id": "same"}
    return await client.post("/graphql", json=question.sent, headers=headers)


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return everything that a client gets, ends of windows aside: one second may be over meanwhile.

    How long an answer is that was made smaller depends on them too.
    """
    headers = [each for each in answer.headers.items() if each[0] != "content-length"]
    return answer.status_code, sorted(headers), RESET.sub(b"", answer.content)


def said(answer: httpx.Response) -> str:
    """Return everything that a client can read in an answer, also what is encoded."""
    return shown("\n".join([*map(": ".join, answer.headers.items()), answer.text]))


def codes(answer: httpx.Response) -> set[str]:
    """Return the words of an answer's errors, those of a mutation's payload among them."""
    read = answer.json()
    payloads = [each for each in (read.get("data") or {}).values() if isinstance(each, dict)]
    users = [error["code"] for payload in payloads for error in payload.get("userErrors", ())]
    return {*users, *(error["extensions"]["code"] for error in read.get("errors", ()))}


@pytest.mark.parametrize(("word", "scopes"), VIEWERS)
@IN_THE_HOUSE
async def test_what_is_anothers_is_not_there(house, word, scopes):
    """Another's book and none at all give the same bytes, cold and warm, and no system is asked."""
    other = OTHER[word]
    estate, client = house
    theirs = await things_of(client, other)
    await things_of(client, word)
    for thing in theirs:
        for question in questions(thing):
            if not question.writes:
                await ask(client, other, [ADMIN], question)
    # Reads what lists of one's own need, so that both answers below find it.
    for question in questions(nowhere(theirs[0])):
        await ask(client, word, scopes, question)
    estate.calls(other)
    for thing in theirs:
        for foreign, unknown in zip(questions(thing), questions(nowhere(thing)), strict=True):
            answers = [await ask(client, word, scopes, each) for each in (foreign, unknown)]
            assert told(answers[0]) == told(answers[1]), foreign.name
            assert other not in said(answers[0]), foreign.name
    assert estate.calls(other) == 0


@pytest.mark.parametrize("word", TENANTS)
async def test_books_that_nobody_loaded(word):
    """What nobody asked for yet is not loaded for somebody who may not see it."""
    async with opened_estate() as estate, browser(estate.gateway) as client:
        for name in ("moneybird", "acumulus"):
            thing = replace(SAMPLE, word=OTHER[word], system=name)
            for question in questions(thing):
                await ask(client, word, [ADMIN], question)
        assert estate.calls(OTHER[word]) == 0
        assert estate.calls(word) > 0


@pytest.mark.parametrize("word", TENANTS)
@IN_THE_HOUSE
async def test_what_is_ones_own_is_there(house, word):
    """The same questions find one's own things, with nothing of the other's in them."""
    _, client = house
    await things_of(client, OTHER[word])
    for thing in await things_of(client, word):
        for question in questions(thing, dry=True):
            answer = await ask(client, word, [ADMIN], question)
            assert OTHER[word] not in said(answer), question.name
            assert not codes(answer) & {"FORBIDDEN", "QUERY_TOO_COMPLEX", "INTERNAL"}, question.name
            if not (thing.system == "acumulus" and "harge" in question.name):
                assert "NOT_FOUND" not in codes(answer), question.name
            if question.names:
                assert word in said(answer), question.name


@pytest.mark.parametrize("word", TENANTS)
async def test_it_is_as_if_one_were_alone(word):
    """A gateway in which the other's books were never heard of answers the same, but for what is its own."""
    async with (
        opened_estate() as estate,
        estate.alone(word) as alone,
        browser(estate.gateway) as shared,
        browser(alone) as own,
    ):
        theirs = await things_of(shared, OTHER[word])
        things = await things_of(shared, word)
        lone = await things_of(own, word)
        for thing, same in zip([*things, *theirs], [*lone, *theirs], strict=True):
            for one, another in zip(questions(thing, dry=True), questions(same, dry=True), strict=True):
                if thing in theirs and "cursor" in one.name:
                    continue
                answers = [
                    await ask(shared, word, [RAW, WRITE], one),
                    await ask(own, word, [RAW, WRITE], another),
                ]
                bodies = [OWN.sub(rb'"\1":""', each.content) for each in answers]
                assert bodies[0] == bodies[1], one.name


@pytest.mark.parametrize("word", TENANTS)
@IN_THE_HOUSE
async def test_anothers_values_in_ones_own_book(house, word):
    """By another's ids and numbers nothing is found in one's own book, as by those that nobody has."""
    _, client = house
    theirs = await things_of(client, OTHER[word])
    for own, foreign in zip(await things_of(client, word), theirs, strict=True):
        for question in lookups(own, number=foreign.number, remote="77"):
            assert codes(await ask(client, word, [READ, RAW], question)) == {"NOT_FOUND"}, question.name
        for question in lookups(own, number=own.number, remote=foreign.remote):
            answer = await ask(client, word, [READ, RAW], question)
            assert OTHER[word] not in said(answer), question.name
            # The smaller book does not have that id; the larger one has a contact of its own by it.
            missing = word == FIRST and "RemoteId" in question.name
            assert codes(answer) == ({"NOT_FOUND"} if missing else set()), question.name


@pytest.mark.parametrize("word", TENANTS)
@IN_THE_HOUSE
async def test_without_the_right_to_read(house, word):
    """contacts:raw alone shows who one is, and nothing of contacts or books, not even if there are any."""
    estate, client = house
    own, theirs = await things_of(client, word), await things_of(client, OTHER[word])
    estate.calls(word)
    for thing in [*own, *theirs, nowhere(own[0])]:
        for question in questions(thing):
            answer = await ask(client, word, [RAW], question)
            expected = set() if question.name == "viewer" else {"FORBIDDEN"}
            if question.name == "contact by another id":
                expected = {"BAD_USER_INPUT"}
            assert codes(answer) == expected, question.name
            assert question.name == "viewer" or word not in said(answer), question.name
    assert estate.calls(word) == 0


@IN_THE_HOUSE
async def test_without_the_right_to_write(house):
    """A reader's mutations say FORBIDDEN in userErrors, whosever the contact is, and nothing is asked."""
    estate, client = house
    own, theirs = await things_of(client, FIRST), await things_of(client, SECOND)
    for word in TENANTS:
        estate.calls(word)
    for thing in [*own, *theirs, nowhere(own[0])]:
        for question in mutations(thing):
            answer = await ask(client, FIRST, [READ, RAW], question)
            assert codes(answer) == {"FORBIDDEN"}, question.name
            assert "errors" not in answer.json(), question.name
    assert estate.calls(FIRST) == estate.calls(SECOND) == 0


@pytest.mark.parametrize(
    ("scopes", "sees"),
    [
        pytest.param((READ,), False, id="reader"),
        pytest.param((WRITE,), False, id="writer"),
        pytest.param((READ, RAW), True, id="reader-of-records"),
        pytest.param((RAW, WRITE), True, id="writer-of-records"),
        pytest.param((ADMIN,), True, id="admin"),
    ],
)
@IN_THE_HOUSE
async def test_the_record_as_it_is(house, scopes, sees):
    """`raw` is null without its scope, with one FORBIDDEN for the whole operation, however many contacts."""
    question = Question("raw", "{ contacts { nodes { source { version raw } } } }")
    _, client = house
    answer = await ask(client, FIRST, scopes, question)
    records: list[Any] = [each["source"]["raw"] for each in answer.json()["data"]["contacts"]["nodes"]]
    assert len(records) > 2
    assert {record is not None for record in records} == {sees}
    assert [each["extensions"]["code"] for each in answer.json().get("errors", [])] == (
        [] if sees else ["FORBIDDEN"]
    )

"""What an auditor of GraphQL servers looks for, asked as it asks: nothing where all is shut.

It takes whatever kind of answer comes, so that the explorer, which only browsers get, is not found.

Source: graphql-cop, `lib/tests`: the requests of its twelve checks, and what each takes for a finding; and
one that it does not make any more, of repeated fields.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.settings import GraphQLSettings
from tests.e2e.program import Program, ready
from tests.fakes import backend, contact
from tests.serving.visits import visited

Check = Callable[[httpx.AsyncClient], Awaitable[bool]]

TYPENAME = "query cop { __typename }"

BY_CHOICE = {
    "introspection": "whoever tries the gateway looks around in its schema",
    "field-suggestions": "where the schema is shown, a hint tells nothing more",
    "queries-by-get": "GraphQL over HTTP has them; pages of other sites are kept out by what browsers say",
}
"""What is found at `gateway demo`, with the reason why it is so."""


async def ask(browser: httpx.AsyncClient, query: str) -> Any:
    return (await browser.post("/graphql", json={"query": query})).json()


def data(told: Any, name: str) -> Any:
    """Return a field of an answer that may have no data."""
    return (told.get("data") or {}).get(name) if isinstance(told, dict) else None


async def aliases(browser: httpx.AsyncClient) -> bool:
    told = await ask(browser, "query cop { " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }")
    return bool(data(told, "alias100"))


async def batches(browser: httpx.AsyncClient) -> bool:
    told = (await browser.post("/graphql", json=[{"query": TYPENAME}] * 11)).json()
    return isinstance(told, list) and len(told) >= 10


async def directives(browser: httpx.AsyncClient) -> bool:
    told = await ask(browser, "query cop { __typename " + "@aa" * 10 + " }")
    return len(told.get("errors", ())) >= 10


async def circular_introspection(browser: httpx.AsyncClient) -> bool:
    inner = "fields { type { " * 4 + "name" + " } }" * 4
    return bool(data(await ask(browser, f"query cop {{ __schema {{ types {{ {inner} }} }} }}"), "__schema"))


async def introspection(browser: httpx.AsyncClient) -> bool:
    told = await ask(browser, "query cop { __schema { types { name fields { name } } } }")
    return bool(data(told, "__schema"))


async def field_suggestions(browser: httpx.AsyncClient) -> bool:
    told = await ask(browser, "query cop { __schema { directive } }")
    return "Did you mean" in json.dumps(told)


async def explorer(browser: httpx.AsyncClient) -> bool:
    pages = [await browser.get(path) for path in ("/graphiql", "/playground", "/console", "/graphql")]
    return any("graphiql" in page.text.lower() or "playground" in page.text.lower() for page in pages)


async def queries_by_get(browser: httpx.AsyncClient) -> bool:
    return bool(data((await browser.get("/graphql", params={"query": TYPENAME})).json(), "__typename"))


async def mutations_by_get(browser: httpx.AsyncClient) -> bool:
    answer = await browser.get("/graphql", params={"query": "mutation cop { __typename }"})
    return bool(data(answer.json(), "__typename"))


async def queries_by_form(browser: httpx.AsyncClient) -> bool:
    answers = [
        await browser.post("/graphql", data={"query": TYPENAME}),
        await browser.post("/graphql", params={"query": TYPENAME}),
    ]
    return any(data(answer.json(), "__typename") for answer in answers)


async def tracing(browser: httpx.AsyncClient) -> bool:
    told = json.dumps(await ask(browser, TYPENAME)).lower()
    return "tracing" in told or "stacktrace" in told


async def unhandled_errors(browser: httpx.AsyncClient) -> bool:
    told = json.dumps(await ask(browser, "qwerty cop { abc }")).lower()
    return "exception" in told or "traceback" in told


async def repeated_fields(browser: httpx.AsyncClient) -> bool:
    return bool(data(await ask(browser, "query cop { " + "__typename " * 500 + "}"), "__typename"))


CHECKS: dict[str, Check] = {
    "alias-overloading": aliases,
    "array-batching": batches,
    "directive-overloading": directives,
    "circular-introspection": circular_introspection,
    "introspection": introspection,
    "field-suggestions": field_suggestions,
    "explorer": explorer,
    "queries-by-get": queries_by_get,
    "mutations-by-get": mutations_by_get,
    "queries-by-form": queries_by_form,
    "tracing": tracing,
    "unhandled-errors": unhandled_errors,
    "repeated-fields": repeated_fields,
}


async def found(browser: httpx.AsyncClient) -> set[str]:
    """Return what the checks find at a gateway, which answers what it is meant for."""
    told = await ask(browser, "{ contacts { totalCount } }")
    assert told["data"]["contacts"]["totalCount"] >= 1
    return {name for name, check in CHECKS.items() if await check(browser)}


async def found_with(graphql: GraphQLSettings) -> set[str]:
    """Return what the checks find at a gateway with these settings."""
    async with visited(backend([contact("1")]), graphql=graphql) as site:
        return await found(site.browser)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"count": "{ contacts { totalCount } }"}))
    return file


async def test_the_demo(tmp_path: Path):
    """`gateway demo` is found to be open in three ways, each by choice."""
    with Program("demo", "--port", "0", "--contacts", "5", cwd=tmp_path) as program:
        address = program.address("GraphQL ").removesuffix("/graphql")
        ready(program.address("Health"))
        async with httpx.AsyncClient(base_url=address, timeout=30) as browser:
            assert await found(browser) == set(BY_CHOICE)
    assert len(BY_CHOICE) <= 3


async def test_without_a_schema_to_see():
    """With introspection and explorer off the schema is not told; queries by GET are the standard's."""
    assert await found_with(GraphQLSettings(introspection=False, graphiql=False)) == {"queries-by-get"}


async def test_with_trusted_documents_alone(manifest: Path):
    """Where everything is off that can be, and the owner's documents alone are run, nothing is found."""
    shut = GraphQLSettings(
        introspection=False, graphiql=False, trusted_documents=manifest, require_trusted=True
    )
    assert await found_with(shut) == set()


@pytest.mark.parametrize("name", ["array-batching", "explorer"])
async def test_the_checks_find_what_is_there(name: str):
    """A gateway that takes batches, or shows the explorer to a browser, is found to do so."""
    async with visited(backend([contact("1")]), graphql=GraphQLSettings(batching=11)) as site:
        site.browser.headers["Accept"] = "text/html, */*;q=0.5"
        assert await CHECKS[name](site.browser)

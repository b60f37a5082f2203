"""What the README shows is what the gateway says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from strawberry.utils.str_converters import to_camel_case

from gateway.directory.order import OrderField
from gateway.schema.contact_filter import ContactFilter
from gateway.settings import load
from tests.e2e.house import SYSTEMS, opened

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's examples in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def as_demo(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with its sources in the order of `gateway demo`: by slug."""
    for listed in answer.values():
        listed.get("sources", []).sort(key=lambda each: each["administration"]["slug"])
    return answer


@pytest.fixture(scope="module")
def documents() -> list[str]:
    """Return the operations of the tour."""
    found = blocks("graphql")
    assert len(found) >= 2
    return found


async def test_every_operation_runs_on_the_sample_books(documents):
    """Whoever copies an operation out of the README gets data and no errors."""
    async with opened(200) as house:
        for document in documents:
            assert await house.data(document)


async def test_the_answers_shown_are_real(documents):
    """The list's counts, its contact and the contact by number are those of the sample books."""
    async with opened(200) as house:
        listed = (await house.data(documents[0]))["contacts"]
        by_number = await house.data(documents[1])
    counts, contact, single = (json.loads(block) for block in blocks("json")[:3])
    sources = {each["administration"]["slug"]: each for each in listed["sources"]}
    assert counts["totalCount"] == listed["totalCount"]
    assert {each["administration"]["slug"]: each for each in counts["sources"]} == sources
    assert contact in listed["nodes"]
    assert single == by_number


async def test_the_ten_lists_answer_as_shown():
    """Each of the numbered lists gives exactly the answer that stands below it."""
    numbered = r"^\d+\. .*?^```graphql\n(.*?)^```\n\n```json\n(.*?)^```$"
    examples = re.findall(numbered, README, re.MULTILINE | re.DOTALL)
    assert len(examples) == 10
    async with opened(200) as house:
        for document, shown in examples:
            assert as_demo(await house.data(document)) == json.loads(shown)


async def test_writing_safely_answers_as_shown():
    """Each write of that section gives exactly the answer that stands below it."""
    told = README[README.index("### Writing safely") : README.index("### A book that fails")]
    examples = re.findall(r"^```graphql\n(.*?)^```\n\n```json\n(.*?)^```$", told, re.MULTILINE | re.DOTALL)
    assert len(examples) == 3
    async with opened(200) as house:
        for document, shown in examples:
            assert await house.data(document) == json.loads(shown)


def test_the_ten_lists_show_everything():
    """Between them the numbered lists use every filter and every order."""
    told = README[README.index("### Ten lists") : README.index("### A book that fails")]
    fields = ContactFilter.__strawberry_definition__.fields
    filters = {to_camel_case(field.python_name.rstrip("_")) for field in fields}
    assert {name for name in filters if f"{name}:" not in told} == set()
    assert {str(each) for each in OrderField if f"field: {each}" not in told} == set()


def test_in_production(tmp_path):
    """The keys, limits and tokens shown are a configuration, with the administrations shown above them."""
    administrations, keys, tokens = blocks("toml")[:3]
    (tmp_path / "gateway.toml").write_text(f"{keys}\n{tokens}\n{administrations}", encoding="utf-8")
    named = dict.fromkeys(re.findall(r"env:([A-Z_]+)", administrations), "x")
    settings = load(path=None, environ=named, readers=SYSTEMS, directory=tmp_path)
    assert [each.name for each in settings.auth.keys] == ["frontend", "importer"]
    assert (settings.auth.jwt.issuer, settings.limits.requests_per_minute) == ("https://login.example", 600)


def test_the_configuration_is_complete(tmp_path):
    """The configuration shown needs nothing but the variables that it names."""
    (tmp_path / "gateway.toml").write_text(blocks("toml")[0], encoding="utf-8")
    named = dict.fromkeys(re.findall(r"env:([A-Z_]+)", blocks("toml")[0]), "x")
    settings = load(path=None, environ=named, readers=SYSTEMS, directory=tmp_path)
    assert [each.administration.slug for each in settings.administrations] == ["shop-nl", "wholesale"]

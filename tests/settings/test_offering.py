"""What clients may ask for, how much of it, and from which pages: [server], [graphql] and [limits]."""

from dataclasses import asdict

import pytest

from gateway.settings import GraphQLSettings, LimitSettings, Settings
from tests.settings.shopkeeper import SHOP

LIMITS = {
    "body_bytes": 262144,
    "tokens": 4000,
    "depth": 12,
    "aliases": 100,
    "root_fields": 100,
    "directives": 50,
    "cost": 20000,
    "min_max_age": 0,
    "requests_per_minute": 0,
    "in_flight": 256,
    "head_seconds": 10,
    "body_seconds": 10,
}
"""Key of [limits] to its documented default."""


def test_limits_have_their_documented_defaults(load):
    """A file that says nothing of limits, one that spells the defaults out, and the bare values are equal."""
    spelled = "[limits]\n" + "".join(f"{key} = {value}\n" for key, value in LIMITS.items())
    assert asdict(LimitSettings()) == LIMITS
    assert load(SHOP).limits == load(spelled + SHOP).limits == Settings().limits == LimitSettings()


@pytest.mark.parametrize("key", [pytest.param(key, id=key) for key in LIMITS])
def test_each_limit_is_a_setting(load, key):
    """What the file says of one limit is what its setting holds, and the others stay."""
    own = LIMITS[key] + 7
    loaded = load(f"[limits]\n{key} = {own}\n" + SHOP).limits
    assert asdict(loaded) == {**LIMITS, key: own}


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        pytest.param("body_bytes = 1023", "take one from 1024 to 67108864", id="body-too-small"),
        pytest.param("tokens = 0", "take one from 1 to 1000000", id="no-tokens"),
        pytest.param("depth = 1001", "take one from 1 to 1000", id="depth-without-end"),
        pytest.param("in_flight = 0", "take one from 1 to 100000", id="nothing-in-flight"),
        pytest.param("cost = -1", "take one from 1 to 1000000000", id="negative"),
        pytest.param("aliases = 1.5", "take one from 0 to 1000000", id="half"),
        pytest.param("head_seconds = 0", "take one from 0.1 to 3600", id="no-time"),
        pytest.param("directives = '5'", "take one from 0 to 1000000", id="text"),
    ],
)
def test_a_limit_is_a_number_within_bounds(faults, line, cure):
    """Anything else is one fault that names the bounds."""
    (found,) = faults(f"[limits]\n{line}\n" + SHOP)
    assert found.startswith(f"limits.{line.split()[0]}: must be a")
    assert found.endswith(cure)


def test_what_clients_may_do_is_read(load, tmp_path):
    """Batching, the manifest, whether only its documents run, and the draft's status codes."""
    (tmp_path / "documents.json").write_text("{}")
    loaded = load(
        '[graphql]\nbatching = 10\ntrusted_documents = "documents.json"\nrequire_trusted = true\n'
        "draft_status = true\n" + SHOP
    )
    assert loaded.graphql == GraphQLSettings(
        batching=10,
        trusted_documents=tmp_path / "documents.json",
        require_trusted=True,
        draft_status=True,
    )
    assert load(SHOP).graphql == GraphQLSettings()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            "batching = 101", "batching: must be a number within bounds; take one from 0 to 100", id="batch"
        ),
        pytest.param(
            "trusted_documents = 'gone.json'",
            "trusted_documents: names no file that can be read; "
            "check its name, which starts at the configuration's folder",
            id="no-manifest",
        ),
        pytest.param(
            "require_trusted = true",
            "trusted_documents: is missing, and require_trusted lets nothing else through; "
            "name the manifest's file, or drop require_trusted",
            id="nothing-to-trust",
        ),
        pytest.param(
            "draft_status = 1", "draft_status: must be true or false; write it without quotes", id="status"
        ),
    ],
)
def test_what_clients_may_do_is_checked(faults, lines, expected):
    """A manifest that is required or named has to be there, before anybody asks."""
    assert faults(f"[graphql]\n{lines}\n" + SHOP) == [f"graphql.{expected}"]


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(origin, id=origin)
        for origin in (
            "https://app.example",
            "http://localhost:3000",
            "http://127.0.0.1:5173",
            "https://[::1]:8443",
            "http://app.example:443",
        )
    ],
)
def test_an_origin_may_be_let_in(load, origin):
    """Scheme, host and port as a browser writes them; none is, unless it is named."""
    assert load(f'[server]\ncors_origins = ["{origin}"]\n' + SHOP).server.cors_origins == (origin,)
    assert load(SHOP).server.cors_origins == ()


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(origin, id=origin)
        for origin in (
            "*",
            "null",
            "app.example",
            "https://app.example/",
            "https://App.example",
            "https://app.example:443",
            "http://app.example:80",
            "https://me@app.example",
            "https://*.example",
            "ftp://app.example",
        )
    ],
)
def test_what_no_browser_sends_is_no_origin(faults, origin):
    """A text that would never equal an `Origin`, or would equal all, is a fault by its place."""
    (found,) = faults(f'[server]\ncors_origins = ["https://app.example", "{origin}"]\n' + SHOP)
    assert found == (
        "server.cors_origins: entry 2 is no origin; "
        "write scheme, host and port alone, like https://app.example"
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param('"https://app.example"', "must be a list of texts", id="text"),
        pytest.param("[5]", "must be a list of texts", id="numbers"),
        pytest.param("[]", "is an empty list", id="empty"),
        pytest.param('["env:NOWHERE"]', 'the environment variable "NOWHERE" is not set', id="nowhere"),
    ],
)
def test_a_list_of_texts_is_one(faults, value, problem):
    """Anything but texts between brackets is one fault; each may point elsewhere."""
    (found,) = faults(f"[server]\ncors_origins = {value}\n" + SHOP)
    assert found.startswith(f"server.cors_origins: {problem}")

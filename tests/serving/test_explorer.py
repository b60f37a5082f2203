"""GraphiQL's page and files: what is served of them, to whom, and that it is what was built."""

import gzip
import html
import json
import re
from hashlib import sha256

import pytest

from gateway.cli.addresses import print_addresses
from gateway.serving.graphiql import ASSETS, POLICY, packaged
from gateway.serving.graphiql.explorer import HERE
from gateway.settings import GraphQLSettings, Settings
from gateway.settings.values import AuthSettings, KeySettings
from tests.fakes import FakeContacts, backend, contact
from tests.serving.visits import Line, code_of, visited

EXPLORER = packaged()
NAMES = sorted(EXPLORER.manifest.files)
MAX_BYTES = 2_500_000
"""Of all files as they are stored."""

KEYS = AuthSettings((KeySettings("one", sha256(b"opens").hexdigest()),))
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip, deflate, br"}
OWN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}

SWITCHES = [
    pytest.param(GraphQLSettings(), True, id="on"),
    pytest.param(GraphQLSettings(graphiql=False), False, id="graphiql-off"),
    pytest.param(GraphQLSettings(introspection=False), False, id="introspection-off"),
    pytest.param(GraphQLSettings(introspection=False, graphiql=False), False, id="both-off"),
]


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1")])


def config_of(page: str) -> dict:
    (found,) = re.findall(r'data-config="([^"]*)"', page)
    return json.loads(html.unescape(found))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_what_the_manifest_says(name):
    """Each file is stored compressed, without a time, and is to the byte what was built."""
    told = EXPLORER.manifest.files[name]
    stored = (EXPLORER.folder / f"{name}.gz").read_bytes()
    plain = gzip.decompress(stored)
    assert (len(plain), sha256(plain).hexdigest()) == (told.size, told.sha256)
    assert sha256(stored).hexdigest() == told.gzip_sha256
    assert stored[4:8] == b"\0\0\0\0"


def test_nothing_else_is_stored():
    """There is no file that the manifest does not name, and together they are small."""
    stored = {each.name: each.stat().st_size for each in EXPLORER.folder.iterdir()}
    assert set(stored) == {"manifest.json", *(f"{name}.gz" for name in NAMES)}
    assert sum(stored.values()) < MAX_BYTES


def test_licences_come_along():
    """The texts of what is bundled are one of the files, and what code says of itself stands in others."""
    (name,) = [name for name in NAMES if name.startswith("licences-")]
    texts = gzip.decompress((EXPLORER.folder / f"{name}.gz").read_bytes()).decode()
    named = set(re.findall(r"^=== (\S+) \S+: \S+", texts, re.MULTILINE))
    assert named >= {
        "graphiql",
        "graphql",
        "monaco-editor",
        "monaco-graphql",
        "react",
        "react-dom",
        "zustand",
    }
    assert "CC-BY-4.0" in texts
    assert [name for name in NAMES if name.endswith(".LEGAL.txt")]


def test_the_lock_names_no_host():
    """The sources say what is installed by version and hash, and not from where."""
    lock = (HERE / "source" / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert [name for name, each in packages.items() if name and "integrity" not in each] == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_is_served(contacts, name):
    """A browser gets a file as it is stored, for ever; whoever takes no gzip gets it plain; without a key."""
    told = EXPLORER.manifest.files[name]
    async with visited(backend(contacts), auth=KEYS) as site:
        zipped = await site.browser.get(ASSETS + name, headers={**BROWSER, **OWN})
        plain = await site.browser.get(ASSETS + name, headers={"Accept-Encoding": "identity"})
    for answer in (zipped, plain):
        assert answer.status_code == 200
        assert sha256(answer.content).hexdigest() == told.sha256
        assert answer.headers["content-type"] == told.type
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["vary"] == "accept-encoding"
        # A worker's own answer is its policy: it loads nothing further.
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    stored = (EXPLORER.folder / f"{name}.gz").stat().st_size
    is_small = told.size <= 1024
    assert int(zipped.headers["content-length"]) == (told.size if is_small else stored)
    assert int(plain.headers["content-length"]) == told.size


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/",
        "/graphiql/manifest.json",
        "/graphiql/main.js",
        f"/graphiql/{NAMES[0]}.gz",
        f"/graphiql/../graphiql/{NAMES[0]}x",
        "/graphiql/../../explorer.py",
        "/graphiql/%2e%2e/explorer.py",
        f"/graphiql//{NAMES[0]}",
        f"/GraphiQL/{NAMES[0]}",
    ],
    ids=["folder", "manifest", "no-hash", "stored", "dots", "out", "escaped", "two-strokes", "case"],
)
async def test_no_other_file(contacts, path):
    """Only the names of the manifest are there."""
    line = Line(scope={"method": "GET", "path": path})
    async with visited(backend(contacts)) as site:
        await line.run(site.site)
    assert line.status == 404


async def test_a_file_is_only_read(contacts):
    """HEAD tells what GET would; nothing can be sent."""
    path = ASSETS + EXPLORER.manifest.script
    line = Line(scope={"method": "HEAD", "path": path})
    async with visited(backend(contacts)) as site:
        await line.run(site.site)
        posted = await site.browser.post(path)
    size = str(EXPLORER.manifest.files[EXPLORER.manifest.script].size)
    assert (line.status, line.headers["content-length"], line.sent[1]["body"]) == (200, size, b"")
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD")


async def test_pages_of_other_sites_load_nothing(contacts):
    """The files are for our own page: another site's is refused, as everywhere."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.get(ASSETS + NAMES[0], headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, code_of(answer)) == (403, "FORBIDDEN")


FOLLOWED = {
    **BROWSER,
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        pytest.param("/graphql", {}, 200, id="a-link"),
        pytest.param("/graphql?query=%7B__typename%7D", {}, 403, id="with-a-query"),
        pytest.param("/graphql", {"Accept": "application/json"}, 403, id="for-data"),
        pytest.param("/graphql", {"Sec-Fetch-Dest": "iframe"}, 403, id="in-a-frame"),
        pytest.param("/graphql", {"Sec-Fetch-Mode": "no-cors"}, 403, id="as-an-image"),
        pytest.param("/graphql", {"Origin": "https://other.example"}, 403, id="as-a-form"),
        pytest.param("/graphql", {"Host": "rebound.example"}, 421, id="by-another-name"),
        pytest.param("/schema.graphql", {}, 403, id="another-address"),
    ],
)
async def test_a_link_from_another_site_opens_the_page(contacts, address, headers, status):
    """Whoever follows a link sees the explorer; another site's pages get nothing else by such a request."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.get(address, headers={**FOLLOWED, **headers})
    assert answer.status_code == status
    assert (answer.headers["content-type"].startswith("text/html")) is (status == 200)


@pytest.mark.parametrize(("switches", "shown"), SWITCHES)
async def test_the_switches(contacts, switches, shown):
    """Without introspection there is no explorer either; either switch takes the page and its files away."""
    async with visited(backend(contacts), graphql=switches) as site:
        page = await site.browser.get("/graphql", headers=BROWSER)
        file = await site.browser.get(ASSETS + EXPLORER.manifest.script)
    assert page.headers["content-type"].startswith("text/html") is shown
    assert file.status_code == (200 if shown else 404)
    assert shown or code_of(page) == "BAD_USER_INPUT"


@pytest.mark.parametrize(("switches", "shown"), SWITCHES)
def test_what_is_announced(capsys, switches, shown):
    """The commands name GraphiQL's address where it is there, and there only."""
    print_addresses("http://127.0.0.1:1", Settings(graphql=switches))
    assert ("GraphiQL" in capsys.readouterr().out) is shown


async def test_the_page(contacts):
    """The page runs its own script alone, comes from nowhere else, and is never kept."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.get("/graphql", headers=BROWSER)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r"<script[^>]*>(.*?)</script>", answer.text, re.DOTALL) == [""]
    assert not re.search(r"\son\w+=|style=|javascript:|//", answer.text)
    addresses = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    files = [f"graphiql/{EXPLORER.manifest.style}", f"graphiql/{EXPLORER.manifest.script}"]
    assert addresses == ["data:,", *files, "schema.graphql"]
    assert config_of(answer.text)["endpoint"] == "graphql"


def test_the_policy():
    """Nothing is loaded from elsewhere, framed or sent away; only styles may stand in the page."""
    rules = dict(each.split(" ", 1) for each in POLICY.split("; "))
    assert {"default-src", "base-uri", "form-action", "frame-ancestors", "object-src"} <= set(rules)
    assert [name for name, rule in rules.items() if "unsafe" in rule] == ["style-src"]
    known = {"'self'", "'none'", "'unsafe-inline'", "data:"}
    assert {word for rule in rules.values() for word in rule.split()} <= known


@pytest.mark.parametrize(("auth", "needs"), [(AuthSettings(), False), (KEYS, True)], ids=["open", "keyed"])
async def test_whether_a_key_is_asked_for(contacts, auth, needs):
    """The page itself needs no key, under whatever name, and tells whether asking does."""
    host = {"Host": "books.example"} if needs else {}
    async with visited(backend(contacts), auth=auth) as site:
        answer = await site.browser.get("/graphql", headers={**BROWSER, **host})
    assert answer.status_code == 200
    assert config_of(answer.text)["needsKey"] is needs


async def test_the_first_tabs(contacts):
    """Whoever comes for the first time finds the samples, in their order, with their variables."""
    async with visited(backend(contacts)) as site:
        answer = await site.browser.get("/graphql", headers=BROWSER)
    tabs = config_of(answer.text)["tabs"]
    found = [re.search(r"^(?:query|mutation) (\w+)", each["query"], re.MULTILINE) for each in tabs]
    assert [each[1] for each in found] == ["List", "Search", "Contact", "DryRun"]
    assert [bool(each["variables"]) for each in tabs] == [False, True, True, True]


@pytest.mark.parametrize("sample", EXPLORER.samples, ids=["List", "Search", "Contact", "DryRun"])
async def test_a_sample_on_other_books(contacts, sample):
    """On books that know nothing of the demo's, a sample is no error; an unknown contact is told as such."""
    asked = {"query": sample.query, "variables": json.loads(sample.variables or "{}")}
    async with visited(backend(contacts)) as site:
        answer = (await site.browser.post("/graphql", json=asked)).json()
    assert "errors" not in answer
    faults = answer["data"].get("contactUpdate", {}).get("userErrors", [])
    assert [each["code"] for each in faults] == (["NOT_FOUND"] if "DryRun" in sample.query else [])

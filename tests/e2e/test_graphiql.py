"""GraphiQL in a browser, to which nothing but this machine exists: what a person does there."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.browser import CONTROL, PATIENCE, Page, opened_page
from tests.e2e.program import ROOT, Program, free_port, ready, run

pytestmark = pytest.mark.timeout(10 * PATIENCE)

PICTURE = ROOT / "gateway" / "serving" / "graphiql" / "explorer.webp"
DRAW = "GATEWAY_DRAW_GRAPHIQL"
"""The environment variable that has the README's picture drawn anew."""

MAX_PICTURE_BYTES = 120_000

EDITOR = ".graphiql-query-editor"
ANSWER = ".result-window"
PLUGIN = ".graphiql-plugin"
SUGGESTED = ".suggest-widget.visible"
RUN = "button[aria-label^='Execute query']"
REFETCH = "button[aria-label^='Re-fetch GraphQL schema']"
DOCS = "button[aria-label='Show Documentation Explorer']"
STORED = "JSON.stringify({ ...localStorage })"

KEYED = """
[cache]
preload = false

[[administrations]]
slug = "shop"
system = "moneybird"
administration_id = "123"
token = "sandbox"
base_url = "http://127.0.0.1:{port}/api/v2"

{key}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Program("demo", "--port", "0", cwd=tmp_path_factory.mktemp("demo")) as program:
        address = program.address("GraphiQL")
        ready(program.address("Health"))
        yield address


@pytest.fixture
def page() -> Iterator[Page]:
    with opened_page() as opened:
        yield opened


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Serve behind a key; its systems are away, which is no matter here."""
    made = run("key", "new", "--name", "browser", cwd=tmp_path)
    key, section = re.split(r"\n\n", made.stdout, maxsplit=1)
    (tmp_path / "gateway.toml").write_text(KEYED.format(port=free_port(), key=section), encoding="utf-8")
    with Program("serve", "--port", "0", cwd=tmp_path) as program:
        address = program.address("GraphiQL")
        ready(program.address("Health"))
        yield address, key.strip()


def opened(page: Page, address: str, words: str = "query List") -> None:
    """Open the explorer, and wait until it can be used, with these words in its tab."""
    page.open(address)
    page.wait_text(EDITOR, words)


def new_tab(page: Page) -> None:
    """Open an empty tab, and put the cursor there."""
    page.click("button[aria-label='New tab']")
    page.wait(f"!document.querySelector('{EDITOR} .view-lines').innerText.trim()")
    page.click(f"{EDITOR} .view-lines")


def write(page: Page, editor: str, text: str) -> None:
    """Put a text in the place of what stands in an editor."""
    page.click(f"{editor} .view-lines")
    page.press("a", CONTROL)
    page.press("Backspace")
    # All at once, as pasted: the editor closes no brackets of its own.
    page.command("Input.insertText", text=text)


def test_a_person_asks_with_completion(demo: str, page: Page):
    """Half a word brings suggestions, one is picked, the operation is run, and its answer is read."""
    opened(page, demo)
    page.click(DOCS)
    page.wait_text(PLUGIN, "query:")
    new_tab(page)
    page.type("{ adminis")
    page.wait_text(SUGGESTED, "administrations")
    page.press("Enter")
    page.wait_text(EDITOR, "{ administrations")
    page.type(" { slug sys")
    page.wait_text(SUGGESTED, "system")
    page.press("Enter")
    page.wait_text(EDITOR, "slug system")
    page.press("Enter", CONTROL)
    answer = page.wait_text(ANSWER, '"system": "ACUMULUS"')
    assert '"slug": "moneybird"' in answer
    assert '"errors"' not in answer
    page.assert_alone(demo)
    assert page.complaints == []


def test_a_fault_is_marked_where_it_stands(demo: str, page: Page):
    """What the schema does not know is underlined before it is sent: a worker has read the schema."""
    opened(page, demo)
    new_tab(page)
    page.type("{ nobody")
    page.press("Escape")
    page.wait("!!document.querySelector('.graphiql-query-editor .squiggly-error')")
    page.assert_alone(demo)


def test_the_docs_are_read(demo: str, page: Page):
    """The documentation tells the types and their descriptions, and is searched."""
    opened(page, demo)
    page.click(DOCS)
    page.click(f"{PLUGIN} a", text="Query")
    page.wait_text(PLUGIN, "contactByCustomerNumber")
    page.click(f"{PLUGIN} a", text="contacts")
    page.wait_text(PLUGIN, "orderBy")
    page.assert_alone(demo)


def test_dark_and_light(demo: str, page: Page):
    """The theme follows the system until one is chosen, and the choice outlives the visit."""
    ground = "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor"
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    opened(page, demo)
    light = page.value(ground)
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    dark = page.wait(f"(c => c !== {json.dumps(light)} && c)({ground})")
    page.click("button[aria-label='Open settings dialog']")
    for theme, colour in (("Light", light), ("Dark", dark), ("System", dark), ("Light", light)):
        page.click(".graphiql-dialog button", text=theme)
        page.wait(f"{ground} === {json.dumps(colour)}")
    opened(page, demo)
    page.wait(f"{ground} === {json.dumps(light)}")
    page.assert_alone(demo)


def test_a_key_is_sent_by_the_headers_editor(keyed: tuple[str, str], page: Page):
    """Without a key the page stands, and says what it lacks; with one the schema comes, and answers do."""
    address, key = keyed
    opened(page, address)
    page.wait_text(".gateway-hint", "Put a key")
    page.wait_text("section[aria-label='Headers'], .graphiql-editor-tool", '"Authorization": "Bearer "')
    page.click(DOCS)
    page.wait_text(PLUGIN, "Error fetching schema")
    write(page, ".graphiql-editor-tool .graphiql-editor:not(.hidden)", bearer(key))
    page.click(REFETCH)
    page.wait_text(PLUGIN, "query:")
    page.wait("!document.querySelector('.gateway-hint')")
    new_tab(page)
    page.type("{ viewer { na")
    page.wait_text(SUGGESTED, "name")
    page.press("Enter")
    page.press("Enter", CONTROL)
    page.wait_text(ANSWER, '"name": "browser"')
    page.assert_alone(address)
    assert {each for each in page.complaints if "401" not in each} == set()


def test_a_key_is_not_kept(keyed: tuple[str, str], page: Page):
    """A key stays in memory, the history's too, unless its owner has it kept; and goes when no longer."""
    address, key = keyed
    opened(page, address)
    write(page, ".graphiql-editor-tool .graphiql-editor:not(.hidden)", bearer(key))
    new_tab(page)
    page.type("{ viewer { name")
    page.press("Escape")
    # What the history takes is the tab's text, which follows the editor's after a moment.
    page.wait(f"{STORED}.includes('viewer {{ name')")
    page.click(RUN)
    page.wait_text(ANSWER, '"name": "browser"')
    # Nobody asked for the schema again: the end of an operation has.
    page.wait("!document.querySelector('.gateway-hint')")
    page.wait("(localStorage['graphiql:queries'] ?? '').includes('viewer { name')")
    assert key not in page.value(STORED)
    page.click("button[aria-label='Open settings dialog']")
    page.click("#enable-persist-headers")
    page.wait(f"{STORED}.includes({json.dumps(key)})")
    opened(page, address, "viewer")
    page.wait_text(".graphiql-editor-tool", key[:8])
    page.click("button[aria-label='Open settings dialog']")
    page.click("#disable-persist-headers")
    page.wait(f"!{STORED}.includes({json.dumps(key)})")


def test_the_picture(demo: str, page: Page, tmp_path: Path):
    """The README's picture is small, and is drawn anew where that is asked for."""
    opened(page, demo)
    page.click(DOCS)
    page.wait_text(PLUGIN, "query:")
    page.click(RUN)
    page.wait_text(ANSWER, '"totalCount"')
    page.click(f"{EDITOR} .view-lines")
    drawn = PICTURE if os.environ.get(DRAW) else tmp_path / "explorer.webp"
    page.screenshot(drawn)
    assert drawn.read_bytes()[8:12] == b"WEBP"
    assert PICTURE.stat().st_size < MAX_PICTURE_BYTES


def bearer(key: str) -> str:
    """Return the headers editor's text."""
    return json.dumps({"Authorization": f"Bearer {key}"})

"""`gateway key new`: a key, and what lets it in."""

import hashlib
import tomllib

import pytest
from click.testing import CliRunner, Result

from gateway import settings
from gateway.auth.keys import Keyring
from gateway.cli.keys import key
from gateway.settings import KeySettings, Scope
from tests.settings.shopkeeper import READERS

SHOP = {"slug": "shop", "system": "shopkeeper", "book": "7", "token": "t"}


def new(*arguments: str) -> Result:
    return CliRunner().invoke(key, ["new", *arguments])


def made(*arguments: str) -> tuple[str, KeySettings]:
    """Return a new key's text and its section, read as any configuration is."""
    text, blank, section = new(*arguments).stdout.split("\n", 2)
    assert blank == ""
    loaded = settings.read({**tomllib.loads(section), "administrations": [SHOP]}, READERS)
    return text, loaded.auth.keys[0]


def test_the_printed_lines_let_the_printed_key_in():
    """What is said is what the key may; the lines hold its digest, and not the key."""
    text, section = made(
        "--name", 'Ann\'s "app" é😀', "--scope", "contacts:write", "--scope", "contacts:raw",
        "--administration", "shop",
    )  # fmt: skip
    assert section == KeySettings(
        'Ann\'s "app" é😀',
        hashlib.sha256(text.encode()).hexdigest(),
        frozenset({Scope.WRITE, Scope.RAW}),
        frozenset({"shop"}),
    )
    assert Keyring([section]).viewer(text).name == section.name


def test_without_words_a_key_reads_everywhere():
    """The least right, every administration, and a name of its own."""
    (one, first), (other, second) = made(), made()
    assert (first.scopes, first.administrations) == ({Scope.READ}, None)
    assert one != other
    assert first.name != second.name


def test_a_key_cannot_be_guessed():
    """256 bits of chance behind a beginning that tells what it is, in letters that need no escaping."""
    text, _ = made()
    assert text.startswith("cgw_")
    assert len(text.removeprefix("cgw_")) == 43
    assert text.replace("-", "").replace("_", "").isalnum()


def test_the_key_is_printed_once():
    """Once on stdout, not on stderr, and nowhere among the lines."""
    done = new()
    text = done.stdout.splitlines()[0]
    assert done.exit_code == 0
    assert done.stdout.count(text) == 1
    assert text not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(
            ("--scope", "read"),
            "--scope: unknown; known here: contacts:read, contacts:write, contacts:raw, admin",
            id="scope",
        ),
        pytest.param(
            ("--administration", "Shop"),
            "--administration: is no short name; "
            "take 1 to 63 lower-case letters, digits and hyphens, a letter or digit first",
            id="administration",
        ),
        pytest.param(
            ("--name", "env:HOME"),
            "--name: is no short name; take 1 to 63 printable characters, no colon",
            id="name-that-points-elsewhere",
        ),
        pytest.param(("--name", ""), "--name: is no short name; take 1 to 63", id="empty-name"),
    ],
)
def test_what_is_wrong_is_one_line(arguments, line):
    """Each fault is a line on stderr with its cure, the status is 2, and no key is made."""
    done = new(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    (found,) = done.stderr.splitlines()
    assert found.startswith(line)


def test_all_that_is_wrong_is_told_at_once():
    """Three faults give three lines."""
    done = new("--name", "", "--scope", "x", "--scope", "y", "--administration", "-")
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "--name",
        "--scope",
        "--administration",
    ]


@pytest.mark.parametrize("arguments", [pytest.param([], id="group"), pytest.param(["new"], id="new")])
def test_help_has_examples_and_every_scope(arguments):
    """Whoever asks for help sees how it is called, and which rights there are."""
    shown = CliRunner().invoke(key, [*arguments, "--help"]).output
    assert "gateway key new" in shown.partition("Examples:")[2]
    assert not arguments or all(scope in shown for scope in Scope)

"""`gateway key`: makes API keys."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Sequence

import click

PREFIX = "cgw_"
"""Begins every key, so that searches for leaked secrets know one."""

KEY_BYTES = 32
"""Chance in a key."""


EXAMPLES = """\b
Examples:
  gateway key new
  gateway key new --name frontend --scope contacts:read
  gateway key new --name importer --scope contacts:write --administration shop-nl
"""


@click.group(epilog=EXAMPLES)
def key() -> None:
    """Make keys for those who ask the gateway."""


@key.command(epilog=EXAMPLES)
@click.option("--name", help="Whose key it is; else made up from its digest.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="contacts:read (unless said), contacts:write, contacts:raw or admin; may be repeated.",
)
@click.option(
    "--administration", "administrations", multiple=True, help="Slug; may be repeated. Unless said: all."
)
def new(name: str | None, scopes: tuple[str, ...], administrations: tuple[str, ...]) -> None:
    """Print a new key, and the lines for gateway.toml that let it in.

    The key is shown this once: the configuration holds its digest alone.
    """
    from gateway.settings import Scope

    if faults := _faults(name, scopes, administrations):
        click.echo("\n".join(faults), err=True)
        raise SystemExit(2)
    text = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    digest = hashlib.sha256(text.encode()).hexdigest()
    section = _section(name or f"key-{digest[:8]}", digest, scopes or (Scope.READ,), administrations)
    # What is no part of key and lines goes elsewhere, for programs that read them.
    click.echo("The key, shown this once, and the lines for gateway.toml:\n", err=True)
    click.echo(f"{text}\n\n{section}", nl=False)


def _faults(name: str | None, scopes: Sequence[str], administrations: Sequence[str]) -> list[str]:
    from gateway.settings import Scope
    from gateway.settings.access import NAME_RULE, is_name
    from gateway.settings.loading import SLUG_RULE, is_slug

    faults = []
    if name is not None and not is_name(name):
        faults.append(f"--name: is no short name; {NAME_RULE}")
    if not all(word in set(Scope) for word in scopes):
        faults.append(f"--scope: unknown; known here: {', '.join(Scope)}")
    if not all(map(is_slug, administrations)):
        faults.append(f"--administration: is no short name; {SLUG_RULE}")
    return faults


def _section(name: str, digest: str, scopes: Collection[str], administrations: Collection[str]) -> str:
    lines = [
        "[[auth.keys]]",
        f"name = {_text(name)}",
        f'sha256 = "{digest}"',
        f"scopes = {_list(scopes)}",
    ]
    if administrations:
        lines.append(f"administrations = {_list(administrations)}")
    return "".join(f"{line}\n" for line in lines)


def _text(value: str) -> str:
    # TOML's basic strings are JSON's, but for the pairs that JSON escapes astral characters with.
    return json.dumps(value, ensure_ascii=False)


def _list(values: Collection[str]) -> str:
    return f"[{', '.join(map(_text, dict.fromkeys(values)))}]"

"""The XML of an answer: nodes, and the frame of messages and status around them.

Source: Acumulus, "API - Basic Response": errors, warnings and status stand beside the main node.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.backends.acumulus.sandbox.refusals import Notice, RefusedError

Nodes = tuple[tuple[str, str], ...]
"""Names with their texts, in the order in which they are answered."""

_OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n<response>\n'


@dataclass(frozen=True, slots=True)
class Document:
    """One answer before it is put into XML or JSON.

    `main` is finished XML, each line ended and indented by two; `status` is 0 success, 1 failed,
    2 success with warnings, 3 exception; `http` is the HTTP status it goes out with.
    """

    main: bytes = b""
    errors: tuple[Notice, ...] = ()
    warnings: tuple[Notice, ...] = ()
    status: int = 0
    http: int = 200


def refusal(refused: RefusedError) -> Document:
    """Return the answer that tells of a refusal."""
    main = block("", refused.echo, depth=1) if refused.echo else b""
    return Document(main, errors=(refused.notice,), status=refused.status, http=refused.http)


def render(document: Document, language: str) -> bytes:
    """Return `document` as XML in UTF-8, its messages in `language` ("en" or "nl")."""
    frame = _messages("error", document.errors, language) + _messages("warning", document.warnings, language)
    closing = f"{frame}  <status>{document.status}</status>\n</response>\n"
    return _OPENING.encode() + document.main + closing.encode()


def block(name: str, nodes: Nodes, *, depth: int, cdata: frozenset[str] = frozenset()) -> bytes:
    """Return an element `name` with a line for each node, indented by `depth` times two blanks.

    Args:
        name: The element around the nodes; "" leaves it out.
        nodes: Child names and texts.
        depth: How deep the element (or, without one, its nodes) stands.
        cdata: Names of the nodes written as a CDATA section, also when they are empty.
    """
    outer = "  " * depth
    inner = outer + "  " if name else outer
    lines = [f"{inner}<{node}>{_text(node, text, cdata)}</{node}>\n" for node, text in nodes]
    return _around(name, outer, "".join(lines)).encode()


def container(name: str, items: Iterable[bytes]) -> bytes:
    """Return the main node `name` around finished items; without items `<name></name>`."""
    inside = b"".join(items)
    if not inside:
        return f"  <{name}></{name}>\n".encode()
    return b"".join((f"  <{name}>\n".encode(), inside, f"  </{name}>\n".encode()))


def _around(name: str, outer: str, lines: str) -> str:
    return f"{outer}<{name}>\n{lines}{outer}</{name}>\n" if name else lines


def _text(node: str, text: str, cdata: frozenset[str]) -> str:
    if node not in cdata:
        # A bare carriage return would reach the reader as a line feed.
        return escape(text, quote=False).replace("\r", "&#13;")
    # "]]>" ends a section, so it is spread over two.
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _messages(kind: str, notices: tuple[Notice, ...], language: str) -> str:
    items = [
        block(
            kind,
            (("code", notice.code), ("codetag", notice.codetag), ("message", notice.message(language))),
            depth=2,
        ).decode()
        for notice in notices
    ]
    count = f"    <count_{kind}s>{len(notices)}</count_{kind}s>\n"
    return f"  <{kind}s>\n{''.join(items)}{count}  </{kind}s>\n"

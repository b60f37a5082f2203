r"""Acumulus' answers as sample files: what an owner wants to settle stays, whoever it is about does not.

The XML is walked over as it is written and not as a parser reads it, because CDATA, character references, the
two characters `\n` and the two ways of an empty node are among what no document tells. Whatever is not
understood to the end is masked as a whole. Pure.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus

from gateway.backends.acumulus import wire
from gateway.backends.acumulus.merge.nodes import NODES, Kind, Node, choice
from gateway.domain.masking import masked, masked_page
from gateway.ports import Answer, Call

_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)\]\]>"
    r"|<!--(?P<comment>.*?)-->"
    r"|(?P<declaration><\?xml(?:\s+[a-z]+=(?:\"[A-Za-z0-9.-]{1,16}\"|'[A-Za-z0-9.-]{1,16}'))*\s*\?>)"
    r"|</(?P<end>[a-z][a-z0-9_]*)\s*>"
    r"|<(?P<start>[a-z][a-z0-9_]*)(?P<attributes>(?:\s+[a-z:]+=(?:\"[^\"<>]*\"|'[^'<>]*'))*)\s*(?P<empty>/?)>"
    r"|(?P<text>[^<]+)",
    re.DOTALL,
)
"""Node names are in lower case. Source: SIEL, libAcumulus (Util)."""

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_SIGN = re.compile(
    r"(?P<kept>(?:\\|&#92;|&#x5[cC];)[nrt]|&(?:amp|lt|gt|quot|apos);)"
    r"|&#(?:x(?P<hex>[0-9A-Fa-f]{1,6})|(?P<number>[0-9]{1,7}));"
)
_ESCAPED = re.compile(r"\\[nrt]")
_BOM = "\ufeff"

_ROLES = frozenset(("Beheerder", "Gebruiker", "Invoerder", "API-beheerder", "API-gebruiker", "API-invoerder"))
"""Source: SIEL, libAcumulus (Api)."""

_CODETAG = re.compile(r"[A-Z0-9]{1,32}")
_COUNT = re.compile(r"[0-9]{1,6}")
_NUMBER = re.compile(r"[0-9]{3}")
_PHRASES: Mapping[str, str] = {str(each.value): each.phrase for each in HTTPStatus}


def redact(call: Call, answer: Answer) -> tuple[str, bytes]:
    """Return name and content of an answer's sample file; no path of Acumulus holds an id."""
    name = call.path.strip("/").removesuffix(".php").replace("/", "-")
    page_name, page = masked_page(name, answer.body)
    xml = None if page_name.endswith(".html") else _redacted(answer.body.decode("utf-8", "replace"))
    return (page_name, page) if xml is None else (f"{name}.xml", xml.encode())


def _redacted(text: str) -> str | None:
    """Return a well-formed document with its texts masked; None for anything else."""
    pieces: list[str] = [_BOM] if text.startswith(_BOM) else []
    place, open_nodes, roots = len(pieces), list[str](), 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            return None
        roots += token["start"] is not None and not open_nodes
        if not _fits(token, open_nodes):
            return None
        pieces.append(_piece(token, open_nodes[-1] if open_nodes else ""))
        place = token.end()
    return "".join(pieces) if roots == 1 and not open_nodes else None


def _fits(token: re.Match[str], open_nodes: list[str]) -> bool:
    """Open or close a node; whether the token makes sense at its place."""
    if token["start"]:
        if not token["empty"]:
            open_nodes.append(token["start"])
        return True
    if token["end"]:
        return bool(open_nodes) and open_nodes.pop() == token["end"]
    is_text = token["cdata"] is not None or bool((token["text"] or "").strip())
    return bool(open_nodes) or not is_text


def _piece(token: re.Match[str], node: str) -> str:
    if token["text"] is not None:
        return token["text"] if _is_kept(node, token["text"]) else _masked(token["text"], _SIGN)
    if token["cdata"] is not None:
        inner = token["cdata"] if _is_kept(node, token["cdata"]) else _masked(token["cdata"], _ESCAPED)
        return f"<![CDATA[{inner}]]>"
    if token["comment"] is not None:
        return f"<!--{masked(token['comment'])}-->"
    if token["attributes"]:
        return _QUOTED.sub(lambda quoted: masked(quoted[0]), token[0])
    return token[0]


def _masked(text: str, kept: re.Pattern[str]) -> str:
    """Mask a text but for the signs that are written in more than one character."""
    pieces: list[str] = []
    place = 0
    for sign in kept.finditer(text):
        pieces += (masked(text[place : sign.start()]), _sign(sign))
        place = sign.end()
    return "".join((*pieces, masked(text[place:])))


def _sign(sign: re.Match[str]) -> str:
    found = sign.groupdict()
    if not found or found["kept"]:
        return sign[0]
    number = int(found["hex"], 16) if found["hex"] else int(found["number"])
    # What is no letter at all is told as one, for its number may be anything.
    letter = chr(number) if number <= sys.maxunicode else "\0"
    return sign[0] if masked(letter) == letter else f"&#{ord(masked(letter))};"


def _is_kept(node: str, text: str) -> bool:
    text = text.strip()
    return node in _KEPT and bool(text) and _KEPT[node](text)


def _kept_of(node: Node) -> Callable[[str], bool] | None:
    match node.kind:
        case Kind.CHOICE:
            return lambda text: choice(node, text) is not None
        case Kind.REFERENCE:
            return _any("0")
        case Kind.DAY:
            return _any("0000-00-00", "0000-00-00 00:00:00")
        case _:
            return None


def _any(*texts: str) -> Callable[[str], bool]:
    return frozenset(texts).__contains__


def _matching(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def _is_code(text: str) -> bool:
    """Whether a code is a number, with the standard's own words behind it at most."""
    number, _, words = text.partition(" ")
    return bool(_NUMBER.fullmatch(number)) and words in ("", _PHRASES.get(number))


def _closed_sets() -> Mapping[str, Callable[[str], bool]]:
    """Return what may stay of a node's text, by its name."""
    written = {node.name: kept for node in NODES if (kept := _kept_of(node))}
    return {
        **written,
        "contacttypeid": written["contacttype"],
        "contactvatstandard": written["contactvatratebase"],
        "contactproc": _any(wire.ADDED, wire.UPDATED, wire.TESTED, "unchanged"),
        "status": _any("0", "1", "2", "3"),
        "code": _is_code,
        "codetag": _matching(_CODETAG),
        **dict.fromkeys(("count_errors", "count_warnings", "countwarnings"), _matching(_COUNT)),
        "roleid": _any(*"123456"),
        "role": _ROLES.__contains__,
        "rolenl": _ROLES.__contains__,
    }


_KEPT = _closed_sets()
"""Node to whether its text is one of a documented set, or says that there is nothing."""

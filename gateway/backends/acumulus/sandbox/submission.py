"""What a client submits: the form field `xmlstring`, and the XML in it.

Every backslash of the XML as it was sent is lost, in CDATA too, whatever follows it; only a character
reference (`&#92;`) brings one in. That none of two in a row survives is ours.
Source: libAcumulus, Util: it writes each backslash of its XML as that reference.

Source: Acumulus, "API - Basic Submit" and "General usage of the API".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from lxml import etree

from gateway.backends.acumulus.sandbox.refusals import RefusedError, invalid, no_contract, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.emulation.vocabulary import Request

_DIGITS = re.compile(r"[0-9]{1,12}")
_MOST_FIELDS = 100
_ALWAYS_BLOCKS = frozenset({"contract", "contact"})


@dataclass(frozen=True, slots=True)
class Submission:
    """A request's XML: the texts of the nodes under the root, and one deeper.

    `nodes` holds the nodes without children, `blocks` those with them (`contract`, `connector`, and
    `contact` of a write). Of a name that is given twice the last one counts; `repeated` names the blocks for
    which that was so. The root's own name does not count.
    """

    nodes: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        """Return a node's text without blanks around it; "" when it is absent or empty."""
        return self.nodes.get(name, "").strip()

    def number(self, name: str) -> int | None:
        """Return a node as a whole number of zero or more; None when it is absent or empty.

        Raises:
            RefusedError: HTTP 400, anything else was sent.
        """
        text = self.text(name)
        if not text:
            return None
        if not self.is_number(name):
            raise invalid(name)
        return int(text)

    def is_number(self, name: str) -> bool:
        """Whether a node is a whole number of zero or more, of at most twelve digits."""
        return bool(_DIGITS.fullmatch(self.text(name)))

    def flag(self, name: str) -> bool:
        """Return whether a node is 1; absent, empty and 0 are false.

        Raises:
            RefusedError: HTTP 400, anything else was sent.
        """
        text = self.text(name)
        if text not in ("", "0", "1"):
            raise invalid(name)
        return text == "1"

    def block(self, name: str) -> Submission:
        """Return the nodes of a block that has to be there once.

        Raises:
            RefusedError: HTTP 400, there is none or more than one.
        """
        if name not in self.blocks or name in self.repeated:
            raise invalid(name)
        return Submission(self.blocks[name])

    def contract(self) -> Mapping[str, str]:
        """Return the nodes of the contract block.

        Raises:
            RefusedError: HTTP 403, there is none.
        """
        contract = self.blocks.get("contract")
        if contract is None:
            raise no_contract()
        return contract

    def inodes(self) -> frozenset[str] | None:
        """Return the names of the nodes asked for, of which "NONE" asks for messages only; None means all.

        Source: Acumulus, "API - Basic Submit": names with `;` between them.
        """
        names = frozenset(name.strip() for name in self.text("inodes").split(";"))
        return names - {""} or None


def read(request: Request) -> Submission:
    """Read the submission out of a request.

    Raises:
        RefusedError: HTTP 400: no field `xmlstring`, not UTF-8, not well-formed, or a DOCTYPE in it.
    """
    try:
        xml = _field(request).decode().replace("\\", "")
        root = etree.fromstring(xml.strip().encode(), _parser())
    except (UnicodeDecodeError, etree.XMLSyntaxError) as error:
        raise unreadable() from error
    _refuse_oddities(root)
    found = [child for child in root if len(child) or _name(child) in _ALWAYS_BLOCKS]
    counts = Counter(map(_name, found))
    return Submission(
        {_name(child): child.text or "" for child in root if not len(child)},
        {_name(child): _texts(child) for child in found},
        frozenset(name for name, count in counts.items() if count > 1),
    )


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _refuse_oddities(root: etree._Element) -> None:
    about = root.getroottree().docinfo
    if about.internalDTD is not None:
        raise unreadable(reason="DOCTYPE")
    if (about.encoding or "UTF-8").upper() != "UTF-8":
        raise unreadable(reason="encoding")


def _name(element: etree._Element) -> str:
    return str(element.tag)


def _texts(element: etree._Element) -> dict[str, str]:
    return {_name(child): child.text or "" for child in element}


def _field(request: Request) -> bytes:
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    kind = header.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        found = _urlencoded(request.body)
    elif kind == "multipart/form-data":
        found = _multipart(request.body, str(header.get_param("boundary", "")))
    else:
        found = None
    if not found:
        raise _nothing()
    return found


def _nothing() -> RefusedError:
    return unreadable(reason="xmlstring")


def _urlencoded(body: bytes) -> bytes | None:
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise unreadable(reason="form") from error
    return dict(fields).get("xmlstring", "").encode()


def _multipart(body: bytes, boundary: str) -> bytes | None:
    if not boundary:
        return None
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"))
    for part in parts[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if re.search(rb'[;\s]name="?xmlstring"?\s*(;|\r|$)', head):
            return content
    return None

"""Acumulus' XML: calls to bytes, and bytes to records or a typed error. Pure.

An answer's body decides before its HTTP status does, since the two are sometimes at odds. A body
that is no answer of the API (a web page, a broken document) is never taken for an empty one.
Source: SIEL, libAcumulus (AcumulusResult); Acumulus, "API - Basic Submit", "API - Basic Response".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from lxml import etree

from gateway.backends.acumulus import wire
from gateway.backends.acumulus.protocol.failures import (
    NO_RIGHT,
    NO_SENSE,
    WRONG_CREDENTIALS,
    Envelope,
    Origin,
    Remark,
    error,
    failure,
    rate_limited,
    says_no_data,
    says_not_there,
    unavailable,
)
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.backends.acumulus.wire import Listing, Nodes
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
)
from gateway.ports import Answer, Call

MAX_BODY = 32 * 1024 * 1024
"""Bytes of an answer that are read at most."""

_FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CHARACTER_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_PROLOG_DOCTYPE = re.compile(rb"<!DOCTYPE|<[A-Za-z_]", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
_LEADING_NUMBER = re.compile(r"\s*([0-9]{1,6})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Document:
    """An answer of the API: what it says of itself, and its elements by name, the last of a name."""

    envelope: Envelope
    content: Mapping[str, etree._Element]


@dataclass(frozen=True, slots=True)
class Managed:
    """An answer of contact_manage: whether it was refused, the contact in it, and what it says of it all."""

    failed: bool
    nodes: Nodes
    errors: tuple[Remark, ...]
    warnings: tuple[Remark, ...]


def call(
    settings: AcumulusSettings, path: str, nodes: Mapping[str, str] | None = None, *, shared: bool = True
) -> Call:
    """Build a reading call; `nodes` stand beside the credentials, under the root.

    Args:
        settings: Whose credentials.
        path: Below the base URL.
        nodes: What is asked; what XML cannot carry is replaced.
        shared: Whether an equal call in flight may answer it too.

    No address for mail about errors is ever given: Acumulus would write to it on each of them.

    Source: Acumulus, "API - Basic Submit"; SIEL, libAcumulus: a raw backslash is lost on the way in,
    so it is sent as a character reference.
    """
    root = _root_for(settings)
    for name, text in (nodes or {}).items():
        etree.SubElement(root, name).text = _repair(text)
    return replace(_posted(path, root), shared=shared)


def manage(settings: AcumulusSettings, contact: Mapping[str, str], *, testing: bool) -> Call:
    """Build a write of one contact; `testing` only lets Acumulus look at it.

    Args:
        settings: Whose credentials.
        contact: The nodes of the contact, key and flag included, in the order in which they are sent.
        testing: Whether nothing is to be stored.

    Raises:
        ValueError: XML cannot carry a text; nothing of a write is ever replaced.

    Source: Acumulus, "API - Manage Contact".
    """
    root = _root_for(settings)
    _written(root, contact, testing=testing)
    return replace(_posted(wire.CONTACT_MANAGE, root), safe=False)


def shown(contact: Mapping[str, str], *, testing: bool = False) -> str:
    """Return the XML of a write as `manage` sends it, without the block that holds the credentials."""
    root = _root_for(None)
    _written(root, contact, testing=testing)
    etree.indent(root)
    return _bytes(root).decode()


def _root_for(settings: AcumulusSettings | None) -> etree._Element:
    root = etree.Element("myxml")
    if settings:
        contract = {
            "contractcode": settings.contract_code.reveal(),
            "username": settings.username.reveal(),
            "password": settings.password.reveal(),
        }
        _append(root, "contract", contract)
    etree.SubElement(root, "format").text = "xml"
    etree.SubElement(root, "lang").text = "en"
    _append(root, "connector", {"application": "contacts-gateway", "webkoppel": "contacts-gateway"})
    return root


def _written(root: etree._Element, contact: Mapping[str, str], *, testing: bool) -> None:
    etree.SubElement(root, "testmode").text = "1" if testing else "0"
    parent = etree.SubElement(root, wire.CONTACT)
    for name, text in contact.items():
        etree.SubElement(parent, name).text = text


def _bytes(root: etree._Element) -> bytes:
    xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml.replace(b"\\", b"&#92;")


def _posted(path: str, root: etree._Element) -> Call:
    body = urlencode({"xmlstring": _bytes(root)}).encode()
    return Call("POST", path, body, {"content-type": wire.CONTENT_TYPE})


def rows(answer: Answer, origin: Origin, listing: Listing) -> list[Nodes]:
    """Read an answer of many records; empty when the API says that there are none.

    Raises:
        BackendError: the call failed, or the answer is not the list that was asked.
    """
    document = _document(answer, origin)
    container = document.content.get(listing.container)
    if container is None:
        if says_no_data(document.envelope):
            return []
        raise failure(document.envelope, answer, origin)
    if document.envelope.status == wire.FAILED:
        raise failure(document.envelope, answer, origin)
    found: list[Nodes] = [_nodes(element) for element in container if element.tag == listing.item]
    if not found and (len(container) or (container.text or "").strip()):
        raise error(BadUpstreamAnswer, NO_SENSE, origin)
    return found


def details(answer: Answer, origin: Origin, key: str) -> Nodes | None:
    """Read the answer of contact_get; None when there is no such contact.

    Not there is what the API itself says so: no data, an error 404 in its own format, or an error
    400 that is about the contactid. What Acumulus answers is not documented; related calls use all three.

    Raises:
        BackendError: the call failed, or the answer is another contact's.
    """
    document = _document(answer, origin)
    if says_no_data(document.envelope) or says_not_there(document.envelope, key, _echoed(document)):
        return None
    element = document.content.get(wire.CONTACT)
    if element is None or document.envelope.status == wire.FAILED:
        raise failure(document.envelope, answer, origin)
    nodes = _nodes(element)
    answered = (nodes.get("contactid") or "").strip()
    if answered == key:
        return nodes
    if answered.lstrip("0") == key.lstrip("0"):
        # Acumulus reads the key as a number; another spelling of it is nobody's id.
        return None
    raise error(BadUpstreamAnswer, "Acumulus answered another contact than the one asked for.", origin)


def managed(answer: Answer, origin: Origin) -> Managed:
    """Read the answer of contact_manage, a refusal of what was written included.

    Raises:
        BackendError: the call was not carried out for another reason, or its end cannot be read.
    """
    document = _document(answer, origin)
    element = document.content.get(wire.CONTACT)
    failed = document.envelope.status == wire.FAILED
    reason = failure(document.envelope, answer, origin)
    if (not failed and element is None) or (failed and not isinstance(reason, BadUpstreamAnswer)):
        raise reason
    nodes = _nodes(element) if element is not None else {}
    return Managed(failed, nodes, document.envelope.errors, document.envelope.warnings)


def about(answer: Answer, origin: Origin) -> Nodes:
    """Read the answer of general_about: the role of the credentials.

    Raises:
        BackendError: the call failed, or the answer is something else.
    """
    document = _document(answer, origin)
    element = document.content.get(wire.GENERAL)
    if element is None or document.envelope.status == wire.FAILED:
        raise failure(document.envelope, answer, origin)
    return _nodes(element)


def _append(root: etree._Element, name: str, children: Mapping[str, str]) -> None:
    parent = etree.SubElement(root, name)
    for child, text in children.items():
        etree.SubElement(parent, child).text = _repair(text)


def _repair(text: str) -> str:
    """Replace what XML cannot carry."""
    return _FORBIDDEN_CHARACTERS.sub("\ufffd", text)


def _document(answer: Answer, origin: Origin) -> Document:
    """Read the envelope, or raise what a body that is none means by its HTTP status."""
    if answer.status == 429:
        raise rate_limited(answer, origin)
    if answer.status >= 500:
        raise unavailable(answer, origin)
    if 300 <= answer.status < 400:
        raise error(BadUpstreamAnswer, "Acumulus sent us elsewhere, where we do not go.", origin)
    try:
        document = _envelope(_parse(answer))
    except _UnreadableError as unreadable:
        raise _no_document(unreadable.message, answer, origin) from unreadable
    if document.envelope.status == wire.EXCEPTION:
        raise error(BackendUnavailable, "Acumulus failed to carry out the call.", origin)
    return document


def _no_document(message: str, answer: Answer, origin: Origin) -> BackendError:
    if answer.status == 401:
        return error(CredentialsRejected, WRONG_CREDENTIALS, origin)
    if answer.status == 403:
        return error(CredentialsRejected, NO_RIGHT, origin)
    if not answer.body.strip() and answer.status < 300:
        # An empty body was seen where a call took Acumulus too long.
        return error(BackendUnavailable, "Acumulus gave an empty answer.", origin)
    failed = error(BadUpstreamAnswer, message, origin)
    # A status that puts the fault on what was asked is not another one the next time.
    failed.retryable = answer.status < 400
    return failed


class _UnreadableError(Exception):
    """The body is no answer of the API; leaves this file as a BackendError."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _parse(answer: Answer) -> etree._Element:
    """Return the root element of a body that has no DOCTYPE, as bytes of whatever encoding it declares."""
    body = answer.body
    if len(body) > MAX_BODY:
        raise _UnreadableError("Acumulus gave an answer larger than is read.")
    if _WEB_PAGE.match(body) or "text/html" in answer.headers.get("content-type", "").lower():
        raise _UnreadableError("Acumulus answered with a web page instead of data.")
    first = _PROLOG_DOCTYPE.search(body)
    if first and first.group().upper() == b"<!DOCTYPE":
        raise _UnreadableError(NO_SENSE)
    root = _root(body)
    # Again on what was parsed: in UTF-16 and the like the words look different.
    if root.getroottree().docinfo.internalDTD is not None:
        raise _UnreadableError(NO_SENSE)
    return root


def _root(body: bytes) -> etree._Element:
    try:
        return _from_bytes(body)
    except (etree.LxmlError, ValueError, LookupError) as broken:
        repaired = _repaired(body)
        if repaired is None:
            raise _UnreadableError(NO_SENSE) from broken
    try:
        return _from_bytes(repaired)
    except (etree.LxmlError, ValueError, LookupError) as broken:
        raise _UnreadableError(NO_SENSE) from broken


def _from_bytes(body: bytes) -> etree._Element:
    # A parser of its own each time: they are cheap, and not for two threads at once.
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(body, parser)


def _repaired(body: bytes) -> bytes | None:
    """Return the body with what XML cannot carry replaced; None when that is not what is wrong with it.

    One contact with a stray control character or broken byte must not cost the whole book.
    """
    declared = _DECLARED.match(body)
    if declared and declared.group(1).upper() not in (b"UTF-8", b"UTF8", b"US-ASCII", b"ASCII"):
        return None
    text = body.decode("utf-8", errors="replace")
    whole = _repair(_CHARACTER_REFERENCE.sub(_checked_reference, text)).encode()
    return whole if whole != body else None


def _checked_reference(match: re.Match[str]) -> str:
    number = int(match[1], 16) if match[1] else int(match[2])
    valid = number <= 0x10FFFF and not _FORBIDDEN_CHARACTERS.match(chr(number))
    return match[0] if valid else "\ufffd"


def _envelope(root: etree._Element) -> Document:
    """Walk over the root's children once."""
    content = {element.tag: element for element in root}
    status = content.get("status")
    text = (status.text or "").strip() if status is not None else ""
    if text not in ("0", "1", "2", "3"):
        raise _UnreadableError(NO_SENSE)
    errors, warnings = content.get("errors"), content.get("warnings")
    return Document(Envelope(int(text), _remarks(errors, "error"), _remarks(warnings, "warning")), content)


def _remarks(element: etree._Element | None, name: str) -> tuple[Remark, ...]:
    if element is None:
        return ()
    return tuple(_remark(_nodes(child)) for child in element if child.tag == name)


def _remark(nodes: Nodes) -> Remark:
    number = _LEADING_NUMBER.match(nodes.get("code") or "")
    return Remark(
        int(number[1]) if number else None,
        (nodes.get("codetag") or "").strip(),
        nodes.get("message") or "",
    )


def _echoed(document: Document) -> str | None:
    element = document.content.get("contactid")
    return element.text if element is not None else None


def _nodes(element: etree._Element) -> dict[str, str | None]:
    return {child.tag: None if len(child) else child.text or "" for child in element}

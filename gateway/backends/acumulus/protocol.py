"""Acumulus' XML: calls to bytes, and bytes to records or a typed error. Pure.

An answer's body decides before its HTTP status does, since the two are sometimes at odds. A body
that is no answer of the API (a web page, a broken document) is never taken for an empty one.
Source: SIEL, libAcumulus (AcumulusResult); Acumulus, "API - Basic Submit", "API - Basic Response".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from lxml import etree

from gateway.backends.acumulus import wire
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.backends.acumulus.wire import Listing, Nodes
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
)
from gateway.domain.waiting import told_moment
from gateway.ports import Answer, Call, Ration

MAX_BODY = 32 * 1024 * 1024
"""Bytes of an answer that are read at most."""

WRONG_CREDENTIALS = "Acumulus does not accept the credentials."
NO_RIGHT = "The Acumulus user lacks the right to read this."
NO_SENSE = "Acumulus gave an answer that cannot be read."

_FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CHARACTER_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_PROLOG_DOCTYPE = re.compile(rb"<!DOCTYPE|<[A-Za-z_]", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
_LEADING_NUMBER = re.compile(r"\s*([0-9]{1,6})(?![0-9])")
_CODETAG = re.compile(r"[A-Z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose answer is being read, and when it came (UTC)."""

    administration: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """An error or warning of an answer; `code` is its leading integer, None when it has none."""

    code: int | None
    codetag: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """An answer of the API: its envelope, and the elements beside it by name, the last of a name."""

    status: int
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    content: Mapping[str, etree._Element]


def call(settings: AcumulusSettings, path: str, nodes: Mapping[str, str] | None = None) -> Call:
    """Build a reading call; `nodes` stand beside the credentials, under the root.

    No address for mail about errors is ever given: Acumulus would write to it on each of them.

    Source: Acumulus, "API - Basic Submit"; SIEL, libAcumulus: a raw backslash is lost on the way in,
    so it is sent as a character reference.
    """
    root = etree.Element("myxml")
    _append(
        root,
        "contract",
        {
            "contractcode": settings.contract_code.reveal(),
            "username": settings.username.reveal(),
            "password": settings.password.reveal(),
        },
    )
    etree.SubElement(root, "format").text = "xml"
    etree.SubElement(root, "lang").text = "en"
    _append(root, "connector", {"application": "contacts-gateway", "webkoppel": "contacts-gateway"})
    for name, text in (nodes or {}).items():
        etree.SubElement(root, name).text = _repair(text)
    xml = etree.tostring(root, encoding="UTF-8", xml_declaration=True).replace(b"\\", b"&#92;")
    return Call("POST", path, urlencode({"xmlstring": xml}).encode(), {"content-type": wire.CONTENT_TYPE})


def rows(answer: Answer, origin: Origin, listing: Listing) -> list[Nodes]:
    """Read an answer of many records; empty when the API says that there are none.

    Raises:
        BackendError: the call failed, or the answer is not the list that was asked.
    """
    document = _document(answer, origin)
    container = document.content.get(listing.container)
    if container is None:
        if _says_no_data(document):
            return []
        raise _failure(document, answer, origin)
    if document.status == wire.FAILED:
        raise _failure(document, answer, origin)
    found: list[Nodes] = [_nodes(element) for element in container if element.tag == listing.item]
    if not found and (len(container) or (container.text or "").strip()):
        raise _error(BadUpstreamAnswer, NO_SENSE, origin)
    return found


def details(answer: Answer, origin: Origin, key: str) -> Nodes | None:
    """Read the answer of contact_get; None when there is no such contact.

    Not there is what the API itself says so: no data, an error 404 in its own format, or an error
    400 that is about the contactid. What Acumulus answers is not documented; related calls use all three.

    Raises:
        BackendError: the call failed, or the answer is another contact's.
    """
    document = _document(answer, origin)
    if _says_no_data(document) or _says_not_there(document, key):
        return None
    element = document.content.get(wire.CONTACT)
    if element is None or document.status == wire.FAILED:
        raise _failure(document, answer, origin)
    nodes = _nodes(element)
    answered = (nodes.get("contactid") or "").strip()
    if answered == key:
        return nodes
    if answered.lstrip("0") == key.lstrip("0"):
        # Acumulus reads the key as a number; another spelling of it is nobody's id.
        return None
    raise _error(BadUpstreamAnswer, "Acumulus answered another contact than the one asked for.", origin)


def about(answer: Answer, origin: Origin) -> Nodes:
    """Read the answer of general_about: the role of the credentials.

    Raises:
        BackendError: the call failed, or the answer is something else.
    """
    document = _document(answer, origin)
    element = document.content.get(wire.GENERAL)
    if element is None or document.status == wire.FAILED:
        raise _failure(document, answer, origin)
    return _nodes(element)


def lacks_right(error: BackendError) -> bool:
    """Whether credentials were accepted, but not for this call."""
    return isinstance(error, CredentialsRejected) and error.message == NO_RIGHT


def ration(answer: Answer, now: datetime) -> Ration | None:
    """Read what an answer tells of the ration: only until when a refused caller has to wait."""
    until = told_moment(answer.headers.get("retry-after"), now) if answer.status == 429 else None
    return Ration(retry_after=until) if until else None


def _append(root: etree._Element, name: str, children: Mapping[str, str]) -> None:
    parent = etree.SubElement(root, name)
    for child, text in children.items():
        etree.SubElement(parent, child).text = _repair(text)


def _repair(text: str) -> str:
    """Replace what XML cannot carry."""
    return _FORBIDDEN_CHARACTERS.sub("\ufffd", text)


def _error(kind: type[BackendError], message: str, origin: Origin) -> BackendError:
    return kind(message, system=wire.NAME, administration=origin.administration)


def _document(answer: Answer, origin: Origin) -> Document:
    """Read the envelope, or raise what a body that is none means by its HTTP status."""
    if answer.status == 429:
        raise _rate_limited(answer, origin)
    if answer.status >= 500:
        raise _error(BackendUnavailable, f"Acumulus failed to answer (HTTP {answer.status}).", origin)
    if 300 <= answer.status < 400:
        raise _error(BadUpstreamAnswer, "Acumulus sent us elsewhere, where we do not go.", origin)
    try:
        document = _envelope(_parse(answer))
    except _UnreadableError as error:
        raise _no_document(error.message, answer, origin) from error
    if document.status == wire.EXCEPTION:
        raise _error(BackendUnavailable, "Acumulus failed to carry out the call.", origin)
    return document


def _rate_limited(answer: Answer, origin: Origin) -> RateLimited:
    return RateLimited(
        "Acumulus takes no more calls for now.",
        system=wire.NAME,
        administration=origin.administration,
        retry_after=told_moment(answer.headers.get("retry-after"), origin.now),
    )


def _no_document(message: str, answer: Answer, origin: Origin) -> BackendError:
    if answer.status == 401:
        return _error(CredentialsRejected, WRONG_CREDENTIALS, origin)
    if answer.status == 403:
        return _error(CredentialsRejected, NO_RIGHT, origin)
    if not answer.body.strip() and answer.status < 300:
        # An empty body was seen where a call took Acumulus too long.
        return _error(BackendUnavailable, "Acumulus gave an empty answer.", origin)
    return _error(BadUpstreamAnswer, message, origin)


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
    except (etree.LxmlError, ValueError, LookupError) as error:
        repaired = _repaired(body)
        if repaired is None:
            raise _UnreadableError(NO_SENSE) from error
    try:
        return _from_bytes(repaired)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise _UnreadableError(NO_SENSE) from error


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
    return Document(
        int(text),
        _faults(content.get("errors"), "error"),
        _faults(content.get("warnings"), "warning"),
        content,
    )


def _faults(element: etree._Element | None, name: str) -> tuple[Fault, ...]:
    if element is None:
        return ()
    return tuple(_fault(_nodes(child)) for child in element if child.tag == name)


def _fault(nodes: Nodes) -> Fault:
    number = _LEADING_NUMBER.match(nodes.get("code") or "")
    return Fault(
        int(number[1]) if number else None,
        (nodes.get("codetag") or "").strip(),
        nodes.get("message") or "",
    )


def _nodes(element: etree._Element) -> dict[str, str | None]:
    return {child.tag: None if len(child) else child.text or "" for child in element}


def _says_no_data(document: Document) -> bool:
    if any(fault.codetag == wire.NO_DATA_TAG for fault in document.warnings + document.errors):
        return True
    warned = document.status == wire.SUCCESS_WITH_WARNINGS
    return warned and any(fault.code == wire.NO_DATA_CODE for fault in document.warnings)


def _says_not_there(document: Document, key: str) -> bool:
    if document.status != wire.FAILED or not document.errors:
        return False
    echoed = document.content.get("contactid")
    repeated = echoed is not None and (echoed.text or "").strip() == key
    return all(
        fault.code == 404 or (fault.code == 400 and (repeated or "contactid" in fault.message.lower()))
        for fault in document.errors
    )


def _failure(document: Document, answer: Answer, origin: Origin) -> BackendError:
    """Say what a refused call, or a success without what was asked, comes down to."""
    codes = {fault.code for fault in document.errors}
    if any(fault.codetag == wire.RIGHTS_LACKING for fault in document.errors):
        return _error(CredentialsRejected, NO_RIGHT, origin)
    if document.status == wire.FAILED and (codes & {401, 403} or answer.status in (401, 403)):
        return _error(CredentialsRejected, WRONG_CREDENTIALS, origin)
    if 429 in codes:
        return _rate_limited(answer, origin)
    if codes & {500, 503}:
        return _error(BackendUnavailable, "Acumulus failed to carry out the call.", origin)
    if document.status != wire.FAILED:
        return _error(BadUpstreamAnswer, NO_SENSE, origin)
    # Its messages may repeat what was sent, so only its own marks are passed on.
    marks = [str(fault.code or "") for fault in document.errors[:1]]
    marks += [fault.codetag for fault in document.errors[:1] if _CODETAG.fullmatch(fault.codetag)]
    told = " ".join(mark for mark in marks if mark)
    return _error(BadUpstreamAnswer, f"Acumulus refused the call{f' ({told})' if told else ''}.", origin)

"""Documents that are named instead of sent: those that the owner trusts, and those that clients kept here.

Automatic persisted queries: a client sends the hash alone, is told PersistedQueryNotFound, sends hash and
text, and from then on the hash alone. Trusted documents are written down by the client's build; nothing that
a client sends later becomes one of them.

Source: Apollo, "Automatic Persisted Queries" and "Persisted queries" (manifest); Relay, "Persisted Queries";
GraphQL over HTTP, appendix "Persisted Documents" (`sha256:` before a hash).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import orjson
from graphql import GraphQLError, OperationDefinitionNode, parse

from gateway.serving.negotiation import Ending, Refusal
from gateway.serving.parameters import Operation

COUNT = 1000
"""Documents that are kept for clients."""

SIZE = 4 * 1024 * 1024
"""Bytes of all texts that are kept for clients."""

NOT_FOUND = Refusal(Ending.INVALID, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
"""Clients know this message and send the text."""

NOT_TRUSTED = Refusal(Ending.FORBIDDEN, "DOCUMENT_NOT_TRUSTED", "Only trusted documents are run here.")

APOLLO_MEMBERS = ("id", "name", "type", "body")
"""What an operation has in a manifest of Apollo."""

_PREFIX = "sha256:"


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be parsed and run.

    Attributes:
        text: Its source.
        is_offered: Whether the client asks to keep it; to be done once it has proved valid.
    """

    text: str
    is_offered: bool = False


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """The documents that the owner wrote down.

    Attributes:
        by_id: Texts by the ids of their manifest.
        by_hash: The same texts by their SHA-256.
    """

    by_id: Mapping[str, str]
    by_hash: Mapping[str, str]

    def text(self, key: str) -> str | None:
        """Return the document of an id or a hash; None when it is not among them."""
        return self.by_id.get(key, self.by_hash.get(key))

    def holds(self, text: str) -> bool:
        """Whether exactly this text is among them."""
        return hash_of(text) in self.by_hash


class KeptDocuments:
    """Texts that clients asked to keep, by their SHA-256; those not asked for the longest go first."""

    def __init__(self, *, count: int = COUNT, size: int = SIZE) -> None:
        self._count = count
        self._size = size
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._held = 0

    def text(self, key: str) -> str | None:
        """Return the text of a hash; None when it is not, or no longer, kept."""
        if key in self._texts:
            self._texts.move_to_end(key)
        return self._texts.get(key)

    def keep(self, text: str) -> None:
        """Keep a text that has parsed and validated; one larger than all may be together is not."""
        key = hash_of(text)
        if key in self._texts or _size(text) > self._size:
            return
        self._texts[key] = text
        self._held += _size(text)
        while len(self._texts) > self._count or self._held > self._size:
            _, gone = self._texts.popitem(last=False)
            self._held -= _size(gone)


@dataclass(frozen=True, slots=True)
class Library:
    """All documents that have names."""

    trusted: TrustedDocuments
    kept: KeptDocuments


class ManifestError(ValueError):
    """A manifest cannot be used; its text is one line a fault, each with file, entry and what is wrong."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class _Name:
    """What a document is called; whether that is its SHA-256."""

    key: str
    is_hash: bool


def trusted(texts: Mapping[str, str]) -> TrustedDocuments:
    """Return documents by id as trusted ones."""
    return TrustedDocuments(texts, {hash_of(text): text for text in texts.values()})


def read_manifest(content: bytes, file: str) -> TrustedDocuments:
    """Read the documents that a client's build wrote down.

    Args:
        content: A JSON object of Relay (id to text) or of Apollo (`format`, `version`, `operations`).
        file: What the file is called in messages.

    Raises:
        ManifestError: anything in it is not as it should be.

    Source: Relay, "Persisted Queries": `persistConfig.file`. Apollo, "Persisted queries": format
    apollo-persisted-query-manifest, version 1; an operation has id, name, type and body.
    """
    faults: list[str] = []
    texts: dict[str, str] = {}
    for entry, key, text in _entries(content, faults):
        if texts.setdefault(key, text) != text:
            faults.append(f"{entry}: another text has the same id")
    if faults:
        raise ManifestError([f"{file}: {fault}" for fault in faults])
    return trusted(texts)


def hash_of(text: str) -> str:
    """Return a text's SHA-256: 64 hexadecimal digits in lower case."""
    return hashlib.sha256(text.encode()).hexdigest()


def find(operation: Operation, library: Library, *, must_be_trusted: bool) -> Document | Refusal:
    """Return the document that an operation means, by text, hash or id.

    A text that is sent along must be the one that the hash or a known id stands for. An id that nobody wrote
    down does not spoil a text: clients that are being developed send both.

    Args:
        operation: As read.
        library: What has names.
        must_be_trusted: Whether nothing but trusted documents is run.
    """
    names = _names(operation)
    if isinstance(names, Refusal):
        return names
    text = operation.query
    if text is None:
        return _named(names, library, must_be_trusted=must_be_trusted)
    if not all(_fits(name, text, library.trusted) for name in names):
        return _refused("The text is not the one that its hash or its id stands for.")
    is_trusted = library.trusted.holds(text)
    if must_be_trusted and not is_trusted:
        return NOT_TRUSTED
    is_offered = any(name.is_hash and name.key == hash_of(text) for name in names)
    return Document(text, is_offered=is_offered and not is_trusted)


def _named(names: tuple[_Name, ...], library: Library, *, must_be_trusted: bool) -> Document | Refusal:
    keys = {name.key for name in names}
    if len(keys) > 1:
        return _refused("The hash and the id name different documents.")
    key = keys.pop() if keys else ""
    text = library.trusted.text(key)
    if text is None and must_be_trusted:
        return NOT_TRUSTED
    text = library.kept.text(key) if text is None else text
    return NOT_FOUND if text is None else Document(text)


def _fits(name: _Name, text: str, known: TrustedDocuments) -> bool:
    meant = known.text(name.key)
    if meant is not None:
        return meant == text
    return not name.is_hash or name.key == hash_of(text)


def _names(operation: Operation) -> tuple[_Name, ...] | Refusal:
    names = []
    if operation.document_id is not None:
        key = operation.document_id.removeprefix(_PREFIX)
        names.append(_Name(key, is_hash=key != operation.document_id))
    asked = operation.extensions.get("persistedQuery")
    if asked is None:
        return tuple(names)
    if not isinstance(asked, dict):
        return _refused("extensions.persistedQuery must be a JSON object.")
    version, hashed = asked.get("version"), asked.get("sha256Hash")
    if not _is_one(version):
        return _refused("extensions.persistedQuery.version must be 1.")
    if not isinstance(hashed, str):
        return _refused("extensions.persistedQuery.sha256Hash must be a string.")
    return (*names, _Name(hashed, is_hash=True))


def _entries(content: bytes, faults: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield place, id and text of every document that is as it should be; note what is not."""
    try:
        manifest = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        faults.append(f"no JSON, from line {error.lineno}, column {error.colno}")
        return
    if not isinstance(manifest, dict):
        faults.append("must be a JSON object, as Relay or Apollo write it")
    elif "format" in manifest or "operations" in manifest:
        yield from _of_apollo(manifest, faults)
    else:
        yield from _of_relay(manifest, faults)


def _of_relay(manifest: Mapping[str, object], faults: list[str]) -> Iterator[tuple[str, str, str]]:
    for key, text in manifest.items():
        entry = orjson.dumps(key).decode()
        if _is_text(key, f"{entry}: the id", faults) and _is_text(text, f"{entry}: the text", faults):
            _operations(text, entry, faults)
            yield entry, key, text


def _of_apollo(manifest: Mapping[str, object], faults: list[str]) -> Iterator[tuple[str, str, str]]:
    if manifest.get("format") != "apollo-persisted-query-manifest":
        faults.append('format: must be "apollo-persisted-query-manifest"')
    if not _is_one(manifest.get("version")):
        faults.append("version: must be 1")
    operations = manifest.get("operations")
    if not isinstance(operations, list):
        faults.append("operations: must be a list")
        return
    for place, each in enumerate(operations):
        entry = f"operations[{place}]"
        if not isinstance(each, dict):
            faults.append(f"{entry}: must be a JSON object")
            continue
        are_texts = [_is_text(each.get(name), f"{entry}.{name}", faults) for name in APOLLO_MEMBERS]
        if all(are_texts):
            found = _operations(each["body"], f"{entry}.body", faults)
            if found and (each["type"], each["name"]) not in found:
                faults.append(f"{entry}.body: has no operation of this type and name")
            yield entry, each["id"], each["body"]


def _is_text(value: object, place: str, faults: list[str]) -> TypeGuard[str]:
    is_text = isinstance(value, str) and bool(value.strip())
    if not is_text:
        faults.append(f"{place} must be a text that is not empty")
    return is_text


def _operations(text: str, place: str, faults: list[str]) -> Sequence[tuple[str, str | None]]:
    """Return type and name of each operation of a document; note when it has none."""
    try:
        definitions = parse(text, no_location=True).definitions
    except GraphQLError as error:
        # A document may quote what it likes; a fault is one line.
        faults.append(f"{place}: {' '.join(error.message.split())}")
        return ()
    operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    if not operations:
        faults.append(f"{place}: has no operation")
    return [(each.operation.value, each.name.value if each.name else None) for each in operations]


def _is_one(version: object) -> bool:
    return version == 1 and not isinstance(version, bool)


def _refused(message: str) -> Refusal:
    return Refusal(Ending.MALFORMED, "BAD_USER_INPUT", message)


def _size(text: str) -> int:
    return len(text.encode())

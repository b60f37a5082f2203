"""Documents that are named instead of sent."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.documents import (
    NOT_FOUND,
    NOT_TRUSTED,
    Document,
    KeptDocuments,
    Library,
    ManifestError,
    find,
    hash_of,
    read_manifest,
    trusted,
)
from gateway.serving.negotiation import Ending, Refusal
from gateway.serving.parameters import Operation

NAMES = "query Names { contacts { nodes { companyName } } }"
CITIES = "query Cities { contacts { nodes { id } } }"
STRANGE = "{ __typename }"

MD5 = "0f8fad5bd9cb469fa16570867728950e"
"""What Relay's compiler calls a document, as far as the gateway is concerned: any text."""

APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {"id": hash_of(NAMES), "name": "Names", "type": "query", "body": NAMES},
        {"id": "cities", "name": "Cities", "type": "query", "body": CITIES},
    ],
}


def asked(text: str | None = None, *, document: str | None = None, **persisted) -> Operation:
    extensions = {"persistedQuery": persisted} if persisted else {}
    return Operation(text, None, {}, extensions, document)


def hashed(text: str | None, key: str) -> Operation:
    return asked(text, version=1, sha256Hash=key)


def library(*kept: str) -> Library:
    """Return a library that trusts NAMES and CITIES and keeps these texts."""
    room = KeptDocuments()
    for text in kept:
        room.keep(text)
    return Library(trusted({MD5: NAMES, "cities": CITIES}), room)


@pytest.mark.parametrize(
    ("operation", "found", "trusted_only"),
    [
        pytest.param(asked(STRANGE), Document(STRANGE), NOT_TRUSTED, id="text"),
        pytest.param(asked(NAMES), Document(NAMES), Document(NAMES), id="trusted-text"),
        pytest.param(asked(NAMES + " "), Document(NAMES + " "), NOT_TRUSTED, id="text-but-for-a-blank"),
        pytest.param(hashed(None, hash_of(STRANGE)), NOT_FOUND, NOT_TRUSTED, id="hash-that-nobody-knows"),
        pytest.param(hashed(None, hash_of(NAMES)), Document(NAMES), Document(NAMES), id="hash"),
        pytest.param(hashed(None, MD5), Document(NAMES), Document(NAMES), id="id-in-place-of-the-hash"),
        pytest.param(
            hashed(STRANGE, hash_of(STRANGE)),
            Document(STRANGE, is_offered=True),
            NOT_TRUSTED,
            id="hash-and-text",
        ),
        pytest.param(
            hashed(NAMES, hash_of(NAMES)), Document(NAMES), Document(NAMES), id="hash-and-trusted-text"
        ),
        pytest.param(hashed(NAMES, MD5), Document(NAMES), Document(NAMES), id="id-for-hash-and-trusted-text"),
        pytest.param(asked(document=MD5), Document(NAMES), Document(NAMES), id="id"),
        pytest.param(
            asked(document="sha256:" + hash_of(NAMES)), Document(NAMES), Document(NAMES), id="prefixed-hash"
        ),
        pytest.param(asked(document=hash_of(NAMES)), Document(NAMES), Document(NAMES), id="hash-as-id"),
        pytest.param(asked(document="nobody"), NOT_FOUND, NOT_TRUSTED, id="id-that-nobody-knows"),
        pytest.param(asked(document=""), NOT_FOUND, NOT_TRUSTED, id="empty-id"),
        pytest.param(
            asked(STRANGE, document="nobody"), Document(STRANGE), NOT_TRUSTED, id="unknown-id-and-text"
        ),
        pytest.param(asked(NAMES, document=MD5), Document(NAMES), Document(NAMES), id="id-and-its-text"),
        pytest.param(
            asked(STRANGE, document="sha256:" + hash_of(STRANGE)),
            Document(STRANGE, is_offered=True),
            NOT_TRUSTED,
            id="prefixed-hash-and-text",
        ),
        pytest.param(
            asked(None, document="sha256:" + hash_of(NAMES), version=1, sha256Hash=hash_of(NAMES)),
            Document(NAMES),
            Document(NAMES),
            id="hash-said-twice",
        ),
        pytest.param(asked(None, version=1.0, sha256Hash=MD5), Document(NAMES), Document(NAMES), id="1.0"),
    ],
)
def test_documents_are_found(operation, found, trusted_only):
    """A document is found by text, hash or id; where it must be trusted, nothing else is."""
    assert find(operation, library(), must_be_trusted=False) == found
    assert find(operation, library(), must_be_trusted=True) == trusted_only


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(hashed(STRANGE, hash_of(NAMES)), id="hash-of-a-trusted-text"),
        pytest.param(hashed(STRANGE, "0" * 64), id="hash-of-nothing"),
        pytest.param(hashed(STRANGE, hash_of(STRANGE).upper()), id="hash-in-upper-case"),
        pytest.param(asked(STRANGE, document=MD5), id="id-of-another-text"),
        pytest.param(asked(STRANGE, document="sha256:" + "0" * 64), id="prefixed-hash-of-nothing"),
        pytest.param(asked(None, document="cities", version=1, sha256Hash=MD5), id="two-documents"),
        pytest.param(asked(None, version=2, sha256Hash=MD5), id="version-2"),
        pytest.param(asked(None, version="1", sha256Hash=MD5), id="version-as-text"),
        pytest.param(asked(None, version=True, sha256Hash=MD5), id="version-true"),
        pytest.param(asked(None, sha256Hash=MD5), id="no-version"),
        pytest.param(asked(None, version=1), id="no-hash"),
        pytest.param(asked(None, version=1, sha256Hash=["secret"]), id="hash-as-list"),
        pytest.param(asked(None, version=1, sha256Hash=None), id="hash-null"),
        pytest.param(Operation(None, None, {}, {"persistedQuery": "secret"}), id="no-object"),
        pytest.param(Operation(STRANGE, None, {}, {"persistedQuery": ["secret"]}), id="no-object-but-a-text"),
    ],
)
@pytest.mark.parametrize(
    "must_be_trusted", [pytest.param(False, id="any"), pytest.param(True, id="trusted-only")]
)
def test_names_that_make_no_sense(operation, must_be_trusted):
    """A hash or an id that does not fit is refused, with nothing of what was sent."""
    found = find(operation, library(), must_be_trusted=must_be_trusted)
    assert isinstance(found, Refusal)
    assert (found.ending, found.code) == (Ending.MALFORMED, "BAD_USER_INPUT")
    assert "secret" not in found.message


def test_what_clients_of_apollo_expect():
    """A hash that is not known is told in the words that make a client send the text."""
    assert (NOT_FOUND.code, NOT_FOUND.message) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


def test_a_hash_is_enough_once_its_text_is_kept():
    """What was kept is found by its hash alone, with prefix or without."""
    shelf = library(STRANGE)
    assert find(hashed(None, hash_of(STRANGE)), shelf, must_be_trusted=False) == Document(STRANGE)
    named = asked(document="sha256:" + hash_of(STRANGE))
    assert find(named, shelf, must_be_trusted=False) == Document(STRANGE)


def test_what_a_client_kept_is_not_trusted():
    """Where documents must be trusted, a text that some client kept is as unknown as any other."""
    shelf = library(STRANGE)
    assert find(hashed(None, hash_of(STRANGE)), shelf, must_be_trusted=True) is NOT_TRUSTED
    assert find(asked(STRANGE), shelf, must_be_trusted=True) is NOT_TRUSTED


@pytest.mark.parametrize(
    ("room", "texts", "left"),
    [
        pytest.param(KeptDocuments(count=2, size=100), "abc", "bc", id="count"),
        pytest.param(KeptDocuments(count=9, size=2), "abc", "bc", id="bytes"),
        pytest.param(KeptDocuments(count=9, size=3), "aéb", "éb", id="bytes-not-letters"),
        pytest.param(KeptDocuments(count=2, size=100), "aabc", "bc", id="twice-is-once"),
        pytest.param(KeptDocuments(count=9, size=2), ["a", "a", "b"], "ab", id="twice-weighs-once"),
        pytest.param(KeptDocuments(count=9, size=2), ["a", "bcd"], "a", id="larger-than-all"),
        pytest.param(KeptDocuments(count=9, size=3), ["a", "b", "cde"], ["cde"], id="as-large-as-all"),
        pytest.param(KeptDocuments(count=0, size=100), "a", "", id="none"),
    ],
)
def test_the_room_is_bounded(room, texts, left):
    """What is kept has a bound in number and in bytes; the oldest goes first."""
    for text in texts:
        room.keep(text)
    assert [text for text in dict.fromkeys(texts) if room.text(hash_of(text)) == text] == list(left)


def test_what_is_asked_for_stays():
    """Of two texts the one that nobody asked for goes first."""
    room = KeptDocuments(count=2)
    for text in ("a", "b"):
        room.keep(text)
    assert room.text(hash_of("a")) == "a"
    room.keep("c")
    assert [room.text(hash_of(text)) for text in "abc"] == ["a", None, "c"]


@given(st.lists(st.text(max_size=9), max_size=40))
def test_the_room_never_overflows(texts):
    """Whatever is kept, in whatever order, stays within both bounds."""
    room = KeptDocuments(count=3, size=12)
    for text in texts:
        room.keep(text)
        kept = [each for each in set(texts) if room.text(hash_of(each)) is not None]
        assert len(kept) <= 3
        assert sum(len(each.encode()) for each in kept) <= 12


@pytest.mark.parametrize(
    ("manifest", "key"),
    [
        pytest.param({MD5: NAMES, "cities": CITIES}, MD5, id="relay"),
        pytest.param(APOLLO, hash_of(NAMES), id="apollo"),
    ],
)
def test_manifests(manifest, key):
    """The manifests of both clients give the same documents, by id and by hash."""
    found = read_manifest(orjson.dumps(manifest), "documents.json")
    assert [found.text(key), found.text("cities"), found.text(hash_of(CITIES))] == [NAMES, CITIES, CITIES]
    assert (found.holds(NAMES), found.holds(STRANGE), found.text("nobody")) == (True, False, None)


def test_an_empty_manifest():
    """A manifest may be empty; then nothing is trusted."""
    assert read_manifest(b"{}", "documents.json").by_id == {}


def of_apollo(**changed) -> dict:
    return APOLLO | {"operations": [APOLLO["operations"][0], APOLLO["operations"][1] | changed]}


@pytest.mark.parametrize(
    ("manifest", "faults"),
    [
        pytest.param([], ["must be a JSON object, as Relay or Apollo write it"], id="list"),
        pytest.param({"a": 1}, ['"a": the text must be a text that is not empty'], id="relay-number"),
        pytest.param({"a": ""}, ['"a": the text must be a text that is not empty'], id="relay-empty"),
        pytest.param({"": NAMES}, ['"": the id must be a text that is not empty'], id="relay-no-id"),
        pytest.param({"a": "{"}, ['"a": Syntax Error: Expected Name, found <EOF>.'], id="relay-no-graphql"),
        pytest.param({"a": "fragment A on B { c }"}, ['"a": has no operation'], id="relay-no-operation"),
        pytest.param(
            {"a": '{ a """b\nc""" }'},
            ["\"a\": Syntax Error: Expected Name, found BlockString 'b c'."],
            id="one-line-a-fault",
        ),
        pytest.param(
            {"a": "{ a " * 5000},
            ['"a": Syntax Error: Document is nested too deeply. Parsing aborted.'],
            id="deep",
        ),
        pytest.param(
            {"a": "", "b": NAMES, "c": "{"},
            [
                '"a": the text must be a text that is not empty',
                '"c": Syntax Error: Expected Name, found <EOF>.',
            ],
            id="all-at-once",
        ),
        pytest.param(
            APOLLO | {"format": "other"}, ['format: must be "apollo-persisted-query-manifest"'], id="format"
        ),
        pytest.param(APOLLO | {"version": 2}, ["version: must be 1"], id="version"),
        pytest.param(APOLLO | {"version": True}, ["version: must be 1"], id="version-true"),
        pytest.param(APOLLO | {"operations": {}}, ["operations: must be a list"], id="no-list"),
        pytest.param(
            {"operations": [1]},
            [
                'format: must be "apollo-persisted-query-manifest"',
                "version: must be 1",
                "operations[0]: must be a JSON object",
            ],
            id="no-header",
        ),
        pytest.param(
            of_apollo(id="", body=None),
            [
                "operations[1].id must be a text that is not empty",
                "operations[1].body must be a text that is not empty",
            ],
            id="members",
        ),
        pytest.param(
            of_apollo(name="Other"),
            ["operations[1].body: has no operation of this type and name"],
            id="another-name",
        ),
        pytest.param(
            of_apollo(type="mutation"),
            ["operations[1].body: has no operation of this type and name"],
            id="another-type",
        ),
        pytest.param(
            of_apollo(body="{"),
            ["operations[1].body: Syntax Error: Expected Name, found <EOF>."],
            id="no-graphql",
        ),
        pytest.param(
            of_apollo(id=hash_of(NAMES)), ["operations[1]: another text has the same id"], id="id-taken"
        ),
    ],
)
def test_faults_of_a_manifest(manifest, faults):
    """All that is wrong with a manifest is told at once, each with file and entry, on a line of its own."""
    with pytest.raises(ManifestError) as raised:
        read_manifest(orjson.dumps(manifest), "documents.json")
    assert raised.value.faults == tuple(f"documents.json: {fault}" for fault in faults)
    assert str(raised.value).splitlines() == list(raised.value.faults)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"a"', id="cut"),
        pytest.param(b'{"a":"\xff"}', id="not-utf-8"),
    ],
)
def test_a_manifest_that_is_no_json(content):
    """A file that is no JSON is told with the place where it stops to be."""
    with pytest.raises(ManifestError, match=r"^documents\.json: no JSON, from line 1, column \d+$"):
        read_manifest(content, "documents.json")

"""Requests that nobody means well, to `gateway demo` as a process; and what is left of it afterwards."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.program import Program, ready

RESPONSE = "application/graphql-response+json"
QUICK = 5.0
"""Seconds in which the worst request is answered."""

GROWTH = 32 * 1024
"""KiB by which the process may grow over all of them."""

LEAKS = re.compile(
    r"Traceback|\bat 0x|<class|<\w+[. ]\w+ object|\b(?:None|True|False)\b|\b[A-Z]\w+(?:Error\b|\(['\"])|sys\."
)
"""What an answer would hold if the words of a program came out with it."""

CREATE = (
    "mutation($i: ContactCreateInput!) { contactCreate(input: $i) { outcome userErrors { code field } } }"
)
SEARCH = "query($s: String) { contacts(search: $s) { totalCount } }"
PARSE, INVALID, INPUT = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
COMPLEX = "QUERY_TOO_COMPLEX"


@dataclass(frozen=True, slots=True)
class Row:
    """A request, and how it must end.

    Attributes:
        body: As sent.
        status: Of an answer that is GraphQL's own media type.
        code: Of its first error.
        headers: Besides those of every request.
    """

    body: bytes
    status: int
    code: str
    headers: Mapping[str, str] = field(default_factory=dict)


def asked(document: str, **variables: object) -> bytes:
    return json.dumps({"query": document, "variables": variables}).encode()


def nested(opened: str, closed: str, depth: int, middle: str = "") -> str:
    return opened * depth + middle + closed * depth


def sent(variables: bytes) -> bytes:
    """Return a body with variables that no serializer would write."""
    return b'{"query": "' + SEARCH.encode() + b'", "variables": ' + variables + b"}"


FRAGMENTS = " ".join(f"fragment F{n} on Query {{ viewer {{ name }} }}" for n in range(300))
SPREADS = "{ " + " ".join(f"...F{n}" for n in range(300)) + " } "

BODIES = {
    "ten-megabytes-of-tokens": Row(b'{"query": "{' + b"hello " * 1_700_000 + b'}"}', 413, "BODY_TOO_LARGE"),
    "twenty-megabytes-of-blanks": Row(b" " * 20_000_000, 413, "BODY_TOO_LARGE"),
    "number": Row(b"17", 400, INPUT),
    "text": Row(b'"x"', 400, INPUT),
    "null": Row(b"null", 400, INPUT),
    "true": Row(b"true", 400, INPUT),
    "nothing": Row(b"", 400, INPUT),
    "cut": Row(b'{"query": "{ viewer', 400, INPUT),
    "bad-utf-8": Row(b'{"query": "\xff\xfe"}', 400, INPUT),
    "nested-arrays": Row(b"[" * 100_000 + b"]" * 100_000, 400, INPUT),
    "digits": Row(sent(b'{"s": ' + b"9" * 5000 + b"}"), 400, INPUT),
    "digits-in-the-document": Row(
        asked("{ contacts(first: " + "9" * 5000 + ") { totalCount } }"), 400, INVALID
    ),
    "no-number-at-all": Row(asked("{ contacts(first: 1e999) { totalCount } }"), 400, INVALID),
    "name-is-an-object": Row(b'{"query": "{ a }", "operationName": {"a": [null, true]}}', 400, INPUT),
    "name-is-a-list": Row(b'{"query": "{ a }", "operationName": [null]}', 400, INPUT),
    "query-is-a-list": Row(b'{"query": [null]}', 400, INPUT),
    "variables-are-a-text": Row(sent(b'"x"'), 400, INPUT),
    "extensions-are-a-list": Row(b'{"query": "{ a }", "extensions": [true]}', 400, INPUT),
    "surrogate": Row(sent(b'{"s": "\\ud800"}'), 400, INPUT),
    "surrogate-in-the-document": Row(asked('{ contacts(search: "\\ud800") { totalCount } }'), 400, PARSE),
    "utf-16": Row('{"query": "{ viewer { name } }"}'.encode("utf-16"), 400, INPUT),
    "byte-order-mark": Row(b'\xef\xbb\xbf{"query": "{ viewer { name } }"}', 400, INPUT),
    "nan": Row(sent(b'{"s": NaN}'), 400, INPUT),
    "infinity": Row(sent(b'{"s": -Infinity}'), 400, INPUT),
    "too-large-a-number": Row(sent(b'{"s": 1e999}'), 400, INPUT),
    "nul": Row(asked(SEARCH, s="a\0b"), 400, INPUT),
    "nul-in-the-document": Row(asked('{ contacts(search: "\\u0000") { totalCount } }'), 400, INPUT),
    "nul-as-it-is": Row(asked('{ contacts(search: "\0") { totalCount } }'), 400, INPUT),
    "nul-between-words": Row(asked("{ viewer\0 { name } }"), 400, PARSE),
    "depth": Row(asked("{" + nested("a{", "}", 3000, "b") + "}"), 400, COMPLEX),
    "depth-below-the-tokens": Row(asked("{" + nested("a{", "}", 1300, "b") + "}"), 400, PARSE),
    "lists": Row(asked("{ contacts(search: " + nested("[", "]", 3000) + ") { totalCount } }"), 400, COMPLEX),
    "lists-below-the-tokens": Row(
        asked("{ contacts(search: " + nested("[", "]", 1900) + ") { totalCount } }"), 400, PARSE
    ),
    "deep-variable": Row(sent(b'{"s": ' + b"[" * 1000 + b"]" * 1000 + b"}"), 400, INPUT),
    "circle-of-fragments": Row(
        asked("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"), 400, INVALID
    ),
    "circular-introspection": Row(
        asked("{ __schema { types " + nested("{ fields { type ", "} }", 4, "{ name }") + " } }"), 400, COMPLEX
    ),
    "nested-lists": Row(
        asked(
            "{ contacts(first: 250) { nodes " + nested("{ persons { contact ", "} }", 4, "{ id }") + " } }"
        ),
        400,
        COMPLEX,
    ),
    "aliases": Row(
        asked("{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(10_000)) + " }"), 400, COMPLEX
    ),
    "few-aliases-too-many": Row(
        asked("{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }"), 400, COMPLEX
    ),
    "directives": Row(asked("{ viewer " + "@skip(if: false) " * 5000 + "{ name } }"), 400, COMPLEX),
    "same-fields": Row(asked("{ " + "__typename " * 20_000 + " }"), 400, COMPLEX),
    "overlapping-fragments": Row(asked(SPREADS + FRAGMENTS), 400, COMPLEX),
    "wrong-variable": Row(
        asked("query($n: Int) { contacts(first: $n) { totalCount } }", n={"a": [None, True]}), 400, INPUT
    ),
    "missing-variable": Row(asked("query($n: Boolean!) { viewer @skip(if: $n) { name } }"), 400, INPUT),
    "suggestion": Row(asked("{ contcts { totalCount } }"), 400, INVALID),
    "subscription": Row(asked("subscription { viewer { name } }"), 400, INVALID),
    "form": Row(
        b"query={viewer{name}}",
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        {"Content-Type": "application/x-www-form-urlencoded"},
    ),
    "multipart": Row(
        b"--x--", 415, "UNSUPPORTED_MEDIA_TYPE", {"Content-Type": "multipart/form-data; boundary=x"}
    ),
    "plain-text": Row(b'{"query": "{ a }"}', 415, "UNSUPPORTED_MEDIA_TYPE", {"Content-Type": "text/plain"}),
    "compressed": Row(b"\x1f\x8b\x08", 415, "UNSUPPORTED_MEDIA_TYPE", {"Content-Encoding": "gzip"}),
    "batch": Row(json.dumps([{"query": "{ viewer { name } }"}] * 2).encode(), 400, INPUT),
    "other-site": Row(asked("{ viewer { name } }"), 403, "FORBIDDEN", {"Sec-Fetch-Site": "cross-site"}),
    "same-site": Row(asked("{ viewer { name } }"), 403, "FORBIDDEN", {"Sec-Fetch-Site": "same-site"}),
    "other-origin": Row(asked("{ viewer { name } }"), 403, "FORBIDDEN", {"Origin": "https://bad.example"}),
    "rebound-host": Row(asked("{ viewer { name } }"), 421, "FORBIDDEN", {"Host": "bad.example"}),
    "not-to-be-sent": Row(asked("{ viewer { name } }"), 406, "NOT_ACCEPTABLE", {"Accept": "image/png"}),
}
"""Requests that are refused before anything of them runs."""

VALUES = {
    "forged-id": ("query($v: ID!) { contact(id: $v) { id } }", "Q29udGFjdDox", INPUT),
    "picture-as-id": ("query($v: ID!) { contact(id: $v) { id } }", "\U0001f4a3\u202e", INPUT),
    "long-id": ("query($v: ID!) { node(id: $v) { id } }", "x" * 250_000, INPUT),
    "forged-cursor": ("query($v: String) { contacts(after: $v) { totalCount } }", "abc", INPUT),
    "picture-as-cursor": (
        "query($v: String) { contacts(before: $v, last: 1) { totalCount } }",
        "\u202e",
        INPUT,
    ),
    "long-search": ("query($v: String) { contacts(search: $v) { totalCount } }", "x" * 250_000, INPUT),
    "negative-first": ("query($v: Int) { contacts(first: $v) { totalCount } }", -1, INPUT),
    "large-first": ("query($v: Int) { contacts(first: $v) { totalCount } }", 2**31 - 1, INPUT),
    "path-as-number": (
        'query($v: String!) { contactByCustomerNumber(administration: "moneybird", customerNumber: $v){id} }',
        "../../administrations?x=%2f#",
        "NOT_FOUND",
    ),
    "path-as-remote-id": (
        'query($v: ID!) { contactByRemoteId(administration: "moneybird", remoteId: $v) { id } }',
        "../contacts/1%2f..?x",
        "NOT_FOUND",
    ),
    "entity-as-remote-id": (
        'query($v: ID!) { contactByRemoteId(administration: "acumulus", remoteId: $v) { id } }',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>&b;',
        "NOT_FOUND",
    ),
    "path-as-administration": ("query($v: ID!) { administration(id: $v) { id } }", "../shop", "NOT_FOUND"),
}
"""Values that make no sense, in operations that do: document, its variable $v, and the error's code."""

URLS = {
    "no-utf-8": ("query=%ff", 400),
    "no-escape": ("query=%zz", 400),
    "nul": ("query=%00", 400),
    "twice": ("query={viewer{name}}&query={viewer{name}}", 400),
    "nothing": ("", 400),
    "variables-no-json": ("query={viewer{name}}&variables=[[", 400),
    "variables-nan": ("query={viewer{name}}&variables={%22a%22:NaN}", 400),
    "variables-number": ("query={viewer{name}}&variables=17", 400),
    "deep-variables": ("query={viewer{name}}&variables=" + "[" * 5000, 400),
    "mutation": ("query=mutation{contactDelete(input:{id:%22x%22}){outcome}}", 405),
    "other-name": ("query={viewer{name}}&operationName=%00", 400),
}
"""What stands behind the question mark of a GET, and the status that it gets."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs; `before` is how much memory it held in the beginning, in KiB."""

    program: Program
    address: str
    client: httpx.Client
    before: int

    def send(self, row: Row, accept: str = RESPONSE) -> tuple[httpx.Response, float]:
        """Send a request; return its answer, and after how many seconds it was there."""
        headers = {"Content-Type": "application/json", "Accept": accept, **row.headers}
        started = time.monotonic()
        answer = self.client.post(self.address, content=row.body, headers=headers)
        return answer, time.monotonic() - started

    def memory(self) -> int:
        """Return the KiB that the process holds."""
        return memory_of(self.program)


def memory_of(program: Program) -> int:
    status = Path(f"/proc/{program._process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    place = tmp_path_factory.mktemp("demo")
    with (
        Program("demo", "--port", "0", "--contacts", "20", cwd=place) as program,
        httpx.Client(timeout=30) as client,
    ):
        address = program.address("GraphQL ")
        ready(program.address("Health"))
        client.post(address, json={"query": "{ contacts { totalCount } }"})
        yield Demo(program, address, client, memory_of(program))
        assert "Traceback" not in program.errors


def check(answer: httpx.Response, seconds: float) -> dict[str, Any]:
    """Check what holds of every answer; return its first error."""
    assert seconds < QUICK
    assert answer.status_code < 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert LEAKS.findall(answer.text) == []
    told = answer.json()
    assert told["errors"][0]["message"]
    assert told["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "INTERNAL" not in {each["extensions"]["code"] for each in told["errors"]}
    first: dict[str, Any] = told["errors"][0]
    return first


@pytest.mark.parametrize("name", BODIES)
def test_requests_that_are_refused(demo: Demo, name: str):
    """Each is refused at once, by status and code, in JSON without data and without a program's words."""
    row = BODIES[name]
    answer, seconds = demo.send(row)
    error = check(answer, seconds)
    assert (answer.status_code, error["extensions"]["code"]) == (row.status, row.code)
    assert "data" not in answer.json()
    as_json, seconds = demo.send(row, row.headers.get("Accept", "application/json"))
    assert check(as_json, seconds)["extensions"]["code"] == row.code
    assert "data" not in as_json.json()


def test_a_variable_that_does_not_fit_is_named(demo: Demo):
    """Whoever sends a value of another type is told which one, and values as GraphQL spells them."""
    answer, seconds = demo.send(BODIES["wrong-variable"])
    message = check(answer, seconds)["message"]
    assert "$n" in message
    assert "null" in message
    assert "true" in message


@pytest.mark.parametrize("name", VALUES)
def test_values_that_make_no_sense(demo: Demo, name: str):
    """A forged id or a path in the place of a number is told as what it is, in its place, as any other."""
    document, value, code = VALUES[name]
    answer, seconds = demo.send(Row(asked(document, v=value), 200, code))
    error = check(answer, seconds)
    assert (answer.status_code, error["extensions"]["code"]) == (200, code)
    assert error["path"]


@pytest.mark.parametrize("name", URLS)
def test_urls(demo: Demo, name: str):
    """What cannot be read out of a URL is refused like what cannot be read out of a body."""
    query, status = URLS[name]
    started = time.monotonic()
    answer = demo.client.get(f"{demo.address}?{query}", headers={"Accept": RESPONSE})
    check(answer, time.monotonic() - started)
    assert answer.status_code == status


@pytest.mark.parametrize("administration", ["moneybird", "acumulus"])
@pytest.mark.parametrize("text", ["a\0b", "a\x1bb", "\ufffe"], ids=["nul", "control", "no-character"])
def test_characters_that_no_system_keeps(demo: Demo, administration: str, text: str):
    """What XML cannot carry is an error of its field, in both books alike, and is not written."""
    given = {"administration": administration, "contact": {"companyName": text}}
    answer, seconds = demo.send(Row(asked(CREATE, i=given), 200, ""))
    told = answer.json()["data"]["contactCreate"]
    assert seconds < QUICK
    assert told["outcome"] == "REFUSED"
    assert told["userErrors"] == [{"code": "INVALID", "field": ["contact", "companyName"]}]


@pytest.mark.parametrize("administration", ["moneybird", "acumulus"])
@pytest.mark.parametrize(
    "text",
    ["</contact><x>&y;", "a&b=c%26d", "']]>--", "\U0001f4a3 \u202e"],
    ids=["xml", "form", "cdata", "unicode"],
)
def test_words_that_are_no_commands(demo: Demo, administration: str, text: str):
    """What means something to a system's language is text like any other, and is kept to the letter."""
    given = {"administration": administration, "contact": {"companyName": text}}
    document = CREATE.replace("outcome", "outcome contact { companyName }")
    answer, _ = demo.send(Row(asked(document, i=given), 200, ""))
    told = answer.json()["data"]["contactCreate"]
    assert (told["outcome"], told["userErrors"]) == ("CREATED", [])
    assert told["contact"]["companyName"] == text


def spoken(address: str, *pieces: bytes) -> bytes:
    """Send bytes as they are, and return the answer up to what it takes to know its status."""
    host, _, port = address.removeprefix("http://").partition("/")[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        for each in pieces:
            line.sendall(each)
        return line.recv(4096)


HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([HEAD, b"Content-Length: 100000000\r\n\r\n"], b"413"),
        ([HEAD, b"Content-Length: 99999999999999999999999\r\n\r\n"], b"4"),
        ([HEAD, b"Transfer-Encoding: chunked\r\n\r\n80000\r\n", b" " * 0x80000, b"\r\n"], b"413"),
        ([HEAD, b"Content-Length: x\r\n\r\n"], b"400"),
        ([HEAD, b"Content-Length: -1\r\n\r\n"], b"400"),
        ([b"GET /graphql HTTP/1.1\r\n\r\n"], b"421"),
        ([b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n"], b"4"),
        ([b"\0\0\0\0\r\n\r\n"], b"400"),
        ([HEAD, b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}"], b"400"),
    ],
    ids=["length", "long-length", "chunks", "word", "negative", "no-host", "head", "noise", "upgrade"],
)
def test_requests_that_are_hardly_http(demo: Demo, pieces: list[bytes], status: bytes):
    """What is too long is refused while it comes, and what is no HTTP as soon as it is known."""
    started = time.monotonic()
    answer = spoken(demo.address, *pieces)
    assert time.monotonic() - started < QUICK
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert LEAKS.findall(answer.decode()) == []


def test_a_web_socket(demo: Demo):
    """Whoever asks for a web socket is turned away, and nothing breaks."""
    upgrade = (
        b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert spoken(demo.address, upgrade)[9:10] == b"4"


def test_what_is_left_of_it(demo: Demo):
    """After all of them the process is hardly larger than before, still serves, and logged no traceback."""
    for row in BODIES.values():
        demo.send(row)
    for document, value, _ in VALUES.values():
        demo.send(Row(asked(document, v=value), 200, ""))
    told = demo.client.post(demo.address, json={"query": "{ contacts { totalCount } }"}).json()
    assert told["data"]["contacts"]["totalCount"] >= 38
    assert demo.memory() - demo.before < GROWTH
    assert "Traceback" not in demo.program.errors


def test_documents_that_differ_by_a_letter(demo: Demo):
    """However many large documents come, only so much of them is remembered."""
    before = demo.memory()
    for number in range(60):
        document = "{ nodes(ids: [" + '"" ' * 3900 + f"]) {{ id }} }} #{number}"
        _, seconds = demo.send(Row(asked(document), 400, COMPLEX))
        assert seconds < QUICK
    assert demo.memory() - before < GROWTH

"""Faults as values."""

import gzip

import pytest

from gateway.emulation.faults import (
    Fault,
    FaultError,
    Faults,
    altered,
    fault_document,
    fault_from_document,
)
from gateway.emulation.vocabulary import Reply

REPLY = Reply(200, b'{"name": "x"}')


@pytest.mark.parametrize(
    ("document", "key"),
    [
        pytest.param([], "fault", id="no object"),
        pytest.param({}, "kind", id="no kind"),
        pytest.param({"kind": "explode"}, "kind", id="unknown kind"),
        pytest.param({"kind": "hang", "often": 1}, "often", id="unknown key"),
        pytest.param({"kind": "hang", "count": 0}, "count", id="no hits"),
        pytest.param({"kind": "hang", "count": True}, "count", id="count is a boolean"),
        pytest.param({"kind": "hang", "skip": -1}, "skip", id="fewer than none go by"),
        pytest.param({"kind": "hang", "skip": True}, "skip", id="skip is a boolean"),
        pytest.param({"kind": "hang", "path": 1}, "path", id="path is a number"),
        pytest.param({"kind": "hang", "method": None}, "method", id="method is null"),
        pytest.param({"kind": "drip", "seconds": "1"}, "seconds", id="seconds is text"),
        pytest.param({"kind": "drip", "seconds": -1}, "seconds", id="negative seconds"),
        pytest.param({"kind": "status"}, "status", id="status missing"),
        pytest.param({"kind": "status", "status": 42}, "status", id="status too low"),
        pytest.param(
            {"kind": "status", "status": 429, "retry_after": "1\r\nX: y"}, "retry_after", id="two lines"
        ),
        pytest.param({"kind": "status", "status": 500, "body": {}}, "body", id="body is no text"),
        pytest.param({"kind": "hang", "landed": "no"}, "landed", id="landed is text"),
        pytest.param({"kind": "edited"}, "find", id="nothing to find"),
        pytest.param({"kind": "edited", "find": 1}, "find", id="find is a number"),
        pytest.param({"kind": "edited", "find": "a", "encoding": "x"}, "encoding", id="unknown encoding"),
        pytest.param({"kind": "edited", "find": "a", "body": "\ud800"}, "body", id="no text"),
        pytest.param(
            {"kind": "edited", "find": "€", "encoding": "latin-1"}, "find", id="not in that encoding"
        ),
        pytest.param({"kind": "headed"}, "headers", id="no headers"),
        pytest.param({"kind": "headed", "headers": ["Date"]}, "headers", id="headers are a list"),
        pytest.param({"kind": "headed", "headers": {"X": "a\r\nY: b"}}, "headers", id="two header lines"),
        pytest.param({"kind": "bomb", "size": 0}, "size", id="no size"),
    ],
)
def test_a_bad_fault_names_its_key(document, key):
    """One clear error starts with the key that is wrong."""
    with pytest.raises(FaultError, match=f"^{key}: "):
        fault_from_document(document)


def test_a_fault_survives_json():
    """What is shown can be sent again, and a number is taken for retry_after."""
    fault = fault_from_document(
        {"kind": "status", "status": 429, "retry_after": 30, "count": 2, "path": "/a"}
    )
    assert fault == Fault("status", status=429, retry_after="30", count=2, path="/a")
    assert fault_from_document(fault_document(fault)) == fault


def test_the_first_matching_fault_wins_and_is_used_up():
    """Faults are tried in order, by path and method, and leave after their last hit."""
    faults = Faults()
    faults.add(Fault("hang", path="/users"), Fault("reset", count=2), Fault("cut", method="POST"))
    assert [getattr(faults.take("POST", "/contacts"), "kind", None) for _ in range(4)] == [
        "reset",
        "reset",
        "cut",
        "cut",
    ]
    assert faults.take("GET", "/contacts") is None
    assert faults.take("GET", "/api/users").kind == "hang"


def test_active_faults_show_what_is_left():
    """`count` goes down with every hit; clearing ends all."""
    faults = Faults()
    faults.add(Fault("cut", count=3))
    faults.take("GET", "/")
    assert faults.active() == (Fault("cut", count=2),)
    faults.clear()
    assert faults.active() == ()


def test_a_refusal_hits_no_single_request():
    """`refuse` is about connections and is not taken by a request."""
    faults = Faults()
    faults.add(Fault("refuse"))
    assert faults.take("GET", "/") is None
    assert faults.refusal() == Fault("refuse")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(None, REPLY, id="none"),
        pytest.param(Fault("latency"), REPLY, id="latency"),
        pytest.param(Fault("cut"), Reply(200, b'{"name'), id="cut"),
        pytest.param(Fault("hang"), None, id="hang"),
        pytest.param(
            Fault("status", status=429, retry_after="60", body='"Retry later"'),
            Reply(429, b'"Retry later"', headers={"Retry-After": "60"}),
            id="status with a body",
        ),
    ],
)
def test_altered_answers(fault, expected):
    """A fault replaces, cuts or leaves the answer."""
    assert altered(fault, REPLY) == expected


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(None, "text/html", id="page"),
        pytest.param("<p>", "text/html", id="markup"),
        pytest.param("<?xml version='1.0'?><a/>", "application/xml", id="xml"),
        pytest.param("{}", "application/json", id="json"),
        pytest.param("sorry", "text/plain", id="text"),
    ],
)
def test_the_type_of_a_status_body(body, kind):
    """The content type of an error follows from its body."""
    reply = altered(Fault("status", status=503, body=body), REPLY)
    assert reply.content_type.startswith(kind)
    assert reply.status == 503


def test_only_landed_requests_are_carried_out():
    """A fault in place of an answer keeps the request from the system unless told otherwise."""
    assert not Fault("reset").carried_out
    assert Fault("reset", landed=True).carried_out
    assert Fault("truncated").carried_out


def test_some_go_by_first():
    """A fault lets as many requests go by as it is told, and the others of its kind count for themselves."""
    faults = Faults()
    faults.add(Fault("cut", path="/a", skip=2, count=1))
    hits = [faults.take("GET", "/a") is not None for _ in range(4)]
    assert hits == [False, False, True, False]
    assert fault_document(Fault("cut", skip=2)) == {"kind": "cut", "skip": 2}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(
            Fault("edited", find="x", body="\xe9", encoding="latin-1"),
            Reply(200, b'{"name": "\xe9"}'),
            id="edited",
        ),
        pytest.param(
            Fault("headed", headers={"Content-Type": "text/plain", "Link": "<x>"}),
            Reply(200, REPLY.body, "text/plain", {"Link": "<x>"}),
            id="headed",
        ),
        pytest.param(
            Fault("crowded", size=2), Reply(200, REPLY.body, headers={"X-0": "1", "X-1": "1"}), id="crowded"
        ),
        pytest.param(
            Fault("status", status=302, headers={"Location": "/x"}, body="[]"),
            Reply(302, b"[]", headers={"Location": "/x"}),
            id="status",
        ),
    ],
)
def test_answers_in_other_words(fault, expected):
    """The right answer is altered in what the fault says, and in nothing else."""
    assert altered(fault, REPLY) == expected


def test_a_bomb_is_small_until_it_is_unpacked():
    """A few bytes unpack to as many blanks as were asked for."""
    reply = altered(Fault("bomb", size=3 * 1024 * 1024), REPLY)
    assert reply.headers == {"Content-Encoding": "gzip"}
    assert len(reply.body) < 10_000
    assert gzip.decompress(reply.body) == b" " * 3 * 1024 * 1024

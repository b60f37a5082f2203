"""The answer to a write is a body, a refusal with its reasons, or an error that says what is not known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.backends.moneybird import protocol
from gateway.domain.errors import (
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
    RejectedBySystem,
)
from gateway.domain.faults import FaultCode
from gateway.ports import Answer

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
HTML = {"content-type": "text/html; charset=utf-8"}
REASON = b'{"error":{"city":["is odd"]}}'
SECRET = b'{"error":{"city":["Jan Jansen"]}}'


def body(answer: Answer) -> bytes:
    return protocol.written_body(answer, {"city": "address.city"}, administration="shop", now=NOW)


@pytest.mark.parametrize(("status", "text"), [(200, b"{}"), (201, b"{}"), (204, b"")], ids=str)
def test_good_answers_have_a_body_or_none(status, text):
    """Created, changed and done without a word are all good."""
    assert body(Answer(status, {}, text)) == text


@pytest.mark.parametrize(
    ("answer", "kind", "landed"),
    [
        (Answer(422, {}, REASON), RejectedBySystem, False),
        (Answer(400, {}, b'{"error":"no"}'), RejectedBySystem, False),
        (Answer(404, {}, b'{"error":"no"}'), RejectedBySystem, False),
        (Answer(401, {}, b'{"error":"No access to documents"}'), CredentialsRejected, False),
        (Answer(429, HTML, b"<html>"), RateLimited, False),
        (Answer(408, {}, REASON), BackendUnavailable, True),
        (Answer(500, {}, REASON), BackendUnavailable, True),
        (Answer(503, HTML, b"<html>"), BackendUnavailable, True),
        (Answer(400, HTML, b"<html>"), BadUpstreamAnswer, True),
        (Answer(422, HTML, REASON), BadUpstreamAnswer, True),
        (Answer(403, {}, b"403"), BadUpstreamAnswer, True),
        (Answer(404, {}, b""), BadUpstreamAnswer, True),
        (Answer(200, HTML, b"<html>"), BadUpstreamAnswer, True),
        (Answer(302, {}, b""), BadUpstreamAnswer, True),
        (Answer(202, {}, b"{}"), BadUpstreamAnswer, True),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Answer) else None,
)
def test_an_error_says_whether_the_write_may_have_landed(answer, kind, landed):
    """Only Moneybird's own reasons prove that nothing was written."""
    with pytest.raises(kind) as caught:
        body(answer)

    assert type(caught.value) is kind
    assert caught.value.may_have_landed is landed
    assert (caught.value.system, caught.value.administration) == ("moneybird", "shop")


def test_a_refusal_has_its_faults_and_its_words_stay_there():
    """The faults carry paths; the error's own message holds nothing of the body."""
    with pytest.raises(RejectedBySystem) as caught:
        body(Answer(422, {}, SECRET))

    assert [(each.code, each.path) for each in caught.value.faults] == [
        (FaultCode.REJECTED_BY_SYSTEM, "address.city")
    ]
    assert "Jansen" not in caught.value.message


def test_the_ration_that_refused_says_when():
    """A write that was not taken may be sent again at the moment that was named."""
    with pytest.raises(RateLimited) as caught:
        body(Answer(429, {"retry-after": "30"}, b'"Retry later"'))

    assert caught.value.retry_after == datetime(2026, 11, 21, 10, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (Answer(404, {}, b'{"error":"record not found","symbolic":{"id":"not_found"}}'), True),
        (Answer(404, {}, b'{"error":"record not found"}'), False),
        (Answer(404, HTML, b"<html>"), False),
        (Answer(404, {}, b"404"), False),
        (Answer(200, {}, b'{"error":"record not found","symbolic":{"id":"not_found"}}'), False),
    ],
    ids=["unknown", "no symbol", "page", "number", "200"],
)
def test_only_moneybird_says_that_a_record_is_gone(answer, missing):
    """A 404 of somebody on the way is no proof of a deletion."""
    assert protocol.is_missing(answer) is missing


@pytest.mark.parametrize(
    ("text", "bare"), [(b"403", True), (b" 403\n", True), (b'{"error":"403"}', False), (b"", False)], ids=repr
)
def test_bare_refusals_are_a_number(text, bare):
    """The mandate's calls refuse with their status as a number, and nothing else is taken for it."""
    assert protocol.is_bare(Answer(403, {}, text), 403) is bare
    assert not protocol.is_bare(Answer(404, {}, text), 403)

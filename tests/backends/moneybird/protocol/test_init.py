"""Moneybird's HTTP as calls, JSON texts and typed errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.backends.moneybird import protocol
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
)
from gateway.ports import Answer, Ration

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
BASE = "https://moneybird.test/api/v2"
HTML = b"<html><body>token=s3cr3t</body></html>"


def body(status: int = 200, text: bytes = b"[]", **headers: str) -> bytes:
    answer = Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)
    return protocol.body_of(answer, administration="shop", now=NOW)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (401, CredentialsRejected, False),
        (403, CredentialsRejected, False),
        (429, RateLimited, True),
        (408, BackendUnavailable, True),
        (500, BackendUnavailable, True),
        (502, BackendUnavailable, True),
        (503, BackendUnavailable, True),
        (301, BadUpstreamAnswer, True),
        (204, BadUpstreamAnswer, True),
        (400, BadUpstreamAnswer, False),
        (402, BadUpstreamAnswer, False),
        (404, BadUpstreamAnswer, False),
        (405, BadUpstreamAnswer, False),
        (422, BadUpstreamAnswer, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("text", [HTML, b'"Retry later"', b"403", b'{"error":"s3cr3t"}', b""], ids=repr)
def test_status_becomes_a_typed_error(status, kind, retryable, text):
    """Whatever the body is, the status decides; the message shows nothing of the body."""
    with pytest.raises(BackendError) as caught:
        body(status, text)

    assert type(caught.value) is kind
    assert caught.value.retryable is retryable
    assert (caught.value.system, caught.value.administration) == ("moneybird", "shop")
    assert caught.value.message.endswith(".")
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize(
    ("spelling", "wait"),
    [
        ("120", 120),
        ("1.5", 1.5),
        (str(int(NOW.timestamp()) + 90), 90),
        ("Sat, 21 Nov 2026 10:02:00 GMT", 120),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0),
        (str(int(NOW.timestamp()) - 500), 0),
        ("99999999999", 86_400),
        ("86400", 86_400),
        ("Sat, 21 Nov 2099 10:02:00 GMT", 86_400),
        ("9" * 5000, None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_retry_after_is_read_in_every_spelling(spelling, wait):
    """Seconds, an epoch, an HTTP date; at most a day, never in the past, nothing when unreadable."""
    headers = {} if spelling is None else {"retry_after": spelling}

    with pytest.raises(RateLimited) as caught:
        body(429, HTML, **headers)

    assert caught.value.retry_after == (None if wait is None else NOW + timedelta(seconds=wait))


def test_count_is_not_taken_from_the_seconds():
    """RateLimit-Remaining holds seconds and is never a count."""
    headers = {"ratelimit-limit": "150", "ratelimit-remaining": "160", "ratelimit-reset": "1795255500"}

    told = protocol.ration(Answer(200, headers, b""), NOW)

    assert told == Ration(limit=150, resets_at=datetime.fromtimestamp(1795255500, UTC))


def test_ration_is_read_whole():
    """The real count, the reset, and on a refusal the moment of the next call."""
    headers = {"ratelimit-requestsremaining": "7", "ratelimit-reset": "60", "retry-after": "60"}
    minute = NOW + timedelta(seconds=60)

    told = protocol.ration(Answer(429, headers, b""), NOW)

    assert told == Ration(remaining=7, resets_at=minute, retry_after=minute)


def hour_off(**headers: str) -> dict[str, str]:
    """Return what Moneybird tells 100 s before a reset, while our clock is an hour behind or ahead of its."""
    told = {"requestsremaining": "7", "remaining": "100", **headers}
    return {f"ratelimit-{name}": value for name, value in told.items()}


@pytest.mark.parametrize("hours", [-1, 1], ids=["behind", "ahead"])
@pytest.mark.parametrize("status", [200, 429])
def test_clocks_that_differ(hours, status):
    """The seconds until the reset tell how far a clock is off: the moment is right by our own."""
    reset = str(int((NOW + timedelta(hours=hours, seconds=100)).timestamp()))
    answer = Answer(status, hour_off(reset=reset) | {"retry-after": reset}, b"")
    moment = NOW + timedelta(seconds=100)

    told = protocol.ration(answer, NOW)

    assert told == Ration(remaining=7, resets_at=moment, retry_after=moment if status == 429 else None)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        pytest.param({"requestsremaining": "100"}, 3700, id="may-be-a-count"),
        pytest.param({"requestsremaining": ""}, 3700, id="no-count"),
        pytest.param({"remaining": "301"}, 3700, id="no-seconds-of-a-window"),
        pytest.param({"remaining": "0"}, 3700, id="no-seconds"),
        pytest.param({"reset": "100"}, 100, id="no-epoch"),
        pytest.param({"remaining": "3699"}, 3700, id="far-off"),
    ],
)
def test_seconds_that_may_be_something_else_set_no_clock(headers, wait):
    """Where the seconds are not certain the reset counts as it was told."""
    reset = str(int((NOW + timedelta(seconds=3700)).timestamp()))

    told = protocol.ration(Answer(200, hour_off(**{"reset": reset, **headers}), b""), NOW)

    assert told
    assert told.resets_at == NOW + timedelta(seconds=wait)


def test_rounding_sets_no_clock():
    """Seconds that differ by no more than rounding leave the moment exact."""
    reset = str(int((NOW + timedelta(seconds=99)).timestamp()))
    told = protocol.ration(Answer(200, hour_off(reset=reset), b""), NOW)
    assert told
    assert told.resets_at == NOW + timedelta(seconds=99)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry-after": "60"},
        {"ratelimit-limit": "many", "ratelimit-requestsremaining": "-1"},
        {"ratelimit-limit": "9" * 5000},
        {"ratelimit-reset": "whenever"},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_nothing_told_is_none(headers):
    """Without a readable header, and on an answer that refused nothing, there is no ration."""
    assert protocol.ration(Answer(200, headers, b""), NOW) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb'["a\ud800b"]', "a\ufffdb"),
        (rb'["a\udc00b"]', "a\ufffdb"),
        (rb'["\ud83d\ude00"]', "\U0001f600"),
        (rb'["\\ud800"]', "\\ud800"),
        (rb'["\\\ud800"]', "\\\ufffd"),
        (rb'["a\u0000b"]', "a\ufffdb"),
        (rb'["a\u001Fb"]', "a\ufffdb"),
        (rb'["a\bb"]', "a\ufffdb"),
        (rb'["a\n\tb"]', "a\n\tb"),
        (b'["a\x00b"]', "a\ufffdb"),
        (b'["caf\xe9"]', "caf\ufffd"),
        (b'\xef\xbb\xbf["x"]', "x"),
        ('["café"]'.encode(), "café"),
    ],
    ids=repr,
)
def test_texts_are_repaired(text, expected):
    """Lone surrogates, control characters and wrong bytes become U+FFFD, all else stays."""
    assert msgspec.json.decode(body(text=text)) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        HTML,
        b"",
        b"null",
        b'{"error":"x"}',
        b'"Retry later"',
        b"17",
        b'[{"id":"1"},{"id"',
        b"[1] trailing",
        b"[" * 10_000 + b"]" * 10_000,
        b'[{"events":' + b"[" * 10_000 + b"]" * 10_000 + b"}]",
        b'[{"id":' + b"9" * 5000 + b"}]",
        b"[" + b"9" * 5000 + b"]",
        "[]".encode("utf-16"),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_answer_that_is_no_list_is_bad(text):
    """HTML, cut off, too deep, endless numbers, another type: one error, without a word of the body."""
    with pytest.raises(BadUpstreamAnswer) as caught:
        protocol.rows_of(body(text=text), administration="shop")

    assert caught.value.message == "Moneybird gave an answer that cannot be read."


def test_web_page_is_not_read_at_all():
    """What calls itself a web page is no list, even when it looks like an empty one."""
    with pytest.raises(BadUpstreamAnswer):
        body(text=b"[]", content_type="Text/HTML; charset=utf-8")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", b"[", b'["', b'[{"a":"\\']))
def test_any_bytes_are_a_list_or_a_bad_answer(noise, start):
    """No bytes make the protocol raise anything but its own error."""
    try:
        rows = protocol.rows_of(body(text=start + noise), administration="shop")
    except BadUpstreamAnswer:
        return
    assert isinstance(rows, list)


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (protocol.list_administrations(), "GET", "/administrations.json"),
        (protocol.list_versions("12"), "GET", "/12/contacts/synchronization.json?include_archived=true"),
        (protocol.fetch_contacts("12", ["1"]), "POST", "/12/contacts/synchronization.json"),
        (
            protocol.contact_by_customer_id("12", "a/b ?#%é"),
            "GET",
            "/12/contacts/customer_id/a%2Fb%20%3F%23%25%C3%A9.json",
        ),
        (
            protocol.search_contacts("12", "a&b"),
            "GET",
            "/12/contacts.json?query=a%26b&include_archived=true&per_page=100",
        ),
        (
            protocol.list_charges("12", "9", include_billed=True),
            "GET",
            "/12/contacts/9/additional_charges.json?include_billed=true",
        ),
        (protocol.payments_mandate("12", "9"), "GET", "/12/contacts/9/moneybird_payments_mandate.json"),
        (protocol.reference_list("1/2", "users"), "GET", "/1%2F2/users.json"),
    ],
    ids=lambda value: getattr(value, "path", None),
)
def test_call_is_spelled_as_documented(call, method, path):
    """Method and path, percent-encoded; all of them are reads."""
    assert (call.method, call.path, call.safe) == (method, path, True)


def test_ids_are_sent_as_text():
    """Ids go out as JSON texts, since as numbers they lose digits in many tools."""
    call = protocol.fetch_contacts("12", ["496081405033318052", "2"])

    assert call.body == b'{"ids":["496081405033318052","2"]}'
    assert call.headers == {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("link", "query"),
    [
        (f'<{BASE}/12/contacts.json?page=2&query=a,b>; rel="next"', "page=2&query=a,b"),
        (
            f'<{BASE}/12/contacts.json?page=1>; rel="prev", <{BASE}/12/contacts.json?page=3>; rel="next"',
            "page=3",
        ),
        ("</api/v2/12/contacts.json?page=4>; rel=next", "page=4"),
        (f'<{BASE}/12/contacts.json?page=1>; rel="prev"', None),
        ('<https://evil.test/api/v2/12/contacts.json?page=2>; rel="next"', None),
        ('<http://moneybird.test/api/v2/12/contacts.json?page=2>; rel="next"', None),
        ('<https://moneybird.test:8443/api/v2/12/contacts.json?page=2>; rel="next"', None),
        (f'<{BASE}/13/contacts.json?page=2>; rel="next"', None),
        (f'<{BASE}/12/contacts.json/../../13/contacts.json>; rel="next"', None),
        ('<https://[::1>; rel="next"', None),
        ("nonsense", None),
        ("", None),
    ],
    ids=str,
)
def test_next_page_stays_at_home(link, query):
    """Only a next link to this very list of this very origin is followed."""
    asked = protocol.search_contacts("12", "x")
    call = protocol.next_page(Answer(200, {"link": link}, b""), asked, base_url=BASE)

    assert (call.path if call else None) == (f"/12/contacts.json?{query}" if query else None)


@pytest.mark.parametrize(
    ("version", "told"),
    [
        pytest.param("1787320117", "1787320117", id="long-ago"),
        pytest.param("1787320196", "1787320196", id="just-settled"),
        pytest.param("1787320197", "", id="seconds-ago"),
        pytest.param("1787320200", "", id="this-second"),
        pytest.param("1787320260", "", id="by-a-clock-that-is-ahead"),
        pytest.param("7", "7", id="no-second"),
        pytest.param("", "", id="none"),
    ],
)
def test_a_version_of_just_now_proves_nothing(version, told):
    """Two changes in one second share a version: one of about now is not held against the next list."""
    asked_at = datetime.fromtimestamp(1_787_320_200.9, UTC)
    assert protocol.settled_versions({"1": version}, asked_at) == {"1": told}

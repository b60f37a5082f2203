"""Answers that are none, each as the error that it means."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gateway.backends.acumulus.protocol import failures
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
)
from tests.backends.acumulus.protocol.answers import (
    HTML,
    NOW,
    XML,
    answer,
    envelope,
    fault,
    rows,
    sample,
)

WRONG_LOGIN = sample("error_403_wrong_login_response.xml")

MATRIX = [
    pytest.param(WRONG_LOGIN, 403, XML, CredentialsRejected, id="wrong login"),
    pytest.param(WRONG_LOGIN, 401, XML, CredentialsRejected, id="login by 401"),
    pytest.param(WRONG_LOGIN, 200, XML, CredentialsRejected, id="login by 200"),
    pytest.param(
        sample("error_403_contract_missing_response.xml"), 403, XML, CredentialsRejected, id="no contract"
    ),
    pytest.param(sample("error_403_role_response.xml"), 403, XML, CredentialsRejected, id="role"),
    pytest.param("", 401, {}, CredentialsRejected, id="empty 401"),
    pytest.param("<html></html>", 403, HTML, CredentialsRejected, id="web page 403"),
    pytest.param(sample("error_html_429.html"), 429, HTML, RateLimited, id="web page 429"),
    pytest.param("", 429, {}, RateLimited, id="empty 429"),
    pytest.param(envelope(status="1", errors=fault("error", "429")), 400, XML, RateLimited, id="429 inside"),
    pytest.param(sample("error_html_503.html"), 503, HTML, BackendUnavailable, id="web page 503"),
    pytest.param(sample("list_response.xml"), 500, XML, BackendUnavailable, id="500 with a list"),
    pytest.param(sample("error_status3_response.xml"), 200, XML, BackendUnavailable, id="exception"),
    pytest.param("", 200, XML, BackendUnavailable, id="empty"),
    pytest.param(" \n", 200, XML, BackendUnavailable, id="blank"),
    pytest.param(
        envelope(status="1", errors=fault("error", "503")), 400, XML, BackendUnavailable, id="503 inside"
    ),
    pytest.param(sample("error_400_response.xml"), 400, XML, BadUpstreamAnswer, id="refused"),
    pytest.param(
        envelope(status="1", errors=fault("error", "502 Bad")), 400, XML, BadUpstreamAnswer, id="502 inside"
    ),
    pytest.param(envelope(status="1"), 400, XML, BadUpstreamAnswer, id="refused without a reason"),
    pytest.param(
        envelope("<contacts/>", status="1", errors=fault("error", "400")),
        200,
        XML,
        BadUpstreamAnswer,
        id="refused with a container",
    ),
    pytest.param(sample("error_404_entity_response.xml"), 404, XML, BadUpstreamAnswer, id="404"),
    pytest.param(sample("error_html_503.html"), 200, HTML, BadUpstreamAnswer, id="web page 200"),
    pytest.param(sample("error_html_503.html"), 200, XML, BadUpstreamAnswer, id="web page as xml"),
    pytest.param(sample("list_response.xml"), 200, HTML, BadUpstreamAnswer, id="list as a web page"),
    pytest.param("", 302, {"location": "https://example.com"}, BadUpstreamAnswer, id="redirect"),
    pytest.param(sample("list_response.xml"), 301, XML, BadUpstreamAnswer, id="redirect with a list"),
    pytest.param(sample("json_list_single_response.json"), 200, XML, BadUpstreamAnswer, id="json"),
]


@pytest.mark.parametrize(("body", "status", "headers", "kind"), MATRIX)
def test_errors_have_their_kind(
    body: bytes | str, status: int, headers: dict[str, str], kind: type[BackendError]
):
    """Whatever goes wrong is one of the errors that callers know, with a text that is fit to show."""
    with pytest.raises(kind) as caught:
        rows(answer(body, status, headers))

    error = caught.value
    assert type(error) is kind
    assert (error.system, error.administration) == ("acumulus", "wholesale")
    assert error.message.endswith(".")
    assert not any(word in error.message for word in ("http:", "https:", "Invalid contactiban", "<", "None"))


def test_warnings_do_not_hinder():
    """An answer with warnings is a success."""
    body = sample("list_response.xml").replace(b"<status>0<", b"<status>2<")

    assert len(rows(answer(body))) == 2


def test_lacking_rights_are_told_apart():
    """Credentials that were accepted, but not for this call, are known from wrong ones."""
    with pytest.raises(CredentialsRejected) as role:
        rows(answer(sample("error_403_role_response.xml"), 403))
    with pytest.raises(CredentialsRejected) as login:
        rows(answer(WRONG_LOGIN, 403))

    assert failures.lacks_right(role.value)
    assert not failures.lacks_right(login.value)
    assert not role.value.retryable


def test_a_refusal_shows_its_marks():
    """Number and tag of a refusal are passed on, its text is not."""
    with pytest.raises(BadUpstreamAnswer, match=r"^Acumulus refused the call \(400 CONSTRUCT3\)\.$"):
        rows(answer(sample("error_400_response.xml"), 400))


@pytest.mark.parametrize(
    ("text", "until"),
    [
        pytest.param("120", NOW + timedelta(seconds=120), id="seconds"),
        pytest.param("1.5", NOW + timedelta(seconds=1.5), id="part of a second"),
        pytest.param(str(int(NOW.timestamp()) + 60), NOW + timedelta(seconds=60), id="epoch"),
        pytest.param("Sat, 01 Mar 2025 12:05:00 GMT", NOW + timedelta(minutes=5), id="date"),
        pytest.param("Sat, 01 Mar 2025 11:00:00 GMT", NOW, id="date in the past"),
        pytest.param("Sun, 01 Mar 2026 12:00:00 -0000", NOW + timedelta(hours=24), id="date far off"),
        pytest.param("999999999999999", NOW + timedelta(hours=24), id="beyond the calendar"),
        pytest.param("soon", None, id="words"),
        pytest.param("-5", None, id="negative"),
        pytest.param("9" * 5000, None, id="5,000 digits"),
        pytest.param(None, None, id="none"),
    ],
)
def test_when_to_come_back(text: str | None, until: datetime | None):
    """Every spelling of Retry-After is read, and none keeps us away for over a day."""
    refused = answer(sample("error_html_429.html"), 429, {} if text is None else {"retry-after": text})

    with pytest.raises(RateLimited) as caught:
        rows(refused)

    assert caught.value.retry_after == until
    ration = failures.ration(refused, NOW)
    assert (ration.retry_after if ration else None) == until


def test_other_answers_tell_no_ration():
    """Acumulus documents no ration: only a refusal tells anything."""
    assert failures.ration(answer("", 200, {"retry-after": "5"}), NOW) is None

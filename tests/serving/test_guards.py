"""Who may speak to the gateway at all."""

import pytest

from gateway.serving.guards import Guard

OPEN = Guard(loopback_only=True)
KEYED = Guard(loopback_only=False)
SHARED = Guard(loopback_only=False, origins=frozenset({"https://app.example"}))


@pytest.mark.parametrize(
    ("host", "passes"),
    [
        pytest.param("127.0.0.1:8000", True, id="address"),
        pytest.param("localhost:8000", True, id="name"),
        pytest.param("LOCALHOST", True, id="name-without-port"),
        pytest.param("localhost.:8000", True, id="name-with-a-dot"),
        pytest.param("[::1]:8000", True, id="version-6"),
        pytest.param("127.8.9.10", True, id="another-loopback"),
        pytest.param("books.example", False, id="rebound-name"),
        pytest.param("localhost.books.example", False, id="name-that-begins-so"),
        pytest.param("127.0.0.1.books.example", False, id="name-that-looks-so"),
        pytest.param("192.168.1.2", False, id="another-machine"),
        pytest.param("0.0.0.0", False, id="any-address"),
        pytest.param("", False, id="nothing"),
        pytest.param("[::1", False, id="half-an-address"),
        pytest.param("a@127.0.0.1", True, id="with-a-user"),
    ],
)
def test_without_keys_only_this_machine_is_named(host, passes):
    """A request that names another host is 421 without keys, and nobody's business with them."""
    barred = OPEN.bars({"host": host})
    assert (barred is None) is passes
    assert barred is None or barred.status == 421
    assert KEYED.bars({"host": host}) is None


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        pytest.param({}, True, id="no-browser"),
        pytest.param({"sec-fetch-site": "same-origin"}, True, id="our-own-page"),
        pytest.param({"sec-fetch-site": "none"}, True, id="typed"),
        pytest.param({"sec-fetch-site": "cross-site"}, False, id="another-site"),
        pytest.param({"sec-fetch-site": "same-site"}, False, id="a-neighbour"),
        pytest.param({"sec-fetch-site": "odd"}, False, id="odd-word"),
        pytest.param({"origin": "http://127.0.0.1:8000"}, True, id="older-browser-own-page"),
        pytest.param({"origin": "http://127.0.0.1:9000"}, False, id="older-browser-another-port"),
        pytest.param({"origin": "https://evil.example"}, False, id="older-browser-another-site"),
        pytest.param({"origin": "null"}, False, id="a-page-without-origin"),
        pytest.param({"origin": "http://[::1"}, False, id="half-an-origin"),
    ],
)
@pytest.mark.parametrize("guard", [OPEN, KEYED, SHARED], ids=["open", "keyed", "shared"])
def test_pages_of_other_sites(guard, headers, passes):
    """What a page of another site has its reader's browser send is 403, with keys and without."""
    barred = guard.bars({"host": "127.0.0.1:8000", **headers})
    assert (barred is None) is passes
    assert barred is None or barred.status == 403


def test_a_site_that_is_let_in():
    """A configured origin passes, reads the answer, and may ask first; another reads nothing."""
    headers = {"host": "gateway.example", "origin": "https://app.example", "sec-fetch-site": "cross-site"}
    assert SHARED.bars(headers) is None
    assert ("access-control-allow-origin", "https://app.example") in SHARED.shared_with(headers)
    asked = {**headers, "access-control-request-method": "POST"}
    assert ("access-control-allow-methods", "GET, POST") in (SHARED.preflight(asked) or ())
    assert SHARED.preflight(headers) is None
    other = {**asked, "origin": "https://other.example"}
    assert SHARED.preflight(other) is None
    assert SHARED.shared_with(other) == (("vary", "Origin"),)


def test_closed_by_default():
    """Without configured origins no answer is shared, and no question is answered."""
    headers = {"origin": "https://app.example", "access-control-request-method": "POST"}
    assert (KEYED.shared_with(headers), KEYED.preflight(headers)) == ((), None)

"""Which key a text is."""

import hashlib
import hmac

import pytest

from gateway.auth.keys import Keyring
from gateway.auth.viewer import Viewer
from gateway.settings import KeySettings, Scope


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


KEYS = (
    KeySettings("web", digest("key-of-web")),
    KeySettings(
        "import", digest("key-of-import"), frozenset({Scope.WRITE, Scope.RAW}), frozenset({"shop"}), True
    ),
    KeySettings("owner", digest("key-of-owner"), frozenset({Scope.ADMIN})),
)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param("key-of-web", Viewer("web", frozenset({Scope.READ}), None, "key:web"), id="first"),
        pytest.param(
            "key-of-import",
            Viewer("import", frozenset({Scope.WRITE, Scope.RAW}), frozenset({"shop"}), "key:import", True),
            id="all-said",
        ),
        pytest.param("key-of-owner", Viewer("owner", frozenset({Scope.ADMIN}), None, "key:owner"), id="last"),
        pytest.param("key-of-web ", None, id="almost"),
        pytest.param("", None, id="nothing"),
        pytest.param(digest("key-of-web"), None, id="a-digest-is-no-key"),
    ],
)
def test_a_key_is_told_by_its_digest(token, expected):
    """Whoever holds the text has the name, rights and books of its section; nobody else has any."""
    assert Keyring(KEYS).viewer(token) == expected


@pytest.mark.parametrize(
    "token", [pytest.param(f"key-of-{name}", id=name) for name in ("web", "import", "owner", "nobody")]
)
def test_every_digest_is_looked_at(token):
    """A hit ends nothing early, and what is compared is whole digests."""
    looked_at = []

    def equal(held: str, given: str) -> bool:
        looked_at.append((held, given))
        return hmac.compare_digest(held, given)

    Keyring(KEYS, equal=equal).viewer(token)
    assert looked_at == [(key.sha256, digest(token)) for key in KEYS]


def test_digests_are_compared_in_constant_time():
    """Unless told otherwise, the comparison is the library's that was made for it."""
    assert Keyring.__init__.__kwdefaults__ == {"equal": hmac.compare_digest}

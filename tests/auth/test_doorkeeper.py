"""Who is let in by what stands in a request's head."""

import hashlib

import pytest
import structlog

from gateway.auth import CHALLENGE, EVERYONE, Doorkeeper, Scope, doorkeeper
from gateway.auth.doorkeeper import bearer
from gateway.auth.keys import Keyring
from gateway.domain.errors import Unauthenticated
from gateway.settings import AuthSettings, KeySettings, SettingsError
from tests.auth.issuer import CANARY, claims, document, row, settings, signed, tokens

KEY = "cgw_the-key-of-web"
KEYS = (KeySettings("web", hashlib.sha256(KEY.encode()).hexdigest()),)


async def no_fetch(url):
    raise AssertionError(url)


@pytest.fixture
def door():
    """Return a door with a key and an issuer."""
    return Doorkeeper(Keyring(KEYS), tokens())


async def refusal(door, authorization):
    with pytest.raises(Unauthenticated) as raised:
        await door.viewer(authorization)
    return raised.value


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(f"Bearer {KEY}", id="as-documented"),
        pytest.param(f"bearer {KEY}", id="lower-case"),
        pytest.param(f"BEARER   {KEY}", id="upper-case-and-blanks"),
    ],
)
async def test_a_key_lets_in(door, authorization):
    """The scheme's case is no matter, nor is the number of blanks."""
    assert (await door.viewer(authorization)).id == "key:web"


async def test_a_token_lets_in(door):
    """What is no key may be a token; a subject that has a key's name is still somebody else."""
    viewer = await door.viewer(f"Bearer {signed(claims(sub='web', scope='contacts:read'))}")
    assert (viewer.name, viewer.id, viewer.scopes) == ("web", "token:web", {Scope.READ})


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="no-key"),
        pytest.param("Bearer ", id="blank"),
        pytest.param(KEY, id="no-scheme"),
        pytest.param(f"Basic {KEY}", id="another-scheme"),
        pytest.param(f"Bearer{KEY}", id="no-blank"),
        pytest.param(f"Bearer\t{KEY}", id="tab"),
        pytest.param(f" Bearer {KEY}", id="blank-before"),
        pytest.param(f"Bearer {KEY} ", id="blank-behind"),
        pytest.param(f"Bearer {KEY}\n", id="line-break"),
        pytest.param(f"Bearer {KEY}, Bearer {KEY}", id="two-headers"),
        pytest.param(f"Bearer {KEY[:-1]}", id="almost"),
        pytest.param("Bearer \xe9t\xe9", id="latin-1"),
        pytest.param("Bearer \ud800", id="half-a-character"),
        pytest.param(f"Bearer {'a' * 20_000}", id="long"),
        pytest.param(f"Bearer {signed(claims(exp=1))}", id="over"),
        pytest.param(f"Bearer {signed(claims(aud='x'))}", id="another-audience"),
        pytest.param(f"Bearer {signed(key_id='second')}", id="unknown-key"),
    ],
)
async def test_a_refusal_says_nothing_of_why(door, authorization):
    """Missing, malformed, wrong and over its time are one and the same answer."""
    found = await refusal(door, authorization)
    assert found.code == "UNAUTHENTICATED"
    assert str(found) == str(await refusal(door, None))
    assert (found.__cause__, found.__context__) == (None, None)
    assert CHALLENGE == "Bearer"


def test_no_more_than_16_kib_is_looked_at():
    """A header of that length is read, and one of a character more is as good as none."""
    longest = "Bearer " + "a" * (16 * 1024 - 7)
    assert bearer(longest) == longest.removeprefix("Bearer ")
    assert bearer(longest + "a") is None


@pytest.mark.parametrize(
    "authorization", [pytest.param(None, id="nothing"), pytest.param(f"Bearer {CANARY}", id="something")]
)
@pytest.mark.parametrize("required", [True, False])
async def test_without_keys_and_issuer_everyone_comes_in(authorization, required):
    """With every right, held to trusted documents where that is configured for all."""
    door = doorkeeper(AuthSettings(), require_trusted=required, fetch=no_fetch)
    viewer = await door.viewer(authorization)
    assert door.is_open
    assert (viewer.name, viewer.scopes, viewer.administrations) == (None, EVERYONE.scopes, None)
    assert viewer.require_trusted is required


@pytest.mark.parametrize(
    ("auth", "lets_in"),
    [
        pytest.param(AuthSettings(keys=KEYS), {"key"}, id="keys"),
        pytest.param(AuthSettings(jwt=settings()), {"token"}, id="issuer"),
        pytest.param(AuthSettings(KEYS, settings()), {"key", "token"}, id="both"),
    ],
)
async def test_what_is_configured_lets_in(auth, lets_in):
    """Keys, tokens or both, and nobody without."""
    door = doorkeeper(auth, require_trusted=False, fetch=no_fetch)
    assert not door.is_open
    await refusal(door, None)
    for kind, token in (("key", KEY), ("token", signed())):
        if kind in lets_in:
            assert await door.viewer(f"Bearer {token}")
        else:
            await refusal(door, f"Bearer {token}")


async def test_a_key_set_at_a_url_is_fetched_when_a_token_comes():
    """Neither making the door nor a key asks the issuer; the first token does."""
    asked = []

    async def fetch(url):
        asked.append(url)
        return document()

    auth = AuthSettings(KEYS, settings(jwks="https://id.example/jwks.json"))
    door = doorkeeper(auth, require_trusted=False, fetch=fetch)
    await door.viewer(f"Bearer {KEY}")
    assert asked == []
    await door.viewer(f"Bearer {signed()}")
    assert asked == ["https://id.example/jwks.json"]


async def test_an_issuer_that_is_down_lets_nobody_in_but_keys():
    """A token cannot be checked and is refused as any other; a key needs no issuer."""

    async def fetch(url):
        raise OSError(CANARY)

    auth = AuthSettings(KEYS, settings(jwks="https://id.example/jwks.json"))
    door = doorkeeper(auth, require_trusted=False, fetch=fetch)
    assert CANARY not in str(await refusal(door, f"Bearer {signed()}"))
    assert await door.viewer(f"Bearer {KEY}")


def test_a_file_without_a_usable_key_is_a_fault_of_the_configuration():
    """It is told when the door is made: by its key, with a cure, and before anybody asks."""
    auth = AuthSettings(jwt=settings(jwks=document(row(use="enc"))))
    with pytest.raises(SettingsError) as raised:
        doorkeeper(auth, require_trusted=False, fetch=no_fetch)
    assert str(raised.value) == (
        "auth.jwt.jwks: cannot be used: no key that fits the algorithms; "
        "save the issuer's public key set there"
    )


async def test_no_key_is_shown(door, capfd):
    """Good or not, what a request holds reaches neither log nor message nor repr."""
    with structlog.testing.capture_logs() as events:
        found = await refusal(door, f"Bearer {CANARY}")
        viewer = await door.viewer(f"Bearer {KEY}")
    shown = f"{found!r}{viewer!r}{door!r}{KEYS!r}{events}" + "".join(capfd.readouterr())
    assert CANARY not in shown
    assert KEY not in shown
    assert KEYS[0].sha256 not in shown

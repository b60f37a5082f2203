"""Which tokens are good, and what they say."""

import json
import time
from typing import Any

import hypothesis
import jwt
import pytest
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import strategies as st

from gateway.auth.key_set import KeySet
from gateway.auth.key_source import FixedKeys
from gateway.auth.tokens import Tokens
from gateway.auth.viewer import Viewer
from gateway.settings import Scope
from tests.auth.issuer import (
    CANARY,
    EVERY_ALGORITHM,
    claims,
    document,
    part,
    private_key,
    row,
    settings,
    signed,
    tokens,
)


def now() -> int:
    return int(time.time())


def told(others: dict[str, Any]) -> dict[str, Any]:
    """Work out claims of this moment: parameters are made long before their test runs."""
    return {claim: value() if callable(value) else value for claim, value in others.items()}


async def scopes_of(**others):
    viewer = await tokens().viewer(signed(claims(**told(others))))
    return viewer and viewer.scopes


async def test_a_good_token_is_its_subject():
    """The name is the subject's, the id is no key's, and without a scope there is no right."""
    assert await tokens().viewer(signed()) == Viewer("ann", frozenset(), None, "token:ann")


@pytest.mark.parametrize("algorithm", [pytest.param(name, id=name) for name in EVERY_ALGORITHM])
async def test_every_offered_algorithm_is_read(algorithm):
    """Where it is configured, and its key is in the set; where it is not, a good signature is no help."""
    keys = document(row("first", algorithm, alg=None), row("other", "RS256"), row("curve", "ES256"))
    token = signed(algorithm=algorithm)
    assert await tokens(keys, algorithms=(algorithm,)).viewer(token)
    other = "ES256" if algorithm == "RS256" else "RS256"
    assert await tokens(keys, algorithms=(other,)).viewer(token) is None


def forged_with_the_public_key() -> str:
    """Sign with the public key's text as a shared secret, as a library of old would have taken it."""
    pem = private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    message = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{part(claims())}"
    return f"{message}.{part(signer.sign(message.encode(), pem))}"


def tampered() -> str:
    head, _, signature = signed().split(".")
    return f"{head}.{part(claims(scope='admin'))}.{signature}"


def relabelled(**header: object) -> str:
    _, body, signature = signed().split(".")
    return f"{part(header)}.{body}.{signature}"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(f"{part({'alg': 'none'})}.{part(claims())}.", id="none"),
        pytest.param(f"{part({'alg': 'None', 'kid': 'first'})}.{part(claims())}.", id="none-otherwise"),
        pytest.param(forged_with_the_public_key(), id="public-key-as-secret"),
        pytest.param(signed(algorithm="PS256"), id="algorithm-not-taken"),
        pytest.param(signed(algorithm="ES256"), id="another-kind-of-key"),
        pytest.param(tampered(), id="other-claims"),
        pytest.param(signed()[:-8], id="signature-cut"),
        pytest.param(signed().rpartition(".")[0] + ".", id="no-signature"),
        pytest.param(signed(key_id="second"), id="unknown-key"),
        pytest.param(
            jwt.encode(claims(), private_key("RS256", "stranger"), "RS256", {"kid": "first"}),
            id="a-strangers",
        ),
        pytest.param(relabelled(alg="HS256", kid="first"), id="relabelled"),
        pytest.param(relabelled(kid="first"), id="no-algorithm"),
        pytest.param(relabelled(alg=["RS256"], kid="first"), id="list-of-algorithms"),
        pytest.param(relabelled(alg="RS256", kid=5), id="id-no-text"),
        pytest.param(signed(crit=["exp"]), id="unknown-critical-word"),
        pytest.param(f"{part(['RS256'])}.e30.e30", id="head-no-object"),
        pytest.param(f"{part(b'[' * 9000)}.e30.e30", id="head-nested"),
        pytest.param(f"{part(b'9' * 5000)}.e30.e30", id="head-a-long-number"),
        pytest.param("e30.e30", id="two-parts"),
        pytest.param("a.b.c.d.e", id="encrypted"),
        pytest.param("cgw_key", id="a-key"),
        pytest.param("..", id="dots"),
        pytest.param("", id="nothing"),
    ],
)
async def test_what_the_issuer_did_not_sign_is_refused(token):
    """Nothing of a token's own choosing changes how it is checked."""
    keys = document(row(), row("curve", "ES256"))
    assert await tokens(keys, algorithms=("RS256",)).viewer(token) is None


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"exp": None}, id="no-end"),
        pytest.param({"exp": lambda: now() - 40}, id="over"),
        pytest.param({"exp": "soon"}, id="end-a-word"),
        pytest.param({"exp": lambda: str(now() + 600)}, id="end-a-text"),
        pytest.param({"exp": True}, id="end-true"),
        pytest.param({"exp": lambda: [now() + 600]}, id="end-a-list"),
        pytest.param({"exp": float("inf")}, id="end-infinite"),
        pytest.param({"exp": float("nan")}, id="end-no-number"),
        pytest.param({"nbf": lambda: now() + 100}, id="not-yet"),
        pytest.param({"nbf": "0"}, id="begin-a-text"),
        pytest.param({"nbf": True}, id="begin-true"),
        pytest.param({"iat": lambda: now() + 100}, id="of-the-future"),
        pytest.param({"iat": {}}, id="issued-an-object"),
        pytest.param({"iss": None}, id="no-issuer"),
        pytest.param({"iss": "https://id.example"}, id="almost-the-issuer"),
        pytest.param({"iss": ["https://id.example/"]}, id="issuers"),
        pytest.param({"aud": None}, id="no-audience"),
        pytest.param({"aud": "invoices"}, id="another-audience"),
        pytest.param({"aud": ["invoices"]}, id="other-audiences"),
        pytest.param({"aud": []}, id="empty-audience"),
        pytest.param({"aud": "contacts2"}, id="a-longer-audience"),
        pytest.param({"aud": {"contacts": 1}}, id="audience-an-object"),
        pytest.param({"aud": ["contacts", 5]}, id="audience-a-number"),
        pytest.param({"sub": None}, id="no-subject"),
        pytest.param({"sub": ""}, id="empty-subject"),
        pytest.param({"sub": 5}, id="subject-a-number"),
        pytest.param({"sub": "a" * 256}, id="long-subject"),
        pytest.param({"sub": "a\nb"}, id="subject-of-two-lines"),
        pytest.param({"sub": "\ud800"}, id="half-a-character"),
    ],
)
async def test_a_token_of_another_kind_or_time_is_refused(others):
    """Issuer, audience, subject and end are required, and each claim is of its own type."""
    assert await tokens().viewer(signed(claims(**told(others)))) is None


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"exp": lambda: now() - 5}, id="just-over"),
        pytest.param({"nbf": lambda: now() + 20}, id="in-a-moment"),
        pytest.param({"iat": lambda: now() + 20}, id="a-fast-clock"),
        pytest.param({"iat": None}, id="issued-whenever"),
        pytest.param({"exp": lambda: time.time() + 0.5}, id="half-seconds"),
        pytest.param({"aud": ["invoices", "contacts"]}, id="one-of-its-audiences"),
        pytest.param({"sub": "a" * 255}, id="longest-subject"),
        pytest.param({"jti": "x", "azp": 5, "anything": {}}, id="other-claims"),
    ],
)
async def test_clocks_may_differ_and_tokens_may_say_more(others):
    """30 seconds either way, several audiences, and claims that nobody here reads."""
    assert await tokens().viewer(signed(claims(**told(others))))


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        pytest.param("contacts:read contacts:raw", {Scope.READ, Scope.RAW}, id="text"),
        pytest.param(["contacts:write"], {Scope.WRITE}, id="list"),
        pytest.param("openid  admin profile", {Scope.ADMIN}, id="among-others"),
        pytest.param("contacts:reads", set(), id="almost"),
        pytest.param("READ", set(), id="a-name-of-ours"),
        pytest.param("", set(), id="empty"),
        pytest.param(["admin contacts:read"], set(), id="list-of-texts-with-blanks"),
        pytest.param(["admin", 5, None, ["contacts:read"], {}], {Scope.ADMIN}, id="odd-entries"),
        pytest.param({"admin": True}, set(), id="object"),
        pytest.param(5, set(), id="number"),
        pytest.param(True, set(), id="true"),
        pytest.param(None, set(), id="missing"),
    ],
)
async def test_scopes_are_the_known_words_of_the_claim(claim, expected):
    """Of a text with blanks or a list; anything of another shape gives no right."""
    assert await scopes_of(scope=claim) == expected


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        pytest.param(["shop", "web"], {"shop", "web"}, id="list"),
        pytest.param(["shop", 5, None, ["web"]], {"shop"}, id="odd-entries"),
        pytest.param([], set(), id="empty"),
        pytest.param(None, set(), id="missing"),
        pytest.param("shop", set(), id="text"),
        pytest.param({"shop": 1}, set(), id="object"),
        pytest.param(True, set(), id="true"),
    ],
)
async def test_administrations_are_those_that_the_claim_names(claim, expected):
    """Where a claim is agreed on, a token that does not name a book sees none."""
    reader = tokens(administrations_claim="books")
    viewer = await reader.viewer(signed(claims(books=claim)))
    assert viewer.administrations == expected


async def test_without_an_agreed_claim_a_token_sees_all():
    """As a key without administrations does, whatever a token says."""
    viewer = await tokens().viewer(signed(claims(administrations=["shop"])))
    assert viewer.administrations is None


async def test_the_claims_names_are_configured():
    """Scopes stand where the settings say, also under a name with dots and slashes."""
    reader = tokens(scope_claim="https://x.example/scp")
    payload = claims(scope="admin", **{"https://x.example/scp": "contacts:read"})
    assert (await reader.viewer(signed(payload))).scopes == {Scope.READ}


@pytest.mark.parametrize("required", [True, False])
async def test_a_token_may_be_held_to_trusted_documents(required):
    """As the settings say for all tokens."""
    viewer = await tokens(require_trusted=required).viewer(signed())
    assert viewer.require_trusted is required


@pytest.mark.parametrize(
    ("key_id", "named"),
    [pytest.param("first", True, id="by-id"), pytest.param(None, False, id="the-only-one")],
)
async def test_a_token_names_its_key_or_there_is_one(key_id, named):
    """A token without an id is checked with the only key that fits."""
    assert await tokens().viewer(signed(key_id=key_id))
    two = document(row(), row("second"))
    assert bool(await tokens(two).viewer(signed(key_id=key_id))) is named


async def test_only_configured_algorithms_are_taken():
    """A source that holds keys for more does not widen what the settings say."""
    reader = Tokens(settings(), FixedKeys(KeySet(document(), ["RS256", "PS256"])))
    assert await reader.viewer(signed(algorithm="RS256"))
    assert await reader.viewer(signed(algorithm="PS256")) is None


async def test_a_short_key_is_no_key():
    """RSA of 1024 bits can be broken: what is signed with it is refused, without a warning on stderr."""
    short = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    weak = {"kty": "RSA", "kid": "first", "e": "AQAB", "n": part(b"\xc1" + b"\x55" * 127)}
    assert short.check_key_length(short.from_jwk(weak))
    assert await tokens(document(weak)).viewer(signed()) is None


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(claims(sub=CANARY, scope=CANARY)), id="good"),
        pytest.param(signed(claims(sub=CANARY, iss=CANARY)), id="issuer"),
        pytest.param(signed(claims(sub=CANARY, exp=CANARY)), id="end"),
        pytest.param(signed(claims(sub=CANARY + "\n")), id="subject"),
        pytest.param(signed(algorithm="PS256", key_id=CANARY), id="algorithm"),
        pytest.param(signed(key_id=CANARY), id="key"),
        pytest.param(f"{part({'alg': CANARY})}.{part({'sub': CANARY})}.{CANARY}", id="made-up"),
        pytest.param(CANARY, id="no-token"),
    ],
)
async def test_no_token_and_no_claim_is_shown(token, capfd):
    """Neither log nor stderr nor the viewer's repr holds anything of a token; why is one word."""
    with structlog.testing.capture_logs() as events:
        viewer = await tokens().viewer(token)
    shown = repr(viewer) + str(events) + "".join(capfd.readouterr())
    assert CANARY not in shown
    assert part({"sub": CANARY})[4:-4] not in shown
    assert bool(events) is (viewer is None)
    assert all(event["event"] == "token_refused" and event["reason"].isidentifier() for event in events)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
NAMES = ("iss", "aud", "sub", "exp", "nbf", "iat", "scope", "jti")


@hypothesis.given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4))
@hypothesis.settings(max_examples=150, deadline=None)
async def test_no_claim_makes_anything_but_a_viewer_or_nobody(odd):
    """Claims of any type, signed by the issuer itself, end in a viewer or in none."""
    viewer = await tokens().viewer(signed(claims() | odd))
    assert viewer is None or (isinstance(viewer, Viewer) and viewer.scopes <= set(Scope))


@hypothesis.given(
    st.dictionaries(st.sampled_from(("alg", "kid", "typ", "b64", "crit")), JSON), st.binary(max_size=40)
)
@hypothesis.settings(max_examples=150, deadline=None)
async def test_no_head_lets_anybody_in(header, body):
    """Whatever a head says, and whatever follows, nobody is let in without a signature."""
    text = json.dumps(header)
    assert await tokens().viewer(f"{part(text.encode())}.{part(body)}.{part(body)}") is None

"""Who is let in: [[auth.keys]] and [auth.jwt]."""

import json

import pytest

from gateway.settings import AuthSettings, JwtSettings, KeySettings, Scope, SettingsError
from tests.settings.shopkeeper import CANARY, SHOP

DIGEST = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4
KEY = f'[[auth.keys]]\nname = "web"\nsha256 = "{DIGEST}"\n'
JWT = '[auth.jwt]\nissuer = "https://id.example/"\naudience = "contacts"\n'
URL = 'jwks = "https://id.example/jwks.json"\n'
PUBLIC = {"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"}


def test_nothing_is_asked_for_unless_configured(load):
    """Without [auth], and with an empty one, there are no keys and no tokens."""
    assert load(SHOP).auth == load("[auth]\n" + SHOP).auth == AuthSettings()
    assert not AuthSettings().is_configured


def test_a_key_has_its_documented_defaults(load):
    """A name and a digest are enough: to read, everywhere."""
    auth = load(KEY + SHOP).auth
    assert auth == AuthSettings((KeySettings("web", DIGEST, frozenset({Scope.READ}), None, False),))
    assert auth.is_configured


def test_every_word_of_a_key_is_read(load, tmp_path):
    """Scopes, administrations and whether only trusted documents run; a digest's case is no matter."""
    (tmp_path / "documents.json").write_text("{}")
    text = (
        '[graphql]\ntrusted_documents = "documents.json"\n'
        f'[[auth.keys]]\nname = "web"\nsha256 = "{DIGEST.upper()}"\nscopes = ["admin", "contacts:raw"]\n'
        'administrations = ["shop"]\nrequire_trusted = true\n'
    )
    assert load(text + SHOP).auth.keys == (
        KeySettings("web", DIGEST, frozenset({Scope.ADMIN, Scope.RAW}), frozenset({"shop"}), True),
    )


def test_a_digest_may_stand_elsewhere(load):
    """As any text, it may be that of a variable."""
    text = '[[auth.keys]]\nname = "env:WHO"\nsha256 = "env:DIGEST"\nscopes = ["env:SCOPE"]\n'
    (key,) = load(text + SHOP, WHO="web", DIGEST=DIGEST, SCOPE="admin").auth.keys
    assert (key.name, key.sha256, key.scopes) == ("web", DIGEST, {Scope.ADMIN})


@pytest.mark.parametrize(
    ("general", "own", "expected"),
    [
        pytest.param("true", "", True, id="general"),
        pytest.param("true", "require_trusted = false\n", False, id="own-no"),
        pytest.param("false", "require_trusted = true\n", True, id="own-yes"),
        pytest.param("false", "", False, id="neither"),
    ],
)
def test_a_key_says_what_documents_run(load, tmp_path, general, own, expected):
    """Its own word decides, and the general one where it has none."""
    (tmp_path / "documents.json").write_text("{}")
    graphql = f'[graphql]\ntrusted_documents = "documents.json"\nrequire_trusted = {general}\n'
    (key,) = load(graphql + KEY + own + SHOP).auth.keys
    assert key.require_trusted is expected


def test_trusted_documents_are_there_for_a_key_that_needs_them(faults):
    """A key that may run nothing else needs the manifest."""
    (found,) = faults(KEY + "require_trusted = true\n" + SHOP)
    assert found.startswith("graphql.trusted_documents: is missing")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(f'sha256 = "{DIGEST}"', "name: is missing; add it", id="no-name"),
        pytest.param(
            f'name = "{"n" * 64}"\nsha256 = "{DIGEST}"',
            "name: is no short name; take 1 to 63 printable characters, no colon",
            id="long-name",
        ),
        pytest.param(f'name = "a:b"\nsha256 = "{DIGEST}"', "name: is no short name", id="name-with-a-colon"),
        pytest.param('name = "web"', "sha256: is missing; add it", id="no-digest"),
        pytest.param(
            f'name = "web"\nsha256 = "{CANARY}"',
            "sha256: is no SHA-256 digest of 64 hexadecimal digits; "
            "take the lines that `gateway key new` prints",
            id="a-key-in-place-of-its-digest",
        ),
        pytest.param(
            f'name = "web"\nsha256 = "{DIGEST[1:]}"', "sha256: is no SHA-256 digest", id="63-digits"
        ),
        pytest.param(
            f'name = "web"\nsha256 = "{DIGEST}"\nscopes = ["contacts:red"]',
            "scopes: entry 1 is unknown; did you mean contacts:read? "
            "known here: contacts:read, contacts:write, contacts:raw, admin",
            id="unknown-scope",
        ),
        pytest.param(
            f'name = "web"\nsha256 = "{DIGEST}"\nscopes = []', "scopes: is an empty list", id="no-scopes"
        ),
        pytest.param(
            f'name = "web"\nsha256 = "{DIGEST}"\nadministrations = ["shop", "shp"]',
            "administrations: entry 2 is unknown; did you mean shop? known here: shop",
            id="unknown-administration",
        ),
        pytest.param(
            f'name = "web"\nsha256 = "{DIGEST}"\nadministrations = []',
            "administrations: is an empty list; fill it, or leave it out",
            id="no-administrations",
        ),
        pytest.param(
            f'name = "web"\nsha256 = "{DIGEST}"\nscope = "admin"',
            "scope: unknown key; did you mean scopes?",
            id="unknown-key",
        ),
    ],
)
def test_a_key_is_checked(faults, lines, expected):
    """A faulty key names its place in the file and what to do, and shows no digest."""
    (found,) = faults(f'[[auth.keys]]\nname = "app"\nsha256 = "{OTHER}"\n[[auth.keys]]\n{lines}\n' + SHOP)
    assert found.startswith(f"auth.keys[1].{expected}")
    assert DIGEST[:16] not in found


def test_names_and_digests_belong_to_one_key(faults):
    """The second holder is the faulty one, whatever the digest's case."""
    assert faults(KEY + KEY.replace(DIGEST, DIGEST.upper()) + SHOP) == [
        "auth.keys[1].name: is that of auth.keys[0] too; give each its own",
        "auth.keys[1].sha256: is that of auth.keys[0] too; give each its own",
    ]


def test_an_administration_of_an_unknown_system_is_known_by_its_slug(faults):
    """What is wrong with an administration is told once, and not again for every key that names it."""
    found = faults(KEY + 'administrations = ["shop"]\n' + SHOP.replace('"shopkeeper"', '"shopkeper"'))
    assert [line.split(":")[0] for line in found] == ["administrations[0].system"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("auth = 5\n", "auth: must be a section; write it as [auth]", id="no-section"),
        pytest.param(
            "[auth.keys]\n",
            "auth.keys: must be a list of sections; write each as [[auth.keys]]",
            id="no-list",
        ),
        pytest.param("[auth]\nkey = 5\n", "auth.key: unknown key; did you mean keys?", id="unknown"),
    ],
)
def test_auth_is_a_section(faults, text, expected):
    """Wrong kinds of things are one fault, by their whole name."""
    assert faults(text + SHOP) == [expected]


@pytest.mark.parametrize("guard", [pytest.param(KEY, id="keys"), pytest.param(JWT + URL, id="jwt")])
def test_others_may_reach_a_gateway_that_asks_for_keys(load, guard):
    """With a key or an issuer any host is listened on, also from the environment."""
    assert load(f'[server]\nhost = "0.0.0.0"\n{guard}' + SHOP).server.host == "0.0.0.0"
    assert load(guard + SHOP, GATEWAY_HOST="::").server.host == "::"


def test_tokens_have_their_documented_defaults(load):
    """An issuer, an audience and a key set are enough."""
    jwt = load(JWT + URL + SHOP).auth.jwt
    assert jwt == JwtSettings("https://id.example/", "contacts", "https://id.example/jwks.json")
    assert (jwt.algorithms, jwt.scope_claim, jwt.administrations_claim) == (("RS256",), "scope", None)


def test_every_word_about_tokens_is_read(load):
    """Algorithms and the claims' names are those of the file."""
    lines = (
        'algorithms = ["ES256", "EdDSA"]\nscope_claim = "scp"\nadministrations_claim = "https://x/books"\n'
    )
    assert load(JWT + URL + lines + SHOP).auth.jwt == JwtSettings(
        "https://id.example/",
        "contacts",
        "https://id.example/jwks.json",
        ("ES256", "EdDSA"),
        "scp",
        "https://x/books",
    )


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://id.example/keys?p=sign-in", id="query"),
        pytest.param("http://127.0.0.1:9/jwks", id="loopback"),
    ],
)
def test_a_key_set_may_be_at_a_url(load, url):
    """Over https, or http to this machine; as it is written."""
    assert load(JWT + f'jwks = "{url}"\n' + SHOP).auth.jwt.jwks == url


def test_a_key_set_may_be_in_a_file(load, tmp_path):
    """Its name starts at the configuration's folder; the content is read at once, and not shown."""
    document = json.dumps({"keys": [PUBLIC]}, indent=1).encode()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "jwks.json").write_bytes(document)
    (tmp_path / "elsewhere" / "my.toml").write_text(JWT + 'jwks = "jwks.json"\n' + SHOP)
    jwt = load(path=tmp_path / "elsewhere" / "my.toml").auth.jwt
    assert jwt.jwks == document
    assert "AQAB" not in repr(jwt)


@pytest.mark.parametrize(
    ("jwks", "problem"),
    [
        pytest.param("http://id.example/jwks", "must be https, or http to this machine", id="http"),
        pytest.param("https://id.example/jwks#a", "must have no fragment", id="fragment"),
        pytest.param(f"https://me:{CANARY}@id.example/jwks", "must hold no credentials", id="credentials"),
        pytest.param("ftp://id.example/jwks", "must be https", id="ftp"),
        pytest.param("https://", "is no URL", id="no-host"),
        pytest.param("gone.json", "names no file that can be read; check its name", id="no-file"),
        pytest.param("", "is empty", id="empty"),
    ],
)
def test_a_key_set_is_where_nobody_else_can_change_it(faults, jwks, problem):
    """Another place is one fault that does not show it."""
    (found,) = faults(JWT + f'jwks = "{jwks}"\n' + SHOP)
    assert found.startswith(f"auth.jwt.jwks: {problem}")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        pytest.param("-----BEGIN PUBLIC KEY-----", "is no JSON", id="pem"),
        pytest.param("[" * 100_000, "is no JSON", id="nested"),
        pytest.param(json.dumps([PUBLIC]), "is no JSON Web Key Set", id="list"),
        pytest.param(json.dumps(PUBLIC), "is no JSON Web Key Set", id="one-key"),
        pytest.param('{"keys": {}}', "is no JSON Web Key Set", id="object-of-keys"),
        pytest.param('{"keys": []}', "is no JSON Web Key Set", id="no-keys"),
        pytest.param(
            json.dumps({"keys": [PUBLIC, PUBLIC | {"d": CANARY}]}),
            "holds a private or shared key",
            id="private",
        ),
        pytest.param(
            json.dumps({"keys": [{"kty": "oct", "k": CANARY}]}), "holds a private or shared key", id="shared"
        ),
    ],
)
def test_a_file_of_keys_is_checked(faults, tmp_path, document, problem):
    """It is a JSON Web Key Set of public halves; nothing of it is shown."""
    (tmp_path / "jwks.json").write_text(document)
    (found,) = faults(JWT + 'jwks = "jwks.json"\n' + SHOP)
    assert found.startswith("auth.jwt.jwks: names a file that")
    assert found.endswith(f"{problem}; save the issuer's public key set there")


@pytest.mark.parametrize(
    ("algorithms", "problem"),
    [
        pytest.param('["none"]', "none signs nothing; take from RS256, ", id="none"),
        pytest.param('["RS256", "None"]', "none signs nothing", id="spelled-otherwise"),
        pytest.param(
            '["HS256"]', "HS256 needs a shared secret, and a key set is public; take from RS256", id="shared"
        ),
        pytest.param('["RS255"]', "entry 1 is unknown; did you mean RS256?", id="unknown"),
        pytest.param('"RS256"', "must be a list of texts", id="text"),
        pytest.param("[]", "is an empty list", id="empty"),
    ],
)
def test_algorithms_are_those_with_public_keys(faults, algorithms, problem):
    """None that lets the client choose, and none whose checking key also signs."""
    (found,) = faults(JWT + URL + f"algorithms = {algorithms}\n" + SHOP)
    assert found.startswith(f"auth.jwt.algorithms: {problem}")


def test_everything_wrong_with_tokens_is_told_at_once(faults):
    """Issuer, audience and key set are required, and unknown keys are no keys."""
    assert [line.split(";")[0] for line in faults('[auth.jwt]\nsecret = "x"\n' + SHOP)] == [
        "auth.jwt.issuer: is missing",
        "auth.jwt.audience: is missing",
        "auth.jwt.jwks: is missing",
        "auth.jwt.secret: unknown key",
    ]


def test_a_shown_configuration_holds_no_digest(load):
    """Digests are no secrets, and still nobody's business."""
    assert DIGEST not in repr(load(KEY + SHOP))
    with pytest.raises(SettingsError) as raised:
        load(KEY + KEY + SHOP)
    assert DIGEST not in str(raised.value)

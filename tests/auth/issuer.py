"""An invented issuer of tokens: its keys, its key set, and what it signs."""

import base64
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from gateway.auth.key_set import KeySet
from gateway.auth.key_source import FixedKeys
from gateway.auth.tokens import Tokens
from gateway.settings import JwtSettings

ISSUER = "https://id.example/"
AUDIENCE = "contacts"
CANARY = "canary-7c4a8d09"
"""A word that no log event, message or repr may show."""

EVERY_ALGORITHM = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@cache
def private_key(algorithm: str = "RS256", name: str = "first") -> Any:
    """Return a key for an algorithm, always the same one by the same name."""
    if algorithm.startswith(("RS", "PS")):
        return rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else private_key("RS256", name)
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    return ed25519.Ed25519PrivateKey.generate()


def row(
    key_id: str | None = "first", algorithm: str = "RS256", name: str | None = None, **members: Any
) -> Any:
    """Return a public key as it stands in a key set; a member that is None is left out."""
    reader = jwt.algorithms.get_default_algorithms()[algorithm]
    public = private_key(algorithm, name or key_id or "first").public_key()
    found = {**reader.to_jwk(public, as_dict=True), "kid": key_id, "use": "sig", **members}
    return {member: value for member, value in found.items() if value is not None and member != "key_ops"} | (
        {"key_ops": members["key_ops"]} if "key_ops" in members else {}
    )


def private_row(key_id: str) -> Any:
    """Return a whole private key, as no issuer should publish it."""
    return {
        **jwt.algorithms.RSAAlgorithm.to_jwk(private_key("RS256", key_id), as_dict=True),
        "kid": key_id,
        "key_ops": ["verify"],
    }


def document(*rows: Any) -> bytes:
    """Return a key set with these keys, or with the first alone."""
    return json.dumps({"keys": list(rows or (row(),))}).encode()


def claims(**others: Any) -> dict[str, Any]:
    """Return good claims with some put differently; one that is None is left out."""
    now = int(time.time())
    known = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": now + 600, "iat": now}
    return {name: value for name, value in (known | others).items() if value is not None}


def signed(
    payload: Mapping[str, Any] | None = None,
    *,
    algorithm: str = "RS256",
    key_id: str | None = "first",
    **header: Any,
) -> str:
    """Return a token that the issuer signed with the key of that id, or with its first."""
    headers = {**({"kid": key_id} if key_id else {}), **header}
    key = private_key(algorithm, key_id or "first")
    # The layer below claims: the library's own would not sign odd ones.
    text = json.dumps(claims() if payload is None else payload).encode()
    return jwt.PyJWS().encode(text, key, algorithm, headers)


def part(value: object) -> str:
    """Return one part of a token, as anybody could write it."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def settings(**others: Any) -> JwtSettings:
    """Return the settings for this issuer, with some put differently."""
    return JwtSettings(**({"issuer": ISSUER, "audience": AUDIENCE, "jwks": document()} | others))


def tokens(keys: bytes | None = None, **others: Any) -> Tokens:
    """Return a reader of this issuer's tokens, whose key set stands in a file."""
    configured = settings(**others)
    return Tokens(configured, FixedKeys(KeySet(keys or document(), configured.algorithms)))

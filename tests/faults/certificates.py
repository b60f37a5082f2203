"""A certificate authority of the tests' own, and a server that shows what it issued."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a certificate is to say.

    Attributes:
        address: Whom it is for.
        days: From now until it begins, and until it ends.
        own: Whether it is signed by nobody but itself.
    """

    address: str = HERE
    days: tuple[int, int] = (-2, 2)
    own: bool = False


@cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Name]:
    return ec.generate_private_key(ec.SECP256R1()), _named("Tests")


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _built(wish: Wish, key: ec.EllipticCurvePrivateKey, *, is_authority: bool = False) -> x509.Certificate:
    signer, issuer = (key, _named("Self")) if wish.own else _authority()
    begins, ends = (datetime.now(UTC) + timedelta(days=days) for days in wish.days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(issuer if wish.own or is_authority else _named(wish.address))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(wish.address))])
        builder = builder.add_extension(names, critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        **dict.fromkeys(("digital_signature", "key_cert_sign", "crl_sign"), True),
        **dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment"), False),
        **dict.fromkeys(("key_agreement", "encipher_only", "decipher_only"), False),
    )
    for extension in (identifier, own, usage):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())


def trusting() -> ssl.SSLContext:
    """Return what trusts the authority and checks all that is checked in earnest."""
    key, _ = _authority()
    pem = _built(Wish(), key, is_authority=True).public_bytes(serialization.Encoding.PEM)
    return ssl.create_default_context(cadata=pem.decode())


def _server(wish: Wish, folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    file = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + _built(wish, key).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@asynccontextmanager
async def secured(port: int, wish: Wish, folder: Path) -> AsyncIterator[str]:
    """Serve over TLS what listens on a port of this machine; the address, without a path."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HERE, port)
        await asyncio.gather(_passed(reader, back), _passed(there, writer))

    server = await asyncio.start_server(serve, HERE, 0, ssl=_server(wish, folder))
    async with server:
        yield f"https://{HERE}:{server.sockets[0].getsockname()[1]}"


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()

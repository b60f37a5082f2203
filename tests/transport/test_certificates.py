"""Servers whose certificate is not to be trusted, on this machine."""

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.domain.errors import NotReached
from gateway.ports import Allowance, Call
from gateway.transport.client import HttpNetwork
from tests.transport.calls import sent
from tests.transport.servers import rude
from tests.transport.test_client import LINE


def presented(folder: Path, *, days: int) -> ssl.SSLContext:
    """Return a server's side with a certificate of its own making, that ends in so many days."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    today = datetime.now(UTC)
    own = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=30))
        .not_valid_after(today + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(secret + own.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def answers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("days", [30, -1], ids=["self-signed", "expired"])
@pytest.mark.parametrize("safe", [True, False], ids=["read", "write"])
async def test_a_certificate_that_is_not_trusted(tmp_path, days, safe):
    """Nothing is sent, no credential either, not a second time, and not without encryption."""
    async with rude(answers, presented(tmp_path, days=days)) as server:
        line = replace(LINE, base_url=f"https://127.0.0.1:{server.port}", timeout=60)
        client = HttpNetwork().open(replace(line, allowance=Allowance(10, 60)))
        with pytest.raises(NotReached, match="has no valid certificate") as caught:
            await sent(client, Call("GET", "/x", safe=safe))
        error = caught.value
        assert (error.code, error.retryable, error.may_have_landed) == ("SYSTEM_UNAVAILABLE", False, False)
        quota = client.quota()
        assert quota
        assert (server.heads, quota.remaining) == ([], 10)
        await client.close()


async def test_a_server_without_encryption_gets_nothing():
    """Who speaks plain HTTP where https was asked for is not spoken to in it."""
    async with rude(answers) as server:
        line = replace(LINE, base_url=f"https://127.0.0.1:{server.port}", timeout=30)
        client = HttpNetwork().open(line)
        with pytest.raises(NotReached):
            await sent(client, Call("GET", "/x", safe=False))
        assert not any(b"GET" in head or b"s3cret" in head for head in server.heads)
        await client.close()


def test_certificates_are_looked_up_in_the_packaged_list():
    """The environment does not widen whom we trust: the list of authorities is the package's own."""
    trusted = ssl.create_default_context(cafile=certifi.where())
    assert trusted.verify_mode is ssl.CERT_REQUIRED
    context = HttpNetwork()._tls
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == len(trusted.get_ca_certs())

"""Getting one small public document, such as an issuer's key set."""

from __future__ import annotations

import httpx

from gateway.domain.errors import BackendUnavailable

MOST = 256 * 1024
"""Bytes of a document that are read at most."""

SECONDS = 5.0


async def fetched(url: str) -> bytes:
    """Return what stands at a URL; no redirect is followed.

    Raises:
        BackendUnavailable: there was no answer, another status than 200, or too much.
    """
    try:
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS) as http,
            http.stream("GET", url, headers={"accept-encoding": "identity"}) as response,
        ):
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MOST:
                    raise BackendUnavailable("The document is larger than is read.")
        if response.status_code != 200:
            raise BackendUnavailable(f"The document was not given (HTTP {response.status_code}).")
        return bytes(body)
    except httpx.HTTPError as error:
        raise BackendUnavailable("The document could not be fetched.") from error

"""Which connected administrations take webhooks in."""

from __future__ import annotations

import pytest

from gateway.backends.moneybird.adapter import connect
from gateway.backends.moneybird.settings import Settings
from gateway.domain.administration import Administration
from gateway.domain.secret import Secret
from tests.fakes import FakeNetwork

SHOP = Administration("shop", "Shop", "moneybird", "123")


@pytest.mark.parametrize("secret", [None, Secret("s")], ids=["deaf", "secret"])
async def test_a_secret_makes_them_possible(secret):
    """Without one there is no port, and the reason is told; with one both say that there is."""
    settings = Settings("123", Secret("t"), webhook_secret=secret)
    async with connect(settings, SHOP, FakeNetwork()) as backend:
        assert (backend.webhooks is None) is (secret is None)
        assert ("webhooks" in backend.unsupported) is (secret is None)
        if backend.webhooks:
            assert backend.webhooks.administration_id == "123"

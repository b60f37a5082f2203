"""What the folder offers to the gateway."""

from __future__ import annotations

from gateway.backends.acumulus import SYSTEM
from gateway.domain.secret import Secret


class Section:
    """Options that hold the credentials and nothing else."""

    def text(self, key: str, default: str | None = None) -> str:
        return default or ""

    def secret(self, key: str) -> Secret:
        return Secret(f"the {key}")

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        return default

    def url(self, key: str, default: str) -> str:
        return default


def test_the_contract_names_the_book():
    """The contract's code is what Acumulus calls the administration."""
    assert SYSTEM.read(Section()).remote_id == "the contract_code"


def test_the_environment_names_every_credential():
    """An administration can be set up from four variables."""
    assert SYSTEM.environment == {
        "ACUMULUS_CONTRACT_CODE": "contract_code",
        "ACUMULUS_USERNAME": "username",
        "ACUMULUS_PASSWORD": "password",
        "ACUMULUS_BASE_URL": "base_url",
    }
    assert (SYSTEM.name, SYSTEM.title) == ("acumulus", "Acumulus")

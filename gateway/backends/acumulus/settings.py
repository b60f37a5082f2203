"""The keys of an Acumulus administration's section."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.secret import Secret
from gateway.ports import Options

DEFAULT_BASE_URL = "https://api.sielsystems.nl/acumulus/stable"
"""Source: Acumulus, "Using the API to connect"; `stable` is the version segment."""


@dataclass(frozen=True, slots=True)
class AcumulusSettings:
    """How to connect to one contract.

    Attributes:
        contract_code: Which book; together with `username` and `password` the credentials.
        username: An API user of the contract.
        password: Its password.
        base_url: Everything before a call's path, without a slash at the end.
        calls_at_once: Calls in flight at most.
        calls_per_minute: Calls in a minute at most; 0 is no limit. Acumulus documents none.
        timeout: Seconds for a whole call.
    """

    contract_code: Secret
    username: Secret
    password: Secret
    base_url: str = DEFAULT_BASE_URL
    calls_at_once: int = 4
    calls_per_minute: int = 600
    timeout: float = 10.0


def read_settings(options: Options) -> AcumulusSettings:
    """Read the section's own keys; faults are noted in the options."""
    return AcumulusSettings(
        contract_code=options.secret("contract_code"),
        username=options.secret("username"),
        password=options.secret("password"),
        base_url=options.url("base_url", DEFAULT_BASE_URL),
        calls_at_once=int(options.number("calls_at_once", 4, low=1, high=32)),
        calls_per_minute=int(options.number("calls_per_minute", 600, low=0, high=100_000)),
        timeout=options.number("timeout", 10, low=0.1, high=120),
    )

"""What an [[administrations]] section says of a Moneybird administration."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.domain.secret import Secret
from gateway.ports import Options

BASE_URL = "https://moneybird.com/api/v2"
"""Source: Moneybird API v2, introduction."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one Moneybird administration is reached.

    `timeout` is in seconds for a whole call. Administrations with one `egress` leave by the same IP
    address, and so share one ration. `webhook_secret` is None where none was given, and `register` until
    there is one.
    """

    administration_id: str = field(repr=False)
    token: Secret
    base_url: str = BASE_URL
    webhook_secret: Secret | None = None
    timeout: float = 10
    egress: str = "default"


def read_settings(options: Options) -> Settings:
    """Read the section's own keys; faults are noted in the options."""
    webhook_secret = options.text("webhook_secret", "")
    return Settings(
        administration_id=options.text("administration_id"),
        token=options.secret("token"),
        base_url=options.url("base_url", BASE_URL),
        webhook_secret=Secret(webhook_secret) if webhook_secret else None,
        timeout=options.number("timeout", 10, low=0.1, high=120),
        egress=options.text("egress", "default"),
    )

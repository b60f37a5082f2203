"""The section of an Acumulus administration."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.backends.acumulus.settings import AcumulusSettings, read_settings
from gateway.domain.secret import Secret


@dataclass
class Section:
    """Options over a plain mapping; remembers the bounds of every number."""

    given: dict[str, object]
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)

    def text(self, key: str, default: str | None = None) -> str:
        return str(self.given.get(key, default))

    def secret(self, key: str) -> Secret:
        return Secret(str(self.given[key]))

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        self.bounds[key] = (low, high)
        return float(self.given.get(key, default))

    def url(self, key: str, default: str) -> str:
        return str(self.given.get(key, default))


CREDENTIALS = {"contract_code": "123456", "username": "koppelaar", "password": "geheim"}


def test_credentials_are_enough():
    """Everything but the credentials has its documented default."""
    settings = read_settings(Section(dict(CREDENTIALS)))

    assert settings == AcumulusSettings(
        Secret("123456"),
        Secret("koppelaar"),
        Secret("geheim"),
        "https://api.sielsystems.nl/acumulus/stable",
        calls_at_once=4,
        calls_per_minute=600,
        timeout=10.0,
    )


def test_every_key_is_read():
    """The other keys replace the defaults, and what counts calls is a whole number."""
    given = {"base_url": "http://127.0.0.1:1", "calls_at_once": 2, "calls_per_minute": 0, "timeout": 2.5}
    section = Section(CREDENTIALS | given)

    settings = read_settings(section)

    assert (settings.base_url, settings.calls_at_once, settings.calls_per_minute) == (
        "http://127.0.0.1:1",
        2,
        0,
    )
    assert isinstance(settings.calls_at_once, int)
    assert settings.timeout == 2.5
    assert section.bounds["calls_at_once"] == (1, 32)
    assert section.bounds["calls_per_minute"] == (0, 100_000)


def test_secrets_are_not_shown():
    """The settings' own text holds none of the credentials."""
    text = repr(read_settings(Section(dict(CREDENTIALS))))

    assert not [secret for secret in CREDENTIALS.values() if secret in text]

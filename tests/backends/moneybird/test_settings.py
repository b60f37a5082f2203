"""What a Moneybird section of the configuration means."""

from gateway.backends.moneybird import SYSTEM
from gateway.backends.moneybird.settings import read_settings
from gateway.domain.secret import Secret


class Section:
    """Options over a plain mapping; the bounds that were asked for are kept."""

    def __init__(self, **values):
        self.values = values
        self.bounds = {}

    def text(self, key, default=None):
        return self.values.get(key, default)

    def secret(self, key):
        return Secret(self.values[key])

    def number(self, key, default, *, low, high):
        self.bounds[key] = (low, high)
        return self.values.get(key, default)

    def url(self, key, default):
        return self.values.get(key, default)


def test_only_id_and_token_are_needed():
    """What is left out has the documented default."""
    section = Section(administration_id="123", token="secret")

    settings = read_settings(section)

    assert settings.administration_id == "123"
    assert settings.base_url == "https://moneybird.com/api/v2"
    assert (settings.timeout, settings.egress, settings.webhook_secret) == (10, "default", None)
    assert section.bounds == {"timeout": (0.1, 120)}


def test_every_key_is_taken():
    """Each key of the section arrives."""
    settings = read_settings(
        Section(
            administration_id="9",
            token="t",
            base_url="http://127.0.0.1:1/api/v2",
            webhook_secret="w",
            timeout=3,
            egress="office",
        )
    )

    assert settings.base_url == "http://127.0.0.1:1/api/v2"
    assert settings.webhook_secret.reveal() == "w"
    assert (settings.timeout, settings.egress) == (3, "office")


def test_secrets_are_not_shown():
    """Neither token, nor webhook secret, nor the administration's id stands in the text form."""
    settings = read_settings(Section(administration_id="987654", token="s3cr3t", webhook_secret="h00k"))

    shown = repr(settings)

    assert not [word for word in ("s3cr3t", "h00k", "987654") if word in shown]


def test_system_reads_a_connection():
    """The system hands out the administration's id and a way to connect; its variables name option keys."""
    connection = SYSTEM.read(Section(administration_id="123", token="secret"))

    assert connection.remote_id == "123"
    assert SYSTEM.name == "moneybird"
    assert set(SYSTEM.environment.values()) == {"token", "administration_id", "base_url"}

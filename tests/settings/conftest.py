"""Configurations of invented administrations, loaded from a folder of the test's own."""

from pathlib import Path

import pytest

from gateway import settings
from gateway.settings import SettingsError
from tests.settings.shopkeeper import CANARY, READERS


@pytest.fixture
def load(tmp_path):
    """Load a configuration text, as gateway.toml, with an environment."""

    def call(text: str | None = None, path: Path | None = None, **environ: str) -> settings.Settings:
        if text is not None:
            (tmp_path / "gateway.toml").write_text(text)
        return settings.load(path=path, environ=environ, readers=READERS, directory=tmp_path)

    return call


@pytest.fixture
def faults(load):
    """Load what is wrong and return the error's lines."""

    def call(text: str | None = None, path: Path | None = None, **environ: str) -> list[str]:
        with pytest.raises(SettingsError) as raised:
            load(text, path, **environ)
        lines = str(raised.value).splitlines()
        assert len(lines) == len(raised.value.faults)
        assert CANARY not in str(raised.value)
        return lines

    return call

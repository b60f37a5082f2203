import pytest

from gateway.backends.acumulus.sandbox.refusals import Notice


@pytest.mark.parametrize(
    ("language", "text"), [("nl", "Nee"), ("en", "No"), ("", "No"), ("de", "No")], ids=["nl", "en", "-", "de"]
)
def test_message_language(language, text):
    """Messages are English unless Dutch is asked for."""
    assert Notice("400", "X", "No", "Nee").message(language) == text

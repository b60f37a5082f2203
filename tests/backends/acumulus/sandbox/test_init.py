import pytest

from gateway.backends.acumulus.sandbox import create


@pytest.mark.parametrize(
    "wrong", [{"contacts": -1}, {"nodes": "some"}], ids=["fewer than none", "unknown nodes"]
)
def test_create_refuses(wrong):
    """A wrong argument is an error that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        create(**wrong)


def test_ration_has_no_meaning():
    """Acumulus publishes no limit, so a sandbox with one is the same."""
    assert len(create(contacts=3, ration=True).book) == 3


def test_empty_book():
    """A book may hold nothing at all."""
    assert len(create(contacts=0).book) == 0

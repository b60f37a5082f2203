"""What kept a book from being renewed, as other workers can read it."""

from dataclasses import replace

import pytest

from gateway.domain import errors
from gateway.domain.errors import BackendError, BackendUnavailable
from gateway.sharing.errors import KINDS, heard, told
from tests.sharing.shelf import NOW

FACTS = {"system": "toy", "administration": "shop", "retryable": False, "retry_after": NOW}


def classes(kind=BackendError):
    return [kind, *(each for below in kind.__subclasses__() for each in classes(below))]


@pytest.mark.parametrize(
    "kind", [each for each in classes() if each.__module__ == errors.__name__], ids=lambda kind: kind.__name__
)
def test_every_error_is_told(kind):
    """An error of every class arrives as it was."""
    there = heard(told(kind("Why.", **FACTS)))

    assert type(there) is kind
    assert (there.message, there.code) == ("Why.", kind.code)
    assert {name: getattr(there, name) for name in FACTS} == FACTS
    assert kind.__name__ in KINDS


def test_an_error_of_another_release():
    """An error of a class that is not known here is a system that is away."""
    there = heard(replace(told(BackendError("Why.", **FACTS)), kind="Unheard"))

    assert type(there) is BackendUnavailable
    assert there.message == "Why."

"""The tree of errors: its picture, its words, and what each may be asked."""

import re
from datetime import UTC, datetime

import pytest

from gateway.domain import errors
from gateway.domain.errors import BackendError, GatewayError, RejectedBySystem
from gateway.domain.faults import Fault, FaultCode

PROBLEM_CODES = {
    "BAD_USER_INPUT",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "AMBIGUOUS",
    "QUERY_TOO_COMPLEX",
    "PERSISTED_QUERY_NOT_FOUND",
    "DOCUMENT_NOT_TRUSTED",
    "RATE_LIMITED",
    "SYSTEM_UNAVAILABLE",
    "BAD_UPSTREAM_ANSWER",
    "CREDENTIALS_REJECTED",
    "DEADLINE_EXCEEDED",
    "NOT_LOADED",
    "INTERNAL",
}
"""The words that the schema promises of reading."""

WRITE_CODES = {"REJECTED_BY_SYSTEM"}
"""Words that only a write's userErrors know: a system refuses nothing of what is only read."""


def family(base: type[GatewayError] = GatewayError) -> list[type[GatewayError]]:
    return [base, *(below for child in base.__subclasses__() for below in family(child))]


def of_this_file() -> list[type[GatewayError]]:
    return [kind for kind in family() if kind.__module__ == errors.__name__]


ERRORS = [pytest.param(kind, id=kind.__name__) for kind in of_this_file()]


def test_the_picture_shows_the_classes():
    """The tree in the docstring has every class, below its base, and no other."""
    drawn, stack = {}, []
    for line in errors.__doc__.splitlines():
        if found := re.match(r"    ([│├└─ ]*)(\w+)(?:\s\s|$)", line):
            depth = len(found[1]) // 4
            stack[depth:] = [found[2]]
            drawn[found[2]] = stack[depth - 1] if depth else None
    bases = {kind.__name__: kind.__base__.__name__ for kind in of_this_file() if kind is not GatewayError}
    assert drawn == {"GatewayError": None, **bases}


def test_every_exception_of_the_file_is_in_the_family():
    """No class forgot its base: one except clause catches them all."""
    classes = [thing for thing in vars(errors).values() if isinstance(thing, type)]
    own = {thing for thing in classes if thing.__module__ == errors.__name__}
    assert own == set(of_this_file())


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_a_word_that_clients_know(kind):
    """The code is one that the schema promises."""
    assert kind.code in PROBLEM_CODES | WRITE_CODES


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_made_of_a_message(kind):
    """The message is the error's text, and the kind says whether trying again may help."""
    error = kind("It went wrong.")
    assert (str(error), error.message, error.retry_after) == ("It went wrong.",) * 2 + (None,)
    assert error.retryable is kind.retryable


@pytest.mark.parametrize("kind", [GatewayError, errors.NotFound, errors.NotLoaded, errors.RateLimited])
def test_whether_to_try_again_can_be_told_of_one_error(kind):
    """An error may differ from its kind, and the kind stays as it is."""
    assert kind("x", retryable=not kind.retryable).retryable is not kind.retryable
    assert kind("x").retryable is kind.retryable


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in family(BackendError)])
def test_a_backends_error_says_whose_it_is(kind):
    """System, administration and the moment to come back are attributes, not words."""
    later = datetime(2026, 1, 1, tzinfo=UTC)
    error = kind("x", system="moneybird", administration="shop", retryable=False, retry_after=later)
    assert (error.system, error.administration) == ("moneybird", "shop")
    assert (error.retryable, error.retry_after) == (False, later)


def test_an_ambiguity_names_its_candidates():
    """Who asked for one thing and met several gets their ids."""
    assert errors.Ambiguous("Two fit.", candidates=("a", "b")).candidates == ("a", "b")


NOTHING_WRITTEN = {"NotReached", "RateLimited", "NotLoaded", "CredentialsRejected", "RejectedBySystem"}
"""What a system that did not carry a call out says, or what there was no connection for."""


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, id=kind.__name__) for kind in of_this_file() if issubclass(kind, BackendError)],
)
def test_a_write_may_have_landed_unless_that_is_ruled_out(kind):
    """Only where nothing was sent, or the system said no, is it certain that nothing was written."""
    assert kind("x").may_have_landed is (kind.__name__ not in NOTHING_WRITTEN)


def test_not_reached_is_a_way_to_be_unavailable():
    """Who handles an outage handles it too, by the same word, and may try again."""
    error = errors.NotReached("No connection.", system="moneybird")
    assert isinstance(error, errors.BackendUnavailable)
    assert (error.code, error.retryable, error.system) == ("SYSTEM_UNAVAILABLE", True, "moneybird")


def test_a_refusal_brings_its_faults():
    """What the system said field by field goes along with what any backend's error tells."""
    fault = Fault(FaultCode.INVALID, "This is too long.", "companyName")
    error = RejectedBySystem("It refused.", faults=(fault,), system="acumulus", administration="shop")
    assert (error.message, error.faults) == ("It refused.", (fault,))
    assert (error.system, error.administration, error.retryable) == ("acumulus", "shop", False)
    assert RejectedBySystem("It refused.").faults == ()


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, id=kind.__name__) for kind in of_this_file() if issubclass(kind, BackendError)],
)
def test_a_backends_error_is_a_word_of_writes_too(kind):
    """However a system fails, a write can say so in the same word; no ration is kept from writes."""
    assert kind.code == "NOT_LOADED" or FaultCode(kind.code) == kind.code

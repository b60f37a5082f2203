"""Who asks, and what they may."""

import pytest

from gateway.auth import EVERYONE, Scope, Viewer


@pytest.mark.parametrize(
    ("held", "rights"),
    [
        pytest.param(set(), set(), id="nothing"),
        pytest.param({Scope.READ}, {Scope.READ}, id="read"),
        pytest.param({Scope.WRITE}, {Scope.READ, Scope.WRITE}, id="write-implies-read"),
        pytest.param({Scope.RAW}, {Scope.RAW}, id="raw-implies-nothing"),
        pytest.param({Scope.ADMIN}, set(Scope), id="admin-is-all"),
    ],
)
def test_scopes(held, rights):
    """A right is held by itself or by a wider one."""
    viewer = Viewer("someone", frozenset(held))
    assert {scope for scope in Scope if viewer.may(scope)} == rights


@pytest.mark.parametrize(
    ("administrations", "seen"),
    [
        pytest.param(None, {"shop", "web"}, id="all"),
        pytest.param(frozenset({"web"}), {"web"}, id="one"),
        pytest.param(frozenset(), set(), id="none"),
    ],
)
def test_administrations(administrations, seen):
    """A viewer sees the administrations that are named, or all where none is."""
    viewer = Viewer("someone", frozenset(), administrations)
    assert {slug for slug in ("shop", "web") if viewer.sees(slug)} == seen


def test_everyone():
    """Without configured keys whoever comes in may do everything everywhere, and has no name."""
    assert EVERYONE.name is None
    assert all(EVERYONE.may(scope) for scope in Scope)
    assert EVERYONE.sees("any")

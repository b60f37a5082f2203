"""A secret comes out through one door."""

import pytest

from gateway.domain.secret import Secret


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param("{}".format, id="format"),
        pytest.param(lambda secret: repr([secret]), id="in-a-list"),
        pytest.param(lambda secret: f"{secret!a:>40}", id="f-string"),
    ],
)
def test_a_secret_is_masked_wherever_it_is_shown(shown):
    """No way of printing it tells its text, or its length."""
    assert "Secret(***)" in shown(Secret("hunter2"))
    assert "hunter2" not in shown(Secret("hunter2"))


def test_a_secret_reveals_its_text_on_demand():
    """`reveal` gives the text itself, and equal texts are equal secrets."""
    assert Secret("hunter2").reveal() == "hunter2"
    assert Secret("a") == Secret("a") != Secret("b")

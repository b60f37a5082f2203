import pytest

from gateway.backends.acumulus.sandbox import Behaviour


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param({"role": "admin"}, id="role"),
        pytest.param({"empty": "status1"}, id="empty"),
        pytest.param({"unknown_id": "ignore"}, id="unknown id"),
        pytest.param({"identical": "added"}, id="identical"),
        pytest.param({"manage_answers": "none"}, id="answers"),
        pytest.param({"breaks": "lost"}, id="breaks"),
    ],
)
def test_unknown_choice_is_refused(choice):
    """A value that is none of the known ones is an error that names the field."""
    with pytest.raises(ValueError, match=next(iter(choice))):
        Behaviour(**choice)

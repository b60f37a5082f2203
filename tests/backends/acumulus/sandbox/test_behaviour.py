import pytest

from gateway.backends.acumulus.sandbox import Behaviour


@pytest.mark.parametrize("choice", [{"role": "admin"}, {"empty": "status1"}], ids=["role", "empty"])
def test_unknown_choice_is_refused(choice):
    """A value that is none of the known ones is an error that names the field."""
    with pytest.raises(ValueError, match=next(iter(choice))):
        Behaviour(**choice)

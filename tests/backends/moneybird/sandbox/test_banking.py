"""Account numbers and bank codes."""

import pytest

from gateway.backends.moneybird.sandbox import banking


@pytest.mark.parametrize(
    ("account", "right"),
    [
        pytest.param("NL91ABNA0417164300", True, id="dutch"),
        pytest.param("DE89370400440532013000", True, id="german"),
        pytest.param("BE68539007547034", True, id="belgian"),
        pytest.param("MT84MALT011000012345MTLCAST001S", True, id="length unknown here"),
        pytest.param("NL91ABNA0417164301", False, id="check digits"),
        pytest.param("NL9ABNA00417164300", False, id="form"),
        pytest.param("NL81ABNA041716430", False, id="length"),
        pytest.param("", False, id="empty"),
    ],
)
def test_an_iban(account, right):
    """Form, length and check digits must be right."""
    assert banking.is_iban(account) is right


def test_the_length_counts_by_itself():
    """A number whose check digits are right is no IBAN when it is not as long as its country's are."""
    basic = "ABNA041716430"
    number = int("".join(str(int(sign, 36)) for sign in f"{basic}NL00"))
    assert not banking.is_iban(f"NL{98 - number % 97:02d}{basic}")


@pytest.mark.parametrize(
    ("code", "right"), [("ABNANL2A", True), ("ABNANL2AXXX", True), ("ABNANL2", False), ("abnanl2a", False)]
)
def test_a_bic(code, right):
    """Eight or eleven signs, in capitals."""
    assert banking.is_bic(code) is right


@pytest.mark.parametrize(
    ("account", "bic"),
    [
        pytest.param("NL91ABNA0417164300", "ABNANL2A", id="documented"),
        pytest.param("NL50RABO0166567191", "RABONL2U", id="own place"),
        pytest.param("DE89370400440532013000", "", id="foreign"),
        pytest.param("BE62999000000009", "TESTBEBB", id="invented belgian"),
        pytest.param("DE78999665338775358781", "TESTDEFF", id="invented german"),
        pytest.param("", "", id="none"),
    ],
)
def test_a_derived_bic(account, bic):
    """Dutch accounts name their bank; of others only the sample book's own banks are known."""
    assert banking.derived_bic(account) == bic


def test_an_account_is_compacted():
    """Blanks go and letters become capitals."""
    assert banking.compact(" nl91 abna\t0417 ") == "NL91ABNA0417"

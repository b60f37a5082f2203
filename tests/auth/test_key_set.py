"""Which public key checks a token."""

import hypothesis
import pytest
from hypothesis import strategies as st

from gateway.auth.key_set import MAX_BYTES, KeySet, UnusableKeySet
from tests.auth.issuer import CANARY, EVERY_ALGORITHM, document, private_row, row


@pytest.mark.parametrize("algorithm", [pytest.param(name, id=name) for name in EVERY_ALGORITHM])
def test_a_key_is_found_by_id_and_algorithm(algorithm):
    """Whether the key names its algorithm or not, and for no other algorithm that is not taken."""
    for members in ({"alg": algorithm}, {"alg": None}):
        keys = KeySet(document(row("first", algorithm, **members)), [algorithm])
        assert keys.find("first", algorithm).algorithm_name == algorithm
        assert keys.find("other", algorithm) is None
        assert keys.find("first", "RS999") is None


def test_a_key_that_names_its_algorithm_is_for_that_alone():
    """An RSA key may serve six algorithms; one that says which serves one."""
    keys = KeySet(document(row(alg="RS512"), row("second")), ["RS256", "RS512", "PS256"])
    assert [name for name in ("RS256", "RS512", "PS256") if keys.find("first", name)] == ["RS512"]
    assert [name for name in ("RS256", "RS512", "PS256") if keys.find("second", name)] == [
        "RS256",
        "RS512",
        "PS256",
    ]


def test_a_token_without_an_id_gets_the_only_key_that_fits():
    """With two that fit, nobody can tell which."""
    one = KeySet(document(row(), row("curve", "ES256")), ["RS256", "ES256"])
    assert one.find(None, "RS256") is one.find("first", "RS256")
    two = KeySet(document(row(), row("second")), ["RS256"])
    assert two.find(None, "RS256") is None
    unnamed = KeySet(document(row(None)), ["RS256"])
    assert unnamed.find(None, "RS256")
    assert unnamed.find("first", "RS256") is None


def test_two_keys_of_one_id_are_none():
    """An id that stands for two keys of one kind stands for neither."""
    keys = KeySet(document(row(), row("first", name="second"), row("third")), ["RS256"])
    assert keys.find("first", "RS256") is None
    assert keys.find("third", "RS256")


@pytest.mark.parametrize(
    "unusable",
    [
        pytest.param(row("odd", use="enc"), id="for-encryption"),
        pytest.param(row("odd", key_ops=["sign"]), id="for-signing"),
        pytest.param(row("odd", key_ops="verify"), id="operations-no-list"),
        pytest.param(row("odd", "ES384"), id="another-curve"),
        pytest.param(row("odd", alg="RSA-OAEP"), id="another-algorithm"),
        pytest.param(row("odd", n=CANARY + "!"), id="broken"),
        pytest.param(row("odd", n=5), id="number-for-text"),
        pytest.param(private_row("odd"), id="private"),
        pytest.param({"kty": "oct", "kid": "odd", "k": "c2VjcmV0", "alg": "RS256"}, id="shared"),
        pytest.param({"kty": ["RSA"], "kid": "odd"}, id="kind-no-text"),
        pytest.param({"kty": "RSA", "kid": "odd"}, id="without-numbers"),
        pytest.param({"kid": "odd"}, id="without-kind"),
        pytest.param("odd", id="no-object"),
        pytest.param(None, id="null"),
    ],
)
def test_what_cannot_be_used_is_passed_over(unusable):
    """The other keys of the set stay good; alone, it makes no key set."""
    keys = KeySet(document(unusable, row()), ["RS256", "ES256"])
    assert keys.find("odd", "RS256") is keys.find("odd", "ES256") is None
    assert keys.find("first", "RS256")
    with pytest.raises(UnusableKeySet) as raised:
        KeySet(document(unusable), ["RS256", "ES256"])
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "no JSON", id="empty"),
        pytest.param(b"<html>", "no JSON", id="html"),
        pytest.param(b"[" * 100_000, "no JSON", id="nested"),
        pytest.param(b"17", "no list of keys", id="number"),
        pytest.param(b"[]", "no list of keys", id="list"),
        pytest.param(b'{"keys": {}}', "no list of keys", id="keys-no-list"),
        pytest.param(b'{"keys": []}', "no key that fits", id="no-keys"),
    ],
)
def test_what_is_no_key_set_is_told(content, problem):
    """Whatever an issuer answers, it is a key set or one error in our own words."""
    with pytest.raises(UnusableKeySet, match=problem):
        KeySet(content, ["RS256"])


def test_a_key_set_is_small():
    """256 KiB are read, and a byte more is not."""
    good = document()
    padding = b" " * (MAX_BYTES - len(good))
    assert KeySet(good + padding, ["RS256"]).find("first", "RS256")
    with pytest.raises(UnusableKeySet, match="too large"):
        KeySet(good + padding + b" ", ["RS256"])


@pytest.mark.parametrize("key_id", [pytest.param(5, id="number"), pytest.param(["first"], id="list")])
def test_a_key_id_that_is_no_text_is_none(key_id):
    """A key whose id is of another type serves tokens without one."""
    keys = KeySet(document(row(kid=key_id)), ["RS256"])
    assert keys.find(None, "RS256")
    assert keys.find("first", "RS256") is None


ODD = (
    st.none()
    | st.booleans()
    | st.integers(0, 9)
    | st.text(max_size=6)
    | st.lists(st.text(max_size=3), max_size=2)
)
MEMBERS = ("kty", "crv", "alg", "use", "key_ops", "kid", "n", "e", "x", "y", "oth")


@hypothesis.given(
    st.sampled_from([row(), row("curve", "ES256"), row("edwards", "EdDSA")]),
    st.dictionaries(st.sampled_from(MEMBERS), ODD, min_size=1, max_size=3),
)
@hypothesis.settings(max_examples=200, deadline=None)
def test_no_member_of_a_key_makes_anything_but_a_key_or_none(good, odd):
    """Members of any type leave the other keys good."""
    keys = KeySet(document({**good, **odd}, row("sound")), ["RS256", "ES256", "EdDSA"])
    assert keys.find("sound", "RS256")

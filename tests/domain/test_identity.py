"""Global ids: one spelling, read back without raising anything but BadInput."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain import identity
from gateway.domain.errors import BadInput
from gateway.domain.identity import GlobalId

parts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(type_name=st.sampled_from(sorted(identity.PARTS)), keys=st.tuples(parts, parts, parts))
def test_an_id_reads_back_as_what_it_was_made_of(type_name, keys):
    """Whatever the keys hold, the id spells them so that they come back."""
    made = GlobalId(type_name, keys[: identity.PARTS[type_name]])
    if len(str(made)) <= identity.MAX_LENGTH:
        assert identity.parse(str(made)) == made


def test_the_form_is_fixed():
    """Ids that clients keep mean the same for ever."""
    assert identity.contact_id("shop-nl", "4:2") == encoded("1:Contact:shop-nl:4%3A2")
    assert identity.contact_id("shop-nl", "42") == "MTpDb250YWN0OnNob3Atbmw6NDI"
    assert identity.parse("MTpDb250YWN0OnNob3Atbmw6NDI").administration == "shop-nl"


@given(parts, parts | st.text("019azAZ", min_size=1))
@example("shop nl", "42")
@example("shop", "4:2")
@example("shop", "\u0664\u0662")
@example("shop", "\u00e9")
def test_the_short_way_spells_alike(administration, remote):
    """A contact's id is the same whether its parts need spelling or not."""
    assert identity.contact_id(administration, remote) == str(GlobalId("Contact", (administration, remote)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("%", id="no-base64"),
        pytest.param("é", id="no-ascii"),
        pytest.param(encoded("1:Contact:shop:42") + "=", id="padded"),
        pytest.param(" " + encoded("1:Contact:shop:42"), id="blank-before"),
        pytest.param(encoded("2:Contact:shop:42"), id="other-version"),
        pytest.param(encoded("1:Robot:shop:42"), id="unknown-type"),
        pytest.param(encoded("1:Contact:shop"), id="too-few-parts"),
        pytest.param(encoded("1:Contact:shop:42:1"), id="too-many-parts"),
        pytest.param(encoded("1:Contact::42"), id="empty-part"),
        pytest.param(encoded("1:Contact:shop:%34%32"), id="needless-percent"),
        pytest.param(encoded("1:Contact:shop:a b"), id="missing-percent"),
        pytest.param(encoded("1:Contact:shop:" + "4" * 2000), id="too-long"),
        pytest.param(base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(), id="no-utf-8"),
    ],
)
def test_what_is_none_of_ours_is_bad_input(text):
    """Another spelling of a good id is as malformed as nonsense."""
    with pytest.raises(BadInput):
        identity.parse(text)


def spells_alike_or_refuses(text: str) -> bool:
    try:
        return str(identity.parse(text)) == text
    except BadInput:
        return True


@given(st.text())
def test_any_text_is_an_id_or_bad_input(text):
    """Nothing a client sends breaks the parser, and what it takes it spells the same."""
    assert spells_alike_or_refuses(text)


@given(st.binary())
def test_any_bytes_in_base64_are_an_id_or_bad_input(data):
    """What decodes to garbage is refused like what does not decode."""
    assert spells_alike_or_refuses(base64.urlsafe_b64encode(data).decode().rstrip("="))

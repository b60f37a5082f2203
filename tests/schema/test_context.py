"""What resolvers have at hand."""

import pytest

from gateway.auth import Scope, Viewer
from gateway.domain.errors import BadInput, Forbidden, NotFound
from gateway.domain.identity import GlobalId, contact_id
from gateway.schema.context import parse_id
from tests.fakes import backend, world

SHOPKEEPER = Viewer("shopkeeper", frozenset({Scope.READ}), frozenset({"shop"}))


def book_id(slug: str) -> str:
    return str(GlobalId("Administration", (slug,)))


@pytest.fixture
async def gateway():
    async with world(backend(), backend(slug="web")) as opened:
        yield opened.gateway


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("shop", "shop", id="slug"),
        pytest.param(book_id("shop"), "shop", id="global-id"),
        pytest.param("none", NotFound, id="unknown-slug"),
        pytest.param("web", NotFound, id="slug-not-to-be-seen"),
        pytest.param(book_id("web"), NotFound, id="id-not-to-be-seen"),
        pytest.param(book_id("none"), NotFound, id="id-of-none"),
        pytest.param("", NotFound, id="empty"),
        pytest.param(contact_id("shop", "1"), BadInput, id="of-a-contact"),
    ],
)
async def test_slug(gateway, text, expected):
    """An administration goes by slug or id; hidden and unknown ones are told apart by nobody."""
    context = gateway.context(SHOPKEEPER)
    if isinstance(expected, str):
        assert context.slug(text) == expected
        return
    with pytest.raises(expected) as caught:
        context.slug(text)
    if expected is NotFound:
        assert caught.value.message == "There is no such administration."


async def test_visible(gateway):
    """Administrations stand in the order of the configuration, those not to be seen left out."""
    assert [each.slug for each in gateway.context().visible()] == ["shop", "web"]
    assert [each.slug for each in gateway.context(SHOPKEEPER).visible()] == ["shop"]


async def test_once(gateway):
    """An error is raised once for an administration and a field, and anew for another request."""
    error = Forbidden("no")
    for context in (gateway.context(), gateway.context()):
        for administration, name in (("shop", "persons"), ("shop", "notes"), ("web", "persons")):
            with pytest.raises(Forbidden):
                context.once(administration, name, error)
            context.once(administration, name, error)


def test_parse_id():
    """An id is read as that of the type asked for, and of no other."""
    assert parse_id(contact_id("shop", "1"), "Contact").parts == ("shop", "1")
    with pytest.raises(BadInput, match="not that of a Note"):
        parse_id(contact_id("shop", "1"), "Note")

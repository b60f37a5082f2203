"""How values stand in Redis."""

from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.app import _book_kinds, _kinds
from gateway.cache import Held, Kind
from gateway.domain.administration import AdministrationFacts, Choice, ChoiceKind
from gateway.domain.charge import Charge, Period
from gateway.domain.contact import ContactKey
from gateway.domain.mandate import PaymentsMandate, PaymentsMandateKind
from gateway.domain.secret import Secret
from gateway.settings.values import CacheSettings
from gateway.sharing.coding import Coding
from gateway.sharing.forms import Forms, Spots
from tests.e2e.house import opened
from tests.sharing.caches import WORD
from tests.store.books import READ, full

CODINGS = [Coding(None), Coding(Secret("a key of all workers"))]

CHARGE = Charge(
    "9",
    Decimal("12.50"),
    True,
    "3",
    "Work",
    "5 x",
    Period(READ.date(), READ.date()),
    "4",
    subscription_id="5",
)
MANDATE = PaymentsMandate(PaymentsMandateKind.CARD, "creditcard", card_expires="2030-01", created_at=READ)

SAMPLES = {
    "contact": [full()],
    "detail": [full("2")],
    "number": [(full(), full("2")), ()],
    "charges": [(CHARGE, Charge("1", Decimal("-0.01"), False)), ()],
    "mandate": [MANDATE, None],
    "choices": [(Choice("1", "Ja", True), Choice("2", "Ü")), (), None],
    "facts": [AdministrationFacts("EUR", "NL", "Europe/Amsterdam"), AdministrationFacts()],
}


def all_kinds() -> list[Kind]:
    """Return all kinds that the gateway keeps."""
    made = (_book_kinds(CacheSettings()), _kinds(CacheSettings()))
    return [getattr(each, field.name) for each in made for field in fields(each)]


@pytest.mark.parametrize("coding", CODINGS, ids=["plain", "encrypted"])
async def test_every_kind_of_the_gateway_comes_back(coding):
    """What is told of all contacts of both systems, and a sample with everything in it, is read as it was."""
    async with opened(25) as house:
        forms = Forms(coding, all_kinds())
        samples = {name: list(values) for name, values in SAMPLES.items()}
        for slug, backend in house.gateway.shelves.backends.items():
            found = list((await backend.contacts.get_many(house.keys(slug))).values())
            assert len(found) >= 25
            samples["contact"] += found
            samples["detail"] += found
            samples["number"].append(tuple(found))
            samples["facts"].append(await backend.book.facts())
            samples["choices"] += [await backend.book.choices(kind) for kind in ChoiceKind]
            for key in [each.key.remote for each in found]:
                if backend.charges:
                    samples["charges"].append(await backend.charges.of_contact(key, include_billed=True))
                if backend.mandates:
                    samples["mandate"].append(await backend.mandates.of_contact(key))
    assert {each.name for each in all_kinds()} == set(SAMPLES)
    for kind, values in samples.items():
        for value in values:
            name, held = f"shop:{kind}:1:all", Held(value, READ)
            opened_again = forms.open(name, forms.close(name, held))
            assert opened_again is not None
            assert opened_again[0] == held
            assert type(opened_again[0].value) is type(value)


def test_weight_is_that_of_the_kind():
    """A value that was read weighs as one that was loaded."""
    forms = Forms(CODINGS[0], [Kind("word", WORD.ages, len, str)])
    assert forms.open("shop:word:a", forms.close("shop:word:a", Held("four", READ))) == (
        Held("four", READ),
        4,
    )


@pytest.mark.parametrize("coding", CODINGS, ids=["plain", "encrypted"])
@pytest.mark.parametrize(
    "name",
    [pytest.param("web:word:a", id="administration"), pytest.param("shop:word:b", id="key"), "shop:other:a"],
)
def test_of_another_name(coding, name):
    """Bytes that stand where those of another value belong are none."""
    forms = Forms(coding, [WORD, Kind("other", WORD.ages, shape=str)])
    data = forms.close("shop:word:a", Held("word", READ))
    assert forms.open("shop:word:a", data)
    assert forms.open(name, data) is None


def test_of_another_shape_or_key():
    """Bytes of a release that knew another shape, or of another key, are none."""
    data = Forms(CODINGS[0], [WORD]).close("shop:word:a", Held("word", READ))
    assert Forms(CODINGS[0], [Kind("word", WORD.ages, shape=str | None)]).open("shop:word:a", data) is None
    assert Forms(CODINGS[1], [WORD]).open("shop:word:a", data) is None


def test_what_is_not_shared():
    """A kind that is unknown, or has no shape, has no bytes."""
    forms = Forms(CODINGS[0], [Kind("word", WORD.ages)])
    for name in ("shop:word:a", "shop:unknown:a"):
        assert (forms.kind(name), forms.close(name, Held("word", READ)), forms.open(name, b"cg")) == (
            None,
        ) * 3


def test_spots():
    """All keys of an administration share a slot, differ by life, and tell nothing of what they stand for."""
    spots, later = (Spots({"shop": "shop-1f"}, life) for life in ("one", "two"))
    name = "shop:contact:someone:with:colons"
    keys = [spots.value(name), spots.claim(name), spots.lease(name, "t"), spots.meta(name)]
    assert all(key.startswith("cg1:{shop-1f}:one:") for key in keys)
    assert (
        len({*keys, spots.value("shop:contact:other"), spots.value("shop:detail:someone:with:colons")}) == 6
    )
    assert later.value(name) != spots.value(name)
    assert not any("someone" in key for key in keys)
    assert spots.value("shop:contact:\ud800")


def test_the_key_of_a_contact_is_its_own():
    """What is read of a contact knows where it lives, and when its system was asked."""
    at = datetime(2026, 11, 21, 12, 0, 0, 1, tzinfo=UTC)
    forms = Forms(CODINGS[0], [Kind("contact", WORD.ages, shape=type(full()))])
    found = forms.open("shop:contact:1", forms.close("shop:contact:1", Held(full(), at)))
    assert found is not None
    assert (found[0].value.key, found[0].fetched_at) == (ContactKey("shop", "1"), at)

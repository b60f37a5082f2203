"""Writing additional charges over HTTP."""

from datetime import UTC, datetime

import pytest

from gateway.backends.moneybird.sandbox import administration

PRODUCT = list(administration.PRODUCTS)[1]
CHARGE = {
    "product_id": PRODUCT,
    "amount": "5 x",
    "price": 100,
    "period": "20210601..20210630",
    "description": "Transaction Costs",
}


@pytest.fixture
def path(sandbox, some):
    """Return where the charges of a contact stand that has none."""
    row = some(lambda row: not sandbox.book.charges(row["id"]))
    return f"/contacts/{row['id']}/additional_charges.json"


async def test_a_charge_is_added_as_documented(client, documented, path):
    """The documented request brings the documented charge, and the list shows it as not billed."""
    answer = await client.post(path, json=CHARGE)
    charge = answer.json()
    apart = {"id", "administration_id", "contact_id", "product_id"}
    expected = {
        key: value for key, value in documented("additional_charge_created").items() if key not in apart
    }
    assert answer.status_code == 201
    assert charge == charge | expected
    assert charge.keys() == expected.keys() | apart
    assert (await client.get(path)).json() == [charge]
    assert (await client.get(path, params={"include_billed": "true"})).json() == [charge]


async def test_a_charge_keeps_the_contact(client, path):
    """A contact with a charge is in use: deleting archives it."""
    await client.post(path, json=CHARGE)
    contact = path.removesuffix("/additional_charges.json")
    assert (await client.delete(f"{contact}.json")).status_code == 204
    assert (await client.get(f"{contact}.json?include_archived=true")).json()["archived"] is True


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        (100, "100.0"),
        (12.5, "12.5"),
        ("12,50", "12.5"),
        ("1234.567", "1234.567"),
        ("-20", "-20.0"),
        (0, "0.0"),
    ],
    ids=str,
)
async def test_a_price(client, path, price, shown):
    """Numbers and texts, with point or comma, come back as a text with a point."""
    assert (await client.post(path, json={**CHARGE, "price": price})).json()["price"] == shown


@pytest.mark.parametrize(
    ("period", "shown"),
    [
        pytest.param("20210601..20210630", "202106..202106", id="days"),
        pytest.param("202106..202108", "202106..202108", id="months"),
        pytest.param("", "202609..202609", id="none"),
    ],
)
async def test_a_period(opened, period, shown):
    """Days become months; without a period it is the month of the administration's today."""
    async with opened(contacts=1, clock=lambda: datetime(2026, 8, 31, 22, 0, tzinfo=UTC)) as client:
        (row,) = (await client.get("/contacts.json?include_archived=true")).json()
        path = f"/contacts/{row['id']}/additional_charges.json"
        assert (await client.post(path, json={**CHARGE, "period": period})).json()["period"] == shown


async def test_the_product_fills_in(client, path):
    """Price and description are the product's when they are not sent; the amount stays unknown."""
    charge = (await client.post(path, json={"product_id": int(PRODUCT)})).json()
    assert (charge["price"], charge["description"], charge["amount"]) == ("12.5", "Extra opslag", None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("price", "veel", id="no money"),
        pytest.param("price", None, id="no price"),
        pytest.param("price", True, id="boolean"),
        pytest.param("price", 1e-07, id="exponent"),
        pytest.param("period", "202106", id="no end"),
        pytest.param("period", "202113..202114", id="no month"),
        pytest.param("period", "202107..202106", id="backwards"),
        pytest.param("period", 202106, id="number"),
        pytest.param("amount", 5, id="amount"),
        pytest.param("description", [], id="description"),
        pytest.param("product_id", "x", id="product"),
    ],
)
async def test_a_value_that_cannot_be(client, path, key, value):
    """What has another form is refused, and nothing is charged."""
    answer = await client.post(path, json={**CHARGE, key: value})
    assert (answer.status_code, answer.json()) == (400, {"error": f"{key} is invalid"})
    assert (await client.get(path)).json() == []


async def test_a_charge_of_a_subscription(client, documented, path):
    """A subscription is refused in the documented words."""
    answer = await client.post(path, json={**CHARGE, "subscription_id": "1"})
    assert (answer.status_code, answer.json()) == (400, documented("error_400_charge_subscription"))


@pytest.mark.parametrize("product", ["1", None], ids=["unknown", "none"])
async def test_a_charge_without_product(client, documented, path, product):
    """An unknown product is the documented 404, and so is none."""
    answer = await client.post(path, json={**CHARGE, "product_id": product})
    assert (answer.status_code, answer.json()) == (404, documented("error_404_product"))

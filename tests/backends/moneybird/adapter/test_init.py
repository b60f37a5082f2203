"""The Moneybird adapter against a hand-written line: what it asks, and what it makes of the answers."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.backends.moneybird.adapter import connect
from gateway.backends.moneybird.settings import Settings
from gateway.domain.administration import Administration, Quota
from gateway.domain.errors import BackendUnavailable, BadUpstreamAnswer, CredentialsRejected, RateLimited
from gateway.domain.mandate import PaymentsMandateKind
from gateway.domain.secret import Secret
from gateway.ports import Answer

SAMPLES = Path(__file__).parents[3] / "samples/moneybird/adapter"
SHOP = Administration("shop", "Shop", "moneybird", "123")
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
VERSIONS = "GET /123/contacts/synchronization.json?include_archived=true"
FETCH = "POST /123/contacts/synchronization.json"
SEARCH = "GET /123/contacts.json?query=C1&include_archived=true&per_page=100"
QUOTA = Quota(150, 12, NOW)


def answer(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(value).encode())


def sample(name: str) -> Answer:
    return Answer(200, {}, (SAMPLES / f"{name}.json").read_bytes())


class Moneybird:
    """A line to a book of contacts: answers what was laid out, else what the book holds."""

    def __init__(self, book: dict[str, dict] | None = None, answers: dict | None = None) -> None:
        self.book = book or {}
        self.answers = answers or {}
        self.asked: list[str] = []
        self.sizes: list[int] = []
        self.running = self.most = 0
        self.closed = False
        self.line = None

    def open(self, line):
        self.line = line
        return self

    def now(self):
        return NOW

    def quota(self):
        return QUOTA

    async def close(self):
        self.closed = True

    async def ask(self, call, understand):
        return understand(await self._answer(call))

    async def _answer(self, call):
        name = f"{call.method} {call.path}"
        self.asked.append(name)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if name in self.answers:
            given = self.answers[name]
            return given(call) if callable(given) else given
        return self._from_book(name, call)

    def _from_book(self, name, call):
        if name == VERSIONS:
            return answer([{"id": key, "version": row["version"]} for key, row in self.book.items()])
        if name == FETCH:
            ids = json.loads(call.body)["ids"]
            self.sizes.append(len(ids))
            return answer([self.book[key] for key in ids if key in self.book])
        return answer({"error": "record not found"}, 404)


def book(count: int) -> dict[str, dict]:
    return {str(n): {"id": str(n), "version": 1, "company_name": f"C {n}"} for n in range(1, count + 1)}


def with_answers(answers: dict, held: dict[str, dict] | None = None) -> Moneybird:
    return Moneybird(held, answers)


def opened(moneybird: Moneybird):
    return connect(Settings("123", Secret("t0ken"), "https://moneybird.test/api/v2"), SHOP, moneybird)


async def test_line_is_opened_as_documented_and_closed():
    """The token goes into the header, one egress shares a ration, and leaving closes the line."""
    moneybird = Moneybird()

    async with opened(moneybird) as backend:
        line = moneybird.line
        assert line.headers == {"Authorization": "Bearer t0ken", "Accept": "application/json"}
        assert (line.base_url, line.timeout, line.at_once) == ("https://moneybird.test/api/v2", 10, 6)
        assert line.ration == "moneybird:default"
        assert line.learn(Answer(200, {"ratelimit-limit": "150"}, b""), NOW).limit == 150
        assert backend.contacts.listed == {""}
        assert backend.quota() == QUOTA
        assert not moneybird.closed

    assert moneybird.closed
    assert moneybird.asked == []


async def test_cold_scan_reads_in_hundreds():
    """250 contacts cost one call for the versions and three for the contacts, a few at once."""
    moneybird = Moneybird(book(250))

    async with opened(moneybird) as backend:
        scan = await backend.contacts.scan({})

    assert sorted(moneybird.sizes) == [50, 100, 100]
    assert len(moneybird.asked) == 4
    assert len({contact.key for contact in scan.contacts}) == len(scan.versions) == 250
    assert scan.left_out == 0


async def test_a_scan_tells_what_arrives():
    """Every batch is told as it comes, with all versions; the answer holds them all once more."""
    told = []

    async with opened(Moneybird(book(250))) as backend:
        scan = await backend.contacts.scan({"1": "1"}, told.append)

    assert sorted(len(part.contacts) for part in told) == [49, 100, 100]
    assert {contact.key for part in told for contact in part.contacts} == {
        contact.key for contact in scan.contacts
    }
    assert all(len(part.versions) == 250 for part in told)


async def test_what_arrived_before_a_failure_was_told():
    """Batches that came before one that fails are not lost."""
    told, moneybird = [], Moneybird(book(750))

    def third_fails(call):
        return answer({}, 500) if len(moneybird.sizes) == 2 else moneybird._from_book(FETCH, call)

    moneybird.answers = {FETCH: third_fails}
    async with opened(moneybird) as backend:
        with pytest.raises(BackendUnavailable):
            await backend.contacts.scan({}, told.append)

    assert [len(part.contacts) for part in told] == [100, 100]


async def test_many_batches_never_run_beside_the_allowed():
    """A large book is read by six calls at once at most."""
    moneybird = Moneybird(book(1500))

    async with opened(moneybird) as backend:
        await backend.contacts.scan({})

    assert len(moneybird.sizes) == 15
    assert moneybird.most == 6


async def test_unchanged_book_costs_one_call():
    """With the versions of the last scan nothing is read again."""
    moneybird = Moneybird(book(250))

    async with opened(moneybird) as backend:
        scan = await backend.contacts.scan(dict.fromkeys(moneybird.book, "1"))

    assert moneybird.asked == [VERSIONS]
    assert (scan.contacts, len(scan.versions)) == ((), 250)


async def test_only_changed_contacts_are_read():
    """A version that differs in any way is read, an older one too."""
    moneybird = Moneybird(book(3))

    async with opened(moneybird) as backend:
        scan = await backend.contacts.scan({"1": "1", "2": "2"})

    assert sorted(contact.key.remote for contact in scan.contacts) == ["2", "3"]


async def test_contact_gone_meanwhile_has_no_version():
    """An id that is not answered any more is neither a contact nor left out; it is asked for again later."""
    moneybird = with_answers(
        {VERSIONS: answer([{"id": "1", "version": 1}, {"id": 2, "version": "5"}])}, book(1)
    )

    async with opened(moneybird) as backend:
        scan = await backend.contacts.scan({})

    assert dict(scan.versions) == {"1": "1"}
    assert scan.left_out == 0


async def test_unreadable_records_are_counted_once_and_not_asked_anew():
    """A record that is none is left out and keeps its version; twins count once."""
    listed = [{"id": "1", "version": 1}, {"id": "2", "version": 1}, {"version": 3}, 7]
    rows = [{"id": "1", "city": "old"}, {"id": "1", "city": "new"}, "no record"]
    moneybird = with_answers({VERSIONS: answer(listed), FETCH: answer(rows)})

    async with opened(moneybird) as backend:
        scan = await backend.contacts.scan({})

    assert set(scan.versions) == {"1", "2"}
    assert [contact.address.city for contact in scan.contacts] == ["new"]
    assert scan.left_out == 3


async def test_foreign_contacts_are_not_taken():
    """A contact that was not asked for does not enter the book."""
    moneybird = with_answers({VERSIONS: answer([{"id": "1"}]), FETCH: answer([{"id": "1"}, {"id": "666"}])})

    async with opened(moneybird) as backend:
        scan = await backend.contacts.scan({})
        found = await backend.contacts.get_many(["1"])

    assert [contact.key.remote for contact in scan.contacts] == list(found) == ["1"]


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (answer("Retry later", 429, **{"retry-after": "60"}), RateLimited),
        (Answer(200, {}, b"<html>"), BadUpstreamAnswer),
        (Answer(200, {}, b'[{"id":"1"'), BadUpstreamAnswer),
        (answer({}, 503), BackendUnavailable),
        (answer({}, 401), CredentialsRejected),
    ],
    ids=["429", "web page", "cut off", "503", "401"],
)
async def test_one_failing_batch_fails_the_scan(bad, kind):
    """A scan is whole or an error of its own kind, never a group of errors and never a part."""
    held = book(300)
    seen = []

    def second_fails(call):
        seen.append(call)
        ids = json.loads(call.body)["ids"]
        return bad if len(seen) == 2 else answer([held[key] for key in ids])

    async with opened(with_answers({FETCH: second_fails}, held)) as backend:
        with pytest.raises(kind) as caught:
            await backend.contacts.scan({})

    assert (caught.value.system, caught.value.administration) == ("moneybird", "shop")


async def test_get_many_asks_digits_only_and_each_once():
    """Keys that cannot exist cost no call, unknown ones are left out, doubles are asked once."""
    moneybird = Moneybird(book(150))
    keys = [*moneybird.book, "1", "999", "abc", "", "-1", "²", "1/../2"]

    async with opened(moneybird) as backend:
        found = await backend.contacts.get_many(keys)

    assert sorted(moneybird.sizes) == [51, 100]
    assert set(found) == set(moneybird.book)


async def test_get_many_of_impossible_keys_costs_nothing():
    """No call is made when no key can exist."""
    moneybird = Moneybird()

    async with opened(moneybird) as backend:
        assert await backend.contacts.get_many(["x"]) == {}

    assert moneybird.asked == []


async def test_unreadable_contact_is_an_error_of_its_key():
    """A missing key beside an unreadable record is a bad answer, not an unknown contact."""
    moneybird = with_answers({FETCH: answer([{"id": "1"}, {"name": "no id"}])})

    async with opened(moneybird) as backend:
        found = await backend.contacts.get_many(["1", "2"])

    assert found["1"].key.remote == "1"
    assert isinstance(found["2"], BadUpstreamAnswer)


async def test_customer_number_costs_one_call_when_somebody_active_holds_it():
    """The look-up answers, and no search is made."""
    moneybird = with_answers(
        {"GET /123/contacts/customer_id/C1.json": answer({"id": "5", "customer_id": "C1"})}
    )

    async with opened(moneybird) as backend:
        found = await backend.contacts.by_customer_number(" C1 ")

    assert [contact.key.remote for contact in found] == ["5"]
    assert len(moneybird.asked) == 1


async def test_archived_holder_is_found_by_search():
    """After a 404 the search goes through its pages, and only the exact number counts."""
    second = SEARCH + "&page=2"
    link = f'<https://moneybird.test/api/v2{second.removeprefix("GET ")}>; rel="next"'
    rows = [{"id": "1", "customer_id": "C10"}, {"id": "2", "customer_id": "C1", "archived": True}]
    moneybird = with_answers(
        {SEARCH: answer(rows, link=link), second: answer([{"id": "3", "customer_id": " C1"}])}
    )

    async with opened(moneybird) as backend:
        found = await backend.contacts.by_customer_number("C1")

    assert [contact.key.remote for contact in found] == ["2", "3"]
    assert len(moneybird.asked) == 3


async def test_search_ends_after_five_pages():
    """A list whose next page is itself is not followed for ever."""
    link = f'<https://moneybird.test/api/v2{SEARCH.removeprefix("GET ")}>; rel="next"'
    moneybird = with_answers({SEARCH: answer([], link=link)})

    async with opened(moneybird) as backend:
        assert await backend.contacts.by_customer_number("C1") == ()

    assert moneybird.asked.count(SEARCH) == 5


async def test_lookup_that_answers_another_number_is_not_believed():
    """A number read as a number (007 as 7) is another customer's."""
    lookup = "GET /123/contacts/customer_id/007.json"
    search = SEARCH.replace("C1", "007")
    moneybird = with_answers({lookup: answer({"id": "5", "customer_id": "7"}), search: answer([])})

    async with opened(moneybird) as backend:
        assert await backend.contacts.by_customer_number("007") == ()
        assert await backend.contacts.by_customer_number(" ") == ()

    assert moneybird.asked == [lookup, search]


@pytest.mark.parametrize(("billed", "word", "count"), [(True, "true", 2), (False, "false", 1)], ids=str)
async def test_charges_are_asked_for(billed, word, count):
    """Billed charges come only when asked for, whatever the answer holds."""
    path = f"GET /123/contacts/9/additional_charges.json?include_billed={word}"
    moneybird = with_answers({path: sample("additional_charges")})

    async with opened(moneybird) as backend:
        found = await backend.charges.of_contact("9", include_billed=billed)

    assert [charge.price for charge in found] == [Decimal("100.0")] * count
    assert moneybird.asked == [path]


async def test_unknown_contact_has_no_charges():
    """404 is no charge at all, and an impossible key is not even asked for."""
    moneybird = Moneybird()

    async with opened(moneybird) as backend:
        assert await backend.charges.of_contact("9", include_billed=False) == ()
        assert await backend.charges.of_contact("x", include_billed=False) == ()

    assert len(moneybird.asked) == 1


@pytest.mark.parametrize("status", [403, 404], ids=["payments off", "no mandate"])
async def test_no_mandate_is_none(status):
    """Neither payments switched off nor a missing mandate is an error."""
    path = "GET /123/contacts/9/moneybird_payments_mandate.json"

    async with opened(with_answers({path: answer(status, status)})) as backend:
        assert await backend.mandates.of_contact("9") is None
        assert await backend.mandates.of_contact("x") is None


async def test_mandate_is_read_and_nonsense_is_not():
    """The documented card arrives; a list instead of a mandate is a bad answer."""
    path = "GET /123/contacts/9/moneybird_payments_mandate.json"

    async with opened(with_answers({path: sample("mandate_card")})) as backend:
        assert (await backend.mandates.of_contact("9")).kind is PaymentsMandateKind.CARD
    async with opened(with_answers({path: answer([])})) as backend:
        with pytest.raises(BadUpstreamAnswer):
            await backend.mandates.of_contact("9")

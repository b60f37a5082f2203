"""What the users of a soak ask for and write, and what they hold every answer against."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from gateway.domain.identity import contact_id
from gateway.domain.text import fold
from tests.benchmarks.soak_checks import OLD, Answer, Asked, Checks, states
from tests.benchmarks.soak_truth import ACTIVE, ARCHIVED, Birth, Life, Truth, Value, Weather, shown

SLUGS = ("acumulus", "moneybird")
PATIENCE = 90.0
"""Seconds that a user waits: an answer is never later than the operation's deadline, on any machine."""

ROW = """id displayName status customerNumber attention address { city } source { remoteId }
  freshness { fetchedAt complete }"""
LIST = f"""query($first: Int, $after: String, $search: String, $where: ContactFilter,
  $order: [ContactOrder!], $maxAge: Int) {{ contacts(first: $first, after: $after, search: $search,
  where: $where, orderBy: $order, maxAge: $maxAge) {{ totalCount pageInfo {{ hasNextPage endCursor }}
  sources {{ state fetchedAt administration {{ slug }} problem {{ code message }} }}
  nodes {{ {ROW} }} }} }}"""
ONE = f"query($id: ID!) {{ contact(id: $id) {{ {ROW} }} }}"
NUMBERED = f"""query($number: String!, $in: ID!) {{
  contactByCustomerNumber(customerNumber: $number, administration: $in) {{ {ROW} }} }}"""
PARTS = f"""query($id: ID!) {{
  contact(id: $id) {{ {ROW} charges(includeBilled: true) {{ id }} mandate {{ hasPayments }} }} }}"""
ERRORS = "outcome userErrors { code message retryable }"
CREATE = f"""mutation($input: ContactCreateInput!) {{
  contactCreate(input: $input) {{ {ERRORS} contact {{ {ROW} }} }} }}"""
UPDATE = f"""mutation($input: ContactUpdateInput!) {{
  contactUpdate(input: $input) {{ {ERRORS} contact {{ {ROW} }} }} }}"""
ARCHIVE = f"mutation($input: ContactLifecycleInput!) {{ contactArchive(input: $input) {{ {ERRORS} }} }}"


@dataclass(slots=True)
class Town:
    """What all users share.

    Attributes:
        truth: What may be shown.
        address: Of the gateway's GraphQL.
        faulty: The book that fails.
        parts: Moneybird's own ids to the number of their charges, and whether they have a mandate.
        cities: Cities of sample contacts.
        times: Seconds of the answers, by kind of question.
        outcomes: What became of writes, by administration and outcome.
        writing: How often users write, as against what they do in a short soak.
        others: Further addresses of the same gateway.
        weather: What excuses an answer.
    """

    truth: Truth
    address: str
    faulty: str
    parts: Mapping[str, tuple[int, bool]]
    cities: tuple[str, ...]
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    outcomes: Counter[str] = field(default_factory=Counter)
    number: int = 0
    writing: float = 1.0
    others: tuple[str, ...] = ()
    weather: Weather = field(default_factory=Weather)

    def next_number(self) -> int:
        """Return a number that nobody else has."""
        self.number += 1
        return self.number


GONE: Answer = {"data": None, "errors": [{"extensions": {"code": "GONE"}}]}
"""What stands for an answer that never came: whoever was asked is gone."""

MADE = 80
"""Contacts that are made: books that grew all the time would grow in memory too, and hide what leaks."""


WRITING = {"update", "create", "archive"}


class User:
    """Asks and writes in turn, with pauses; everything is drawn from `random`."""

    def __init__(self, town: Town, http: httpx.AsyncClient, random: Random) -> None:
        self._town = town
        self._truth = town.truth
        self._checks = Checks(town.truth, town.faulty, town.weather)
        self._http = http
        self._random = random
        self._wants: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "list": (24, self.list),
            "walk": (3, self.walk),
            "list, now": (1, self.list_now),
            "contact": (25, self.look_up),
            "by number": (6, self.by_number),
            "charges, mandate": (8, self.parts),
            "update": (9, self.update),
            "create": (2, self.create),
            "archive": (1, self.archive),
            "leaves": (4, self.leave),
        }

    async def live(self, until: float, pause: float) -> None:
        """Go on until a moment (monotonic seconds)."""
        names = list(self._wants)
        shares = [self._town.writing if name in WRITING else 1.0 for name in names]
        weights = [share * weight for share, (weight, _) in zip(shares, self._wants.values(), strict=True)]
        await asyncio.sleep(self._random.uniform(0, pause))
        while time.monotonic() < until:
            name = self._random.choices(names, weights)[0]
            await self._wants[name][1]()
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * pause)

    async def list(self) -> None:
        """Ask for one page that has everything."""
        random = self._random
        city, number = random.choice(self._town.cities), random.randrange(10_000)
        word = f"merk{random.randint(max(1, self._town.number - 50), self._town.number + 1):06d}"
        part = fold(
            random.choice(("noord", "B.V.", "WEBWINKEL", "Süß", "Proefbedrijf 0001", "Stad 3", "Elders"))
        )
        chosen: list[tuple[dict[str, Any], Callable[[Value], bool]]] = [
            ({"search": word}, lambda value: word in (value.attention or "")),
            ({"search": "Proefbedrijf"}, lambda value: "proefbedrijf" in fold(value.name)),
            ({"where": {"city": {"eq": city}}}, lambda value: fold(value.city or "") == fold(city)),
            ({"where": {"name": {"contains": part}}}, lambda value: part in fold(value.name)),
            ({"where": {"city": {"contains": part}}}, lambda value: part in fold(value.city or "")),
            (
                {"where": {"not": {"city": {"isEmpty": number % 2 == 0}}}},
                lambda value: (value.city is None) != (number % 2 == 0),
            ),
        ]
        asked, belongs = random.choice(chosen)
        order = random.choice([None, ("NAME", "ASC"), ("NAME", "DESC"), ("CITY", "ASC"), ("CITY", "DESC")])
        if order:
            asked["order"] = [{"field": order[0], "direction": order[1]}, {"field": "NAME"}]
        answer = await self._ask("list", LIST, first=250, **asked)
        self._checks.page(answer, belongs, order, repr(asked))

    async def list_now(self) -> None:
        """Ask the systems themselves."""
        answer = await self._ask("list, now", LIST, first=250, maxAge=0, where={"city": {"eq": "Stad 3"}})
        self._checks.page(answer, lambda value: value.city == "Stad 3", None, "now")

    async def walk(self) -> None:
        """Page through everything; what nobody writes must be there once."""
        seen: Counter[str] = Counter()
        after, whole, since = None, set(SLUGS), time.time()
        while True:
            answer = await self._ask("walk", LIST, first=100, after=after)
            page = self._checks.page_of(answer)
            if page is None:
                return
            self._checks.rows(answer, page, lambda _value: True, "walk")
            seen.update(node["id"] for node in page["nodes"])
            whole -= {slug for slug, state in states(page).items() if state in ("PARTIAL", "UNAVAILABLE")}
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        for (slug, remote), life in self._truth.lives.items():
            still = len(life.versions) == 1 or life.versions[-1].begun <= life.touched < since - OLD
            count = seen[contact_id(slug, remote)]
            if slug in whole and still and not life.busy and not life.doubted and count != life.is_active:
                self._truth.wrong(f"walk: {slug} {remote} came {count} times: {life.versions[-2:]}")

    async def look_up(self) -> None:
        """Ask for a contact by id."""
        key, life = self._random.choice(list(self._truth.lives.items()))
        await self._one("contact", key, life, ONE)

    async def parts(self) -> None:
        """Ask for charges and mandate of a Moneybird contact."""
        lives = [(key, life) for key, life in self._truth.lives.items() if key[0] == "moneybird"]
        key, life = self._random.choice(lives)
        node = await self._one("charges, mandate", key, life, PARTS)
        if node and node["charges"] is not None and node["mandate"] is not None:
            told = (len(node["charges"]), node["mandate"]["hasPayments"])
            if told != self._town.parts.get(key[1], (0, False)):
                self._truth.wrong(f"{key}: {told} charges and mandate")

    async def by_number(self) -> None:
        """Ask for a contact by its owner's number, one that nobody else has."""
        key, life = self._random.choice(list(self._truth.lives.items()))
        number = life.value.number if life.value else None
        numbers = [each.value.number for each in self._truth.lives.values() if each.value]
        if not number or numbers.count(number) > 1:
            return
        answer = await self._ask("by number", NUMBERED, number=number, **{"in": key[0]})
        self._checks.one(answer, "contactByCustomerNumber", key, life)

    async def update(self) -> None:
        """Write a contact, and ask for it at once."""
        truth, number = self._truth, self._town.next_number()
        free = truth.free(lambda _slug, life: life.can_change and life.is_active)
        if not free:
            return
        key = self._random.choice(free)
        life, attention, city = truth.lives[key], f"merk{number:06d}", f"Stad {number % 7}"
        version = truth.writing(life, attention=attention, city=city)
        wanted = {"id": contact_id(*key), "contact": {"attention": attention, "address": {"city": city}}}
        payload = await self._write(key[0], "contactUpdate", UPDATE, wanted)
        truth.written(life, version, payload["outcome"], time.time())
        life.can_change = "WOULD_CLEAR_FIELDS" not in str(payload)
        node = payload.get("contact")
        if payload["outcome"] == "UPDATED" and (node is None or shown(node) != version.value):
            truth.wrong(f"{key}: UPDATED, and shown is {node}")
        await self._one("contact", key, life, ONE)

    async def create(self) -> None:
        """Make a contact, unless there are enough; of an outcome nobody knows, ask again under its key."""
        if len(self._truth.births) >= MADE:
            await self.update()
            return
        slug, number = self._random.choice(SLUGS), self._town.next_number()
        birth, wanted = self._expected(slug, number)
        for _ in range(3):
            payload = await self._write(slug, "contactCreate", CREATE, wanted)
            birth.outcomes.append(payload["outcome"])
            if payload["outcome"] == "CREATED" and payload["contact"]:
                self._truth.born(
                    birth.value.name, payload["contact"]["source"]["remoteId"], time.time(), told=True
                )
                break
            await asyncio.sleep(self._random.uniform(0.5, 2))
        birth.ended = time.time()

    async def archive(self) -> None:
        """Archive a contact that a user made."""
        truth = self._truth
        free = truth.free(lambda _slug, life: life.is_active and life.versions[0].value is None)
        if free:
            key = self._random.choice(free)
            version = truth.writing(truth.lives[key], status=ARCHIVED)
            payload = await self._write(key[0], "contactArchive", ARCHIVE, {"id": contact_id(*key)})
            truth.written(truth.lives[key], version, payload["outcome"], time.time())

    async def leave(self) -> None:
        """Ask or write, and go away before the answer; what is written stands all the same, and once."""
        seconds = self._random.choice((0.001, 0.01, 0.05, 0.2))
        if self._random.random() < 0.7 or len(self._truth.births) >= MADE:
            await self._post(LIST, {"first": 250, "maxAge": 0}, seconds)
            return
        slug, number = self._random.choice(SLUGS), self._town.next_number()
        birth, wanted = self._expected(slug, number)
        await self._post(CREATE, {"input": wanted}, seconds)
        birth.outcomes.append("UNKNOWN")
        payload = await self._write(slug, "contactCreate", CREATE, wanted)
        birth.outcomes.append(payload["outcome"])
        if payload["outcome"] == "CREATED" and payload["contact"]:
            self._truth.born(
                birth.value.name, payload["contact"]["source"]["remoteId"], time.time(), told=True
            )
        birth.ended = time.time()

    def _expected(self, slug: str, number: int) -> tuple[Birth, dict[str, Any]]:
        name, city, attention = f"Proefbedrijf {number:06d}", f"Stad {number % 7}", f"merk{number:06d}"
        value = Value(name, ACTIVE, f"P{number}", city, attention)
        birth = self._truth.births[name] = Birth(slug, value, time.time())
        address = {"city": city, "countryCode": "NL"}
        more = {"salutation": "Beste", "invoicing": {"vatCategory": "1", "vatTreatment": "3"}}
        contact = {
            "companyName": name,
            "attention": attention,
            "address": address,
            "customerNumber": f"P{number}",
        }
        contact |= more if slug == "acumulus" else {}
        return birth, {"administration": slug, "idempotencyKey": f"soak-{name}", "contact": contact}

    async def _one(self, kind: str, key: tuple[str, str], life: Life, document: str) -> Any:
        answer = await self._ask(kind, document, id=contact_id(*key))
        return self._checks.one(answer, "contact", key, life)

    async def _post(self, document: str, variables: Answer, seconds: float) -> Asked | None:
        """Send an operation; None where the answer did not come in time."""
        since = time.time()
        address = self._random.choice((self._town.address, *self._town.others))
        try:
            answer = await self._http.post(
                address, json={"query": document, "variables": variables}, timeout=seconds
            )
        except httpx.TimeoutException:
            return None
        except httpx.TransportError as error:
            if not self._town.weather.is_lossy:
                self._truth.wrong(f"no answer: {error!r} after {time.time() - since:.3f} s")
            return Asked(GONE, since, time.time())
        until = time.time()
        if answer.status_code != 200:
            self._truth.wrong(f"status {answer.status_code}: {answer.text[:300]}")
        return Asked(answer.json(), since, until)

    async def _ask(self, kind: str, document: str, **variables: Any) -> Asked:
        began = time.perf_counter()
        answer = await self._post(document, variables, PATIENCE)
        while answer and answer.body is GONE and self._town.weather.is_lossy:
            self._truth.checked["connections lost"] += 1
            if document.startswith("mutation"):
                return answer
            await asyncio.sleep(0.1)
            answer = await self._post(document, variables, PATIENCE)
        assert answer, f"{kind}: no answer in {PATIENCE} s"
        self._town.times[kind].append(time.perf_counter() - began)
        self._truth.checked[kind] += 1
        for error in answer.body.get("errors") or ():
            if error.get("extensions", {}).get("code") in (None, "INTERNAL", "BAD_USER_INPUT"):
                self._truth.wrong(f"{kind}: {error}")
        return answer

    async def _write(self, slug: str, name: str, document: str, wanted: Answer) -> Any:
        answer = await self._ask(name, document, input=wanted)
        if answer.body is GONE and self._town.weather.is_lossy:
            return {"outcome": "UNKNOWN"}
        payload = (answer.body.get("data") or {}).get(name)
        if payload is None:
            self._truth.wrong(f"{slug}: {name} without a payload: {answer.body}")
            payload = {"outcome": "UNKNOWN"}
        self._town.outcomes[f"{slug} {payload['outcome']}"] += 1
        codes = {each["code"] for each in payload.get("userErrors", ())}
        is_good = payload["outcome"] not in ("REFUSED", "UNKNOWN") or codes == {"WOULD_CLEAR_FIELDS"}
        if slug != self._town.faulty and not is_good and not self._is_excused(answer, payload):
            self._truth.wrong(f"{slug}: {name} {payload}")
        return payload

    def _is_excused(self, answer: Asked, payload: Answer) -> bool:
        """Whether a write may end so: its worker, or one that wrote before it, was killed or left alone."""
        weather = self._town.weather
        if payload["outcome"] == "REFUSED":
            can_retry = all(each["retryable"] for each in payload["userErrors"])
            return weather.is_foul(answer.since, answer.until) and can_retry
        return weather.is_lossy and payload["outcome"] == "UNKNOWN"

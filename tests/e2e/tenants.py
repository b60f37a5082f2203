"""Two owners whose books of both systems stand in one gateway, marked in every text that people write."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from gateway.app import Gateway, Lasting, open_gateway
from gateway.backends import discover
from gateway.domain.identity import GlobalId, contact_id, parse
from gateway.emulation.server import Emulator
from gateway.settings import Scope, read
from gateway.transport.client import HttpNetwork
from tests.fakes import Clock

SYSTEMS = discover()
TENANTS = ("arendsnest", "beverburcht")
"""The owners' words: they stand in slugs, in titles and in what people wrote, and in nothing else."""

OTHER = dict(zip(TENANTS, reversed(TENANTS), strict=True))
NOWHERE = "citroenhof"
"""Stands where an owner's word would stand, and is nobody's."""

SIZES = {
    "arendsnest": {"moneybird": 9, "acumulus": 8},
    "beverburcht": {"moneybird": 12, "acumulus": 11},
}
"""Contacts in each book. A larger book begins alike: systems call contacts of both owners by the same ids."""

WRITTEN = re.compile(
    "company_name|lastname|attention|customer_id|city|note|value|description|department|email|action"
    "|contact(name1|person|mark|yourid|city|about|entrydescription|website)"
)
"""Names of vendor fields in which people write what they like."""

MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENCODED = re.compile(r"[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True, slots=True)
class Thing:
    """What can be named in a book: a contact of it, and what belongs to that.

    Attributes:
        word: The owner's word.
        system: The system's name.
        remote: The system's own id of the contact.
        number: Its customer number.
        parts: A person, a note and a charge of some contact of the book: type name to that contact's id and
            the part's own key.
        cursor: Its place in the list by name.
    """

    word: str
    system: str
    remote: str
    number: str
    parts: Mapping[str, tuple[str, str]]
    cursor: str

    @property
    def slug(self) -> str:
        """Of the administration."""
        return slug_of(self.word, self.system)

    @property
    def contact(self) -> str:
        """Global id of the contact."""
        return contact_id(self.slug, self.remote)

    @property
    def administration(self) -> str:
        """Global id of the administration."""
        return str(GlobalId("Administration", (self.slug,)))

    def part(self, type_name: str) -> str:
        """Return the global id of the person, note or charge."""
        return str(GlobalId(type_name, (self.slug, *self.parts[type_name])))


@dataclass(frozen=True, slots=True)
class Estate:
    """An open gateway with both owners' books.

    Attributes:
        gateway: Serves.
        emulators: By slug.
        sections: The administrations' sections, by slug.
    """

    gateway: Gateway
    emulators: Mapping[str, Emulator]
    sections: Mapping[str, Mapping[str, Any]]
    clock: Clock

    def books(self, word: str) -> list[Any]:
        """Return an owner's emulated books."""
        return [emulated_book(self.emulators[slug_of(word, name)]) for name in SIZES[word]]

    def calls(self, word: str) -> int:
        """Return how often an owner's systems were called since the last question."""
        emulators = [self.emulators[slug_of(word, name)] for name in SIZES[word]]
        count = sum(len(each.log) for each in emulators)
        for each in emulators:
            each.log.clear()
        return count

    @asynccontextmanager
    async def alone(self, word: str) -> AsyncIterator[Gateway]:
        """Open another gateway with one owner's books, in which the other's were never heard of."""
        own = [section for slug, section in self.sections.items() if slug.startswith(word)]
        async with open_gateway(configured(own), SYSTEMS, Lasting(HttpNetwork(clock=self.clock))) as gateway:
            yield gateway


def slug_of(word: str, system: str) -> str:
    """Return the slug of an owner's book."""
    return f"{word}-{system}"


def emulated_book(emulator: Emulator) -> Any:
    """Return what an emulator keeps."""
    emulated: Any = emulator.emulated
    return emulated.book


def key_text(word: str, scopes: Iterable[Scope]) -> str:
    """Return the key of an owner's that has these rights."""
    return f"key-of-{word}-" + "-".join(sorted(scopes)).replace(":", ".")


def shown(text: str) -> str:
    """Return a text in lower case, with everything that base64 hides in it beside it."""
    return "\n".join([text, *map(_decoded, ENCODED.findall(text))]).casefold()


def configured(
    sections: Iterable[Mapping[str, Any]],
    *,
    jwt: Mapping[str, Any] | None = None,
    held: Iterable[str] = (),
    **others: Any,
) -> Any:
    """Return the settings with these administrations, and a key of each owner for every set of rights.

    Args:
        sections: The administrations'.
        jwt: Whose tokens are taken too.
        held: Keys for which trusted documents alone are run.
        others: Further sections.
    """
    sections, held = list(sections), set(held)
    words = [word for word in TENANTS if any(each["slug"].startswith(word) for each in sections)]
    keys = [_key(word, scopes, held) for word in words for scopes in _every_set()]
    values = {
        "cache": {"preload": False, "hydrate": "demand"},
        "auth": {"keys": keys, **({"jwt": jwt} if jwt else {})},
        "administrations": sections,
        **others,
    }
    return read(values, SYSTEMS)


@asynccontextmanager
async def opened_estate(**others: Any) -> AsyncIterator[Estate]:
    """Start four emulators, mark their books, and open a gateway in front of them; nothing is loaded yet.

    Args:
        others: What else `configured` takes.
    """
    emulators: dict[str, Emulator] = {}
    sections: dict[str, dict[str, Any]] = {}
    async with AsyncExitStack() as stack:
        for word in TENANTS:
            for name, size in SIZES[word].items():
                make, slug = SYSTEMS[name].sandbox, slug_of(word, name)
                assert make
                sandbox = make(size, False)
                emulators[slug] = await stack.enter_async_context(Emulator(sandbox))
                _mark(emulated_book(emulators[slug]), word)
                section = {"slug": slug, "title": f"Boek van {word}", "system": name, "timeout": 20}
                section["base_url"] = emulators[slug].url + sandbox.base_path
                # A ration that two books have in common tells each of the other's calls.
                own = {"egress": word} if name == "moneybird" else {}
                sections[slug] = {**section, **sandbox.connection, **own}
        clock = Clock(MOMENT)
        settings = configured(sections.values(), **others)
        lasting = Lasting(HttpNetwork(clock=clock))
        gateway = await stack.enter_async_context(open_gateway(settings, SYSTEMS, lasting))
        yield Estate(gateway, emulators, sections, clock)


def browser(gateway: Gateway) -> httpx.AsyncClient:
    """Return a client of the gateway's own application."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=gateway.application()), base_url="http://127.0.0.1"
    )


THINGS = """
query($slug: ID!) { contacts(administrations: [$slug], first: 50, where: {status: [ACTIVE, ARCHIVED]}) {
  edges { cursor node { id customerNumber source { remoteId } persons { id } notes { id }
    charges(includeBilled: true) { id } } } } }
"""


async def things_of(client: httpx.AsyncClient, word: str) -> list[Thing]:
    """Return a thing of each of an owner's books, as the owner finds it."""
    return [await _thing(client, word, name) for name in SIZES[word]]


def nowhere(thing: Thing) -> Thing:
    """Return the same thing of a book that does not exist."""
    return replace(thing, word=NOWHERE, number=thing.number.replace(thing.word, NOWHERE))


async def _thing(client: httpx.AsyncClient, word: str, name: str) -> Thing:
    headers = {"authorization": f"Bearer {key_text(word, [Scope.ADMIN])}"}
    asked = {"query": THINGS, "variables": {"slug": slug_of(word, name)}}
    answer = (await client.post("/graphql", json=asked, headers=headers)).json()
    edges = answer["data"]["contacts"]["edges"]
    parts = [
        part for edge in edges for kind in ("persons", "notes", "charges") for part in edge["node"][kind]
    ]
    read = [parse(part["id"]) for part in parts]
    # The last made: only the larger of two books has it.
    numbered = [edge for edge in edges if edge["node"]["customerNumber"]]
    last = max(numbered, key=lambda edge: int(edge["node"]["source"]["remoteId"]))
    return Thing(
        word,
        name,
        last["node"]["source"]["remoteId"],
        last["node"]["customerNumber"],
        # Acumulus knows no charges.
        {"Charge": (last["node"]["source"]["remoteId"], "1"), **{each.type: each.parts[1:] for each in read}},
        last["cursor"],
    )


def _mark(book: Any, word: str) -> None:
    """Put an owner's word into what people wrote in a book."""
    if hasattr(book, "everything"):
        for key, stored in book.everything().items():
            book.put({**_marked(stored, word), "contactid": key})
        return
    for row in list(book.contacts(archived=True)):
        book.put(_marked(row, word))
        for charge in book.charges(row["id"]):
            charge.update(_marked(charge, word))


def _marked(value: Any, word: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _marked(each, word, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_marked(each, word, name) for each in value]
    if isinstance(value, str) and value and WRITTEN.fullmatch(name):
        return f"{word}-{value}"
    return value


def _every_set() -> list[tuple[Scope, ...]]:
    raw, write = Scope.RAW, Scope.WRITE
    return [(Scope.READ,), (write,), (raw,), (Scope.ADMIN,), (Scope.READ, raw), (raw, write)]


def _key(word: str, scopes: tuple[Scope, ...], held: Collection[str]) -> dict[str, Any]:
    text = key_text(word, scopes)
    return {
        "name": text.removeprefix("key-of-"),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "scopes": [str(scope) for scope in scopes],
        "administrations": [slug_of(word, name) for name in SIZES[word]],
        "require_trusted": text in held,
    }


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii", "ignore")
    except ValueError:
        return ""

"""Words that must not come out again, a house full of them, and where one looks for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

from gateway.app import Gateway, Lasting, open_gateway
from gateway.domain.identity import contact_id
from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Reply, Request
from gateway.settings import read
from gateway.settings.values import Settings
from gateway.telemetry import Instruments
from gateway.transport.client import HttpNetwork
from tests.auth.issuer import AUDIENCE, ISSUER, claims, document, signed
from tests.e2e.house import SYSTEMS
from tests.e2e.tenants import shown
from tests.fakes import Clock
from tests.serving.visits import client_of

OWN = {
    "moneybird": {"token": "kanarietokenq7x1zr94"},
    "acumulus": {
        "contract_code": "90817263",
        "username": "KanarieUser481516",
        "password": "kanariewachtwoordt5m2",
    },
}
"""Credentials of the systems, by configuration key."""

API_KEY = "gw_kanarieapisleutelw3f8"
HOOK_SECRET = "kanariehaakgeheimb6d0"
CACHE_KEY = "kanariekluissleutelh4p9"
SUBJECT = "kanariesubject@vogel.example"

IBAN = "NL91ABNA0417164300"
EMAIL = "kanariepost@vogel.example"
PORTAL = "kanarieportaalj8s3"
NAME = "Kanariekwikzilver"
NOTE = "kanarienotitie"
NUMBER = "KANARIENUMMER7"
PHONE = "0612348765"

PERSONAL = (IBAN, EMAIL, PORTAL, NAME, NOTE, NUMBER, PHONE)
"""Values of contacts: data for whoever selects them, and told nowhere else."""

SELECTABLE = (*PERSONAL, SUBJECT, OWN["acumulus"]["contract_code"])
"""What may stand in data: besides those a viewer's own name, and what a system calls a book."""

EVERYTHING = " ".join(PERSONAL)

_SIGNED: list[str] = []


def token() -> str:
    """Return a token of the issuer, always the same one."""
    if not _SIGNED:
        rights = {"scope": "admin", "books": ["moneybird", "acumulus"], "email": EMAIL}
        _SIGNED.append(signed(claims(sub=SUBJECT, **rights)))
    return _SIGNED[0]


def credentials() -> tuple[str, ...]:
    """Return all secrets, the parts of the token one by one."""
    of_systems = [word for words in OWN.values() for word in words.values()]
    return (*of_systems, API_KEY, HOOK_SECRET, CACHE_KEY, SUBJECT, *token().split("."))


def leaks(text: str, words: Iterable[str]) -> list[str]:
    """Return the words that stand in a text, as they are or behind what merely looks different."""
    unfolded = shown(text).replace("%40", "@")
    spaceless = unfolded.replace(" ", "")
    return [word for word in words if word.casefold() in unfolded or word.casefold() in spaceless]


class Disguised:
    """An emulated system that knows canaries as its credentials.

    Args:
        sandbox: What answers.
    """

    def __init__(self, sandbox: Any) -> None:
        words = OWN[sandbox.name]
        self._sandbox = sandbox
        self._pairs = [(word, sandbox.connection[key]) for key, word in words.items()]
        self.connection = {**sandbox.connection, **words}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)

    def answer(self, request: Request) -> Reply:
        """Answer as the system would if these were its credentials."""
        reply: Reply = self._sandbox.answer(self._undisguised(request))
        return reply

    def describe(self, request: Request) -> Mapping[str, str]:
        """Say what a request was about."""
        found: Mapping[str, str] = self._sandbox.describe(self._undisguised(request))
        return found

    def _undisguised(self, request: Request) -> Request:
        headers, body = dict(request.headers), request.body
        for word, real in self._pairs:
            headers = {name: value.replace(word, real) for name, value in headers.items()}
            body = body.replace(word.encode(), real.encode())
        return replace(request, headers=headers, body=body)


@dataclass(frozen=True, slots=True)
class Came:
    """An answer.

    Attributes:
        beside: All of it but its data.
        whole: All of it.
        sent: The request, where it was refused before anything was run.
    """

    beside: str
    whole: str
    sent: str


@dataclass
class Aviary:
    """A gateway whose secrets, and the values of whose contacts, are canaries.

    Attributes:
        gateway: Serves.
        emulators: By system.
        client: Asks it with the API key, and wants to know of upstream calls.
        clock: The gateway goes by it.
        settings: As configured.
        answers: All that came.
    """

    gateway: Gateway
    emulators: Mapping[str, Emulator]
    client: httpx.AsyncClient
    clock: Clock
    settings: Settings
    answers: list[Came] = field(default_factory=list)

    def book(self, system: str) -> Any:
        """Return a system's own book."""
        emulated: Any = self.emulators[system].emulated
        return emulated.book

    def ids(self, system: str) -> list[str]:
        """Return the global ids of a book's contacts that are not archived."""
        book = self.book(system)
        if system == "moneybird":
            return [contact_id(system, row["id"]) for row in book.contacts(archived=False)]
        rows = book.everything()
        return [contact_id(system, key) for key, row in rows.items() if row["contactstatus"] != "0"]

    async def ask(self, query: str, **variables: Any) -> Any:
        """Post an operation, and keep its answer."""
        body = {"query": query, "variables": variables}
        return self.keep(await self.client.post("/graphql", json=body))

    def keep(self, answer: httpx.Response) -> Any:
        """Keep an answer, and return what it holds."""
        told = answer.json() if answer.headers["content-type"].startswith("application/") else {}
        entries = told if isinstance(told, list) else [told]
        beside = [{key: value for key, value in each.items() if key != "data"} for each in entries]
        is_run = any("data" in each for each in entries)
        sent = "" if is_run else f"{unquote(str(answer.request.url))} {answer.request.content.decode()}"
        self.answers.append(Came(f"{json.dumps(beside)} {dict(answer.headers)}", answer.text, sent))
        return told

    def leaked(self) -> list[str]:
        """Return the answers that show what they must not.

        What was refused before it ran may repeat what is wrong with it, to the one who sent it.
        """
        never = [word for word in credentials() if word not in SELECTABLE]
        everything = (*credentials(), *PERSONAL)
        return [
            came.whole
            for came in self.answers
            if leaks(came.whole, never)
            or set(leaks(came.beside, everything)) - set(leaks(came.sent, PERSONAL))
        ]


def configured(sections: Iterable[Mapping[str, Any]], folder: Path) -> dict[str, Any]:
    """Return a configuration all of whose secrets are canaries; files are written to the folder."""
    (folder / "jwks.json").write_bytes(document())
    digest = hashlib.sha256(API_KEY.encode()).hexdigest()
    return {
        "cache": {
            "preload": False,
            "hydrate": "demand",
            "directory": str(folder / "cache"),
            "key": CACHE_KEY,
        },
        "graphql": {"deadline": 60, "batching": 5},
        "limits": {"cost": 1_000_000, "depth": 30, "tokens": 50_000},
        "auth": {
            "keys": [{"name": "watcher", "sha256": digest, "scopes": ["admin"]}],
            "jwt": {
                "issuer": ISSUER,
                "audience": AUDIENCE,
                "jwks": str(folder / "jwks.json"),
                "administrations_claim": "books",
            },
        },
        "administrations": list(sections),
    }


@asynccontextmanager
async def emulated(contacts: int = 12) -> AsyncIterator[tuple[dict[str, Emulator], list[dict[str, Any]]]]:
    """Start both systems with canaries in their books; yields them, and the sections that reach them."""
    emulators: dict[str, Emulator] = {}
    sections = []
    async with AsyncExitStack() as stack:
        for name in OWN:
            make = SYSTEMS[name].sandbox
            assert make
            sandbox = Disguised(make(contacts, False))
            emulators[name] = await stack.enter_async_context(Emulator(sandbox))
            hidden = {"webhook_secret": HOOK_SECRET} if name == "moneybird" else {}
            section = {"slug": name, "title": f"{name} book", "system": name, "timeout": 3, **hidden}
            section["base_url"] = emulators[name].url + sandbox.base_path
            sections.append({**section, **sandbox.connection})
            _let_in(sandbox.book)
        yield emulators, sections


@asynccontextmanager
async def aviary(folder: Path, instruments: Instruments) -> AsyncIterator[Aviary]:
    """Open a gateway whose every secret is a canary."""
    async with emulated() as (emulators, sections):
        settings = read(configured(sections, folder), SYSTEMS)
        clock = Clock(datetime.now(UTC))
        network = HttpNetwork(clock=clock, instruments=instruments)
        async with (
            open_gateway(settings, SYSTEMS, Lasting(network, instruments)) as gateway,
            client_of(gateway.application()) as client,
        ):
            client.headers.update({"Authorization": f"Bearer {API_KEY}", "X-Gateway-Upstream": "1"})
            yield Aviary(gateway, emulators, client, clock, settings)


def _let_in(book: Any) -> None:
    """Put canaries into the first contacts of a book."""
    if hasattr(book, "everything"):
        key, stored = next(iter(book.everything().items()))
        own = {"contactname1": NAME, "contactemail": EMAIL, "contactiban": IBAN, "contactyourid": NUMBER}
        more = {"contacttelephone": PHONE, "contactabout": NOTE, "contactmark": NOTE}
        book.put({**stored, **own, **more, "contactid": key, "contactstatus": "1"})
        return
    row = dict(next(iter(book.contacts(archived=False))))
    own = {"company_name": NAME, "email": EMAIL, "bank_account": IBAN, "customer_id": NUMBER, "phone": PHONE}
    sepa = {"sepa_active": True, "sepa_iban": IBAN, "sepa_iban_account_name": NAME, "sepa_bic": "ABNANL2A"}
    link = {"sales_invoices_url": f"https://moneybird.com/123/portal/{PORTAL}"}
    book.put({**row, **own, **sepa, **link})


def every_field(type_: Any, depth: int, seen: tuple[str, ...] = ()) -> str:
    """Return a selection of every field that needs no argument, so many levels deep."""
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    fields = []
    for name, each in type_.fields.items():
        inner = get_named_type(each.type)
        if any(isinstance(given.type, GraphQLNonNull) for given in each.args.values()):
            continue
        if is_leaf_type(inner):
            fields.append(name)
        elif depth and inner.name not in seen and isinstance(inner, GraphQLObjectType):
            below = every_field(inner, depth - 1, (*seen, type_.name))
            fields.append(f"{name} {below}" if below else "")
    return f"{{ {' '.join(filter(None, fields))} }}" if any(fields) else ""

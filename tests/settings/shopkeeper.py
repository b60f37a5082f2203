"""An invented system whose administrations the configuration of these tests names."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial

from gateway.domain.administration import Administration
from gateway.domain.secret import Secret
from gateway.ports import Backend, Connection, Network, Options
from gateway.settings import Settings

CANARY = "canary-5d41402a"
"""A secret that no fault and no repr may show."""


@dataclass(frozen=True)
class Shop:
    """What the invented system reads."""

    book: str
    token: Secret
    base_url: str
    pace: float


def connect(
    shop: Shop, administration: Administration, network: Network
) -> AbstractAsyncContextManager[Backend]:
    raise ConnectionError("settings connect to nothing")


def read(options: Options) -> Connection:
    shop = Shop(
        book=options.text("book"),
        token=options.secret("token"),
        base_url=options.url("base_url", "https://shops.example/api"),
        pace=options.number("pace", 2.5, low=0.5, high=20),
    )
    return Connection(remote_id=shop.book, connect=partial(connect, shop))


@dataclass(frozen=True)
class FakeSystem:
    name: str
    title: str
    read: Callable[[Options], Connection] = read
    environment: Mapping[str, str] = field(default_factory=dict)


READERS = {
    "shopkeeper": FakeSystem(
        "shopkeeper",
        "Shopkeeper",
        environment={"SHOP_TOKEN": "token", "SHOP_BOOK": "book", "SHOP_BASE_URL": "base_url"},
    ),
    "old_ledger": FakeSystem(
        "old_ledger", "Old Ledger", environment={"LEDGER_TOKEN": "token", "LEDGER_BOOK": "book"}
    ),
}

SHOP = '[[administrations]]\nslug = "shop"\nsystem = "shopkeeper"\nbook = "7"\ntoken = "t"\n'


def shop_of(loaded: Settings, index: int = 0) -> Shop:
    return loaded.administrations[index].connection.connect.args[0]

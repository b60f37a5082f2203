"""The configuration once it was read: frozen values with the documented defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.administration import Administration
from gateway.ports import Connection


@dataclass(frozen=True, slots=True)
class Ages:
    """How long something fetched is good, each in seconds since its system was asked.

    Attributes:
        fresh: It is not asked again.
        revalidate: It is answered at once, and one refresh runs behind; nothing where it is below `fresh`.
        stale: It stands in while the system fails.
    """

    fresh: float = 30.0
    revalidate: float = 300.0
    stale: float = 86400.0

    def good(self, age: float, max_age: float | None = None) -> bool:
        """Whether something of that age answers without waiting; a wish narrows what is configured."""
        limit = max(self.fresh, self.revalidate)
        if max_age is not None:
            limit = min(limit, max_age)
        return limit > 0 and age <= limit

    def due(self, age: float) -> bool:
        """Whether something that answers at once is renewed behind its answer."""
        return age > self.fresh


class Hydrate(StrEnum):
    """When the details of contacts that a list tells only thinly are fetched."""

    BACKGROUND = "background"
    DEMAND = "demand"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where to listen; `port` 0 is any free one, `grace` is seconds to finish what runs."""

    host: str = "127.0.0.1"
    port: int = 8000
    grace: float = 30.0


@dataclass(frozen=True, slots=True)
class GraphQLSettings:
    """What clients may do; `deadline` is seconds for a whole operation."""

    introspection: bool = True
    graphiql: bool = True
    deadline: float = 20.0


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """How long data is good, by kind, and whether books are loaded before anybody asks."""

    url: str = "memory://"
    preload: bool = True
    hydrate: Hydrate = Hydrate.BACKGROUND
    contacts: Ages = Ages()
    details: Ages = Ages(fresh=900.0)
    charges: Ages = Ages()
    mandates: Ages = Ages()
    choices: Ages = Ages(fresh=900.0)


@dataclass(frozen=True, slots=True)
class AdministrationSettings:
    """An administration and how to connect to it; the connection holds credentials and is not shown."""

    administration: Administration
    connection: Connection = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything configured; slugs are unique."""

    server: ServerSettings = ServerSettings()
    graphql: GraphQLSettings = GraphQLSettings()
    cache: CacheSettings = CacheSettings()
    administrations: tuple[AdministrationSettings, ...] = ()

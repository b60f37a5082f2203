"""The configuration once it was read: frozen values with the documented defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gateway.domain.administration import Administration
from gateway.domain.secret import Secret
from gateway.ports import Connection

MEMORY = Secret("memory://")
"""Where each process keeps what it knows to itself."""


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

    @property
    def longest(self) -> float:
        """Seconds after which it is shown no more, whatever happens."""
        return max(self.fresh, self.revalidate, self.stale)

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


class Scope(StrEnum):
    """A right; `admin` holds all others, and writing implies reading."""

    READ = "contacts:read"
    WRITE = "contacts:write"
    RAW = "contacts:raw"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where to listen, and whose pages may call.

    Attributes:
        host: A name or address; one that others can reach only where `AuthSettings.is_configured`.
        port: 0 is any free one.
        workers: Processes; more than one only where `CacheSettings.is_shared`.
        grace: Seconds to finish what runs, when told to stop.
        cors_origins: Origins whose pages may read answers, as browsers write them in `Origin`.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    grace: float = 30.0
    cors_origins: tuple[str, ...] = ()
    workers: int = 1


class LogLevel(StrEnum):
    """From how grave on events are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How events are written: lines for people, or an object of JSON each."""

    PRETTY = "pretty"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is written to stderr, and how; without a format by whether that is a terminal."""

    level: LogLevel = LogLevel.INFO
    format: LogFormat | None = None


@dataclass(frozen=True, slots=True)
class GraphQLSettings:
    """What clients may do.

    Attributes:
        introspection: Whether the schema is shown: without it nothing is suggested, and nothing explored.
        graphiql: Whether browsers get the explorer; it needs introspection.
        deadline: Seconds for a whole operation.
        batching: Operations that one request may hold; 0: a request is one operation.
        trusted_documents: The manifest's file; None: there is none.
        require_trusted: Whether only the manifest's documents are run, for keys that do not say
            otherwise, for tokens, and for everyone where there are neither.
        draft_status: Whether answers carry the status codes of the specification's draft.
    """

    introspection: bool = True
    graphiql: bool = True
    deadline: float = 20.0
    batching: int = 0
    trusted_documents: Path | None = None
    require_trusted: bool = False
    draft_status: bool = False

    @property
    def explorable(self) -> bool:
        """Whether browsers get GraphiQL: it shows nothing where introspection is off."""
        return self.graphiql and self.introspection


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What a request may ask at most; the defaults let every documented operation through.

    Attributes:
        body_bytes: Bytes of a request's body.
        tokens: Tokens of a document.
        depth: Levels of fields.
        aliases: Fields that are given another name.
        root_fields: Fields of an operation itself.
        directives: Directives in a document.
        cost: Points of an operation; a list without a size counts 10.
        min_max_age: Seconds below which no `maxAge` is heeded.
        requests_per_minute: Requests of one key or token's holder; 0: no limit.
        in_flight: Operations that run at once, of all callers.
        head_seconds: Time for a request's head to arrive.
        body_seconds: Time for its body, after that.
    """

    body_bytes: int = 262144
    tokens: int = 4000
    depth: int = 12
    aliases: int = 100
    root_fields: int = 100
    directives: int = 50
    cost: int = 20000
    min_max_age: int = 0
    requests_per_minute: int = 0
    in_flight: int = 256
    head_seconds: float = 10.0
    body_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class KeySettings:
    """An API key, known by its digest alone.

    Attributes:
        name: Whose it is; unique.
        sha256: Digest of the key's text, 64 lower-case hexadecimal digits; unique, not shown.
        scopes: Its rights.
        administrations: Slugs that exist for it; None for all.
        require_trusted: Whether only the manifest's documents are run for it.
    """

    name: str
    sha256: str = field(repr=False)
    scopes: frozenset[Scope] = frozenset({Scope.READ})
    administrations: frozenset[str] | None = None
    require_trusted: bool = False


@dataclass(frozen=True, slots=True)
class JwtSettings:
    """Whose tokens are taken, and how they are read.

    Attributes:
        issuer: What the claim `iss` must be, to the letter.
        audience: What the claim `aud` must be or hold.
        jwks: The issuer's key set: its https URL (or http to this machine), or the content of a file.
        algorithms: The only ones that are taken; none with a shared secret.
        scope_claim: The claim that holds the scopes, as a text with blanks or as a list.
        administrations_claim: The claim that holds the slugs, as a list; a token without it sees no
            administration. None: every token sees all of them.
        require_trusted: Whether only the manifest's documents are run for tokens.
    """

    issuer: str
    audience: str
    jwks: str | bytes = field(repr=False)
    algorithms: tuple[str, ...] = ("RS256",)
    scope_claim: str = "scope"
    administrations_claim: str | None = None
    require_trusted: bool = False


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """Who is let in; whoever can reach the gateway, where nothing is configured."""

    keys: tuple[KeySettings, ...] = ()
    jwt: JwtSettings | None = None

    @property
    def is_configured(self) -> bool:
        """Whether a key or a token is asked for."""
        return bool(self.keys) or self.jwt is not None


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """How long data is good, by kind, and whether books are loaded before anybody asks.

    Attributes:
        url: Where what is known is shared, with the password where there is one; `memory://`: nowhere.
        preload: Whether books are loaded at start.
        hydrate: When details are read.
        directory: Where what outlives the process is kept; None: nowhere.
        is_directory_named: Whether the owner said so.
        key: What books at rest are encrypted with; None: they are not.
        saves: Whether books are put at rest; where they are not, those that are there are read all the same.
        contacts: Ages of books; the others are those of each kind.
    """

    url: Secret = MEMORY
    preload: bool = True
    hydrate: Hydrate = Hydrate.BACKGROUND
    directory: Path | None = None
    is_directory_named: bool = False
    key: Secret | None = None
    saves: bool = True
    contacts: Ages = Ages()
    details: Ages = Ages(fresh=900.0)
    charges: Ages = Ages()
    mandates: Ages = Ages()
    choices: Ages = Ages(fresh=900.0)

    @property
    def is_shared(self) -> bool:
        """Whether several processes, on several machines, are one gateway."""
        return self.url != MEMORY


@dataclass(frozen=True, slots=True)
class AdministrationSettings:
    """An administration and how to connect to it; the connection holds credentials and is not shown.

    `refresh`: seconds after which its book is renewed though nobody asks; 0: only when somebody does.
    """

    administration: Administration
    connection: Connection = field(repr=False)
    refresh: float = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything configured; slugs are unique."""

    server: ServerSettings = ServerSettings()
    graphql: GraphQLSettings = GraphQLSettings()
    cache: CacheSettings = CacheSettings()
    administrations: tuple[AdministrationSettings, ...] = ()
    limits: LimitSettings = LimitSettings()
    auth: AuthSettings = AuthSettings()
    log: LogSettings = LogSettings()

"""An open line to one contract: calls made, and their answers read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gateway.backends.acumulus import protocol, wire
from gateway.backends.acumulus.protocol.failures import Origin
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.domain.administration import Administration
from gateway.domain.errors import BackendError
from gateway.ports import Answer, Call, Client, Network

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Conversation:
    """An open line to one administration.

    `network` is asked for nothing but the time.
    """

    settings: AcumulusSettings
    administration: Administration
    client: Client
    network: Network

    async def ask(self, call: Call, read: Callable[[Answer, Origin], T]) -> T:
        """Make a call and read its answer.

        Raises:
            BackendError: no answer, or one that `read` refuses; the administration stands in it.
        """
        try:
            return await self.client.ask(
                call, lambda answer: read(answer, Origin(self.administration.slug, self.network.now()))
            )
        except BackendError as error:
            error.system = error.system or wire.NAME
            error.administration = error.administration or self.administration.slug
            raise

    def call(self, path: str, nodes: Mapping[str, str] | None = None, *, shared: bool = True) -> Call:
        """Build a reading call with this administration's credentials; see `protocol.call`."""
        return protocol.call(self.settings, path, nodes, shared=shared)

    def manage(self, contact: Mapping[str, str], *, testing: bool) -> Call:
        """Build a write with this administration's credentials; see `protocol.manage`."""
        return protocol.manage(self.settings, contact, testing=testing)

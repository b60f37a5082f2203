"""Starts each system's emulator on this machine, and describes the gateway that is served against it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from inspect import Parameter, signature

from gateway.backends import System
from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Sandbox
from gateway.settings import Settings, read


@dataclass(frozen=True, slots=True)
class Emulation:
    """What is emulated.

    Attributes:
        contacts: In each book.
        latency: Seconds that every answer waits.
        ration: Whether calls are counted as the real system counts them.
        settings: System name to what is set of its emulator.
    """

    contacts: int = 200
    latency: float = 0.0
    ration: bool = False
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class SandboxSettingError(Exception):
    """What was set of an emulator is unknown, or makes no sense."""


@dataclass(frozen=True, slots=True)
class Running:
    """An emulated system that is being served; `base_url` is what a client's calls begin with."""

    system: System
    sandbox: Sandbox
    emulator: Emulator

    @property
    def base_url(self) -> str:
        """The address of the vendor's API."""
        return self.emulator.url + self.sandbox.base_path


@asynccontextmanager
async def emulated(
    systems: Mapping[str, System], emulation: Emulation, ports: Mapping[str, int] | None = None
) -> AsyncIterator[list[Running]]:
    """Serve every system that has an emulator, until the end of the block.

    Args:
        systems: By name.
        emulation: What to emulate.
        ports: System name to port; None: any free ones.

    Raises:
        SandboxSettingError: a setting is unknown or makes no sense.
    """
    if strange := sorted(emulation.settings.keys() - systems.keys()):
        raise SandboxSettingError(f"{strange[0]} is no system; there are {', '.join(systems)}")
    async with AsyncExitStack() as stack:
        running = []
        for system in systems.values():
            if system.sandbox is None:
                continue
            sandbox = _made(system, system.sandbox, emulation)
            port = 0 if ports is None else ports.get(system.name, sandbox.default_port)
            emulator = Emulator(sandbox, port=port, latency=emulation.latency)
            await stack.enter_async_context(emulator)
            running.append(Running(system, sandbox, emulator))
        yield running


def _made(system: System, make: Callable[..., Sandbox], emulation: Emulation) -> Sandbox:
    chosen = emulation.settings.get(system.name, {})
    known = [each.name for each in signature(make).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    if strange := sorted(chosen.keys() - set(known)):
        raise SandboxSettingError(f"{system.name}.{strange[0]} is unknown; there are {', '.join(known)}")
    try:
        return make(emulation.contacts, emulation.ration, **chosen)
    except ValueError as error:
        raise SandboxSettingError(f"{system.name}: {error}") from error


def settings_for(running: list[Running], systems: Mapping[str, System], *, port: int = 8000) -> Settings:
    """Return the configuration of a gateway in front of emulated systems."""
    sections: list[object] = [
        {
            "slug": each.system.name.replace("_", "-"),
            "title": f"{each.system.title} sample book",
            "system": each.system.name,
            "base_url": each.base_url,
            **each.sandbox.connection,
        }
        for each in running
    ]
    settings = read({"administrations": sections}, systems)
    return replace(settings, server=replace(settings.server, port=port))

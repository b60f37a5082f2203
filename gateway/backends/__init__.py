"""The connected systems: a folder each, found rather than listed.

`System` is defined here and not among the ports, because it names the emulators' vocabulary,
which stands above them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points

from gateway.emulation.vocabulary import Sandbox
from gateway.ports import Answer, Call, Connection, Options

ENTRY_POINTS = "gateway.systems"

Redact = Callable[[Call, Answer], tuple[str, bytes]]
"""Makes a sample file of an answer: its name, and what nobody can be recognised in.

The name is the vendor's of the call, without any id, and an extension: xml, json, html or txt.
"""


@dataclass(frozen=True, slots=True)
class System:
    """A bookkeeping system that administrations can be connected of.

    Attributes:
        name: Lower case, letters, digits and underscores; its upper case is the value in the schema's enum.
        title: As its makers write it.
        read: Reads an [[administrations]] section; faults are noted in the options.
        environment: Environment variable to option key, for an administration without a
            configuration file; all but `base_url` must be set.
        sandbox: Makes an emulated system; None where there is no emulator. Takes the number of sample
            contacts, whether calls are counted as the real system counts them, and as keyword-only
            texts what people may set of it; raises ValueError for a setting that makes no sense.
        redact: Makes a sample file of an answer; None where answers are not to be recorded.
    """

    name: str
    title: str
    read: Callable[[Options], Connection]
    environment: Mapping[str, str]
    sandbox: Callable[..., Sandbox] | None = None
    redact: Redact | None = None


def discover() -> dict[str, System]:
    """Find every system by name: the built-in folders first, then the entry points of `gateway.systems`.

    Raises:
        ValueError: two systems have one name.
    """
    folders = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    found = [importlib.import_module(f"{__name__}.{folder}").SYSTEM for folder in folders]
    found += [
        entry.load() for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)
    ]
    systems: dict[str, System] = {}
    for system in found:
        if system.name in systems:
            raise ValueError(f"two systems are called {system.name!r}")
        systems[system.name] = system
    return systems


def built_in() -> dict[str, System]:
    """Return the systems of this package alone: those that the printed schema is made of."""
    folders = {module.name for module in pkgutil.iter_modules(__path__) if module.ispkg}
    return {name: system for name, system in discover().items() if name in folders}

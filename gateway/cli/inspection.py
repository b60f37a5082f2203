"""What `gateway check` prints."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.backends import System
from gateway.domain.administration import Quota
from gateway.domain.errors import BackendError
from gateway.ports import Backend, Inspection, Network
from gateway.settings import AdministrationSettings, Settings
from gateway.telemetry import Cause, because
from gateway.transport.client import HttpNetwork
from gateway.transport.recording import RecordingNetwork, SampleFolder

COLUMNS = (
    "administration",
    "system",
    "reachable",
    "credentials",
    "rights",
    "contacts",
    "calls left",
    "doubtful fields answered",
)


@dataclass(frozen=True, slots=True)
class Errand:
    """What to do besides looking: try what no document tells; keep redacted answers in a folder."""

    probe: bool = False
    record: Path | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """How one administration was found.

    Attributes:
        each: The administration.
        seen: What it told.
        lines: What else there is to say, for people.
        problem: What went wrong besides looking; None when nothing did.
    """

    each: AdministrationSettings
    seen: Inspection
    lines: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return self.seen.problem is None and self.problem is None

    def remarks(self) -> list[str]:
        """Return all that there is to say under the table."""
        return [*_remarks(self.seen), *self.lines, *([self.problem] if self.problem else [])]


async def print_inspection(settings: Settings, systems: Mapping[str, System], errand: Errand) -> bool:
    """Visit every administration and print a row each; return whether all is well."""
    network = HttpNetwork()
    visits = await asyncio.gather(
        *(_visit(each, systems, network, errand) for each in settings.administrations)
    )
    console = Console(soft_wrap=True)
    console.print(_table(visits))
    for visit in visits:
        for line in visit.remarks():
            console.print(f"{visit.each.administration.slug}: {line}", markup=False, highlight=False)
    return all(visit.is_well for visit in visits)


async def _visit(
    each: AdministrationSettings, systems: Mapping[str, System], network: Network, errand: Errand
) -> Visit:
    system = systems[each.administration.system]
    if errand.record is None:
        return await _visited(each, network, errand)
    if system.redact is None:
        visit = await _visited(each, network, errand)
        return Visit(each, visit.seen, (*visit.lines, f"not recorded: {system.title} has no redaction"))
    folder = SampleFolder(errand.record / each.administration.slug, system.redact)
    visit = await _visited(each, RecordingNetwork(network, folder.keep), errand)
    if folder.failure is not None:
        problem = f"its answers could not all be recorded: {folder.failure}"
        return Visit(each, visit.seen, visit.lines, " ".join(filter(None, (visit.problem, problem))))
    return visit


async def _visited(each: AdministrationSettings, network: Network, errand: Errand) -> Visit:
    async with each.connection.connect(each.administration, network) as backend:
        with because(Cause.CHECK):
            seen = await backend.book.inspect()
            if not errand.probe or seen.problem is not None:
                return Visit(each, seen)
            return await _probed(each, seen, backend)


async def _probed(each: AdministrationSettings, seen: Inspection, backend: Backend) -> Visit:
    probe = backend.book.probe
    if probe is None:
        return Visit(each, seen, ("nothing to probe: no field is in doubt",))
    try:
        return Visit(each, seen, await probe())
    except BackendError as error:
        return Visit(each, seen, problem=f"the probe failed: {error.message}")


def _table(visits: Sequence[Visit]) -> Table:
    table = Table(*COLUMNS)
    for visit in visits:
        seen = visit.seen
        table.add_row(
            visit.each.administration.slug,
            visit.each.administration.system,
            _yes(seen.reachable),
            _yes(seen.credentials_accepted),
            seen.rights or "-",
            "-" if seen.contacts is None else str(seen.contacts),
            _left(seen.quota),
            f"{sum(seen.doubtful.values())} of {len(seen.doubtful)}" if seen.doubtful else "-",
        )
    return table


def _yes(fact: bool | None) -> str:
    return "-" if fact is None else "yes" if fact else "NO"


def _left(quota: Quota | None) -> str:
    if quota is None or quota.remaining is None:
        return "-"
    return f"{quota.remaining} of {quota.limit}" if quota.limit else str(quota.remaining)


def _remarks(seen: Inspection) -> list[str]:
    lines = [seen.problem] if seen.problem else []
    answered = [path for path, told in seen.doubtful.items() if told]
    silent = [path for path, told in seen.doubtful.items() if not told]
    if answered:
        lines.append(f"answers the doubtful fields {', '.join(answered)}")
    if silent:
        lines.append(f"does not answer {', '.join(silent)}")
    return lines

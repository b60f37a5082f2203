"""What `gateway check` prints."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.table import Table

from gateway.domain.administration import Quota
from gateway.ports import Backend, Inspection, Network
from gateway.settings import AdministrationSettings, Settings
from gateway.telemetry import Cause, because
from gateway.transport.client import HttpNetwork

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


async def print_inspection(settings: Settings) -> bool:
    """Visit every administration and print a row each; return whether all is well."""
    network = HttpNetwork()
    visits = await asyncio.gather(*(_visit(each, network) for each in settings.administrations))
    table = Table(*COLUMNS)
    for each, seen in zip(settings.administrations, visits, strict=True):
        table.add_row(
            each.administration.slug,
            each.administration.system,
            _yes(seen.reachable),
            _yes(seen.credentials_accepted),
            seen.rights or "-",
            "-" if seen.contacts is None else str(seen.contacts),
            _left(seen.quota),
            f"{sum(seen.doubtful.values())} of {len(seen.doubtful)}" if seen.doubtful else "-",
        )
    console = Console(soft_wrap=True)
    console.print(table)
    for each, seen in zip(settings.administrations, visits, strict=True):
        for line in _remarks(seen):
            console.print(f"{each.administration.slug}: {line}", markup=False, highlight=False)
    return all(seen.problem is None for seen in visits)


async def _visit(each: AdministrationSettings, network: Network) -> Inspection:
    async with each.connection.connect(each.administration, network) as backend:
        return await _inspect(backend)


async def _inspect(backend: Backend) -> Inspection:
    with because(Cause.CHECK):
        return await backend.book.inspect()


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

"""What instruments show, read as Prometheus reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from gateway.telemetry import Instruments


def shown(instruments: Instruments, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a series that are not zero, by the values of their labels in order."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in instruments.meters.registry.collect()
        for sample in family.samples
        if sample.name == f"gateway_{name}" and sample.value
    }


def total(text: str, name: str, **labels: str) -> float:
    """Return the sum of a series as it was scraped, over the samples that have these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"gateway_{name}" and labels.items() <= sample.labels.items()
    )

"""What an emulated system sends of its own accord: put down by the system, delivered by whoever serves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

Told = Callable[[int | None, str], None]
"""Told how a delivery was answered: the status, None where nobody answered, and the body."""


@dataclass(frozen=True, slots=True)
class Push:
    """A POST to be sent; `about` is for the control surface: no credential, no personal data."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    about: Mapping[str, str]
    told: Told


@dataclass(slots=True)
class Delivery:
    """A push, and how each attempt to deliver it was answered, in the order in which they ended."""

    push: Push
    answers: list[int | None] = field(default_factory=list)


class Outbox:
    """Pushes that were put down, in order; each is delivered once, and again when somebody says so."""

    def __init__(self) -> None:
        self._all: list[Delivery] = []
        self._due: list[Delivery] = []

    def put(self, push: Push) -> None:
        """Have a push delivered."""
        delivery = Delivery(push)
        self._all.append(delivery)
        self._due.append(delivery)

    def again(self, number: int) -> bool:
        """Have an earlier push delivered once more, the same to the byte; false when there is none."""
        if not 0 <= number < len(self._all):
            return False
        self._due.append(self._all[number])
        return True

    def take(self) -> list[Delivery]:
        """Return what is to be delivered now."""
        due, self._due = self._due, []
        return due

    def clear(self) -> None:
        """Forget everything."""
        self._all, self._due = [], []

    def rows(self) -> list[dict[str, Any]]:
        """Return what there is to tell of every push, as JSON can hold it."""
        return [
            {"number": number, "url": each.push.url, **each.push.about, "answers": list(each.answers)}
            for number, each in enumerate(self._all)
        ]


@runtime_checkable
class Sender(Protocol):
    """An emulated system that sends of its own accord."""

    @property
    def outbox(self) -> Outbox:
        """What it has to send."""

    def happen(self, event: str, key: str) -> bool:
        """Send word of an event of a contact, though nothing happened; false: there is no such contact."""

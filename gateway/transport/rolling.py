"""The moments at which calls were sent, as far back as they count."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

Runs = tuple[tuple[datetime, int], ...]

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""From here on time is cut into grains, always the same ones."""

NONE = timedelta(0)


class Rolling:
    """Counts what was sent in the time behind us.

    Args:
        runs: Moments in their order, each with the number of calls.
        grain: Calls of one grain of time count together, and as long as the last of them might; none: each
            by itself.
    """

    def __init__(self, runs: Runs = (), grain: timedelta = NONE) -> None:
        self._runs = deque(runs)
        self._grain = grain
        self.total = sum(count for _, count in runs)
        """Calls that count."""

    @property
    def first(self) -> datetime | None:
        """The oldest moment that counts."""
        return self._runs[0][0] if self._runs else None

    def runs(self) -> Runs:
        """Return all moments, each with the number of calls."""
        return tuple(self._runs)

    def add(self, moment: datetime) -> None:
        """Count a call; one that is told late takes its place among the others."""
        moment = self._rounded(moment)
        self.total += 1
        later: list[tuple[datetime, int]] = []
        while self._runs and self._runs[-1][0] > moment:
            later.append(self._runs.pop())
        if self._runs and self._runs[-1][0] == moment:
            self._runs[-1] = (moment, self._runs[-1][1] + 1)
        else:
            self._runs.append((moment, 1))
        self._runs.extend(reversed(later))

    def remove(self, moment: datetime) -> None:
        """Take a call back, if it still counts."""
        moment = self._rounded(moment)
        for place in reversed(range(len(self._runs))):
            known, count = self._runs[place]
            if known == moment:
                self.total -= 1
                self._runs[place] = (moment, count - 1)
                if count == 1:
                    del self._runs[place]
                return

    def keep(self, after: datetime, until: datetime) -> None:
        """Forget what is no later than a moment, and what is in a future that a wrong clock told of."""
        while self._runs and not after < self._runs[0][0] <= until:
            self.total -= self._runs.popleft()[1]

    def nth(self, place: int) -> datetime:
        """Return the moment of a call, counted from the oldest as 0; there are more than that."""
        for moment, count in self._runs:
            place -= count
            if place < 0:
                return moment
        raise IndexError(place)

    def thinned(self, parts: int) -> Runs:
        """Return one call in so many, from the newest: they run out no sooner than all of them."""
        found: list[tuple[datetime, int]] = []
        seen = 0
        for moment, count in reversed(self._runs):
            before, seen = -(-seen // parts), seen + count
            if taken := -(-seen // parts) - before:
                found.append((moment, taken))
        return tuple(reversed(found))

    def _rounded(self, moment: datetime) -> datetime:
        return EPOCH - (EPOCH - moment) // self._grain * self._grain if self._grain else moment

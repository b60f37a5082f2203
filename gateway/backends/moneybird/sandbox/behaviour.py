"""Where the vendor leaves a choice, or an administration may differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Archived = Literal["found", "not_found"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How this Moneybird behaves.

    `payments`: whether Moneybird Payments is enabled; without it every mandate call answers a bare 403.
    `archived_by_id`: what a read of an archived contact without `include_archived` meets; the vendor is
    silent, and the harsher answer is the default.
    """

    payments: bool = True
    archived_by_id: Archived = "not_found"

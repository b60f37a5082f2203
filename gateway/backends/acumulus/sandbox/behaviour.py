"""How the emulated Acumulus behaves where the vendor's pages leave a choice."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = {
    "API-beheerder": ("4", "API administrator", True),
    "API-gebruiker": ("5", "API user", True),
    "API-invoerder": ("6", "API contributor", False),
}
"""Role id, English name (ours) and whether it may read contacts, by Dutch name.

Source: libAcumulus, Api.php for the ids; Acumulus, "API - List contacts" and "API - Get contact details".
"""

_EMPTY = ("status0", "status2")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way of reading the vendor's pages.

    Attributes:
        role: What the user may do, a key of `ROLES`.
        empty: A list without a match is an empty container ("status0"), or, as in 2014, only a
            warning ("status2").
        broken: Ids of contacts whose details end in an exception (status 3).

    Raises:
        ValueError: A value is none of these.
    """

    role: str = "API-beheerder"
    empty: str = "status0"
    broken: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, value, known in (
            ("role", self.role, ROLES),
            ("empty", self.empty, _EMPTY),
        ):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")

    @property
    def reads_contacts(self) -> bool:
        """Whether the role may list and get contacts."""
        return ROLES[self.role][2]

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

_CHOICES = {
    "role": tuple(ROLES),
    "empty": ("status0", "status2"),
    "unknown_id": ("refuse", "add"),
    "identical": ("updated", "unchanged"),
    "manage_answers": ("stored", "submitted"),
    "breaks": ("real", "escaped"),
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way of reading the vendor's pages.

    Attributes:
        role: What the user may do, a key of `ROLES`.
        empty: A list without a match is an empty container ("status0"), or, as in 2014, only a
            warning ("status2").
        unknown_id: A write to a contactid nobody has is refused as contact_get does it ("refuse"), or adds
            a contact under an id of its own ("add").
        identical: What contactproc says when an update writes what is stored already: "updated" or
            "unchanged".
        manage_answers: The set values a write answers: those stored after it ("stored"), or those sent with
            it ("submitted"), every node that was not sent then being empty but for contactid.
        breaks: A stored line break or tab is answered as itself ("real"), or as the two characters it was
            written with ("escaped").
        broken: Ids of contacts whose details end in an exception (status 3).

    Raises:
        ValueError: A value is none of these.
    """

    role: str = "API-beheerder"
    empty: str = "status0"
    unknown_id: str = "refuse"
    identical: str = "updated"
    manage_answers: str = "stored"
    breaks: str = "real"
    broken: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")

    @property
    def reads_contacts(self) -> bool:
        """Whether the role may list and get contacts."""
        return ROLES[self.role][2]

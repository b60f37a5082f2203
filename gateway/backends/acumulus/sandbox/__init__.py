r"""An emulated Acumulus: the calls for the contacts of an administration that lives in memory.

Written from what is public about the API: the pages "API - List contacts", "API - Get contact details",
"API - Manage Contact", "API - Basic Submit", "API - Basic Response", those of the picklists, and the code and
samples of public clients. Nothing was compared with the live service.

What is documented: the frame of an answer, names and order of the nodes of a list row and of the first thirty
nodes of a single contact, what a list can be asked for, the nodes of a write with their values, most of their
defaults and which of them survive being left out, statuses, and the HTTP codes 200, 400, 403 and 404.
What the pages leave open is a field of `Behaviour`, or was chosen: code tags that begin with CONSTRUCT, the
Content-Type of XML, HTTP 405 for another method and 500 for status 3, the order of contacts, the name shown,
and of a write what `writing` tells. The two characters `\n` of a written note are stored as a line break,
also out of a Windows path: nothing tells them apart.

What it does not imitate: invoices of a contact, `lookup_vatinfo`; `onodes`, `order`, `xmlfile`, query and
form variables beside `xmlstring`, HTTP Basic; e-mail on errors (`emailonerror`), the deprecated web roles and
their warning, TLS, rate limits (none are published), the list row of 2017 and the contact of 2014; what PHP's
JSON loses of CDATA. Only the contact calls heed `inodes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.backends.acumulus.sandbox.behaviour import Behaviour
from gateway.backends.acumulus.sandbox.nodes import DETAIL
from gateway.backends.acumulus.sandbox.seed import contact_nodes
from gateway.backends.acumulus.sandbox.system import AcumulusSandbox
from gateway.emulation import people
from gateway.emulation.clock import wall_clock

if TYPE_CHECKING:
    from gateway.emulation.clock import Clock

__all__ = ["AcumulusSandbox", "Behaviour", "create"]

_OWN_PARTIES = 1_000_000
_USUAL = Behaviour()


def create(
    *,
    contacts: int = 200,
    nodes: str = "full",
    ration: bool = False,
    clock: Clock = wall_clock,
    behaviour: Behaviour = _USUAL,
) -> AcumulusSandbox:
    """Make an emulated administration with a sample book, the same one for the same number of contacts.

    Args:
        contacts: How many contacts the book holds.
        nodes: What a single contact answers: "full", every stored node but the numeric default VAT type, or
            "documented", only what there is public evidence for.
        ration: Accepted and without meaning: Acumulus publishes no limit.
        clock: Accepted and without meaning: no answer of Acumulus tells the time.
        behaviour: Further choices where the vendor's pages are silent.

    Raises:
        ValueError: `contacts` is below zero, or `nodes` is unknown.
    """
    del ration, clock  # Every system's sandbox is made with the same arguments.
    if contacts < 0:
        raise ValueError(f"contacts must be 0 or more, not {contacts}")
    if nodes not in DETAIL:
        raise ValueError(f"nodes must be one of {', '.join(DETAIL)}, not {nodes!r}")
    seeded = [
        contact_nodes(place, people.party(number))
        for place, number in enumerate(people.numbers(_OWN_PARTIES, contacts))
    ]
    return AcumulusSandbox(seeded, behaviour, DETAIL[nodes])

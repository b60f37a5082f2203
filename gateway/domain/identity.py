"""Global ids: opaque to clients, stable for ever.

The form is fixed. An id is the URL-safe base64, without padding, of the UTF-8 text

    1:<type>:<administration slug>[:<remote key>[:<part key>]]

where each part is percent-encoded so that it holds no colon. `1` is the version of the form; the
part key tells apart what a contact embeds (a person, a note, a charge). Ids are not signed: they
give no right, and reading one back costs nothing that a guess would not.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import quote, unquote

from gateway.domain.errors import BadInput

VERSION = "1"
PARTS = {"Administration": 1, "Contact": 2, "ContactPerson": 3, "Note": 3, "Charge": 3}
"""Type name to the number of its key parts, the slug included."""

MAX_LENGTH = 1024


@dataclass(frozen=True, slots=True, order=True)
class GlobalId:
    """A parsed id: the type's name and its key parts, the administration's slug first."""

    type: str
    parts: tuple[str, ...]

    @property
    def administration(self) -> str:
        """The slug of the administration that the thing belongs to."""
        return self.parts[0]

    def __str__(self) -> str:
        text = ":".join((VERSION, self.type, *(quote(part, safe="") for part in self.parts)))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def contact_id(administration: str, remote: str) -> str:
    """Return the global id of a contact."""
    # Whole books are named at once, so the plain keys that systems use take the short way.
    if not (remote.isalnum() and remote.isascii()):
        return str(GlobalId("Contact", (administration, remote)))
    text = f"{VERSION}:Contact:{quote(administration, safe='')}:{remote}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(text: str) -> GlobalId:
    """Read an id back.

    Raises:
        BadInput: it is none of ours, or not spelled as we spell it.
    """
    found = _decode(text)
    if found is None or str(found) != text:
        raise BadInput("The id is malformed.")
    return found


def _decode(text: str) -> GlobalId | None:
    if not text or len(text) > MAX_LENGTH or not text.isascii():
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    version, _, rest = plain.partition(":")
    type_name, _, keys = rest.partition(":")
    parts = tuple(unquote(part) for part in keys.split(":"))
    if version != VERSION or PARTS.get(type_name) != len(parts) or not all(parts):
        return None
    return GlobalId(type_name, parts)

"""What a list looks for, told in a form of which a system can take what it understands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for in one book: every part must hold. Texts are as they were written.

    Paths are unified paths. What a system cannot be asked it leaves out: whoever asks decides of every
    contact that comes back, and takes nothing for missing because it did not come.

    Attributes:
        words: Each stands somewhere in a contact.
        texts: Path, and a text that stands in its value.
        equal: Path, and its only value, case and accents aside.
        after: Path, and a moment that its value lies behind, UTC.
        with_archived: Whether archived contacts are looked for too.
    """

    words: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    equal: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, datetime], ...] = ()
    with_archived: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for."""
        return not (self.words or self.texts or self.equal or self.after)

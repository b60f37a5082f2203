"""Memory that a large answer took goes back to the machine."""

from __future__ import annotations

import ctypes

LARGE = 128 * 1024
"""Bytes from which on a block is mapped by itself: what glibc begins with, see mallopt(3)."""

_MMAP_THRESHOLD = -3


def give_back() -> bool:
    """Have large blocks mapped by themselves for as long as this process lasts; return whether they are.

    glibc raises its own limit to the largest block that was ever freed, up to 32 MB. From then on answers
    and books stand in the heap among what is kept, and leave holes of their size behind.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False  # another library's memory, that does without
    return bool(mallopt(_MMAP_THRESHOLD, LARGE))

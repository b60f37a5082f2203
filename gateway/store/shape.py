"""What the shape of a value is, as a digest: two releases read each other's files only where it is one."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any, get_args, get_type_hints

import msgspec


def shape_of(kind: type) -> bytes:
    """Return the digest of a dataclass or struct: its fields, theirs, and this release.

    The release is part of it, since it may read a system's answers differently into the same fields:
    what an older one made of them must not outlive it.
    """
    text = "\n".join([_release(), *_lines(kind, set())])
    return hashlib.sha256(text.encode()).digest()


def _release() -> str:
    try:
        return version("contacts-gateway")
    except PackageNotFoundError:
        return ""


def _lines(kind: Any, seen: set[Any]) -> Iterator[str]:
    """Describe a type, and then those that it is made of, each once."""
    for each in get_args(kind):
        yield from _lines(each, seen)
    if not isinstance(kind, type) or kind in seen:
        return
    seen.add(kind)
    if issubclass(kind, enum.Enum):
        yield f"{kind.__qualname__}: {', '.join(str(each.value) for each in kind)}"
    elif dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct):
        types = get_type_hints(kind)
        yield f"{kind.__qualname__}: {', '.join(f'{name} {types[name]}' for name in types)}"
        for each in types.values():
            yield from _lines(each, seen)

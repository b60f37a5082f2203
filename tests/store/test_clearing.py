"""Forgetting what is at rest."""

from __future__ import annotations

import pytest

from gateway.store.clearing import at_rest, clear

FILES = (
    "shop-0123456789ab.book",
    "shop-0123456789ab.age",
    "shop-0123456789ab.lock",
    "shop-ba9876543210.set-aside",
    "shop-nl-0123456789ab.book",
    "shop-nl-0123456789ab.book.new",
    "notes.txt",
)


@pytest.fixture
def directory(tmp_path):
    for name in FILES:
        (tmp_path / name).write_bytes(b"x" * 10)
    return tmp_path


def names(directory) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_one_administration_is_forgotten(directory):
    """All that is at rest of a slug goes, whatever book it was; another slug that begins alike stays."""
    assert at_rest(directory) == ["shop", "shop-nl"]
    assert [(each.slug, each.size) for each in clear(directory, "shop")] == [("shop", 30)]
    assert names(directory) == ["notes.txt", "shop-0123456789ab.lock", *sorted(FILES[4:6])]
    assert clear(directory, "shop") == []


def test_all_are_forgotten(directory):
    """Without a slug everything goes but what is not ours."""
    assert [(each.slug, each.size) for each in clear(directory)] == [("shop", 30), ("shop-nl", 20)]
    assert names(directory) == ["notes.txt", "shop-0123456789ab.lock"]


def test_nothing_was_ever_kept(tmp_path):
    """A directory that is not there holds nothing."""
    assert at_rest(tmp_path / "no") == []
    assert clear(tmp_path / "no") == []

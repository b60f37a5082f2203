"""Contacts as Redis holds them."""

import pytest

from tests.sharing.shelf import NOW, told, workers


async def test_a_contact_without_a_form(server):
    """A contact that cannot be told as bytes is told of as gone; all others are told."""
    async with workers(server) as (one, two):
        await one.book.tell({"1": told("1"), "2": told("2", "half \ud83d")})

        news = await two.book.news()

        assert news
        gone = {key: row.contact is None for key, (_, row) in news.rows.items()}
        assert gone == {"1": False, "2": True}


@pytest.mark.parametrize("count", [1, 120], ids=["here", "in a thread"])
async def test_everything_of_a_row_arrives(count, server):
    """What is told of contacts arrives as it was, however many they are."""
    async with workers(server) as (one, two):
        rows = {
            str(each): told(str(each), f"Café {each}", read_at=NOW, version=f"v{each}", written=each % 2 == 0)
            for each in range(count)
        }
        await one.book.tell(rows)

        news = await two.book.news()

        assert news
        assert {key: row for key, (_, row) in news.rows.items()} == rows

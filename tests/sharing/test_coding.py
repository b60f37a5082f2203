"""Values that every worker can read, and that nobody else can read, change or pass off."""

from __future__ import annotations

import asyncio
import pickle
import statistics
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec
import pytest

from gateway.domain.contact import Contact, ContactKey, PostalAddress
from gateway.domain.secret import Secret
from gateway.ports import Told
from gateway.sharing import coding as room
from gateway.sharing.coding import Coding
from tests.store.writes import NOON

KEYS = [pytest.param(None, id="checked"), pytest.param(Secret("a long word"), id="encrypted")]

ADDRESS = PostalAddress(line1="Dorpsstraat 1", postal_code="1234 AB", city="Utrecht", country_code="NL")
CONTACT = Contact(ContactKey("shop", "17"), "Bakkerij De Zon", emails=("zon@voorbeeld.nl",), address=ADDRESS)
LARGE = Contact(ContactKey("shop", "18"), "Groot", raw=b'{"notes": []}' * 1000)
PURPOSE = b"book"

Row = tuple[Contact, datetime | None]


@dataclass(frozen=True, slots=True)
class Small:
    """A value of these tests."""

    text: str = ""
    number: int = 0


class Struct(msgspec.Struct, frozen=True):
    """A value that is no dataclass."""

    text: str = ""


class Word(StrEnum):
    ONE = "one"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param(Told(CONTACT, NOON, "3", written=True), Told, id="small"),
        pytest.param(Told(LARGE), Told, id="large"),
        pytest.param((CONTACT, NOON), Row, id="tuple"),
        pytest.param({"a": 1}, dict[str, int], id="dict"),
        pytest.param(Struct("é"), Struct, id="struct"),
        pytest.param("", str, id="empty"),
    ],
)
def test_what_one_closed_another_opens(key, value, kind):
    """Two workers with the same key, or both without one, read each other's values as they were."""
    assert Coding(key).open(Coding(key).close(value, PURPOSE, kind), kind, PURPOSE) == value


def test_another_process_opens_it():
    """A process that was started by itself reads a value: nothing in it belongs to the one that made it."""
    closed = Coding(Secret("a long word")).close(ADDRESS, PURPOSE)
    program = (
        "import sys;"
        "from gateway.domain.contact import PostalAddress; from gateway.domain.secret import Secret;"
        "from gateway.sharing.coding import Coding;"
        "print(Coding(Secret('a long word')).open(sys.stdin.buffer.read(), PostalAddress, b'book').city)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=closed, capture_output=True, check=True)  # noqa: S603
    assert done.stdout == b"Utrecht\n"


def test_with_a_key_nothing_can_be_read():
    """No part of an encrypted value stands in it, and the same value never looks the same."""
    coding = Coding(Secret("a long word"))
    closed = {coding.close(CONTACT, PURPOSE) for _ in range(100)}
    assert len(closed) == 100
    assert not any(word in each for each in closed for word in (b"Bakkerij", b"zon@", b"Utrecht"))
    assert b"Bakkerij" in Coding(None).close(CONTACT, PURPOSE)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "value", [pytest.param(Small("abc", 7), id="small"), pytest.param(Small("x" * 9000), id="large")]
)
def test_whatever_is_changed_is_missing(key, value):
    """A value that lacks its end, has more than it had, or one other byte, is as good as none."""
    coding = Coding(key)
    closed = coding.close(value, PURPOSE)
    changed = [closed[:at] for at in range(len(closed))] + [closed + b"\0"]
    changed += [closed[:at] + bytes([closed[at] ^ 1]) + closed[at + 1 :] for at in range(len(closed))]
    assert [each for each in changed if coding.open(each, Small, PURPOSE) is not None] == []
    assert coding.open(closed, Small, PURPOSE) == value


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(None, id="nothing"),
        pytest.param(b"", id="empty"),
        pytest.param(pickle.dumps(Small("abc")), id="pickle"),
        pytest.param(msgspec.msgpack.encode(Small("abc")), id="bare"),
        pytest.param(zlib.compress(msgspec.msgpack.encode(Small("abc"))), id="bare-compressed"),
        pytest.param(b"x" * 5000, id="noise"),
    ],
)
def test_what_is_foreign_is_missing(key, foreign):
    """Bytes that no worker closed are as good as none, a pickle among them: it is not looked into."""
    assert Coding(key).open(foreign, Small, PURPOSE) is None


@pytest.mark.parametrize("key", KEYS)
def test_a_value_is_for_one_purpose_and_of_one_shape(key):
    """What was closed for one thing opens for no other, and as no other shape that would fit it."""
    coding = Coding(key)
    closed = coding.close(Small("abc"), PURPOSE)
    assert [coding.open(closed, Small, each) for each in (b"rows", b"ration")] == [None, None]
    assert coding.open(closed, Struct, PURPOSE) is None
    told = coding.close(["a"], PURPOSE, list[str])
    assert [coding.open(told, each, PURPOSE) for each in (list[Word], tuple[str, ...])] == [None, None]
    assert coding.open(told, list[str], PURPOSE) == ["a"]


@pytest.mark.parametrize("key", KEYS)
def test_a_release_with_another_field_does_not_read_it(key):
    """A struct of one name and other fields is another shape, as a dataclass is."""
    older, newer = (msgspec.defstruct("Kept", fields) for fields in (["a"], ["a", ("b", int, 0)]))
    coding = Coding(key)
    assert coding.open(coding.close(older("x"), PURPOSE), newer, PURPOSE) is None


def test_keys_do_not_open_one_another():
    """A value of another key, or of none, is missing; and without a key one that has one is."""
    codings = [Coding(None), Coding(Secret("a long word")), Coding(Secret("another word"))]
    closed = [each.close(Small("abc"), PURPOSE) for each in codings]
    opened = [[each.open(one, Small, PURPOSE) is not None for one in closed] for each in codings]
    assert opened == [[True, False, False], [False, True, False], [False, False, True]]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Small("\ud800"), id="half-a-surrogate-pair"),
        pytest.param(Small(number=2**70), id="too-large"),
        pytest.param(object(), id="no-value"),
    ],
)
def test_what_has_no_form_is_refused(key, value):
    """A value that cannot be put into bytes is refused by one error, that shows nothing of it."""
    with pytest.raises(ValueError, match="no form as bytes"):
        Coding(key).close(value, PURPOSE)


def test_a_value_that_would_fill_the_memory_is_missing():
    """What unpacks into more than was ever closed is not unpacked."""
    coding = Coding(None)
    body = b"\1" + zlib.compress(msgspec.msgpack.encode("x" * room.MAX_SIZE), 1)
    preface = coding.close("", PURPOSE)[: len(room.MARK) + room.SHAPE]
    assert coding.open(preface + coding._envelopes.close(body, PURPOSE, preface), str, PURPOSE) is None


async def test_many_threads_begin_at_once():
    """Shapes are worked out in threads that begin together, and each reads what it was given."""
    coding = Coding(None)
    kinds = [tuple[Contact, *([int] * number)] for number in range(1, 9)]  # type: ignore[valid-type]
    closed = [
        coding.close((CONTACT, *range(1, number)), PURPOSE, kind) for number, kind in enumerate(kinds, 2)
    ]
    read = [asyncio.to_thread(coding.open, *each, PURPOSE) for each in zip(closed, kinds, strict=True)]
    again = [asyncio.to_thread(coding.open, *each, PURPOSE) for each in zip(closed, kinds, strict=True)]
    found = await asyncio.gather(*read, *again)
    assert [each[0] for each in found] == [CONTACT] * 16


def test_a_contact_takes_next_to_nothing():
    """Closing and opening one contact takes a small part of a millisecond each, with a key too."""
    coding, told = Coding(Secret("a long word")), Told(CONTACT, NOON, "3")
    closed = coding.close(told, PURPOSE)

    def took(job, count=200) -> float:
        began = time.perf_counter()
        for _ in range(count):
            job()
        return (time.perf_counter() - began) / count

    assert statistics.median(took(lambda: coding.close(told, PURPOSE)) for _ in range(9)) < 0.0005
    assert statistics.median(took(lambda: coding.open(closed, Told, PURPOSE)) for _ in range(9)) < 0.0005

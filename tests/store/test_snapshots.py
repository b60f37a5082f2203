"""Books at rest: what comes back, what is refused, and who may look."""

from __future__ import annotations

import stat
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.ports import Confirmed
from gateway.store import sealing
from gateway.store.replacing import alone
from tests.fakes import contact
from tests.store.books import NAME, NAMES, READ, WORDS, Place, full, many, saved

LATER = Confirmed(READ + timedelta(seconds=30))
KEYS = [pytest.param(None, id="in-the-clear"), pytest.param("a long word", id="encrypted")]
DAMAGED = ("it is damaged", "it is damaged, or encrypted with another key")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "cache" / "snapshots")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "book",
    [
        pytest.param(saved(), id="full-and-thin"),
        pytest.param(saved([]), id="nobody"),
        pytest.param(many(1234), id="several-pieces"),
        pytest.param(saved(expected=17), id="not-whole"),
        pytest.param(saved(confirmed=Confirmed(READ, is_rejected=True)), id="turned-away"),
        pytest.param(saved(versions={str(at): "v" for at in range(12_000)}), id="many-versions"),
    ],
)
async def test_a_book_comes_back_as_it_was(place, book, key):
    """Another process reads what one saved, to the last value, by the mark that saving told."""
    mark = await place.store(key).save("shop", book)
    assert await place.store(key).load("shop") == replace(book, mark=mark)


async def test_nothing_is_there_at_first(place):
    """A book that was never saved is none, and neither is another administration's."""
    assert await place.store().load("shop") is None
    await place.store().save("shop", saved())
    assert await place.store().load("other") is None


async def test_only_its_user_may_look(place):
    """The folder and all files are for the gateway's user alone, also where the folder was open before."""
    place.directory.mkdir(parents=True, mode=0o755)
    await _saved_and_confirmed(place)
    assert stat.S_IMODE(place.directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.directory.iterdir()} == {0o600}


async def test_confirming_leaves_the_book_alone(place):
    """A new age goes into a small file: the book is not written again."""
    store = place.store()
    mark = await store.save("shop", many(1000))
    before = place.book.stat()
    assert await store.confirm("shop", mark, LATER)
    assert place.book.stat() == before
    assert place.age.stat().st_size < 300
    found = await place.store().load("shop")
    assert found is not None
    assert found.confirmed == LATER


async def test_an_age_is_that_of_its_own_book(place):
    """What tells the age of an earlier book says nothing of the next one."""
    store = place.store()
    first = await store.save("shop", saved())
    await store.confirm("shop", first, LATER)
    await store.save("shop", saved())
    found = await place.store().load("shop")
    assert found is not None
    assert found.confirmed == Confirmed(READ)
    assert not await store.confirm("shop", first, LATER)
    place.book.unlink()
    assert not await store.confirm("shop", first, LATER)


async def test_a_key_hides_everything(place):
    """With a key nothing of a contact stands in any file; without one it does, so that this test can see."""
    for key, is_hidden in (("a long word", True), (None, False)):
        rows = [(replace(full(), raw=None), READ)]
        await place.store(key).save("shop", saved(rows))
        text = _unpacked(place.book.read_bytes())
        assert (WORDS.encode() not in text) is is_hidden


async def test_two_savings_share_no_key(place):
    """The same book saved twice looks different all the way: no key stream is used twice."""
    store = place.store("a long word")
    texts = []
    for _ in range(2):
        await store.save("shop", saved())
        texts.append(place.book.read_bytes())
    same = sum(one == other for one, other in zip(*texts, strict=False))
    assert same < 100


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("part", [pytest.param("book", id="book"), pytest.param("age", id="age")])
async def test_a_cut_file_is_never_read(place, part, key):
    """Cut anywhere, a file is set aside; what is read is all of it or nothing."""
    whole = await _saved_and_confirmed(place, key)
    store = place.store(key)
    for cut in sorted({len(whole[part]) * at // 50 for at in range(50)}):
        _put_back(place, {**whole, part: whole[part][:cut]})
        with capture_logs() as logged:
            assert await store.load("shop") is None
        assert [each["event"] for each in logged] == ["snapshot_set_aside"]
        assert not place.book.exists()
        assert not place.age.exists()


@pytest.mark.parametrize("key", KEYS)
async def test_an_altered_byte_is_noticed(place, key):
    """Wherever a byte is changed, nothing is read."""
    whole = await _saved_and_confirmed(place, key)
    book, store = whole["book"], place.store(key)
    for at in sorted({len(book) * place_of // 97 for place_of in range(97)}):
        _put_back(place, whole)
        place.book.write_bytes(book[:at] + bytes([book[at] ^ 0x40]) + book[at + 1 :])
        assert await store.load("shop") is None, at


@pytest.mark.parametrize("key", KEYS)
async def test_no_piece_can_be_moved_or_dropped(place, key):
    """Pieces that are whole, but not where they were, make no book."""
    store = place.store(key)
    await store.save("shop", many(500))
    whole = place.book.read_bytes()
    preface, pieces = whole[:76], _pieces(whole[76:])
    for order in ([*pieces[:2], *pieces[3:]], [pieces[0], pieces[2], pieces[1], *pieces[3:]], pieces[:-1]):
        place.book.write_bytes(preface + b"".join(order))
        assert await store.load("shop") is None


async def _move(place: Place) -> None:
    """Let the file of another book stand in the shop's place."""
    await place.store().save("other", saved())
    (place.directory / f"{NAMES['other']}.book").replace(place.book)


async def _age_it(place: Place) -> None:
    """Let the file be that of another release."""
    await place.store().save("shop", saved())
    text = bytearray(place.book.read_bytes())
    text[44:76] = bytes(32)
    place.book.write_bytes(text)


async def _encrypt(place: Place) -> None:
    await place.store("a long word").save("shop", saved())


async def _write(place: Place) -> None:
    place.directory.mkdir(parents=True, exist_ok=True)
    place.book.write_bytes(b"PK\x03\x04 something else")


@pytest.mark.parametrize(
    ("prepare", "key", "reason"),
    [
        pytest.param(_move, None, "it is that of another administration", id="moved"),
        pytest.param(_age_it, None, "it was written by another release", id="older"),
        pytest.param(_encrypt, None, "it is encrypted, and no cache.key is configured", id="no-key"),
        pytest.param(_encrypt, "another word", DAMAGED[1], id="wrong-key"),
        pytest.param(_write, None, "it was not written by this gateway", id="foreign"),
    ],
)
async def test_what_cannot_be_used_is_set_aside(place, prepare, key, reason):
    """It is renamed, and told once with slug and reason; the next start finds nothing."""
    for _ in range(2):
        await prepare(place)
        with capture_logs() as logged:
            assert await place.store(key).load("shop") is None
        told = {"administration": "shop", "reason": reason, "log_level": "warning"}
        assert logged == [{"event": "snapshot_set_aside", **told}]
        assert place.aside.exists()
        with capture_logs() as logged:
            assert await place.store(key).load("shop") is None
        assert logged == []


async def test_nothing_stays_in_the_clear_once_there_is_a_key(place):
    """A file that anybody can read is not used with a key, and not kept aside either."""
    await place.store().save("shop", saved())
    with capture_logs() as logged:
        assert await place.store("a long word").load("shop") is None
    assert [each["reason"] for each in logged] == ["it is not encrypted, although cache.key is configured"]
    assert not place.book.exists()
    assert not place.aside.exists()


async def test_who_only_reads_changes_nothing(place):
    """A process that does not save leaves a file that it cannot use where it is."""
    await place.store("a long word").save("shop", saved())
    before = sorted(place.directory.iterdir())
    assert await place.store(writes=False).load("shop") is None
    assert sorted(place.directory.iterdir()) == before


async def test_one_at_a_time(place):
    """Whoever comes while another process writes does not wait for it, and writes nothing."""
    await place.store().save("shop", saved())
    before = place.book.read_bytes()
    with alone(place.directory, NAME), pytest.raises(BlockingIOError):
        await place.store().save("shop", saved([]))
    assert place.book.read_bytes() == before


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"display_name": "half \ud800"}, id="half-a-letter"),
        pytest.param({"raw": None, "notes": None, "events": (object(),)}, id="no-form"),
    ],
)
async def test_a_contact_without_a_form_at_rest_is_left_out(place, values):
    """It costs itself alone: the book is told to lack it, and its version, so that it is asked for anew."""
    strange = replace(contact("3", "Cy"), **values)
    await place.store().save("shop", saved([(full(), READ), (strange, None), (contact("4", "Di"), None)]))
    found = await place.store().load("shop")
    assert found is not None
    assert [each.key.remote for each, _ in found.contacts] == ["1", "4"]
    assert found.versions == {"1": "v1", "4": "v4", "unread": "v"}
    assert found.expected == 3


async def test_a_failed_saving_leaves_the_older_book(place):
    """What breaks in the middle of writing leaves the book as it was, and nothing beside it."""

    def breaks():
        yield full(), READ
        raise OSError(28, "No space left on device")

    mark = await place.store().save("shop", saved())
    with pytest.raises(OSError, match="No space"):
        await place.store().save("shop", replace(saved(), contacts=breaks()))
    found = await place.store().load("shop")
    assert found == replace(saved(), mark=mark)
    assert sorted(path.name for path in place.directory.iterdir()) == [f"{NAME}.book", f"{NAME}.lock"]


def test_a_secret_is_not_shown():
    """Neither the keys nor a seal tell the secret."""
    keys = Place(Path()).store("a long word")._keys
    assert "a long word" not in repr(keys)
    assert "a long word" not in repr(keys.seal(keys.preface(bytes(32))))


async def _saved_and_confirmed(place: Place, key: str | None = None) -> dict[str, bytes]:
    store = place.store(key)
    mark = await store.save("shop", many(300))
    await store.confirm("shop", mark, LATER)
    return {"book": place.book.read_bytes(), "age": place.age.read_bytes()}


def _put_back(place: Place, whole: dict[str, bytes]) -> None:
    place.book.write_bytes(whole["book"])
    place.age.write_bytes(whole["age"])


def _pieces(text: bytes) -> list[bytes]:
    found = []
    while text:
        length = 4 + int.from_bytes(text[:4], "big")
        found.append(text[:length])
        text = text[length:]
    return found


def _unpacked(text: bytes) -> bytes:
    """Return what an onlooker can make of a file who knows how it is laid out."""
    found = []
    for piece in _pieces(text[76:]):
        with suppress(zlib.error):
            found.append(zlib.decompress(piece[4 + 32 :]))
    return b"".join(found)


def test_the_preface_is_as_long_as_these_tests_think():
    """The places that are altered above are those that are meant."""
    assert len(sealing.Preface(bytes(32), bytes(16), bytes(16), False).encode()) == 76

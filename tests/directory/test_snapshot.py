"""One administration's contacts at one moment, and the small changes upon it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory.entry import entry
from gateway.directory.index import Index
from gateway.directory.snapshot import Snapshot, empty
from gateway.domain.contact import ContactRole
from gateway.domain.identity import contact_id
from tests.fakes import NOW, contact

LATER = NOW + timedelta(hours=1)
KEYS = st.sampled_from(["1", "2", "3", "4", "5", "6"])
CHANGES = st.dictionaries(KEYS, st.none() | st.sampled_from(["Ann", "Bo", "ann"]), max_size=6)


def entries(names):
    return {key: name and entry(contact(key, name)) for key, name in names.items()}


def snapshot_of(*contacts, **values) -> Snapshot:
    ordered = sorted(map(entry, contacts), key=lambda each: each.place)
    return Snapshot(Index(ordered), {each.key.remote: "1" for each in contacts}, NOW, **values)


def shown(book: Snapshot) -> dict[str, str]:
    return {key: book.get(key)[0].display_name for key in list(book.keys())}


def row(key: str, name: str | None = None, **values):
    return contact(key, name, complete=False, **values)


@settings(deadline=None)
@given(CHANGES, CHANGES)
def test_overlay_and_folded(first, then):
    """A book reads the same with its changes laid upon it and with them worked in."""
    held = {key: name for key, name in first.items() if name}
    book = replace(empty(NOW), overlay=entries(first)).folded().renewed(entries(then), {}, NOW)
    names = {key: name for key, name in {**held, **then}.items() if name}
    for each in (book, book.folded(), book.folded().folded()):
        assert shown(each) == names
        assert (len(each), sorted(each.keys())) == (len(names), sorted(names))
        assert {key for key in "123456" if key in each} == set(names)
        assert [each.get(key) for key in "123456" if key not in names] == [None] * (6 - len(names))
    index = book.folded().index
    assert [index.entry(at).place for at in range(len(index))] == sorted(
        each.place for each in entries(names).values()
    )


@settings(deadline=None)
@given(CHANGES, CHANGES, CHANGES)
def test_changes_while_folding(first, then, meanwhile):
    """What changed while a book was being folded stays upon the index that came of it, and no more."""
    before = replace(snapshot_of(), overlay=entries(first)).folded()
    asked = before.renewed(entries(then), {}, NOW)
    newer = asked.renewed(entries(meanwhile), {}, LATER)
    made = newer.over(asked, asked.folded())
    assert made.overlay == {key: each for key, each in entries(meanwhile).items() if key in made.overlay}
    assert set(made.overlay) == {key for key in meanwhile if meanwhile[key] or then.get(key, "") is not None}
    assert shown(made) == shown(newer)
    assert made.fetched_at == LATER


def test_a_fold_of_something_else():
    """A book whose index was replaced meanwhile is left alone by the fold of the one before."""
    asked = snapshot_of(contact("1")).renewed(entries({"2": "b"}), {}, NOW)
    other = snapshot_of(contact("7"))
    assert other.over(asked, asked.folded()) is other


def test_nothing_to_fold():
    """A book without changes is its own fold."""
    book = snapshot_of(contact("1"))
    assert book.folded() is book
    assert book.renewed({}, book.versions, NOW).overlay is book.overlay


@pytest.mark.parametrize(
    ("seconds", "age"), [(0, 0.0), (90, 90.0), (-5, 5.0)], ids=["now", "later", "earlier"]
)
def test_age(seconds, age):
    """The age is in seconds since the system was asked; of a moment to come, by how much the clock is off."""
    assert empty(NOW).age(NOW + timedelta(seconds=seconds)) == age


def test_what_is_missing():
    """Contacts that a newer list does not name are missing, added ones too and those known as gone not."""
    book = snapshot_of(contact("1", "c"), contact("2", "b"), contact("3", "a"), contact("4", "d"))
    changed = book.renewed(entries({"9": "new", "8": "named", "4": None}), {}, NOW)
    assert changed.missing_from({"1": "x", "8": "x"}) == ["3", "2", "9"]
    assert changed.missing_from(dict.fromkeys("123894", "x")) == []


def test_renewed():
    """A newer list changes rows, removes some, and is a whole book of its own moment and versions."""
    book = replace(snapshot_of(contact("1"), contact("2")), expected=5)
    newer = book.renewed(entries({"1": None, "3": "New"}), {"2": "1", "3": "2"}, LATER)
    assert sorted(newer.keys()) == ["2", "3"]
    assert (newer.versions, newer.fetched_at, newer.expected) == ({"2": "1", "3": "2"}, LATER, None)
    assert sorted(book.keys()) == ["1", "2"]


def test_extended_while_it_grows():
    """Rows that arrive make a book grow whose size the list told, and only theirs are its versions."""
    versions = {"1": "a", "2": "b", "3": "c"}
    book = empty(NOW).extended(entries({"1": "A"}), versions)
    assert (list(book.keys()), book.versions, book.expected) == (["1"], {"1": "a"}, 3)
    more = book.extended(entries({"2": "B", "4": "D"}), versions)
    assert (len(more), more.versions, more.expected) == (3, {"1": "a", "2": "b"}, 3)


def test_extended_when_whole():
    """Part of a newer list upon a whole book removes nobody, and it stays whole and as old as it was."""
    book = snapshot_of(contact("1"), contact("2"))
    more = book.extended(entries({"2": "B"}), {"2": "9"})
    assert (sorted(more.keys()), more.versions) == (["1", "2"], {"1": "1", "2": "9"})
    assert (more.expected, more.fetched_at) == (None, NOW)
    assert more.get("2")[0].display_name == "B"


class TestDetails:
    """Rows whose details are read later."""

    def test_are_put_beside_their_rows(self):
        """Details replace their row with the moment of reading, those of unknown contacts are left out."""
        book = snapshot_of(row("1", "a"), row("2", "b"))
        read = book.with_details({"1": (contact("1", "a", label="x"), LATER), "9": (contact("9"), LATER)})
        assert (read.get("1")[0].label, read.get("1")[1]) == ("x", LATER)
        assert read.get("9") is None
        assert (list(book.thin_keys()), list(read.thin_keys())) == (["1", "2"], ["2"])
        assert (book.detailed, read.detailed) == (0, 1)

    def test_keep_what_the_row_alone_tells(self):
        """What details do not tell and the row does is kept."""
        book = snapshot_of(row("1", roles=(ContactRole.CUSTOMER,)))
        full = contact("1", unknown=frozenset({"roles", "label"}))
        held, _ = book.with_details({"1": (full, NOW)}).get("1")
        assert (held.roles, held.unknown) == ((ContactRole.CUSTOMER,), {"label"})

    def test_of_what_is_gone(self):
        """Details of a contact that went away meanwhile do not bring it back."""
        book = snapshot_of(row("1")).renewed({"1": None}, {}, NOW)
        assert "1" not in book.with_details({"1": (contact("1"), LATER)})

    def test_in_the_order_of_names(self):
        """Thin contacts are told in the order of their names, those changed since behind them."""
        book = snapshot_of(row("1", "c"), row("2", "b"), row("3", "a"), contact("4", "A"))
        changed = book.renewed({"2": None, "9": entry(row("9", "A"))}, {}, NOW)
        assert list(changed.thin_keys()) == ["3", "1", "9"]
        assert (changed.detailed, changed.folded().detailed) == (1, 1)
        first, second = sorted("39", key=lambda key: contact_id("shop", key))
        assert list(changed.folded().thin_keys()) == [first, second, "1"]

    @pytest.mark.parametrize("fold", [False, True], ids=["upon-the-index", "within-it"])
    def test_ages(self, fold):
        """The oldest details are known, and who has details from before a moment."""
        book = snapshot_of(row("1"), row("2"), contact("3"))
        assert book.oldest_details is None
        read = book.with_details({"1": (contact("1"), NOW), "2": (contact("2"), LATER)})
        read = read.folded() if fold else read
        assert read.oldest_details == NOW
        assert list(read.read_before(NOW)) == []
        assert list(read.read_before(LATER)) == ["1"]
        assert sorted(read.read_before(LATER + timedelta(seconds=1))) == ["1", "2"]

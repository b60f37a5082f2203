"""What was written since a list was asked for, by itself."""

import pytest

from gateway.directory.entry import entry
from gateway.directory.writes import Writes, listed
from tests.fakes import contact

ANN, BO = entry(contact("1", "Ann")), entry(contact("2", "Bo"))


@pytest.fixture
def writes() -> Writes:
    return Writes()


def test_after_a_number(writes):
    """Each contact is there as its last write left it, those up to the number left out."""
    writes.put("1", BO)
    writes.put("1", ANN)
    writes.put("2", BO)
    writes.put("2", None)
    assert writes.number == 4
    assert [writes.after(number) for number in (0, 2, 3, 4)] == [
        {"1": ANN, "2": None},
        {"2": None},
        {"2": None},
        {},
    ]


def test_forgetting(writes):
    """What a later list tells of is let go, and nothing else."""
    writes.put("1", ANN)
    writes.doubt("3")
    writes.put("2", BO)
    writes.doubt("4")
    writes.forget(2)
    assert writes.after(0) == {"2": BO}
    assert (writes.doubted("3"), writes.doubted("4"), writes.in_doubt) == (False, True, True)
    writes.forget(4)
    assert (writes.after(0), writes.in_doubt) == ({}, False)


def test_doubts(writes):
    """A doubt lasts until the contact is known again; one of a new contact until a later list."""
    writes.doubt("1")
    writes.doubt("")
    assert (writes.doubt_until(0), writes.doubt_until(1)) == (False, True)
    writes.put("1", ANN)
    assert (writes.doubted("1"), writes.in_doubt, writes.doubt_until(1)) == (False, True, False)


def test_what_need_not_be_read_again(writes):
    """What was, or may have been, written is read by the next list, whatever version it had."""
    versions = {"1": "1", "2": "1", "3": "1"}
    assert writes.known(versions) is versions
    writes.put("1", ANN)
    writes.doubt("2")
    assert writes.known(versions) == {"3": "1"}


def test_a_state_changes_with_every_write(writes):
    """No two moments between which a contact was listed anew, written or doubted have one state."""
    states = [writes.state("1", {}), writes.state("1", {"1": "1"})]
    for change in (lambda: writes.put("1", ANN), lambda: writes.doubt("1"), lambda: writes.put("1", None)):
        change()
        states.append(writes.state("1", {"1": "1"}))
    assert len(set(states)) == len(states)
    assert writes.state("2", {}) == Writes().state("2", {})


def test_versions_of_a_list_that_some_were_written_since():
    """Contacts that were written are of no version, and those that are gone are not there."""
    versions = {"1": "7", "2": "7", "3": "7"}
    assert listed(versions, {}) is versions
    assert listed(versions, {"1": ANN, "2": None, "4": BO}) == {"3": "7", "1": "", "4": ""}


@pytest.mark.parametrize("doubts", [False, True], ids=["written", "doubted"])
def test_what_was_touched_after(doubts):
    """A write, or one that may have been, is later than the number that stood before it."""
    writes = Writes()
    before = writes.number
    writes.doubt("1") if doubts else writes.put("1", None)
    assert writes.touched("1", before)
    assert not writes.touched("1", writes.number)
    assert not writes.touched("2", before)

"""One administration's contacts at one moment, in NAME order."""

from datetime import timedelta

import pytest

from gateway.directory.snapshot import build
from gateway.domain.contact import ContactStatus
from gateway.domain.identity import contact_id
from tests.fakes import NOW, contact


def listed(*contacts) -> list[str]:
    return [each.contact.display_name for each in build(contacts, {}, NOW).listed]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["anna", "Bert", "carla", "Dirk"], id="case"),
        pytest.param(["Ebel", "Éclair", "Eden", "ëlan", "Emil"], id="accents"),
        pytest.param(["Strasm", "Straße", "Strassf", "Strast"], id="sharp-s-is-ss"),
        pytest.param(["10", "2", "A", "Z"], id="digits-as-text"),
        pytest.param(["Jan de Boer", "Jan-de Boer", "Jansen"], id="blanks-and-dashes-count"),
        pytest.param(["file", "ﬁlf"], id="ligature"),
        pytest.param(["zz", "Ωmega", "Яна"], id="other-scripts-behind"),
    ],
)
def test_name_order(names):
    """Contacts stand in the order of their folded names, whatever order they came in."""
    contacts = [contact(str(number), name) for number, name in enumerate(names)]
    assert listed(*contacts) == names
    assert listed(*reversed(contacts)) == names


def test_ties_go_by_global_id_bytewise():
    """Contacts of one folded name stand in the order of their ids' bytes."""
    contacts = [
        contact(remote, name) for remote, name in [("9", "JAN"), ("10", "jan"), ("a", "Ján"), ("B", "jan")]
    ]
    snapshot = build(contacts, {}, NOW)
    found = [each.place[1] for each in snapshot.listed]
    assert found == sorted(contact_id("shop", remote) for remote in ("9", "10", "a", "B"))
    assert found == sorted(found, key=str.encode)
    assert {each.place[0] for each in snapshot.listed} == {"jan"}


def test_only_active_contacts_are_listed():
    """Archived contacts, and those whose status nobody told, are held and not listed."""
    contacts = [contact(str(number), status=status) for number, status in enumerate(ContactStatus)]
    snapshot = build(contacts, {"0": "v"}, NOW, left_out=3)
    assert [each.contact.status for each in snapshot.listed] == [ContactStatus.ACTIVE]
    assert set(snapshot.contacts) == {"0", "1", "2"}
    assert (snapshot.versions, snapshot.left_out) == ({"0": "v"}, 3)


def test_the_later_of_two_counts():
    """Of two contacts with one id the later is held, and listed once."""
    assert listed(contact("1", "Old"), contact("1", "New")) == ["New"]


@pytest.mark.parametrize(
    ("seconds", "age"), [(0, 0.0), (90, 90.0), (-5, 0.0)], ids=["now", "later", "earlier"]
)
def test_age(seconds, age):
    """The age is in seconds since the system was asked, never negative."""
    assert build([], {}, NOW).age(NOW + timedelta(seconds=seconds)) == age

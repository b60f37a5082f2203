import pytest

from gateway.backends.acumulus.sandbox.book import Book, Choice


def test_changed_contact_is_rendered_and_searched_anew(contact):
    """A row and a search show what was stored last, not what was kept from before."""
    book = Book([contact(1, contactname1="Oud")])
    assert (b"Oud" in book.row("1"), book.choose(Choice("oud"))) == (True, ["1"])

    book.put(contact(1, contactname1="Nieuw"))

    assert b"Nieuw" in book.row("1")
    assert (book.choose(Choice("oud")), book.choose(Choice("nieuw"))) == ([], ["1"])


def test_row_is_rendered_once(contact):
    """The same bytes are given for an unchanged contact."""
    book = Book([contact(1)])

    assert book.row("1") is book.row("1")


def test_contact_with_left_out_nodes_is_stored_whole(contact):
    """Nodes that are not named are stored empty, and other names are not stored."""
    book = Book([{"contactid": "1", "contactname1": "A", "nonsense": "x"}])

    assert set(book.contact(1)) == set(contact(1))
    assert (book.contact(1)["contactname1"], book.contact(1)["contactcity"]) == ("A", "")


def test_seed_is_not_changed_by_the_book(contact):
    """A book keeps copies of the contacts it was made with."""
    seeded = contact(1)

    Book([seeded]).contact(1)["contactcity"] = "elsewhere"

    assert seeded["contactcity"] == ""


@pytest.mark.parametrize(
    ("held", "contactid"),
    [
        pytest.param((), "1234001", id="the first"),
        pytest.param((7,), "1234001", id="after a low one"),
        pytest.param((2000000, 1234001), "2000001", id="after the highest"),
    ],
)
def test_new_contact_is_numbered_on(contact, held, contactid):
    """A new contact gets an id nobody had, whatever id it brings along, and comes last."""
    book = Book([contact(each) for each in held])

    added = book.add(contact(7, contactname1="Nieuw"))

    assert (added["contactid"], len(book)) == (contactid, len(held) + 1)
    assert book.choose(Choice())[-1] == contactid
    assert book.contact(int(contactid))["contactname1"] == "Nieuw"


def test_everything_is_the_data_nodes_of_all(contact):
    """All that is stored is shown by contactid, 46 nodes of each, apart from the book's own."""
    book = Book([contact(1, contactabout="a\nb"), contact(2)])

    shown = book.everything()
    shown["2"]["contactname1"] = "Changed"

    assert {key: len(nodes) for key, nodes in shown.items()} == {"1": 46, "2": 46}
    assert (shown["1"]["contactabout"], book.contact(2)["contactname1"]) == ("a\nb", "")


def test_search_does_not_cross_nodes(contact):
    """A search text is found in one node only."""
    book = Book([contact(1, contactname1="Alfa", contactname2="Beta")])

    assert book.choose(Choice("alfa beta")) == []

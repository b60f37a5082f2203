import pytest

from gateway.backends.acumulus.sandbox import rendering


@pytest.mark.parametrize(
    ("name", "person", "shown"),
    [
        pytest.param("A", "B", "A", id="both"),
        pytest.param("", "B", "B", id="only a person"),
        pytest.param("", "", "", id="neither"),
    ],
)
def test_display_name(contact, name, person, shown):
    """A list shows the first name node, and the person where it is empty."""
    assert rendering.display_name(contact(1, contactname1=name, contactperson=person)) == shown


def test_unknown_numbers_have_no_names(contact, read):
    """A type nobody knows is answered with empty names instead of failing."""
    row = read(rendering.row(contact(1, contacttype="8", contactvattypeid="")))

    assert (row.findtext("contacttypeid"), row.findtext("contacttypename")) == ("8", "")
    assert row.findtext("contactvattypeen") == ""


@pytest.mark.parametrize("wanted", ["contact", "contacts"])
def test_name_of_the_element_asks_for_all_of_it(contact, wanted):
    """Asking for the element itself gives every node."""
    assert rendering.row(contact(1), frozenset({wanted})) == rendering.row(contact(1))

"""What a list asks: how it is read, how far it may go, and how it is decided for one contact."""

import pytest

from gateway.directory import criteria as asking
from gateway.directory.criteria import (
    EVERYTHING,
    IS_ACTIVE,
    MAX_PARTS,
    MAX_SEARCH,
    MAX_WORDS,
    AllOf,
    AnyOf,
    Between,
    Contains,
    Criteria,
    Has,
    IsEmpty,
    Not,
    OneOf,
    StartsWith,
    Word,
    contains,
    decide,
    one_of,
    passes,
    search_of,
    starts_with,
    with_default_status,
)
from gateway.directory.entry import entry
from gateway.directory.order import Order, OrderField, OrderKey
from gateway.domain.contact import ContactStatus, PostalAddress
from gateway.domain.errors import BadInput
from tests.fakes import contact

CITY = one_of("city", ["Aa"])
PHONE = one_of("phone", ["1"])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(one_of("city", ["Zürich", "ZURICH", ""]), OneOf(("zurich",)), id="forms-once"),
        pytest.param(one_of("phone", ["--"]), OneOf(()), id="no-digits"),
        pytest.param(contains("vatNumber", "nl 1"), Contains("nl1"), id="an-identifier"),
        pytest.param(contains("label", ""), Contains(""), id="an-empty-text"),
        pytest.param(contains("phone", " "), Contains(""), id="blanks-of-a-number"),
        pytest.param(contains("phone", "--"), OneOf(()), id="dashes-in-no-number"),
        pytest.param(starts_with("name", "\u0301"), OneOf(()), id="marks-begin-no-name"),
        pytest.param(starts_with("name", "É"), StartsWith("e"), id="a-beginning"),
    ],
)
def test_what_was_written_is_brought_into_form(made, expected):
    """A test holds the normal form of what was asked, and one that nothing can pass where nothing is left."""
    assert made.test == expected


@pytest.mark.parametrize("text", ["", "  ", "\n\t", "\u0301"], ids=["empty", "blanks", "lines", "marks"])
def test_no_words_are_no_search(text):
    """A search without words asks nothing."""
    assert search_of(text) is None


def test_search():
    """Words are folded and looked for once each, as text and as identifier; the whole text is kept."""
    search = search_of(" Jän\u00a006-12  (0)  jan -- ")
    assert search.words == (
        Word(b"jan", b"jan"),
        Word(b"06-12", b"0612"),
        Word(b"(0)", b"0"),
        Word(b"--", b""),
    )
    assert search.text == "jan 06-12 (0) jan --"


def test_a_search_that_cannot_be_spelled():
    """Half of a surrogate pair is looked for as the question mark that texts have in its place."""
    search = search_of("a\ud800")
    assert (search.words[0].text, search.text) == (b"a?", "a?")
    assert Order((OrderKey(OrderField.RELEVANCE),), search.text).signature


@pytest.mark.parametrize(
    ("most", "more"),
    [
        pytest.param("a" * MAX_SEARCH, "a" * (MAX_SEARCH + 1), id="signs"),
        pytest.param("a " * MAX_WORDS, "a " * (MAX_WORDS + 1), id="words"),
        pytest.param("a" + " " * (MAX_SEARCH - 1), "a" + " " * MAX_SEARCH, id="blanks-count"),
    ],
)
def test_a_search_has_an_end(most, more):
    """A search may be as long as is said, and no longer."""
    assert search_of(most)
    with pytest.raises(BadInput, match="search takes 1000 characters and 20 words at most"):
        search_of(more)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(EVERYTHING, IS_ACTIVE, id="nothing-asked"),
        pytest.param(CITY, AllOf((IS_ACTIVE, CITY)), id="something-else-asked"),
        pytest.param(one_of("status", []), one_of("status", []), id="status-asked"),
        pytest.param(Not(IS_ACTIVE), Not(IS_ACTIVE), id="denied"),
        pytest.param(AnyOf((CITY, Not(IS_ACTIVE))), AnyOf((CITY, Not(IS_ACTIVE))), id="deep-within"),
    ],
)
def test_active_unless_status_is_said(condition, expected):
    """Active contacts are meant where status stands nowhere in a filter."""
    assert with_default_status(condition) == expected


def test_a_filter_has_an_end():
    """A filter may hold as many parts as is said, groups counted and however they nest, and no more."""
    with_default_status(AllOf((CITY,) * (MAX_PARTS - 1)))
    for more in (
        AllOf((CITY,) * MAX_PARTS),
        AnyOf((Not(CITY),) * (MAX_PARTS // 2)),
        AllOf((EVERYTHING,) * 200),
    ):
        with pytest.raises(BadInput, match="where takes 200 parts at most"):
            with_default_status(more)


def test_what_is_looked_at():
    """Criteria name their fields and paths: those of condition, order and search; the system needs none."""
    condition = AnyOf((Not(PHONE), AllOf((Has("system", OneOf(("a",))), contains("customField:9", "x")))))
    order = Order((OrderKey(OrderField.CITY), OrderKey(OrderField.RELEVANCE)), "x")
    criteria = Criteria(condition, None, order)
    assert [each.field for each in asking.tests(condition)] == ["phone", "system", "customField:9"]
    assert criteria.asked() == {"phone", "city", "customField:9"}
    assert criteria.paths() == {"phones", "address.city", "customFields"}
    assert {"persons", "displayName"} <= Criteria(EVERYTHING, search_of("a")).paths()


ROW = contact("1", "Ann", complete=False, unknown=frozenset({"phones", "persons"}), phones=None, persons=None)
KNOWN, OTHER = one_of("name", ["ann"]), one_of("name", ["bob"])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(KNOWN, True, id="known"),
        pytest.param(PHONE, None, id="not-known"),
        pytest.param(Has("phone", IsEmpty(wanted=True)), None, id="not-known-is-not-empty"),
        pytest.param(Not(PHONE), None, id="denied"),
        pytest.param(AllOf((KNOWN, PHONE)), None, id="and-with-what-holds"),
        pytest.param(AllOf((PHONE, OTHER)), False, id="and-with-what-does-not"),
        pytest.param(AnyOf((PHONE, KNOWN)), True, id="or-with-what-holds"),
        pytest.param(AnyOf((PHONE, OTHER)), None, id="or-with-what-does-not"),
        pytest.param(AllOf(()), True, id="all-of-nothing"),
        pytest.param(AnyOf(()), False, id="any-of-nothing"),
        pytest.param(Has("system", OneOf(("acumulus",))), True, id="its-system"),
        pytest.param(Has("system", OneOf(("moneybird",))), False, id="another-system"),
    ],
)
def test_three_answers(condition, expected):
    """What hangs on details that are not read is undecided, unless the rest decides."""
    assert decide(Criteria(condition), entry(ROW), "acumulus") is expected


def test_what_is_read_in_full_is_decided():
    """A system that does not tell a field leaves no contact undecided that is read in full."""
    full = contact("1", complete=True, unknown=frozenset({"phones"}))
    assert decide(Criteria(PHONE), entry(full), "x") is False
    assert decide(Criteria(Not(PHONE)), entry(full), "x") is True
    assert decide(Criteria(EVERYTHING, search_of("zz")), entry(full), "x") is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ann", True, id="found-in-the-row"),
        pytest.param("ann zz", None, id="perhaps-in-the-details"),
        pytest.param("a n ann", True, id="every-word-in-one-place"),
    ],
)
def test_a_search_of_a_thin_row(text, expected):
    """Words found in the row are found; the others may stand in details that are not read."""
    assert decide(Criteria(EVERYTHING, search_of(text)), entry(ROW), "x") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("aa straat", True, id="in-two-fields"),
        pytest.param("aastraat", False, id="not-across-two"),
        pytest.param("11ab", True, id="a-code-in-part"),
        pytest.param("10-11", True, id="a-code-with-a-dash"),
    ],
)
def test_every_word_hits(text, expected):
    """Every word stands somewhere, each in a field of its own if need be, and none across two."""
    where = PostalAddress(line1="Straat", city="Aa", postal_code="1011 AB")
    criteria = Criteria(EVERYTHING, search_of(text))
    assert decide(criteria, entry(contact("1", address=where)), "x") is expected


@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [
        pytest.param(None, None, True, id="no-bounds"),
        pytest.param(6, 8, True, id="between"),
        pytest.param(7, None, False, id="just-after"),
        pytest.param(None, 7, False, id="just-before"),
        pytest.param(8, 6, False, id="the-wrong-way-round"),
    ],
)
def test_bounds_are_excluded(after, before, expected):
    """A moment lies between two others when it is neither of them, and without a value in no time at all."""
    assert passes(Between(after, before), (7,)) is expected
    assert passes(Between(after, before), ()) is False


def test_status_as_it_is():
    """The default condition takes active contacts, and leaves out those whose status nobody knows."""
    found = [decide(Criteria(), entry(contact("1", status=status)), "x") for status in ContactStatus]
    assert found == [True, False, False]

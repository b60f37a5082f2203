"""The indexed answers and those of a plain scan are the same, over thousands of books and queries."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.directory import criteria as asked
from gateway.directory.entry import entry
from gateway.directory.fields import SYSTEM, micros
from gateway.directory.index import Index
from gateway.directory.order import OrderField, OrderKey, order_of
from gateway.directory.paging import CursorSeal, PageRequest, paginate
from gateway.directory.selection import Selection
from gateway.directory.snapshot import Snapshot
from gateway.domain.contact import ContactKind, ContactRole, ContactStatus, DeliveryMethod
from tests.directory import plain
from tests.directory.invented import (
    CHAMBERS,
    CITIES,
    EMAILS,
    IBANS,
    IDS,
    MOMENTS,
    NAMES,
    NOW,
    NUMBERS,
    ODD,
    PHONES,
    POSTALS,
    VATS,
    WORDS,
    WORKFLOWS,
    Maker,
)
from tests.directory.plain import Ask, Either, Every, Never, Query, Shelf

SEAL = CursorSeal(b"a key for scans")
ALL_ROWS = 100_000

BOOKS = (("shop", "moneybird"), ("web", "acumulus"), ("zz", "moneybird"))

TEXT_FIELDS = {
    "name": NAMES,
    "firstName": NAMES,
    "lastName": NAMES,
    "city": CITIES,
    "postalCode": POSTALS,
    "email": EMAILS,
    "phone": PHONES,
    "customerNumber": NUMBERS,
    "vatNumber": VATS,
    "chamberOfCommerce": CHAMBERS,
    "iban": IBANS,
    "label": WORDS,
    "department": WORDS,
    "customField:1": WORDS,
    "customField:none": WORDS,
}
CHOICE_FIELDS = {
    "status": list(ContactStatus),
    "kind": list(ContactKind),
    "roles": list(ContactRole),
    "system": ["moneybird", "acumulus", "other"],
    "country": ["nl", "Nederland", "BE", "belgië", "Germany", "nowhere", "", "US"],
    "deliveryMethod": list(DeliveryMethod),
    "trusted": ["true", "false"],
    "hasMandate": ["true", "false"],
    "hasOpenTodo": ["true", "false"],
    "invoiceWorkflowId": WORKFLOWS,
    "estimateWorkflowId": WORKFLOWS,
    "remoteId": IDS,
}
SEARCHABLE = [*NAMES, *CITIES, *POSTALS, *EMAILS, *PHONES, *NUMBERS, *VATS, *CHAMBERS, *IBANS, *WORDS, *ODD]

BOOK_SIZES = (0, 1, 2, 9, 33, 64, 100, 140)
"""On both sides of where few positions become many."""

SEEDS = st.integers(1_000, 999_999)


@st.composite
def books(draw):
    """Return snapshots with an overlay of changes, and the shelves of contacts that they amount to."""
    snapshots, shelves = [], []
    for slug, system in BOOKS[: draw(st.integers(1, 3))]:
        size, seed = draw(st.sampled_from(BOOK_SIZES)), draw(SEEDS)
        old = {key(at): seed + at for at in range(size)}
        changes = {f"new{at}": seed - at for at in range(draw(st.integers(0, 4)))}
        if old:
            changes |= draw(st.dictionaries(st.sampled_from(sorted(old)), st.none() | SEEDS, max_size=6))
        made = {remote: Maker(seed).contact(slug, remote) for remote, seed in old.items()}
        changed = {
            remote: None if seed is None else Maker(seed).contact(slug, remote)
            for remote, seed in changes.items()
        }
        snapshots.append(replace(snapshot_of(made.values()), overlay=entries(changed)))
        shelves.append(Shelf(system, tuple(each for each in (made | changed).values() if each)))
    return snapshots, shelves


def key(at: int) -> str:
    return f"k-{at}" if at % 7 == 2 else str(at)


def entries(contacts):
    return {remote: entry(each) if each else None for remote, each in contacts.items()}


def snapshot_of(contacts) -> Snapshot:
    return Snapshot(Index(sorted(map(entry, contacts), key=lambda each: each.place)), {}, NOW)


def pieces(pool):
    """Texts of a pool, whole or in part."""
    whole = st.sampled_from(pool)
    part = st.builds(lambda text, start, size: text[start : start + size], whole, st.integers(0, 4), SIZES)
    return whole | part | st.sampled_from(ODD)


SIZES = st.integers(1, 6)
ASKS = st.one_of(
    *(
        st.one_of(
            st.builds(Ask, st.just(name), st.just("in"), st.lists(pieces(pool), max_size=3).map(tuple)),
            st.builds(Ask, st.just(name), st.sampled_from(["contains", "startsWith"]), pieces(pool)),
            st.builds(Ask, st.just(name), st.just("isEmpty"), st.booleans()),
        )
        for name, pool in TEXT_FIELDS.items()
    ),
    *(
        st.builds(Ask, st.just(name), st.just("in"), st.lists(st.sampled_from(pool), max_size=2).map(tuple))
        for name, pool in CHOICE_FIELDS.items()
    ),
    st.builds(
        Ask,
        st.sampled_from(["createdAt", "updatedAt"]),
        st.just("between"),
        st.tuples(st.none() | st.sampled_from(MOMENTS), st.none() | st.sampled_from(MOMENTS)),
    ),
)
WHERES = st.one_of(
    st.just(Every(())),
    ASKS,
    st.recursive(
        ASKS,
        lambda part: st.one_of(
            st.builds(Every, st.lists(part, max_size=3).map(tuple)),
            st.builds(Either, st.lists(part, max_size=3).map(tuple)),
            st.builds(Never, part),
        ),
        max_leaves=5,
    ),
)
SEARCHES = st.one_of(
    st.just(""),
    st.just(""),
    pieces(SEARCHABLE),
    st.lists(pieces(SEARCHABLE), min_size=1, max_size=3).map(" ".join),
)
ORDERS = st.lists(st.tuples(st.sampled_from([*OrderField, OrderField.RELEVANCE]), st.booleans()), max_size=3)


@st.composite
def queries(draw):
    """Return a question; relevance is asked for with a search alone."""
    search, order = draw(SEARCHES), draw(ORDERS)
    if not plain.folded(search).split():
        order = [(name, down) for name, down in order if name != "RELEVANCE"]
    return Query(draw(WHERES), search, tuple((str(name), down) for name, down in order))


def condition_of(where):
    """Turn a filter into the directory's words."""
    match where:
        case Every(parts):
            return asked.AllOf(tuple(map(condition_of, parts)))
        case Either(parts):
            return asked.AnyOf(tuple(map(condition_of, parts)))
        case Never(part):
            return asked.Not(condition_of(part))
        case Ask("system", _, wanted):
            return asked.Has(SYSTEM, asked.OneOf(wanted))
        case Ask(name, "in", wanted):
            return asked.one_of(name, map(str, wanted))
        case Ask(name, "isEmpty", wanted):
            return asked.Has(name, asked.IsEmpty(wanted))
        case Ask(name, "between", wanted):
            return asked.Has(name, asked.Between(*(each and micros(each) for each in wanted)))
    make = asked.contains if where.test == "contains" else asked.starts_with
    return make(where.field, where.wanted)


def criteria_of(query: Query) -> asked.Criteria:
    search = asked.search_of(query.search)
    keys = tuple(OrderKey(OrderField(name), down) for name, down in query.order)
    return asked.Criteria(condition_of(query.where), search, order_of(keys, search.text if search else ""))


def selected(snapshots, criteria):
    pairs = zip(snapshots, BOOKS, strict=False)
    return [Selection(snapshot, criteria, system) for snapshot, (_, system) in pairs]


def keys(rows) -> list[tuple[str, str]]:
    return [(each.key.administration, each.key.remote) for each in rows]


def shown(page):
    return keys(row.contact for row in page.rows)


def same_list(forms, shelves, query: Query, pages: int) -> None:
    """Compare one list as a whole, its count, what is undecided, and every page of it both ways."""
    criteria = criteria_of(query)
    expected = keys(plain.listed(shelves, query))
    undecided = [sorted(plain.open_ones(shelf, query)) for shelf in shelves]
    for held in forms:
        for backward in (False, True):
            whole = paginate(selected(held, criteria), criteria.order, PageRequest(ALL_ROWS, backward))
            assert shown(whole) == expected
            assert (whole.has_next, whole.has_previous) == (False, False)
            assert paged(held, criteria, 1 + len(expected) // pages, backward=backward) == expected
        chosen = selected(held, criteria)
        assert sum(each.count() for each in chosen) == len(expected)
        assert [sorted(each.undecided()) for each in chosen] == undecided


def paged(snapshots, criteria, size: int, *, backward: bool):
    """Walk along a list by cursors, from one end to the other; what pages say of their sides is checked."""
    found, cursor, behind = [], None, False
    while True:
        place = None if cursor is None else SEAL.open(criteria.order, cursor)
        sides = {"before": place} if backward else {"after": place}
        page = paginate(selected(snapshots, criteria), criteria.order, PageRequest(size, backward, **sides))
        found = shown(page) + found if backward else found + shown(page)
        ahead, back = page.has_next, page.has_previous
        if backward:
            ahead, back = back, ahead
        assert back is behind
        if not ahead:
            return found
        assert len(page.rows) == size
        behind = True
        cursor = SEAL.close(criteria.order, page.rows[0 if backward else -1].place)


@pytest.mark.timeout(600)  # half a minute's work, on a machine that may be busy
@settings(
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(books(), st.lists(st.tuples(queries(), st.integers(1, 6)), min_size=20, max_size=30))
def test_as_a_scan_finds_it(book, questions):
    """Rows, order, counts, pages both ways and what is undecided are those of a scan, overlay or none."""
    snapshots, shelves = book
    folded = [each.folded() for each in snapshots]
    for query, pages in questions:
        same_list((snapshots, folded), shelves, query, pages)

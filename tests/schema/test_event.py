"""A contact's history, a page at a time."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.contact import ContactEvent
from gateway.domain.errors import BadInput
from gateway.schema.event import page_of_events
from tests.fakes import NOW

FIVE = tuple(ContactEvent(f"e{number}", NOW - timedelta(days=number)) for number in range(5))


def page(events=FIVE, **given_arguments):
    arguments = {"first": None, "after": None, "last": None, "before": None} | given_arguments
    return page_of_events(events, **arguments)


def actions(connection) -> list[str]:
    return [node.action for node in connection.nodes]


def cursor_of(action: str) -> str:
    return next(edge.cursor for edge in page().edges if edge.node.action == action)


@pytest.mark.parametrize(
    ("arguments", "expected", "around"),
    [
        pytest.param({}, "01234", (False, False), id="all"),
        pytest.param({"first": 2}, "01", (True, False), id="newest"),
        pytest.param({"last": 2}, "34", (False, True), id="oldest"),
        pytest.param({"first": 2, "after": "e1"}, "23", (True, True), id="after"),
        pytest.param({"last": 2, "before": "e3"}, "12", (True, True), id="before"),
        pytest.param({"after": "e0", "before": "e4"}, "123", (True, True), id="between"),
        pytest.param({"first": 0}, "", (True, False), id="none"),
        pytest.param({"after": "e4"}, "", (False, True), id="after-the-end"),
        pytest.param({"before": "e0"}, "", (True, False), id="before-the-start"),
        pytest.param({"after": "e3", "before": "e1"}, "", (True, True), id="crossed"),
    ],
)
def test_pages(arguments, expected, around):
    """Pages are cut from the newest on, and tell what lies on either side."""
    given_arguments = {
        name: cursor_of(value) if isinstance(value, str) else value for name, value in arguments.items()
    }
    found = page(**given_arguments)
    assert actions(found) == [f"e{number}" for number in expected]
    assert (found.page_info.has_next_page, found.page_info.has_previous_page) == around
    assert found.total_count == 5
    ends = [found.edges[0].cursor, found.edges[-1].cursor] if expected else [None, None]
    assert [found.page_info.start_cursor, found.page_info.end_cursor] == ends


def test_new_events_move_nothing():
    """A cursor keeps its place when newer events come in at the front."""
    cursor = page(first=2).page_info.end_cursor
    longer = (ContactEvent("new", NOW + timedelta(days=1)), *FIVE)
    assert actions(page(longer, after=cursor)) == ["e2", "e3", "e4"]


@given(st.integers(0, 12), st.integers(1, 5))
def test_walking_meets_everything_once(count, size):
    """Going on from page to page meets every event once."""
    events = tuple(ContactEvent(f"e{number}", NOW) for number in range(count))
    met, after, goes_on = [], None, True
    while goes_on:
        found = page(events, first=size, after=after)
        met += actions(found)
        after, goes_on = found.page_info.end_cursor, found.page_info.has_next_page
    assert met == [event.action for event in events]


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("e1", id="words"),
        pytest.param("Ünicode", id="not-ascii"),
        pytest.param(encoded("event:1:-1"), id="negative"),
        pytest.param(encoded("event:1:01"), id="spelled-otherwise"),
        pytest.param(encoded("event:2:1"), id="another-form"),
        pytest.param(encoded("event:1:" + "9" * 5000), id="huge"),
        pytest.param(encoded("event:1:x"), id="no-number"),
        pytest.param(encoded("event:1:1") + "=", id="padded"),
    ],
)
@pytest.mark.parametrize("side", ["after", "before"])
def test_what_is_no_cursor(side, cursor):
    """A cursor that was not made here is malformed."""
    with pytest.raises(BadInput, match="malformed"):
        page(**{side: cursor})


def test_both_sizes():
    """The rules of sizes are those of every list."""
    with pytest.raises(BadInput, match="not both"):
        page(first=1, last=1)


def test_what_an_event_tells_is_shown_as_json():
    """Changes and data are shown as values; an event without any shows null."""
    told, silent = page(
        (ContactEvent("a", NOW, changes=b'{"city":["A",null]}', data=b'{"n":1.5}'), ContactEvent("b", NOW))
    ).nodes

    assert (told.changes, told.data) == ({"city": ["A", None]}, {"n": 1.5})
    assert (silent.changes, silent.data) == (None, None)

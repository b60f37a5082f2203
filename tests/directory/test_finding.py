"""Having a system look for contacts in a book that is not loaded yet."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.directory.criteria import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Between,
    Criteria,
    Has,
    IsEmpty,
    Not,
    OneOf,
    contains,
    one_of,
    search_of,
    starts_with,
    with_default_status,
)
from gateway.directory.fields import micros
from gateway.directory.finding import helped, question_of
from gateway.domain.administration import SourceState
from gateway.domain.contact import ContactStatus
from gateway.domain.errors import CredentialsRejected, NotLoaded
from gateway.domain.question import Question
from gateway.flight import Urgency, urgency
from gateway.telemetry import Cause, cause
from tests.directory.unloaded import AWAY, QUESTION, keys_of, read_list, shown, six
from tests.fakes import NOW, FakeContacts, contact, turns

SPENT = NotLoaded("Moneybird is not asked for more now.", retry_after=NOW + timedelta(seconds=100))
ACTIVE = one_of("status", ["ACTIVE"])


def active(*parts):
    return AllOf((ACTIVE, *parts))


class TestQuestion:
    """What is told of a list's criteria."""

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            pytest.param(one_of("email", ["Á@b.nl"]), {"equal": (("emails", "Á@b.nl"),)}, id="as-written"),
            pytest.param(one_of("email", ["a", "b"]), None, id="one-of-two"),
            pytest.param(one_of("email", ["A", "a"]), {"equal": (("emails", "a"),)}, id="two-that-are-one"),
            pytest.param(contains("name", "Én"), {"texts": (("displayName", "Én"),)}, id="contains"),
            pytest.param(starts_with("city", "Aa "), {"texts": (("address.city", "Aa "),)}, id="starts"),
            pytest.param(
                Has("createdAt", Between(micros(NOW), micros(NOW))),
                {"after": (("createdAt", NOW),)},
                id="after",
            ),
            pytest.param(Has("createdAt", Between(None, 5)), None, id="before-alone"),
            pytest.param(Has("email", IsEmpty(False)), None, id="is-there"),
            pytest.param(AnyOf((one_of("email", ["a"]),)), None, id="one-of-several-conditions"),
            pytest.param(Not(one_of("email", ["a"])), None, id="not"),
            pytest.param(
                AllOf((AllOf((one_of("kind", ["PERSON"]),)), one_of("firstName", ["Bo"]))),
                {"equal": (("kind", "PERSON"), ("firstName", "Bo"))},
                id="all-of-all",
            ),
            pytest.param(one_of("hasMandate", ["true"]), None, id="told-by-several-paths"),
            pytest.param(one_of("customField:7", ["x"]), None, id="the-owner's-own"),
            pytest.param(AllOf((one_of("email", ["a"]), Has("city", OneOf(())))), None, id="nobody"),
            pytest.param(Has("system", OneOf(("acumulus",))), None, id="another-system"),
            pytest.param(EVERYTHING, None, id="everything"),
        ],
    )
    def test_of_a_condition(self, condition, expected):
        """What holds of every contact that is listed is told, as it was written, and nothing else."""
        found = question_of(Criteria(active(condition)), "moneybird")
        assert found == (None if expected is None else Question(**expected))

    def test_of_a_search(self):
        """The words are told as they were written, beside the condition."""
        criteria = Criteria(active(one_of("lastName", ["Bo"])), search_of(" Größe  zee\u00a0Ωm "))
        expected = Question(words=("Größe", "zee", "Ωm"), equal=(("lastName", "Bo"),))
        assert question_of(criteria, "moneybird") == expected

    def test_of_its_own_system(self):
        """A condition on the system that holds changes nothing."""
        criteria = Criteria(active(Has("system", OneOf(("acumulus", "moneybird")))), search_of("N5"))
        assert question_of(criteria, "moneybird") == QUESTION

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            pytest.param(with_default_status(EVERYTHING), False, id="active"),
            pytest.param(one_of("status", ["ACTIVE", "ARCHIVED"]), True, id="both"),
            pytest.param(one_of("status", ["ARCHIVED"]), True, id="archived"),
            pytest.param(one_of("status", ["UNKNOWN"]), False, id="unknown"),
            pytest.param(Not(ACTIVE), True, id="not-active"),
            pytest.param(AnyOf((ACTIVE, one_of("city", ["Aa"]))), True, id="active-or-something"),
        ],
    )
    def test_archived(self, condition, expected):
        """Archived contacts are looked for unless the condition leaves them out for certain."""
        found = question_of(Criteria(condition, search_of("N5")), "moneybird")
        assert found
        assert found.with_archived is expected


@pytest.fixture
def contacts() -> FakeContacts:
    return six()


class TestAsking:
    """When a system is asked, and what is shown of it."""

    async def test_after_a_load_that_broke_off(self, book, contacts):
        """What a list lacks is looked for and shown; the book is as little whole as before."""
        listing = await read_list(book)
        source = listing.sources[0]
        assert (shown(listing), listing.total, source.match_count) == (["N5"], None, None)
        assert (source.state, source.problem, source.contact_count) == (SourceState.PARTIAL, AWAY, 6)
        assert contacts.switch.asked("find") == [QUESTION]
        assert keys_of(book) == set("12345")

    async def test_a_ration_that_is_used_up(self, book, contacts):
        """Why rows are lacking is told with how many there are, and from when on there may be more."""
        contacts.switch.failing["part 5"] = SPENT
        problem = (await read_list(book)).sources[0].problem
        words = "5 of 6 contacts have been loaded so far. Moneybird is not asked for more now."
        assert (type(problem), problem.message, problem.retry_after) == (NotLoaded, words, SPENT.retry_after)

    async def test_before_anything_came(self, book, contacts):
        """What is found stands alone where nothing arrived; how large the book is nobody knows."""
        contacts.switch.failing["scan"] = SPENT
        listing = await read_list(book)
        source = listing.sources[0]
        assert (shown(listing), source.contact_count) == (["N5"], None)
        assert source.state is SourceState.PARTIAL
        assert source.problem.message.startswith("1 contacts have been loaded so far.")

    async def test_a_load_that_ends_in_time_has_no_help(self, book, contacts):
        """A load that makes the book whole is waited for, and nothing else is asked."""
        contacts.switch.failing.clear()
        listing = await read_list(book)
        assert (shown(listing), listing.sources[0].state) == (["N5"], SourceState.FRESH)
        assert contacts.switch.asked("find") == []

    async def test_beside_a_load_that_takes_long(self, book, contacts):
        """A load that has had its head start goes on while the system is asked."""
        contacts.switch.failing.clear()
        gate = contacts.switch.shut("part 3")
        helping = asyncio.create_task(helped(book.renew(), book, QUESTION, None, 0.0))
        await contacts.switch.until("find")
        await turns()
        assert keys_of(book) == set("125")
        gate.set()
        await helping
        assert book.snapshot.is_whole

    async def test_the_head_start_is_a_part_of_the_time(self, book, contacts):
        """Past a third of a list's time the system is asked, and the load still has the rest."""
        contacts.switch.failing.clear()
        gate = contacts.switch.shut("part 3")
        listing = asyncio.create_task(read_list(book, seconds=6.0))
        await contacts.switch.until("find")
        assert not listing.done()
        gate.set()
        assert (await listing).sources[0].state is SourceState.FRESH

    async def test_a_whole_book_answers_by_itself(self, book, contacts, clock):
        """A book that was read once is not helped, however old it is, whatever fails."""
        contacts.switch.failing.clear()
        await book.renew()
        clock.move(3600)
        contacts.switch.failing["scan"] = AWAY
        listing = await read_list(book)
        assert (shown(listing), listing.sources[0].state) == (["N5"], SourceState.STALE)
        assert contacts.switch.asked("find") == []

    @pytest.mark.parametrize("search", ["", " \n"], ids=["none", "blanks"])
    async def test_nothing_is_looked_for(self, book, contacts, search):
        """A list that asks for nothing in particular asks nobody."""
        assert shown(await read_list(book, search)) == ["N1", "N2", "N3", "N4"]
        assert contacts.switch.asked("find") == []

    async def test_a_system_that_cannot(self, book, contacts):
        """Where the system cannot look the list is what arrived."""
        contacts.finds = None
        assert shown(await read_list(book, "N4")) == ["N4"]

    async def test_who_turned_us_away(self, book, contacts):
        """A system that does not accept the credentials is not asked besides."""
        contacts.switch.failing["part 5"] = CredentialsRejected("no")
        assert shown(await read_list(book)) == []
        assert contacts.switch.asked("find") == []

    async def test_as_a_single_question_on_demand(self, book, contacts):
        """The system is asked for somebody who waits, and not as part of a load."""
        seen = []
        contacts.finds = lambda _: seen.append((urgency(), cause())) or []
        await read_list(book)
        assert seen == [(Urgency.WAITED, Cause.DEMAND)]

    async def test_the_list_decides(self, book, contacts):
        """Whatever the system finds, the list shows only what it asks for, also later."""
        archived = contact("6", "N5 old", status=ContactStatus.ARCHIVED)
        contacts.finds = lambda _: [contact("5", "N5"), contact("7", "Other"), archived]
        assert shown(await read_list(book)) == ["N5"]
        assert shown(await read_list(book, "other")) == ["Other"]

"""What a journal keeps of a result, and what stands for an input."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from gateway.domain.changes import FieldChange
from gateway.domain.charge import Charge, Period
from gateway.domain.contact import ContactStatus
from gateway.domain.faults import Fault, FaultCode, Notice, NoticeCode, Outcome
from gateway.ports import Link, Settled
from gateway.services.remembering import input_digest, key_digest, result_of, settled_as
from gateway.services.result import Result
from tests.fakes import NOW

PERIOD = Period(date(2026, 1, 1), date(2026, 1, 31))


def again(result: Result) -> Result:
    """Put a result to rest as JSON and take it up once more."""
    text = msgspec.json.encode(settled_as("i", NOW, result, "1"))
    return result_of(msgspec.json.decode(text, type=Settled), result.administration or "")


def test_everything_that_is_told_again():
    """All but the contact and the faults comes back as it was, through JSON."""
    result = Result(
        Outcome.CREATED,
        "shop",
        part="p1",
        charge=Charge("c1", Decimal("12.50"), billed=False, quantity="5 x"),
        link=Link("https://pay.test/1?t=x", datetime(2026, 12, 1, 10, 30, tzinfo=UTC)),
        changes=(FieldChange("emails", (), ("a@b.test", "c@d.test")), FieldChange("label", "x", None)),
        notices=(Notice(NoticeCode.PERSON_ADDED, "Added.", "person"),),
    )
    assert again(result) == result
    assert again(Result(Outcome.SENT, "shop")) == Result(Outcome.SENT, "shop")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param(Decimal("21.00"), "21.00", id="number"),
        pytest.param(date(2026, 2, 3), "2026-02-03", id="day"),
        pytest.param(ContactStatus.ARCHIVED, "ARCHIVED", id="word"),
        pytest.param(True, True, id="flag"),
        pytest.param("", "", id="empty-text"),
        pytest.param(None, None, id="nothing"),
        pytest.param(("b", "a"), ("b", "a"), id="texts-in-their-order"),
    ],
)
def test_values_of_changes(value, told):
    """A changed value comes back as it is shown."""
    (change,) = again(Result(Outcome.UPDATED, "shop", changes=(FieldChange("f", None, value),))).changes
    assert change.after == told


def test_what_a_settled_entry_shows_of_itself():
    """What the first answer told stands in no log, not by accident either."""
    settled = settled_as("i", NOW, Result(Outcome.CREATED, link=Link("https://pay.test/1")), None)
    assert "pay.test" not in repr(settled)


def test_faults_are_not_kept():
    """An unknown outcome is looked into again, so its faults are not at rest."""
    fault = Fault(FaultCode.OUTCOME_UNKNOWN, "Nobody knows.")
    settled = settled_as("i", NOW, Result(Outcome.UNKNOWN, "shop", faults=(fault,)), "1")
    assert (settled.outcome, settled.contact, "Nobody" in str(settled.told)) == ("UNKNOWN", "1", False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, True, id="order"),
        pytest.param({"a": frozenset("xyz")}, {"a": frozenset("zyx")}, True, id="sets"),
        pytest.param({"a": None}, {}, False, id="null-is-not-absent"),
        pytest.param({"a": "1"}, {"a": "2"}, False, id="value"),
        pytest.param({"a": ("1", "2")}, {"a": ("2", "1")}, False, id="order-of-texts"),
        pytest.param({"a": PERIOD}, {"a": Period(PERIOD.start, date(2026, 1, 30))}, False, id="period"),
        pytest.param({"a": Decimal("1.5")}, {"a": Decimal("1.6")}, False, id="number"),
        pytest.param({"a": date(2026, 1, 1)}, {"a": date(2026, 1, 2)}, False, id="day"),
        pytest.param({"a": True}, {"a": False}, False, id="flag"),
    ],
)
def test_inputs(one, other, same):
    """Inputs of one meaning have one digest, others have others."""
    assert (input_digest(one) == input_digest(other)) is same


def test_keys():
    """A key stands for itself and its mutation, whatever letters it has, and is not readable."""
    keys = [("m", "k"), ("m", "l"), ("n", "k"), ("m", "\ud800"), ("m", ""), ("m", "k" * 10_000)]
    digests = [key_digest(*each) for each in keys]
    assert len(set(digests)) == len(keys)
    assert {len(each) for each in digests} == {64}

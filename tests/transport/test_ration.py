"""How many calls a system still takes."""

from datetime import timedelta

import pytest

from gateway.domain.administration import Quota
from gateway.ports import Ration
from gateway.transport.ration import RationGate
from tests.fakes import NOW


def later(seconds: float):
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("ration", "until"),
    [
        pytest.param(Ration(150, 0, later(60)), later(60), id="used-up"),
        pytest.param(Ration(150, 1, later(60)), None, id="one-left"),
        pytest.param(Ration(150, 0, later(0)), None, id="window-over"),
        pytest.param(Ration(150, 0), None, id="no-reset-told"),
        pytest.param(Ration(retry_after=later(5)), later(5), id="refused"),
        pytest.param(Ration(150, 0, later(60), later(90)), later(90), id="refused-beyond-the-window"),
        pytest.param(Ration(150, 10, later(60), later(-1)), None, id="refusal-over"),
        pytest.param(Ration(), None, id="nothing-told"),
    ],
)
def test_learnt_closing(ration, until):
    """A gate closes until the window ends when nothing remains, and until the moment that a refusal named."""
    gate = RationGate()
    gate.learn(ration, gate.spend(NOW, 0))
    assert gate.closed_until(NOW, 0) == until


def test_it_opens_again():
    """At the moment that was told the gate is open."""
    gate = RationGate()
    gate.learn(Ration(150, 0, later(60)), gate.spend(NOW, 0))
    assert gate.closed_until(later(59.9), 0) == later(60)
    assert gate.closed_until(later(60), 0) is None


def test_per_minute():
    """No more calls than configured go out in any sixty seconds; each makes room a minute after it."""
    gate = RationGate()
    for second in (0, 10, 20):
        assert gate.closed_until(later(second), 3) is None
        gate.spend(later(second), 3)
    assert gate.closed_until(later(30), 3) == later(60)
    assert gate.closed_until(later(60), 3) is None
    gate.spend(later(60), 3)
    assert gate.closed_until(later(69), 3) == later(70)


def test_no_limit():
    """Zero calls a minute is no limit."""
    gate = RationGate()
    for _ in range(1000):
        gate.spend(NOW, 0)
    assert gate.closed_until(NOW, 0) is None
    assert gate.quota(NOW, 0) is None


def test_calls_on_their_way_count():
    """A call counts when it is sent: the last that is left closes the gate before its answer is there."""
    gate = RationGate()
    gate.learn(Ration(150, 2, later(60)), gate.spend(NOW, 0))
    gate.spend(NOW, 0)
    gate.spend(NOW, 0)
    assert gate.closed_until(NOW, 0) == later(60)
    gate.spend(NOW, 0)
    assert gate.quota(NOW, 0) == Quota(150, 0, later(60))


def test_a_call_that_did_not_arrive_is_given_back():
    """Who could not be reached has counted nothing; where nothing is told there is nothing to give back."""
    gate = RationGate()
    gate.learn(Ration(150, 1, later(60)), gate.spend(NOW, 0))
    gate.spend(NOW, 0)
    assert gate.closed_until(NOW, 0) == later(60)
    gate.give_back()
    assert gate.closed_until(NOW, 0) is None
    untold = RationGate()
    untold.give_back()
    assert untold.quota(NOW, 0) is None


def test_late_answers_raise_nothing():
    """An answer that was overtaken does not bring back what is used; a new window does."""
    gate = RationGate()
    first, second = gate.spend(NOW, 0), gate.spend(NOW, 0)
    gate.learn(Ration(150, 5, later(60)), second)
    gate.learn(Ration(150, 6, later(60)), first)
    assert gate.quota(NOW, 0) == Quota(150, 5, later(60))
    gate.learn(Ration(150, 149, later(120)), gate.spend(NOW, 0))
    assert gate.quota(NOW, 0) == Quota(150, 149, later(120))


def test_a_late_answer_of_the_last_window_is_past():
    """What an earlier window had left says nothing of this one."""
    gate = RationGate()
    first, second = gate.spend(NOW, 0), gate.spend(later(60), 0)
    gate.learn(Ration(150, 149, later(360)), second)
    gate.learn(Ration(150, 0, later(60)), first)
    assert gate.quota(later(60), 0) == Quota(150, 149, later(360))


def test_calls_sent_since_are_taken_off():
    """What an answer tells was true before the calls that were sent after it."""
    gate = RationGate()
    first = gate.spend(NOW, 0)
    gate.spend(NOW, 0)
    gate.spend(NOW, 0)
    gate.learn(Ration(150, 10, later(60)), first)
    assert gate.quota(NOW, 0) == Quota(150, 8, later(60))


def test_a_system_that_does_not_count_is_believed():
    """Who says after each of a thousand calls that 149 are left is never closed."""
    gate = RationGate()
    for _ in range(1000):
        assert gate.closed_until(NOW, 0) is None
        gate.learn(Ration(150, 149, later(60)), gate.spend(NOW, 0))


def test_what_an_answer_leaves_out_stays():
    """An answer without the ration forgets nothing of it."""
    gate = RationGate()
    gate.learn(Ration(150, 5, later(60)), gate.spend(NOW, 0))
    gate.learn(Ration(retry_after=later(3)), 1)
    assert gate.quota(NOW, 0) == Quota(150, 5, later(60))


def test_quota_after_the_window():
    """When the window is over all calls are there again, and the next window's end is not known."""
    gate = RationGate()
    gate.learn(Ration(150, 0, later(60)), gate.spend(NOW, 0))
    assert gate.quota(later(60), 0) == Quota(150, 150)


def test_quota_of_settings():
    """Where the system tells nothing the configured limit is counted."""
    gate = RationGate()
    assert gate.quota(NOW, 30) == Quota(30, 30)
    gate.spend(NOW, 30)
    gate.spend(later(10), 30)
    assert gate.quota(later(20), 30) == Quota(30, 28, later(60))
    assert gate.quota(later(65), 30) == Quota(30, 29, later(70))

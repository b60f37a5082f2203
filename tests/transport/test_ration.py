"""How many calls a system still takes, and for what."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from gateway.domain.administration import Quota
from gateway.flight import Urgency
from gateway.ports import Allowance, Ration
from gateway.transport.ration import LONGEST, Budget
from tests.fakes import NOW, Clock

NONE = Allowance()
A_FEW = Allowance(3, 60)
HOUR = 3600


def later(seconds: float):
    return NOW + timedelta(seconds=seconds)


def told(ration: Ration, allowance: Allowance = NONE) -> Budget:
    """Return a budget to which the answer to one call told this."""
    budget = Budget(allowance)
    budget.learn(ration, budget.spend(NOW), NOW)
    return budget


def spent(budget: Budget, count: int, seconds: float = 0) -> list[int]:
    """Send so many calls."""
    return [budget.spend(later(seconds)) for _ in range(count)]


@pytest.mark.parametrize(
    ("ration", "until"),
    [
        pytest.param(Ration(150, 0, later(60)), later(60), id="used-up"),
        pytest.param(Ration(150, 1, later(60)), None, id="one-left"),
        pytest.param(Ration(150, 0, later(0)), None, id="window-over"),
        pytest.param(Ration(150, 0), later(60), id="no-reset-told"),
        pytest.param(Ration(remaining=0), None, id="no-limit-told"),
        pytest.param(Ration(retry_after=later(5)), later(5), id="refused"),
        pytest.param(Ration(150, 0, later(60), later(90)), later(90), id="refused-beyond-the-window"),
        pytest.param(Ration(150, 0, later(60), later(30)), later(60), id="refused-and-used-up"),
        pytest.param(Ration(150, 10, later(60), later(-1)), None, id="refusal-over"),
        pytest.param(Ration(retry_after=later(48 * HOUR)), later(24 * HOUR), id="two-days"),
        pytest.param(Ration(150, 0, later(48 * HOUR)), later(24 * HOUR), id="window-of-two-days"),
        pytest.param(Ration(), None, id="nothing-told"),
    ],
)
def test_learnt_closing(ration, until):
    """It closes until the window ends when nothing remains, and until the moment that a refusal named."""
    assert told(ration).closed_until(NOW, Urgency.WRITE) == until


@pytest.mark.parametrize(
    ("urgency", "kept"),
    [
        pytest.param(Urgency.WRITE, 0, id="write"),
        pytest.param(Urgency.WAITED, 6, id="waited"),
        pytest.param(Urgency.BULK, 30, id="bulk"),
        pytest.param(Urgency.BACKGROUND, 75, id="background"),
    ],
)
@pytest.mark.parametrize("learnt", [True, False], ids=["learnt", "own-count"])
def test_reserves(urgency, kept, learnt):
    """Of 150 calls each urgency leaves its part to what is more urgent, learnt or counted."""
    budget = told(Ration(150, 149, later(300))) if learnt else Budget(Allowance(150, 300))
    spent(budget, 149 - kept - learnt)
    assert budget.closed_until(later(1), urgency) is None
    budget.spend(NOW)
    assert budget.closed_until(later(1), urgency) == later(300)
    assert budget.closed_until(later(300), urgency) is None


def test_nothing_limits_nothing():
    """Without an allowance, and as long as nothing is told, everything passes and no count is shown."""
    budget = Budget(NONE)
    spent(budget, 1000)
    assert budget.closed_until(NOW, Urgency.BACKGROUND) is None
    assert budget.quota(NOW) is None


def test_it_opens_again():
    """At the moment that was told it is open."""
    budget = told(Ration(150, 0, later(60)))
    assert budget.closed_until(later(59.9), Urgency.WRITE) == later(60)
    assert budget.closed_until(later(60), Urgency.WRITE) is None


def test_own_count_rolls():
    """No more calls than allowed go out in any sixty seconds; each makes room a minute after it."""
    budget = Budget(A_FEW)
    for second in (0, 10, 20):
        assert budget.closed_until(later(second), Urgency.WRITE) is None
        budget.spend(later(second))
    assert budget.closed_until(later(30), Urgency.WRITE) == later(60)
    assert budget.closed_until(later(60), Urgency.WRITE) is None
    budget.spend(later(60))
    assert budget.closed_until(later(69), Urgency.WRITE) == later(70)


def test_quota_of_the_own_count():
    """Where the system tells nothing, what is counted is shown."""
    budget = Budget(Allowance(30, 60))
    assert budget.quota(NOW) == Quota(30, 30)
    spent(budget, 1)
    spent(budget, 1, 10)
    assert budget.quota(later(20)) == Quota(30, 28, later(60))
    assert budget.quota(later(65)) == Quota(30, 29, later(70))


def test_what_is_told_counts_more_than_the_own_count():
    """Others spend from the same window: its count is the system's."""
    budget = Budget(Allowance(150, 300))
    first, second = spent(budget, 2)
    budget.learn(Ration(150, 120, later(200)), first, NOW)
    assert budget.quota(NOW) == Quota(150, 119, later(200))
    budget.learn(Ration(150, 3, later(200)), second, NOW)
    assert budget.quota(NOW) == Quota(150, 3, later(200))
    assert budget.closed_until(NOW, Urgency.WAITED) == later(200)


def test_calls_on_their_way_count():
    """The last call that is left closes it before its answer is there."""
    budget = told(Ration(150, 2, later(60)))
    spent(budget, 2)
    assert budget.closed_until(NOW, Urgency.WRITE) == later(60)
    assert budget.quota(NOW) == Quota(150, 0, later(60))


def test_calls_on_their_way_are_taken_off():
    """What an answer tells may have been true before any call that is not answered yet, earlier ones too."""
    budget = Budget(NONE)
    _, second, *_ = spent(budget, 4)
    budget.learn(Ration(150, 10, later(60)), second, NOW)
    assert budget.quota(NOW) == Quota(150, 7, later(60))


def test_a_call_that_was_overtaken_at_the_system():
    """The last answer may be to the call that was counted first: of one window the least counts."""
    budget = Budget(NONE)
    first, second, third = spent(budget, 3)
    for number, left in ((first, 148), (second, 147), (third, 149)):
        budget.learn(Ration(150, left, later(60)), number, NOW)
    assert budget.quota(NOW) == Quota(150, 147, later(60))


def test_late_answers_raise_nothing():
    """An answer that was overtaken does not bring back what is used; a new window does."""
    budget = Budget(NONE)
    first, second = spent(budget, 2)
    budget.learn(Ration(150, 5, later(60)), second, NOW)
    budget.learn(Ration(150, 6, later(60)), first, NOW)
    assert budget.quota(NOW) == Quota(150, 5, later(60))
    budget.learn(Ration(150, 149, later(120)), budget.spend(NOW), NOW)
    assert budget.quota(NOW) == Quota(150, 149, later(120))


@pytest.mark.parametrize("ahead", [0, 1.5], ids=["over", "nearly-over"])
def test_a_late_answer_of_the_last_window_is_past(ahead):
    """What an earlier window had left says nothing of this one, also where clocks differ a little."""
    budget = Budget(NONE)
    first, second = spent(budget, 2)
    budget.learn(Ration(150, 149, later(360)), second, later(60))
    budget.learn(Ration(150, 0, later(60 + ahead)), first, later(60))
    assert budget.quota(later(60)) == Quota(150, 148, later(360))
    budget.learn(Ration(150, 148, later(360)), budget.spend(later(60)), later(60))
    assert budget.quota(later(60)) == Quota(150, 148, later(360))


def test_a_window_that_is_over_says_nothing_of_the_next():
    """Though it answers the newest call: one sent before it was counted after the end."""
    budget = Budget(NONE)
    first, second = spent(budget, 2)
    budget.learn(Ration(150, 5, later(360)), first, later(60))
    budget.learn(Ration(150, 100, later(60)), second, later(60))
    assert budget.quota(later(60)) == Quota(150, 4, later(360))


def test_a_call_that_is_lost_after_the_end_of_its_window():
    """It may have been counted in the new one, though nobody looked at the clock meanwhile."""
    budget = told(Ration(150, 3, later(60)))
    first, second = spent(budget, 2)
    budget.lose(first, later(61))
    budget.give_back(second)
    assert budget.quota(later(61)) == Quota(150, 149)


def test_the_window_after():
    """When a window is over all calls are there again but those on their way, its end not known."""
    budget = told(Ration(150, 0, later(60)))
    assert budget.quota(later(60)) == Quota(150, 150)
    busy = told(Ration(150, 3, later(60)))
    spent(busy, 2)
    assert busy.quota(later(60)) == Quota(150, 148)


def test_a_window_of_which_nothing_is_heard_ends_all_the_same():
    """A line on which nobody answers is not closed for good once its calls are spent."""
    budget = told(Ration(150, 0, later(60)), Allowance(150, 300))
    for number in spent(budget, 150, 60):
        budget.lose(number, later(65))
    assert budget.closed_until(later(70), Urgency.WRITE) == later(370)
    assert budget.closed_until(later(369), Urgency.WRITE) == later(370)
    assert budget.closed_until(later(370), Urgency.WRITE) is None


def test_a_call_that_did_not_arrive_is_given_back():
    """Who could not be reached has counted nothing; where nothing is told there is nothing to give back."""
    budget = told(Ration(150, 1, later(60)))
    number = budget.spend(NOW)
    assert budget.closed_until(NOW, Urgency.WRITE) == later(60)
    budget.give_back(number)
    assert budget.closed_until(NOW, Urgency.WRITE) is None
    assert budget.quota(NOW) == Quota(150, 1, later(60))
    budget.give_back(number)
    assert budget.quota(NOW) == Quota(150, 1, later(60))
    own = Budget(A_FEW)
    own.give_back(own.spend(NOW))
    assert own.quota(NOW) == Quota(3, 3)


def test_what_is_given_back_is_never_more_than_there_was():
    """A call of the last window gives nothing to a new one that has all its calls."""
    budget = told(Ration(150, 5, later(60)))
    number = budget.spend(NOW)
    budget.give_back(number)
    assert budget.quota(later(60)) == Quota(150, 150)
    late = told(Ration(150, 5, later(60)))
    number = late.spend(NOW)
    assert late.quota(later(60)) == Quota(150, 149)
    late.give_back(number)
    assert late.quota(later(60)) == Quota(150, 150)


def test_a_call_without_an_answer_may_have_been_counted():
    """It is taken off until a call that was sent after it was given up is answered."""
    budget = Budget(NONE)
    lost, meanwhile = spent(budget, 2)
    budget.lose(lost, NOW)
    budget.learn(Ration(150, 100, later(60)), meanwhile, NOW)
    assert budget.quota(NOW) == Quota(150, 99, later(60))
    budget.learn(Ration(150, 98, later(60)), budget.spend(NOW), NOW)
    assert budget.quota(NOW) == Quota(150, 98, later(60))


def test_a_system_that_does_not_count_is_believed():
    """Who says after each of a thousand calls that 149 are left is never closed."""
    budget = Budget(NONE)
    for _ in range(1000):
        assert budget.closed_until(NOW, Urgency.BACKGROUND) is None
        budget.learn(Ration(150, 149, later(60)), budget.spend(NOW), NOW)


def test_what_an_answer_leaves_out_stays():
    """An answer without the ration forgets nothing of it."""
    budget = told(Ration(150, 5, later(60)))
    budget.learn(Ration(retry_after=later(3)), budget.spend(NOW), NOW)
    assert budget.quota(NOW) == Quota(150, 4, later(60))


def test_answers_that_tell_nothing_count_too():
    """What an answer told earlier had left is less by every call that was answered since without a word."""
    budget = Budget(NONE)
    late, first, *silent = spent(budget, 12)
    budget.learn(Ration(150, 100, later(60)), first, NOW)
    for number in silent:
        budget.learn(Ration(), number, NOW)
    budget.learn(Ration(150, 101, later(60)), late, NOW)
    assert budget.quota(NOW) == Quota(150, 90, later(60))


def test_a_shorter_refusal_opens_nothing():
    """Of two refusals that cross the one that closes longer holds."""
    budget = told(Ration(retry_after=later(60)))
    budget.learn(Ration(retry_after=later(5)), budget.spend(NOW), NOW)
    assert budget.closed_until(later(10), Urgency.WRITE) == later(60)


@pytest.mark.parametrize("hours", [-48, -1, 1, 48], ids=str)
@pytest.mark.parametrize(
    "ration",
    [
        pytest.param(Ration(150, 0, later(300)), id="used-up"),
        pytest.param(Ration(retry_after=later(24 * HOUR)), id="refused"),
        pytest.param(Ration(150, 0, later(-HOUR)), id="reset-in-the-past"),
    ],
)
def test_a_clock_that_is_set_closes_nothing_for_good(ration, hours):
    """Whatever it shows afterwards, a day later at the latest a call may be sent."""
    budget, clock = told(ration, Allowance(1, 60)), Clock()
    clock.move(hours * HOUR)
    until = budget.closed_until(clock(), Urgency.WRITE)
    assert until is None or until <= clock() + LONGEST
    clock.now = until or clock.now
    assert budget.closed_until(clock(), Urgency.WRITE) in (None, until and clock() + timedelta(seconds=60))
    clock.move(LONGEST.total_seconds())
    assert budget.closed_until(clock(), Urgency.WRITE) is None


def test_a_clock_put_back_is_learnt_anew():
    """The next answer tells an earlier end of the window: that of the newest call is right."""
    budget = told(Ration(150, 100, later(300)))
    number = budget.spend(later(-HOUR))
    budget.learn(Ration(150, 99, later(300 - HOUR)), number, later(-HOUR))
    assert budget.quota(later(-HOUR)) == Quota(150, 99, later(300 - HOUR))


LIMIT, WINDOW = 7, 60


class BudgetAtASystem(RuleBasedStateMachine):
    """A system that counts in fixed windows, calls that overtake each other both ways, and others who spend.

    `under_way` are calls that the system has not counted, `counted` answers that did not arrive yet. The own
    count knows nothing of windows: what it lets through is held against them once an answer told of one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.budget = Budget(Allowance(LIMIT, WINDOW))
        self.under_way: list[int] = []
        self.counted: list[tuple[int, Ration]] = []
        self.reset = later(WINDOW)
        self.ours = self.others = 0
        self.told = self.strict = False
        self.unruled: set[int] = set()

    def left(self) -> int:
        return max(0, LIMIT - self.ours - self.others)

    @rule(urgency=st.sampled_from(Urgency), count=st.integers(1, 8))
    def send(self, urgency, count):
        for _ in range(count):
            if self.budget.closed_until(self.clock(), urgency) is None:
                self.under_way.append(self.budget.spend(self.clock()))
                if not self.told:
                    self.unruled.add(self.under_way[-1])

    @precondition(lambda self: self.under_way)
    @rule(place=st.integers(0, 50))
    def arrives(self, place):
        number = self.under_way.pop(place % len(self.under_way))
        self.ours += 1
        assert self.ours <= LIMIT or not self.strict
        self.counted.append((number, Ration(LIMIT, self.left(), self.reset)))

    @precondition(lambda self: self.counted)
    @rule(place=st.integers(0, 50), tells=st.sampled_from([True, True, True, False]))
    def is_answered(self, place, tells):
        number, ration = self.counted.pop(place % len(self.counted))
        self.told = self.told or (tells and ration.resets_at == self.reset)
        self.budget.learn(ration if tells else Ration(), number, self.clock())

    @precondition(lambda self: self.counted)
    @rule(place=st.integers(0, 50))
    def answer_is_lost(self, place):
        number, _ = self.counted.pop(place % len(self.counted))
        self.budget.lose(number, self.clock())

    @precondition(lambda self: self.under_way)
    @rule(place=st.integers(0, 50))
    def is_not_reached(self, place):
        self.budget.give_back(self.under_way.pop(place % len(self.under_way)))

    @rule(count=st.integers(1, 3))
    def others_spend(self, count):
        self.others += count

    @rule(seconds=st.sampled_from([1, 7, 30, WINDOW - 1, WINDOW, 3 * WINDOW]))
    def time_goes_by(self, seconds):
        self.clock.move(seconds)
        while self.clock() >= self.reset:
            self.reset += timedelta(seconds=WINDOW)
            # What was let through by the own count may come late, and too much of it at once.
            self.strict = self.told and not self.unruled.intersection(self.under_way)
            self.ours = self.others = 0

    def teardown(self):
        """Nothing is closed for good."""
        self.clock.move(2 * WINDOW)
        for number in self.under_way:
            self.budget.lose(number, self.clock())
        self.budget.closed_until(self.clock(), Urgency.WRITE)
        self.clock.move(WINDOW)
        assert self.budget.closed_until(self.clock(), Urgency.WRITE) is None


BudgetAtASystem.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestBudgetAtASystem = BudgetAtASystem.TestCase

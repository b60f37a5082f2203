"""A budget as a value, a part of it for each of several, and what others were told."""

from datetime import timedelta

import msgspec
import pytest

from gateway.domain.administration import Quota
from gateway.flight import Urgency
from gateway.ports import Allowance, Ration
from gateway.transport.ration import Account, Budget
from tests.scripts import NOW

NONE = Allowance()


def later(seconds: float):
    return NOW + timedelta(seconds=seconds)


def told(ration: Ration, allowance: Allowance = NONE) -> Budget:
    """Return a budget to which the answer to one call told this."""
    budget = Budget(allowance)
    budget.learn(ration, budget.spend(NOW), NOW)
    return budget


def by_way_of_bytes(budget: Budget, allowance: Allowance = NONE) -> Budget:
    data = msgspec.msgpack.encode(budget.account())
    return Budget(allowance, msgspec.msgpack.decode(data, type=Account))


def test_a_budget_made_of_its_account_goes_on_as_it_was():
    """What is left, closed, sent and on its way is all in it."""
    budget = told(Ration(150, 100, later(60), later(5)), Allowance(150, 300))
    lost, sent = budget.spend(NOW), budget.spend(later(1))
    budget.lose(lost, later(1))
    again = by_way_of_bytes(budget, Allowance(150, 300))
    assert again.account() == budget.account()
    assert again.closed_until(later(1), Urgency.WRITE) == later(5)
    for each in (budget, again):
        each.learn(Ration(150, 97, later(60)), sent, later(2))
        assert each.quota(later(2)) == Quota(150, 96, later(60))


def test_an_account_of_many_calls_is_small():
    """Those of a grain of time count together, and as long as the last of them might."""
    allowance, grain = Allowance(3000, 60), timedelta(seconds=0.1)
    fine, coarse = Budget(allowance), Budget(allowance, grain=grain)
    for count in range(3000):
        for each in (fine, coarse):
            each.spend(later(count / 100))
    assert len(fine.account().sent) == 3000
    assert len(coarse.account().sent) <= 301
    assert fine.closed_until(later(30), Urgency.WRITE) == later(60)
    assert later(60) <= coarse.closed_until(later(30), Urgency.WRITE) <= later(60.1)
    again = Budget(allowance, coarse.account(), grain=grain)
    left = [each.quota(later(75.005)).remaining for each in (fine, coarse, again)]
    assert left == [1501, left[1], left[1]]
    assert 1490 <= left[1] <= 1501


def test_a_call_is_counted_once_by_its_name():
    """However often it is said; unless it is given back."""
    budget = told(Ration(150, 100, later(60)), Allowance(150, 60))
    for _ in range(3):
        budget.spend(NOW, 4711)
        budget.recount(4711, NOW, NOW)
    assert budget.quota(NOW) == Quota(150, 99, later(60))
    budget.give_back(4711)
    budget.give_back(4711)
    assert budget.quota(NOW) == Quota(150, 100, later(60))


@pytest.mark.parametrize(
    ("seconds", "left"),
    [pytest.param(-1, 100, id="of-the-last-window"), pytest.param(1, 99, id="of-this-window")],
)
def test_what_is_told_late_counts_in_its_own_window(seconds, left):
    """A call of a window that is over takes nothing from the next."""
    budget = told(Ration(150, 100, later(300)), Allowance(150, 300))
    budget.recount(1, later(seconds), later(10))
    assert budget.quota(later(10)) == Quota(150, left, later(300))


def test_what_is_told_late_stands_in_its_order():
    """Calls of several processes make room in the order in which they were sent."""
    budget = Budget(Allowance(2, 60))
    budget.spend(later(10))
    budget.recount(4711, later(5), later(11))
    assert budget.closed_until(later(11), Urgency.WRITE) == later(65)


def test_clocks_that_differ_a_little_forget_nothing():
    """What a faster clock counted is not taken for what was counted before a clock was put back."""
    budget = Budget(Allowance(2, 60))
    budget.spend(later(3))
    assert budget.quota(NOW) == Quota(2, 1, later(63))


def test_a_part_is_of_what_is_left_and_then_of_all():
    """One of four may use a fourth of what is left, and when the window is over a fourth of all."""
    part = told(Ration(150, 90, later(60))).part(4, ())
    assert part.quota(NOW) == Quota(37, 22, later(60))
    assert part.quota(later(60)) == Quota(37, 37)


def test_a_part_is_never_more_for_what_is_told():
    """Answers count everybody's calls: a part shrinks with them, and never grows but with the window."""
    part = told(Ration(150, 40, later(60))).part(4, ())
    part.learn(Ration(150, 100, later(60)), part.spend(NOW), NOW)
    assert part.quota(NOW) == Quota(37, 9, later(60))
    part.learn(Ration(150, 20, later(60)), part.spend(NOW), NOW)
    assert part.quota(NOW) == Quota(37, 5, later(60))
    spent = [part.spend(later(61)) for _ in range(10)]
    part.learn(Ration(150, 149, later(120)), spent[0], later(61))
    assert part.quota(later(61)) == Quota(37, 27, later(120))


def test_a_part_counts_its_own_calls_on_their_way():
    """Of those of others it will not hear; they are off what is left already."""
    budget = told(Ration(150, 100, later(60)))
    own, _ = budget.spend(NOW), budget.spend(NOW)
    part = budget.part(2, {own})
    assert part.quota(NOW) == Quota(75, 49, later(60))
    part.learn(Ration(150, 80, later(60)), part.spend(NOW), NOW)
    assert part.quota(NOW) == Quota(75, 39, later(60))


@pytest.mark.parametrize("calls", [10, 11, 2], ids=str)
def test_a_part_of_the_own_count_runs_out_no_sooner_than_the_whole(calls):
    """What all sent counts for each, until the last of it is a window old."""
    budget = Budget(Allowance(calls, 60))
    budget.spend(NOW)
    budget.spend(later(30))
    part = budget.part(4, ())
    limit = max(1, calls // 4)
    assert part.quota(later(31)) == Quota(limit, limit - 1, later(90))
    assert part.quota(later(60)) == Quota(limit, limit - 1, later(90))
    assert part.quota(later(90)) == Quota(limit, limit)


def test_calls_of_which_nothing_is_heard_are_lost_after_a_while():
    """They count until then, and until another that was sent later is answered."""
    budget = told(Ration(150, 100, later(600)))
    budget.spend(NOW)
    budget.lose_unheard(later(120))
    budget.learn(Ration(150, 98, later(600)), budget.spend(later(120)), later(120))
    assert budget.quota(later(120)) == Quota(150, 97, later(600))
    budget.lose_unheard(later(121))
    budget.learn(Ration(150, 97, later(600)), budget.spend(later(121)), later(121))
    assert budget.quota(later(121)) == Quota(150, 97, later(600))


@pytest.mark.parametrize(
    ("other", "quota"),
    [
        pytest.param(Ration(150, 90, later(60)), Quota(150, 90, later(60)), id="less-is-left"),
        pytest.param(Ration(150, 110, later(60)), Quota(150, 100, later(60)), id="more-is-left"),
        pytest.param(Ration(150, 149, later(360)), Quota(150, 149, later(360)), id="a-later-window"),
        pytest.param(Ration(150, 3, later(20)), Quota(150, 100, later(60)), id="an-earlier-window"),
        pytest.param(Ration(), Quota(150, 100, later(60)), id="nothing"),
    ],
)
def test_what_another_was_told(other, quota):
    """Of two who know different things of one ration the newer window holds, and in it what leaves less."""
    budget = told(Ration(150, 100, later(60)))
    budget.heed(told(other).account(), NOW)
    assert budget.quota(NOW) == quota


def test_what_another_was_refused():
    """The longer closing holds; one that is over is none."""
    budget = told(Ration(retry_after=later(10)))
    for seconds, until in ((5, 10), (20, 20)):
        budget.heed(told(Ration(retry_after=later(seconds))).account(), NOW)
        assert budget.closed_until(NOW, Urgency.WRITE) == later(until)

"""The learning rate by hand, and plans that bend without touching what is done."""

import math
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from atriacourse.errors import InputError
from atriacourse.training.schedule import Plan, ScheduleConfig, learning_rate

COSINE = ScheduleConfig(kind="cosine", warmup=0.1)


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [(0, 0.001), (49, 0.001), (50, 0.0005), (99, 0.0005), (100, 0.00025), (150, 0.000125)],
)
def test_the_paper_halves_every_50_epochs(epoch, expected):
    # progress has no say; at epoch 100 the authors' code of 2022 was at 2.4e-7, a thousandth of this
    for progress in (0.0, 0.7):
        rate = learning_rate(ScheduleConfig(), base=0.001, epoch=epoch, progress=progress)
        assert rate == pytest.approx(expected, rel=1e-12)


def test_the_cosine_by_hand():
    def rate(progress):
        return learning_rate(COSINE, base=2.0, epoch=7, progress=progress)

    assert 0 < rate(0.0) < 0.03  # nearly nothing at first
    assert rate(0.05) == pytest.approx(2 * 0.051 / 0.101)  # half way up
    assert rate(0.1) == pytest.approx(2)
    assert rate(0.55) == pytest.approx(1)  # half way from 0.1 to 1
    assert rate(1.0) == pytest.approx(0, abs=1e-12)
    assert learning_rate(ScheduleConfig(kind="cosine", warmup=0), base=2.0, epoch=0, progress=0.0) == 2


def test_the_cosine_climbs_and_then_falls_without_a_jump():
    rates = [learning_rate(COSINE, base=1.0, epoch=0, progress=k / 1000) for k in range(1001)]
    assert max(range(1001), key=rates.__getitem__) == 100
    assert all(a < b for a, b in pairwise(rates[:101]))
    assert all(a > b for a, b in pairwise(rates[100:]))
    assert max(abs(a - b) for a, b in pairwise(rates)) < 0.011


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"kind": "linear"}, "schedule must be one of step, cosine, got 'linear'"),
        ({"factor": 0.0}, "factor must be a number from 1e-06 to 1 .*, got 0.0"),
        ({"every": 0}, "every must be a whole number from 1 .*, got 0"),
        ({"warmup": 1.0}, "warmup must be a number from 0 to 0.99 .*, got 1.0"),
        ({"factor": math.nan}, "got nan"),
    ],
)
def test_bad_settings_are_refused(settings_, message):
    with pytest.raises(InputError, match=message):
        ScheduleConfig(**settings_)


# ---- plans


def test_a_straight_plan():
    plan = Plan.straight(8)
    assert plan.epochs == 8
    assert [plan.progress(epoch) for epoch in (0, 2, 4.5, 8, 9)] == [0, 0.25, 0.5625, 1, 1]


def test_a_bent_plan_by_hand():
    # after 2 of 8 epochs only 3 more fit: a quarter is done, each of the three does another quarter
    plan = Plan.straight(8).bent(epoch=2, epochs_left=3)
    assert plan.epochs == 5
    assert [plan.progress(epoch) for epoch in range(6)] == [0, 0.125, 0.25, 0.5, 0.75, 1]
    # and after the first of these, two turn out to be four
    again = plan.bent(epoch=3, epochs_left=4)
    assert [again.progress(epoch) for epoch in range(8)] == [0, 0.125, 0.25, 0.5, 0.625, 0.75, 0.875, 1]
    assert Plan.straight(8).progress(5) == 0.625  # the first plan is as it was


@example(36, [(0.09375, 11)])  # its last line ends at 1 - 1e-16 unless the end is taken as it stands
@settings(max_examples=100, deadline=None)
@given(st.integers(1, 200), st.lists(st.tuples(st.floats(0, 0.999), st.integers(-3, 50)), max_size=6))
def test_plans_rise_to_1_and_keep_what_is_done(epochs, bends):
    plan, now = Plan.straight(epochs), 0
    for part, epochs_left in bends:
        now += int(part * (plan.epochs - now))  # somewhere between here and the end
        before, plan = plan, plan.bent(epoch=now, epochs_left=epochs_left)
        for epoch in range(now + 1):
            assert plan.progress(epoch) == pytest.approx(before.progress(epoch), abs=1e-12)
        assert plan.epochs == now + max(1, epochs_left)
    progress = [plan.progress(half / 2) for half in range(2 * plan.epochs + 1)]
    assert progress[0] == 0
    assert progress[-1] == 1
    assert all(a < b for a, b in pairwise(progress))


def test_a_plan_needs_an_epoch():
    with pytest.raises(InputError, match="training needs at least 1 epoch, got 0"):
        Plan.straight(0)

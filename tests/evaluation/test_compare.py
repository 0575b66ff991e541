"""Two runs, case by case: a winner only where the cases can tell."""

import numpy as np
import pandas as pd
import pytest

from atriacourse.errors import InputError
from atriacourse.evaluation.compare import compare


def table(values, metric="dice", names=None):
    names = names or [f"case {i}" for i in range(len(values))]
    return pd.DataFrame({"name": names, metric: np.asarray(values, dtype=float)})


EIGHT = [0.5, 0.6, 0.7, 0.8, 0.9, 0.55, 0.65, 0.75]
GAINS = np.array([1, 2, 3, 4, 5, 6, 7, 8]) / 100


def test_a_clear_winner_by_hand():
    result = compare(table(EIGHT), table(EIGHT + GAINS))
    assert result.n == 8
    assert result.mean_difference == pytest.approx(0.045)
    assert result.mean_b - result.mean_a == pytest.approx(0.045)
    assert result.differences == pytest.approx(tuple(GAINS))
    assert 0.01 < result.low < 0.045 < result.high < 0.08
    assert result.probability_b_better == 1
    assert result.winner == "B"
    assert "B is better (higher dice), by 8 cases" in result.verdict
    assert "+0.0450" in result.verdict


def test_the_other_way_round_is_the_mirror_image():
    ours, swapped = (
        compare(table(EIGHT), table(EIGHT + GAINS)),
        compare(table(EIGHT + GAINS), table(EIGHT)),
    )
    assert swapped.winner == "A"
    assert swapped.mean_difference == pytest.approx(-ours.mean_difference)
    assert (swapped.low, swapped.high) == pytest.approx((-ours.high, -ours.low), abs=2e-3)
    assert swapped.probability_b_better == 0


@pytest.mark.parametrize("metric", ["hd_mm", "hd95_mm", "assd_mm", "hd_voxels"])
def test_of_distances_the_lower_wins(metric):
    result = compare(table(EIGHT, metric), table(EIGHT + GAINS, metric), metric=metric, labels=("old", "new"))
    assert result.winner == "old"
    assert result.probability_b_better == 0
    assert f"old is better (lower {metric})" in result.verdict
    assert "new minus old: +0.0450" in result.verdict


def test_no_winner_when_the_interval_spans_zero():
    # gains and losses of equal size: the mean difference is exactly 0
    result = compare(table(EIGHT), table(EIGHT + np.array([1, -1, 2, -2, 3, -3, 4, -4]) / 100))
    assert result.low < 0 < result.high
    assert result.winner is None
    assert "not told apart by 8 cases" in result.verdict
    assert "better (" not in result.verdict
    assert result.probability_b_better == 0.5


def test_equal_runs_are_not_told_apart():
    result = compare(table(EIGHT), table(EIGHT))
    assert (result.low, result.mean_difference, result.high) == (0, 0, 0)
    assert result.probability_b_better == 0.5  # ties count half
    assert result.winner is None


def test_one_case_differs():
    # the bootstrap draws the other cases alone often enough to reach zero
    result = compare(table(EIGHT), table([*EIGHT[:-1], 0.95]))
    assert result.low == 0
    assert result.winner is None


def test_the_same_gain_everywhere_is_a_winner():
    result = compare(table([0.5] * 6), table([0.75] * 6))
    assert (result.low, result.high, result.winner) == (0.25, 0.25, "B")


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_cases_never_name_a_winner(count):
    result = compare(table(EIGHT[:count]), table((EIGHT + GAINS)[:count]))
    assert result.n == count
    assert result.winner is None
    assert f"so few cases: {count}, and 6 are needed" in result.verdict
    assert np.isnan(result.low) == (count == 1)


def test_cases_are_paired_by_name_not_by_row():
    names = [f"case {i}" for i in range(8)]
    turned = table((EIGHT + GAINS)[::-1], names=names[::-1])
    result = compare(table(EIGHT), turned)
    assert result.names == tuple(names)
    assert result.differences == pytest.approx(tuple(GAINS))


def test_missing_and_undefined_cases_are_left_out_and_named():
    a = table([9.0, 1, 2, 3, 4, 5, 6, np.inf, 7], "hd_mm", [*"abcdefghi"])
    b = table([1.0, 2, 3, 4, 5, 6, np.nan, 8, 9], "hd_mm", [*"bcdefgijk"])
    result = compare(a, b, metric="hd_mm")
    # b..g compared; h only in A (and infinite there); i not a number in B; a only in A; j, k only in B
    assert result.names == tuple("bcdefg")
    assert result.only_in_a == ("a", "h")
    assert result.only_in_b == ("j", "k")
    assert result.undefined == ("i",)
    assert "no row in B: a, h." in result.verdict
    assert "no row in A: j, k." in result.verdict
    assert "hd_mm not finite (an empty mask): i." in result.verdict


def test_nothing_finite_is_said_not_raised():
    result = compare(table([np.inf, np.inf], "hd_mm"), table([1, 2], "hd_mm"), metric="hd_mm")
    assert result.n == 0
    assert result.winner is None
    assert "nothing to compare" in result.verdict
    assert "case 0, case 1" in result.verdict


def test_the_seed_decides_the_interval():
    runs = table(EIGHT), table(EIGHT + GAINS)
    assert compare(*runs, seed=4) == compare(*runs, seed=4)
    assert compare(*runs, seed=4).low != compare(*runs, seed=5).low


def test_a_wider_confidence_is_a_wider_interval():
    runs = table(EIGHT), table(EIGHT + GAINS)
    assert compare(*runs, confidence=0.99).low < compare(*runs, confidence=0.9).low


def test_equal_methods_seldom_have_a_winner(rng):
    # two runs that differ by noise alone: 95 % intervals exclude zero in about 5 % of comparisons, some
    # more for a percentile bootstrap of 20 cases. 200 comparisons at 7 % give 14 +- 3.6: at most 28.
    wins = 0
    for _ in range(200):
        difficulty = rng.uniform(0.6, 0.95, 20)
        runs = (table(difficulty + rng.normal(0, 0.02, 20)) for _ in range(2))
        wins += compare(*runs).winner is not None
    assert 1 <= wins <= 28


def test_refuses_what_cannot_be_compared():
    good = table(EIGHT)
    with pytest.raises(InputError, match="share no case: A has case 0, case 1, case 2 and 5 more, B has x;"):
        compare(good, table([1.0], names=["x"]))
    with pytest.raises(InputError, match="table B has more than one row for case 1"):
        compare(good, table([1.0, 2.0], names=["case 1", "case 1"]))
    with pytest.raises(InputError, match="metric is 'truth_ml'; better and worse are defined for dice"):
        compare(good, good, metric="truth_ml")
    with pytest.raises(InputError, match="table A has no column hd_mm; it has name, dice"):
        compare(good, good, metric="hd_mm")
    with pytest.raises(InputError, match="at least one row"):
        compare(good, table([]))
    with pytest.raises(InputError, match="both runs are called 'x'"):
        compare(good, good, labels=("x", "x"))
    with pytest.raises(InputError, match="column dice of table B must hold numbers"):
        compare(good, good.assign(dice="much"))

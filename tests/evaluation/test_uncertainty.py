"""The interval against scipy, exact enumeration and hand calculation; the verdict for both metrics' kinds."""

import numpy as np
import pytest
from scipy import stats

from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import (
    RESAMPLES,
    better,
    bootstrap_interval,
    confidence_of_each,
    means_of_cases,
    probability_better,
    winner,
)


def test_the_interval_is_the_exact_one_where_all_resamples_can_be_counted():
    # values 0, 0, 1 drawn three times: the mean is k/3 with k binomial(3, 1/3), so P(0) = 8/27,
    # P(1/3) = 12/27, P(2/3) = 6/27, P(1) = 1/27. At 90 %: 5 % point 0, 95 % point 2/3 (26/27 = 0.963);
    # at 95 %: 97.5 % point 1 (26/27 < 0.975).
    values = np.array([0.0, 0.0, 1.0])
    assert bootstrap_interval(values, seed=3, confidence=0.90) == pytest.approx((0, 2 / 3))
    assert bootstrap_interval(values, seed=3, confidence=0.95) == pytest.approx((0, 1))


@pytest.mark.parametrize("cases", [2, 6, 40])
def test_cases_alone_are_drawn_as_scipy_draws_them(rng, cases):
    values = rng.beta(9, 2, size=cases)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=RESAMPLES, rng=np.random.default_rng(7)
    )
    ours = means_of_cases(values, np.random.default_rng(7))
    np.testing.assert_allclose(ours, theirs.bootstrap_distribution, rtol=1e-12)
    assert bootstrap_interval(values, seed=7) == pytest.approx(tuple(theirs.confidence_interval), rel=1e-12)


def test_the_central_limit_gives_the_width(rng):
    values = rng.beta(9, 2, size=40)
    low, high = bootstrap_interval(values, seed=0)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(40), rel=0.05)


def test_one_seed_is_the_plain_bootstrap(rng):
    values = rng.normal(0.02, 0.05, size=(1, 40))
    assert bootstrap_interval(values, seed=0) == pytest.approx(
        bootstrap_interval(values[0], seed=1), abs=1e-3
    )


def test_the_interval_has_the_spread_of_both_levels(rng):
    # mean of s + c, s with variance 4 over 3 seeds, c with variance 9 over 50 cases, both as sample
    # variances: the variance of the mean is 4 / 3 + 9 / 50 (times 49 / 50)
    s = np.array([-2.0, 0.0, 2.0])  # sample variance 4
    c = stats.zscore(rng.normal(size=50), ddof=1) * 3
    low, high = bootstrap_interval(s[:, None] + c[None, :], seed=0)
    sd = np.sqrt(4 / 3 + 9 / 50 * 49 / 50)
    # three seeds are drawn in few ways, so the quantiles of a normal fit only roughly
    assert high - low == pytest.approx(2 * 1.96 * sd, rel=0.12)


def test_seeds_that_disagree_widen_the_interval(rng):
    cases = rng.normal(0.01, 0.02, size=16)
    agree = np.tile(cases, (3, 1))
    disagree = agree + np.array([[-0.03], [0.0], [0.03]])
    narrow, wide = bootstrap_interval(agree, seed=0), bootstrap_interval(disagree, seed=0)
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_the_recorded_draws_are_kept():
    """Pages quote intervals to four digits, so that other draws of the same spread would change them.

    Golden: what the three functions that this one replaced gave.
    """
    rng = np.random.default_rng(11)
    table, other = rng.normal(0.1, 0.05, (3, 8)), rng.normal(0.0, 0.05, (2, 5))
    assert bootstrap_interval(table[0], seed=0) == pytest.approx((0.0881327153, 0.1360415027), abs=1e-9)
    assert bootstrap_interval(table, seed=0) == pytest.approx((0.0770840384, 0.1266543792), abs=1e-9)
    assert bootstrap_interval([table], seed=0) == bootstrap_interval(table, seed=0)
    assert bootstrap_interval([table, other], seed=0) == pytest.approx(
        (-0.0188653773, 0.1140384203), abs=1e-9
    )


def test_the_interval_covers_what_it_should(rng):
    """Three places of six cases, ten runs: near 95 of 100 intervals hold the true mean."""
    held = 0
    for trial in range(100):
        groups = []
        for runs in (4, 3, 3):
            of_cases = rng.normal(0, 0.05, 6)
            of_runs = rng.normal(0, 0.03, (runs, 1))
            groups.append(of_cases + of_runs + rng.normal(0, 0.02, (runs, 6)))
        low, high = bootstrap_interval(groups, seed=trial)
        held += low <= 0 <= high
    assert held >= 84  # six cases are few for a bootstrap; a run-only interval holds about 70


@pytest.mark.parametrize(
    "values",
    [
        np.array([]),
        np.array([0.5]),
        np.ones((3, 1)),
        np.ones((0, 6)),
        [],
        [np.ones((2, 6)), np.ones((1, 1))],
        [np.ones((2, 6)), np.ones((0, 6))],
    ],
    ids=["no case", "one case", "one case, seeds", "no seed", "no place", "a place of one", "an empty place"],
)
def test_too_few_for_an_interval(values):
    assert np.isnan(bootstrap_interval(values, seed=0)).all()


@pytest.mark.parametrize(
    "values", [np.zeros((2, 3, 4)), np.float64(1), [0.1, 0.2], [np.zeros(3), np.zeros(3)]]
)
def test_another_shape_is_refused(values):
    with pytest.raises(InputError, match=r"must be \(cases,\), \(seeds, cases\) or a list"):
        bootstrap_interval(np.asarray(values) if np.ndim(values) in (0, 3) else values, seed=0)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan")])
def test_a_confidence_lies_between_zero_and_one(confidence):
    with pytest.raises(InputError, match=f"confidence is {confidence}"):
        bootstrap_interval(np.zeros(4), seed=0, confidence=confidence)


@pytest.mark.parametrize(
    ("low", "high", "metric", "cases", "said"),
    [
        (0.01, 0.05, "dice", 6, "b"),
        (-0.05, -0.01, "dice", 6, "a"),
        (0.01, 0.05, "hd_mm", 6, "a"),  # more millimetres are worse
        (-0.05, -0.01, "hd_mm", 6, "b"),
        (0.01, 0.05, "label_right", 6, "b"),  # more labels told right are better
        (-0.01, 0.05, "dice", 6, None),
        (0.0, 0.05, "dice", 6, None),  # zero is in the interval
        (-0.05, 0.0, "hd_mm", 6, None),
        (0.01, 0.05, "dice", 5, None),  # too few cases
        (float("nan"), float("nan"), "dice", 6, None),
    ],
)
def test_no_variant_wins_whose_interval_holds_zero(low, high, metric, cases, said):
    assert winner(low, high, a="a", b="b", metric=metric, cases=cases) == said


def test_better_names_both_sides_of_zero():
    assert better("a", "b", metric="dice") == ("b", "a") and better("a", "b", metric="assd_mm") == ("a", "b")


def test_intervals_that_are_read_together_share_the_five_percent():
    assert [round(confidence_of_each(count), 4) for count in (0, 1, 2, 5)] == [0.95, 0.95, 0.975, 0.99]


def test_a_study_without_any_difference_names_a_winner_in_one_of_twenty(rng):
    # four comparisons of 40 cases each, 150 times: at 95 % each, 1 - 0.95**4 = 19 % of the studies name a
    # winner (28 +- 5); with the intervals for all four, at most 5 % (8 +- 3)
    named = {0.95: 0, confidence_of_each(4): 0}
    for _ in range(150):
        study = rng.normal(size=(4, 40))
        for confidence in named:
            bounds = [bootstrap_interval(values, seed=1, confidence=confidence) for values in study]
            named[confidence] += any(
                winner(*both, a="a", b="b", metric="dice", cases=40) is not None for both in bounds
            )
    assert named[0.95] > 16 and 1 <= named[confidence_of_each(4)] <= 17


def test_a_tie_is_half_a_win():
    difference = np.array([[0.1, 0.0], [-0.1, 0.2]])  # two wins, a tie, a loss
    assert probability_better(difference, metric="dice") == 2.5 / 4
    assert probability_better(difference, metric="hd_mm") == 1.5 / 4
    assert np.isnan(probability_better(np.array([]), metric="dice"))

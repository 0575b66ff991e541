"""Limits of agreement against Bland and Altman's own example, by hand, and by their coverage; grades."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from atriacourse.errors import InputError
from atriacourse.evaluation.agreement import bland_altman, changed, grade, grade_table

# Bland and Altman, Lancet 1986, table 1: peak flow by a large and a mini meter, l/min, first measurements.
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_the_example_of_the_paper_that_introduced_it():
    found = bland_altman(MINI, LARGE, multiple=2)  # they took large minus mini, and two SD
    assert found.n == 17
    assert found.bias == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    assert (found.low, found.high) == pytest.approx((-79.7, 75.4), abs=0.1)
    assert found.bias_interval == pytest.approx((-22.0, 17.8), abs=0.1)
    # they used SD * sqrt(3 / n) for the limits' standard error, a little less than the formula of 1999
    assert found.low_interval == pytest.approx((-114.3, -45.1), abs=1)
    assert found.high_interval == pytest.approx((40.9, 110.1), abs=1)


def test_by_hand_on_three_cases():
    # differences 1, 2, 3: bias 2, SD 1; t with 2 degrees of freedom is 4.303
    found = bland_altman([10, 20, 30], [11, 22, 33])
    assert (found.bias, found.sd) == pytest.approx((2, 1))
    assert (found.low, found.high) == pytest.approx((2 - 1.96, 2 + 1.96))
    assert found.bias_interval == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-3)
    half = 4.3027 * (1 / 3 + 1.96**2 / 4) ** 0.5
    assert found.high_interval == pytest.approx((found.high - half, found.high + half), abs=1e-3)
    # means 10.5, 21, 31.5 rise by 10.5 a case, differences by 1
    assert found.slope == pytest.approx(1 / 10.5)
    assert "biased" not in found.verdict and "no bias is shown, +2.0" in found.verdict


def test_a_slope_agrees_with_scipy_and_has_none_without_a_spread(rng):
    truth = rng.normal(60, 15, 30)
    guess = 1.2 * truth + rng.normal(0, 4, 30)
    found = bland_altman(truth, guess)
    line = stats.linregress((truth + guess) / 2, guess - truth)
    assert found.slope == pytest.approx(line.slope)
    assert found.slope_interval[0] < line.slope < found.slope_interval[1]
    assert found.slope_interval[0] > 0  # a fifth too large is found
    assert np.isnan(bland_altman([1, 2, 3], [3, 2, 1]).slope)


def test_the_intervals_cover_as_often_as_they_say(rng):
    # differences from a normal law of mean 3 and SD 5: the true limits are 3 - 9.8 and 3 + 9.8
    hits = []
    for _ in range(400):
        found = bland_altman(np.zeros(15), rng.normal(3, 5, 15))
        low, high = found.high_interval
        hits.append([found.bias_interval[0] <= 3 <= found.bias_interval[1], low <= 12.8 <= high])
    assert np.mean(hits, axis=0) == pytest.approx(0.95, abs=0.04)


@given(st.lists(st.tuples(st.floats(1, 200), st.floats(1, 200)), min_size=3, max_size=20))
def test_swapping_truth_and_guess_turns_the_sign(pairs):
    truth, guess = zip(*pairs, strict=True)
    one, other = bland_altman(truth, guess), bland_altman(guess, truth)
    assert one.bias == pytest.approx(-other.bias)
    assert one.low == pytest.approx(-other.high)


@pytest.mark.parametrize(
    ("truth", "guess", "said"),
    [
        ([1, 2], [1, 2], "at least 3 cases"),
        ([1, 2, 3], [1, 2, np.inf], "finite"),
        ([1, 2, 3], [1, 2], "one number per case"),
    ],
)
def test_what_cannot_be_compared_is_an_error(truth, guess, said):
    with pytest.raises(InputError, match=said):
        bland_altman(truth, guess)


def test_confidence_must_be_a_share():
    with pytest.raises(InputError, match="between 0 and 1"):
        bland_altman([1, 2, 3], [1, 2, 4], confidence=95)


@pytest.mark.parametrize(
    ("index", "name"),
    [(0, "normal"), (34, "normal"), (34.1, "mild"), (41, "mild"), (45, "moderate"), (48.1, "severe")],
)
def test_grades_by_volume_per_square_metre(index, name):
    assert grade(2 * index, bsa_m2=2) == name


def test_a_grade_needs_a_body():
    with pytest.raises(InputError, match="must be positive"):
        grade(50, bsa_m2=0)


def test_who_changes_the_grade_is_counted():
    # at 2 m2 the borders are 68, 82 and 96 mL
    table = grade_table([50, 70, 70, 120], [50, 66, 80, 100], bsa_m2=2)
    assert table.loc["mild", "normal"] == 1
    assert table.loc["mild", "mild"] == 1
    assert changed(table) == 1 and table.to_numpy().sum() == 4
    with pytest.raises(InputError, match="each case needs both"):
        grade_table([1], [1, 2], bsa_m2=2)

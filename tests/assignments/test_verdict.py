"""The verdict that an interval allows, for metrics that want to be high and metrics that want to be low."""

import pytest

from atriacourse.assignments.verdict import (
    UNDECIDED,
    better,
    verdict_of,
    wrong_bounds,
    wrong_verdict,
)


@pytest.mark.parametrize(
    ("low", "high", "metric", "cases", "said"),
    [
        (0.01, 0.05, "dice", 6, "b"),
        (-0.05, -0.01, "dice", 6, "a"),
        (0.01, 0.05, "hd_mm", 6, "a"),  # more millimetres are worse
        (-0.05, -0.01, "hd_mm", 6, "b"),
        (-0.01, 0.05, "dice", 6, UNDECIDED),
        (0.0, 0.05, "dice", 6, UNDECIDED),  # zero is in the interval
        (0.01, 0.05, "dice", 5, UNDECIDED),  # too few cases
        (float("nan"), float("nan"), "dice", 6, UNDECIDED),
    ],
)
def test_no_variant_wins_whose_interval_holds_zero(low, high, metric, cases, said):
    assert verdict_of(low, high, a="a", b="b", metric=metric, cases=cases) == said


def test_better_names_both_sides_of_zero():
    assert better("a", "b", metric="dice") == ("b", "a") and better("a", "b", metric="assd_mm") == ("a", "b")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0.1, 0.0, 0.2), []),
        ((0.3, 0.0, 0.2), ["must lie between"]),
        ((0.1, 0.2, 0.0), ["must lie between"]),
        (("0.1", 0.0, 0.2), ["difference must be a number"]),
        ((0.1, None, float("nan")), ["low must be", "high must be"]),
        ((True, 0, 2), ["difference must be a number"]),
    ],
)
def test_wrong_bounds_are_named(numbers, said):
    faults = wrong_bounds(*numbers)
    assert len(faults) == len(said) and all(word in fault for word, fault in zip(said, faults, strict=True))


def test_a_wrong_verdict_is_named():
    numbers = {"low": 0.01, "high": 0.02, "a": "clahe", "b": "standard", "metric": "dice", "cases": 6}
    assert wrong_verdict("standard", **numbers) == []
    assert "follows 'standard'" in wrong_verdict("clahe", **numbers)[0]
    assert "must be one of clahe, standard, not told apart" in wrong_verdict("CLAHE", **numbers)[0]
    assert "and 3 cases follows 'not told apart'" in wrong_verdict("standard", **numbers | {"cases": 3})[0]

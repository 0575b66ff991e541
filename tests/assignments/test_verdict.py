"""What is wrong with bounds and with a verdict, in words."""

import pytest

from atriacourse.assignments.verdict import wrong_bounds, wrong_verdict


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

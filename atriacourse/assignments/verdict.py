"""What is wrong with a hypothesis or a claim; the verdict itself is that of evaluation/uncertainty.py.

After assignment.py; used by session.py, where a student hears it at once, and by grading.
"""

import math
from collections.abc import Sequence
from numbers import Real
from typing import TypeGuard

from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import FEWEST_CASES, UNDECIDED, winner

TOLERANCE = 0.0011  # a claim may be rounded to three digits


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is one finite number."""
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def as_number(value: object) -> float:
    """The number that it is. Raises: InputError for what `is_number` says is none."""
    if not is_number(value):
        raise InputError(f"one finite number is needed, got {value!r}")
    return float(value)


def wrong_hypothesis(
    winner: object, low: object, high: object, because: object, *, words: Sequence[str]
) -> list[str]:
    """What is wrong with a hypothesis. Args: words: what `winner` may be; none: anything."""
    faults = []
    if not (is_number(low) and is_number(high)):
        faults.append("low and high must be numbers")
    elif low > high:
        faults.append(f"low {low:g} is above high {high:g}")
    if words and winner not in words:
        faults.append(f"winner must be one of {', '.join(words)}, it is {winner!r}")
    if not isinstance(because, str):
        faults.append("because must be a text")
    return faults


def wrong_bounds(difference: object, low: object, high: object) -> list[str]:
    """What is wrong with three numbers as a difference and its interval; empty when nothing is."""
    named = {"difference": difference, "low": low, "high": high}
    faults = [
        f"{name} must be a number, it is {value!r}" for name, value in named.items() if not is_number(value)
    ]
    if is_number(low) and is_number(difference) and is_number(high) and not low <= difference <= high:
        faults.append(f"the difference {difference:.4g} must lie between low {low:.4g} and high {high:.4g}")
    return faults


def wrong_verdict(
    verdict: object, low: float, high: float, *, a: str, b: str, metric: str, cases: int
) -> list[str]:
    """What is wrong with a verdict beside its interval."""
    words: Sequence[str] = (a, b, UNDECIDED)
    if verdict not in words:
        return [f"verdict must be one of {', '.join(words)}, it is {verdict!r}"]
    wanted = winner(low, high, a=a, b=b, metric=metric, cases=cases) or UNDECIDED
    if verdict == wanted:
        return []
    few = f" and {cases} cases" if cases < FEWEST_CASES else ""
    return [f"from {low:.4g} to {high:.4g}{few} follows {wanted!r}, the verdict is {verdict!r}"]

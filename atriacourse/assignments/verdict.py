"""What is wrong with a hypothesis or a claim; the verdict itself is that of evaluation/uncertainty.py.

After assignment.py; used by session.py, where a student hears it at once, and by grading.
"""

import math
from collections.abc import Sequence
from numbers import Real

from atriacourse.evaluation.uncertainty import FEWEST_CASES, UNDECIDED, winner

TOLERANCE = 0.0011  # a claim may be rounded to three digits


def is_number(value: object) -> bool:
    """Whether it is one finite number."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def wrong_hypothesis(
    winner: object, low: object, high: object, because: object, *, words: Sequence[str]
) -> list[str]:
    """What is wrong with a hypothesis. Args: words: what `winner` may be; none: anything."""
    faults = [] if is_number(low) and is_number(high) else ["low and high must be numbers"]
    if not faults and low > high:
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
    if not faults and not low <= difference <= high:
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

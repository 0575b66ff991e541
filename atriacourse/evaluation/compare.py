"""Is run B better than run A? Compare them case by case, and say so only if the cases can tell.

After case.py and uncertainty.py. Cases differ far more from each other than methods do, so the *paired*
difference (the same case under both runs) is what is looked at, never the difference of two means.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import check_table
from atriacourse.evaluation.metrics import METRICS, compared
from atriacourse.evaluation.uncertainty import (
    CONFIDENCE,
    FEWEST_CASES,
    bootstrap_interval,
    mean_of,
    probability_better,
    winner,
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two runs on the same cases. Differences are B minus A, in the metric's own unit."""

    metric: str
    label_a: str
    label_b: str
    names: tuple[str, ...]  # the cases compared
    differences: tuple[float, ...]  # B - A, in the order of names
    mean_a: float
    mean_b: float
    mean_difference: float
    low: float  # bootstrap interval of the mean difference
    high: float
    confidence: float
    probability_b_better: float  # share of cases in which B is better; a tie counts half
    winner: str | None  # label_a, label_b, or None if not told apart
    only_in_a: tuple[str, ...]  # cases left out: the other run has no row
    only_in_b: tuple[str, ...]
    undefined: tuple[str, ...]  # cases left out: not finite in one run or both

    @property
    def n(self) -> int:
        """How many cases were compared."""
        return len(self.names)

    @property
    def verdict(self) -> str:
        """The comparison in words."""
        a, b, metric, n = self.label_a, self.label_b, self.metric, self.n
        if n == 0:
            said = [f"No case has a finite {metric} in both runs: nothing to compare."]
        elif n < FEWEST_CASES:
            said = [f"{a} and {b} cannot be told apart by so few cases: {n}, and {FEWEST_CASES} are needed."]
        elif self.winner is None:
            said = [f"{a} and {b} are not told apart by {n} cases."]
        else:
            direction = METRICS[metric].better
            said = [f"{self.winner} is better ({direction} {metric}), by {n} cases."]
        if n > 0:
            said.append(
                f"{b} minus {a}: {self.mean_difference:+.4f} "
                f"({100 * self.confidence:.4g} % interval {self.low:+.4f} to {self.high:+.4f}); "
                f"{b} is better in {100 * self.probability_b_better:.0f} % of cases."
            )
        if self.only_in_a:
            said.append(f"Left out, no row in {b}: {', '.join(self.only_in_a)}.")
        if self.only_in_b:
            said.append(f"Left out, no row in {a}: {', '.join(self.only_in_b)}.")
        if self.undefined:
            said.append(f"Left out, {metric} not finite (an empty mask): {', '.join(self.undefined)}.")
        return " ".join(said)


def compare(
    table_a: pd.DataFrame,
    table_b: pd.DataFrame,
    *,
    metric: str = "dice",
    seed: int = 0,
    confidence: float = CONFIDENCE,
    labels: tuple[str, str] = ("A", "B"),
) -> Comparison:
    """Compare two per-case tables by case name.

    Args:
        table_a, table_b: from `score_case`, one row per case.
        metric: one with a better and a worse (metrics.py: compared).
        seed: of the bootstrap (of the mean paired difference).
        confidence: `confidence_of_each` where several comparisons are read together.
        labels: what to call the two runs.
    Returns: the numbers, and a verdict. It names a winner only if the interval of the mean difference
        excludes zero and at least FEWEST_CASES cases were compared. Cases of one table only, and cases
        whose metric is not finite in both (an empty mask), are left out and named.
    Raises: InputError if the tables share no case, a name stands twice, or the metric has no direction
        or is missing, or both labels are the same.
    """
    if labels[0] == labels[1]:
        raise InputError(f"both runs are called {labels[0]!r}; give them two names")
    value_a, value_b = (
        _column(table, metric, label) for table, label in zip((table_a, table_b), labels, strict=True)
    )
    shared = [name for name in value_a.index if name in value_b.index]
    if not shared:
        raise InputError(
            f"the two tables share no case: {labels[0]} has {_few(value_a.index)}, "
            f"{labels[1]} has {_few(value_b.index)}; score both runs on the same cohort"
        )
    a, b = value_a[shared].to_numpy(), value_b[shared].to_numpy()
    finite = np.isfinite(a) & np.isfinite(b)
    a, b, difference = a[finite], b[finite], b[finite] - a[finite]
    low, high = bootstrap_interval(difference, seed=seed, confidence=confidence)
    return Comparison(
        metric=metric,
        label_a=labels[0],
        label_b=labels[1],
        names=tuple(np.array(shared, dtype=object)[finite]),
        differences=tuple(difference.tolist()),
        mean_a=mean_of(a),
        mean_b=mean_of(b),
        mean_difference=mean_of(difference),
        low=low,
        high=high,
        confidence=confidence,
        probability_b_better=probability_better(difference, metric=metric),
        winner=winner(low, high, a=labels[0], b=labels[1], metric=metric, cases=len(difference)),
        only_in_a=tuple(name for name in value_a.index if name not in value_b.index),
        only_in_b=tuple(name for name in value_b.index if name not in value_a.index),
        undefined=tuple(np.array(shared, dtype=object)[~finite]),
    )


def _column(table: pd.DataFrame, metric: str, label: str) -> pd.Series:
    """One metric of one table, indexed by case name."""
    check_table(table, f"table {label}")
    if metric not in compared():
        known = ", ".join(compared())
        raise InputError(f"metric is {metric!r}; better and worse are defined for {known}")
    if metric not in table.columns:
        raise InputError(f"table {label} has no column {metric}; it has {', '.join(map(str, table.columns))}")
    try:
        return pd.Series(table[metric].to_numpy(dtype=float), index=table["name"].astype(str))
    except ValueError as error:
        raise InputError(f"column {metric} of table {label} must hold numbers: {error}") from error


def _few(names: pd.Index) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

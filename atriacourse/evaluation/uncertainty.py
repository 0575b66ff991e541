"""How sure a mean is, and whether it names a winner: the one interval and the one verdict of the course.

After case.py. summary.py and compare.py use it for one table of cases, studies/ for cases and seeds, an
assignment and a class for their runs. Differences are B minus A, in the metric's own unit.

Source: Davison and Hinkley 1997, sections 5.3 (percentile interval) and 3.8 (hierarchical resampling);
Wilcoxon 1945.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import stats

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import METRICS

RESAMPLES = 10_000  # the interval's own noise is then about a hundredth of its width
CONFIDENCE = 0.95
FEWEST_CASES = 6  # with five, even five wins out of five give Wilcoxon p = 2 / 2**5 = 0.0625
UNDECIDED = "not told apart"


def bootstrap_interval(
    values: np.ndarray | Sequence[np.ndarray], *, seed: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean: draw anew, with replacement, what is there by accident.

    It takes the cases as independent; scans of one patient are not, so where patients repeat (LA2018
    has 154 scans of 60) it is too narrow. With fewer than about ten cases it is too narrow as well.

    Args:
        values: finite. (cases,) draws the cases. (seeds, cases) draws seeds and cases. A list of such tables,
            one for each place whose runs share their cases, draws the runs of all and the cases of each.
    Returns: low, high; nan, nan if there is no run, or only one case somewhere.
    Raises: InputError for another shape, or a confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence!r}; it must lie between 0 and 1, usually 0.95")
    tables = [values] if isinstance(values, np.ndarray) else [np.asarray(table) for table in values]
    alone = len(tables) == 1 and tables[0].ndim == 1
    if not alone and any(table.ndim != 2 for table in tables):
        shapes = ", ".join(str(table.shape) for table in tables)
        raise InputError(f"values must be (cases,), (seeds, cases) or a list of the latter, got {shapes}")
    if not tables or any(table.shape[-1] < 2 or not len(table) for table in tables):
        return float("nan"), float("nan")
    means = means_of_cases(tables[0], np.random.default_rng(seed)) if alone else means_of_runs(tables, seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def means_of_cases(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The mean of (cases,) in each of RESAMPLES resamples; the same draws as scipy's `bootstrap`."""
    drawn = generator.integers(len(values), size=(RESAMPLES, len(values)))
    return values[drawn].mean(axis=1)


def means_of_runs(tables: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """The mean over runs and cases in each of RESAMPLES resamples, both drawn anew.

    A bootstrap of S runs has (S - 1) / S of their variance, which for three is a third too little; so the
    runs' deviations from their mean are stretched by sqrt(S / (S - 1)) first.

    Args: tables: (runs, cases) each; runs of one table share their cases.
    """
    runs = sum(map(len, tables))
    stretch = np.sqrt(runs / (runs - 1)) - 1 if runs > 1 else 0.0
    center = sum(table.mean() * (len(table) / runs) for table in tables)
    drawn_runs, *drawn = _shares_drawn(seed, (runs, *(table.shape[1] for table in tables)))
    means, first = np.zeros(RESAMPLES), 0
    for table, drawn_cases in zip(tables, drawn, strict=True):
        count = len(table)
        values = table + stretch * (table.mean(axis=1, keepdims=True) - center)
        means += np.einsum("rs,sc,rc->r", drawn_runs[:, first : first + count], values, drawn_cases)
        first += count
    return means


@lru_cache(maxsize=8)  # the tables of one study have one shape
def _shares_drawn(seed: int, counts: tuple[int, ...]) -> list[np.ndarray]:
    """Of so many runs, or cases, the share of each in each resample, in place of the draws themselves."""
    generator = np.random.default_rng(seed)
    return [generator.multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n for n in counts]


def higher_is_better(metric: str) -> bool:
    """False for a distance; True for overlaps and for the share of labels told right."""
    return metric not in METRICS or METRICS[metric].better != "lower"


def better(a: str, b: str, *, metric: str) -> tuple[str, str]:
    """The better variant where b - a lies above zero, and the one where it lies below."""
    return (b, a) if higher_is_better(metric) else (a, b)


def winner(low: float, high: float, *, a: str, b: str, metric: str, cases: int) -> str | None:
    """`a` or `b`, or None: nobody wins whose interval holds zero, or on fewer than FEWEST_CASES cases.

    Args: low, high: interval of b - a; nan where there is none. cases: how many it stands on.
    """
    if cases < FEWEST_CASES or not (low > 0 or high < 0):
        return None
    above, below = better(a, b, metric=metric)
    return above if low > 0 else below


def wilcoxon_p(difference: np.ndarray) -> float:
    """Two-sided Wilcoxon signed-rank test of paired differences, (cases,).

    Cases without a difference carry no sign and are dropped.
    Returns: 1 if no case differs; nan without cases.
    """
    if len(difference) == 0:
        return float("nan")
    signed = difference[difference != 0]
    return float(stats.wilcoxon(signed).pvalue) if len(signed) else 1.0


def probability_better(difference: np.ndarray, *, metric: str) -> float:
    """Share of the differences in which B is better, a tie counting half; nan without any."""
    gain = difference if higher_is_better(metric) else -difference
    return mean_of((gain > 0) + 0.5 * (gain == 0))


def mean_of(values: np.ndarray) -> float:
    """The mean; nan without values."""
    return float(values.mean()) if values.size else float("nan")

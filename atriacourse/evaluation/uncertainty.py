"""How sure a mean is, and whether it names a winner: the one interval and the one verdict of the course.

After case.py. summary.py and compare.py use it for one table of cases, studies/ for cases and seeds, an
assignment and a class for their runs. Differences are B minus A, in the metric's own unit.

The rule: one variant is better than another if the 95 % interval of their mean paired difference leaves out
zero, on FEWEST_CASES cases or more. What might have been otherwise is drawn anew: the cases, and the seeds
where there are several. Comparisons that are read together get wider intervals, `confidence_of_each`, so that
a study without any difference names a winner in at most one of twenty. Nothing else names one.

Source: Davison and Hinkley 1997, sections 5.3 (percentile interval) and 3.8 (hierarchical resampling); Dunn
1961 (simultaneous intervals).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import METRICS

RESAMPLES = 10_000  # the interval's own noise is then about a hundredth of its width
CONFIDENCE = 0.95
FEWEST_CASES = 6  # five cases of five all go one way by chance alone in 2 / 2**5 = 6 % of comparisons
UNDECIDED = "not told apart"
INSIDE = 0.99  # of new runs that are alike lie in their band
NARROWEST = 0.02  # half-width of such a band; two machines round differently


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
    return middle(bootstrap_means(values, seed=seed), confidence)


def middle(means: np.ndarray, confidence: float) -> tuple[float, float]:
    """Low and high of the middle share of resampled means; nan, nan without any. Raises: as the interval."""
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence!r}; it must lie between 0 and 1, usually 0.95")
    if not len(means):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def bootstrap_means(values: np.ndarray | Sequence[np.ndarray], *, seed: int) -> np.ndarray:
    """The resampled means behind `bootstrap_interval`; empty where it is nan."""
    tables = [values] if isinstance(values, np.ndarray) else [np.asarray(table) for table in values]
    alone = len(tables) == 1 and tables[0].ndim == 1
    if not alone and any(table.ndim != 2 for table in tables):
        shapes = ", ".join(str(table.shape) for table in tables)
        raise InputError(f"values must be (cases,), (seeds, cases) or a list of the latter, got {shapes}")
    if not tables or any(table.shape[-1] < 2 or not len(table) for table in tables):
        return np.empty(0)
    return means_of_cases(tables[0], np.random.default_rng(seed)) if alone else means_of_runs(tables, seed)


def confidence_of_each(together: int) -> float:
    """The confidence of each of so many intervals that all of them hold the truth in 95 % of studies.

    By Bonferroni's inequality, whatever the comparisons have in common: 0.95 for one, 0.9875 for four.
    Source: Dunn 1961, "Multiple comparisons among means".
    """
    return 1 - (1 - CONFIDENCE) / max(together, 1)


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


@dataclass(frozen=True, kw_only=True)
class Band:
    """Where the mean of one more run is expected."""

    low: float
    high: float
    runs: int  # that it stands on

    def holds(self, value: float) -> bool:
        """Whether a value lies inside."""
        return self.low <= value <= self.high


def band_of(runs: Sequence[float], *, narrowest: float = NARROWEST, inside: float = INSIDE) -> Band:
    """The band that follows from the means, or the mean differences, of two runs or more.

    Args: narrowest: its half-width at least. inside: how many of such runs it should hold.
    Source: prediction interval of one more value, m +- t s sqrt(1 + 1/n); Hahn and Meeker 1991, section 4.2.
    """
    values = np.asarray(runs, float)
    quantile = stats.t.ppf((1 + inside) / 2, len(values) - 1)
    half = quantile * values.std(ddof=1) * np.sqrt(1 + 1 / len(values))
    half = max(float(half), narrowest)
    mean = float(values.mean())
    return Band(low=mean - half, high=mean + half, runs=len(values))


def higher_is_better(metric: str) -> bool:
    """False for a distance; True for overlaps and for the share of labels told right."""
    return metric not in METRICS or METRICS[metric].better != "lower"


def better(a: str, b: str, *, metric: str) -> tuple[str, str]:
    """The better variant where b - a lies above zero, and the one where it lies below."""
    return (b, a) if higher_is_better(metric) else (a, b)


def winner(low: float, high: float, *, a: str, b: str, metric: str, cases: int) -> str | None:
    """`a` or `b`, or None: nobody wins whose interval holds zero, or on fewer than FEWEST_CASES cases.

    Args: low, high: interval of b - a; nan where there is none; of `confidence_of_each` where several
        comparisons are read together. cases: how many it stands on.
    """
    if cases < FEWEST_CASES or not (low > 0 or high < 0):
        return None
    above, below = better(a, b, metric=metric)
    return above if low > 0 else below


def probability_better(difference: np.ndarray, *, metric: str) -> float:
    """Share of the differences in which B is better, a tie counting half; nan without any."""
    gain = difference if higher_is_better(metric) else -difference
    return mean_of((gain > 0) + 0.5 * (gain == 0))


def mean_of(values: np.ndarray) -> float:
    """The mean; nan without values."""
    return float(values.mean()) if values.size else float("nan")

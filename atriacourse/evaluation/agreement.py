"""Do two ways of measuring agree? Bland and Altman's limits of agreement, and grades of a volume.

After case_row.py, which gives the volumes. A correlation says that two measurements rise together; agreement
says how far apart they are, in the unit that a clinician reads.
Sources: J. M. Bland, D. G. Altman, Lancet 1986 and Statistical Methods in Medical Research 1999; grades from
R. M. Lang and others, recommendations of ASE and EACVI, 2015 (echocardiography).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from atriacourse.errors import InputError

FEWEST = 3  # two cases say next to nothing of a spread
# Upper ends, in mL of left atrium per square metre of body surface; beyond the last it is severe.
GRADES = (("normal", 34.0), ("mild", 41.0), ("moderate", 48.0), ("severe", float("inf")))
Interval = tuple[float, float]  # low, high


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far a guess lies from the truth, over cases. Differences are guess minus truth, in their unit."""

    means: tuple[float, ...]  # of truth and guess, the chart's horizontal axis
    differences: tuple[float, ...]
    bias: float  # mean difference
    sd: float  # of the differences
    low: float  # limits of agreement: about 95 % of differences lie between, if they are normal
    high: float
    bias_interval: Interval
    low_interval: Interval  # how well each limit is known
    high_interval: Interval
    slope: float  # of the differences over the means: proportional bias; nan if all means are equal
    slope_interval: Interval
    confidence: float

    @property
    def n(self) -> int:
        """How many cases."""
        return len(self.differences)

    @property
    def verdict(self) -> str:
        """The agreement in words."""
        low, high = self.bias_interval
        biased = (
            "no bias is shown" if low <= 0 <= high else f"biased {'up' if self.bias > 0 else 'down'}wards"
        )
        return (
            f"{self.n} cases: {biased}, {self.bias:+.1f} ({100 * self.confidence:g} % interval {low:+.1f} to "
            f"{high:+.1f}); limits of agreement {self.low:+.1f} (known to {self.low_interval[0]:+.1f} to "
            f"{self.low_interval[1]:+.1f}) and {self.high:+.1f} ({self.high_interval[0]:+.1f} to "
            f"{self.high_interval[1]:+.1f})."
        )


def bland_altman(
    truth: Sequence[float], guess: Sequence[float], *, confidence: float = 0.95, multiple: float = 1.96
) -> Agreement:
    """Bias and limits of agreement of two measurements of the same cases, each with its interval.

    The limits are bias - multiple * SD and bias + multiple * SD. Their standard error is about
    SD * sqrt(1 / n + multiple**2 / (2 * (n - 1))), because both the bias and the SD are estimates.

    Args: truth, guess: one finite number per case, e.g. mL, in the same order. confidence: of the intervals.
    Raises: InputError for fewer than FEWEST cases, other lengths, numbers that are not finite, or a
        confidence outside (0, 1).
    """
    true, guessed = _checked(truth, guess, confidence)
    differences, means = guessed - true, (guessed + true) / 2
    n, bias, sd = len(differences), differences.mean(), differences.std(ddof=1)
    t = stats.t.ppf(0.5 + confidence / 2, n - 1)
    of_bias = t * sd / np.sqrt(n)
    of_limit = t * sd * np.sqrt(1 / n + multiple**2 / (2 * (n - 1)))
    low, high = bias - multiple * sd, bias + multiple * sd
    slope, of_slope = _slope(means, differences, confidence)
    return Agreement(
        means=tuple(means.tolist()),
        differences=tuple(differences.tolist()),
        bias=float(bias),
        sd=float(sd),
        low=float(low),
        high=float(high),
        bias_interval=_around(bias, of_bias),
        low_interval=_around(low, of_limit),
        high_interval=_around(high, of_limit),
        slope=slope,
        slope_interval=_around(slope, of_slope),
        confidence=confidence,
    )


def _checked(
    truth: Sequence[float], guess: Sequence[float], confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays. Raises: InputError as `bland_altman`."""
    true, guessed = np.asarray(truth, dtype=float), np.asarray(guess, dtype=float)
    if true.ndim != 1 or true.shape != guessed.shape:
        raise InputError(f"truth is {true.shape} and guess is {guessed.shape}; both need one number per case")
    if len(true) < FEWEST or not np.isfinite(true).all() or not np.isfinite(guessed).all():
        raise InputError(
            f"limits of agreement need at least {FEWEST} cases with finite numbers, got {len(true)}; "
            f"leave out, and name, the cases without a value"
        )
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence!r}; it must lie between 0 and 1, usually 0.95")
    return true, guessed


def _slope(means: np.ndarray, differences: np.ndarray, confidence: float) -> tuple[float, float]:
    """Least-squares slope of the differences over the means, and half its interval."""
    if np.ptp(means) == 0:
        return float("nan"), float("nan")
    line = stats.linregress(means, differences)
    return float(line.slope), float(stats.t.ppf(0.5 + confidence / 2, len(means) - 2) * line.stderr)


def _around(middle: float, half: float) -> Interval:
    return float(middle - half), float(middle + half)


def grade(volume_ml: float, *, bsa_m2: float) -> str:
    """The grade of a left atrium's size: normal, mild, moderate or severe enlargement.

    Args: volume_ml: maximal volume. bsa_m2: body surface area; 1.9 is a common adult value.
    The grades were made for echocardiography, which measures smaller volumes than MRI: for a mask of a
    GE-MRI they show how often a category would change, and are no diagnosis.
    Raises: InputError for a negative volume or a body surface that is not positive.
    """
    if not volume_ml >= 0 or not bsa_m2 > 0:
        raise InputError(f"volume is {volume_ml} mL, body surface {bsa_m2} m2; both must be positive numbers")
    return next(name for name, top in GRADES if volume_ml / bsa_m2 <= top)


def grade_table(truth_ml: Sequence[float], guess_ml: Sequence[float], *, bsa_m2: float) -> pd.DataFrame:
    """How many cases have each grade by the truth (rows) and by the guess (columns).

    Raises: InputError for other lengths, and as `grade`.
    """
    if len(truth_ml) != len(guess_ml):
        raise InputError(f"{len(truth_ml)} true volumes and {len(guess_ml)} guesses; each case needs both")
    names = [name for name, _ in GRADES]
    table = pd.DataFrame(0, index=names, columns=names)
    for truth, guess in zip(truth_ml, guess_ml, strict=True):
        table.loc[grade(truth, bsa_m2=bsa_m2), grade(guess, bsa_m2=bsa_m2)] += 1
    return table


def changed(table: pd.DataFrame) -> int:
    """How many cases of a `grade_table` change their grade."""
    return int(table.to_numpy().sum() - np.trace(table.to_numpy()))

"""A table of cases in a few numbers: mean, spread, and how sure the mean is.

After case.py and uncertainty.py; compare.py sets two tables side by side.
"""

import numpy as np
import pandas as pd

from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import check_table
from atriacourse.evaluation.metrics import METRICS
from atriacourse.evaluation.uncertainty import CONFIDENCE, bootstrap_interval


def summarise(table: pd.DataFrame, *, seed: int = 0, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Describe every metric of a per-case table.

    A value that is not a number (both masks empty) or infinite (a distance to an empty mask) has no
    place in a mean: it is left out and *counted*, in `undefined` and `infinite`. Read a mean distance
    only together with them: a method that predicts nothing on its hardest cases loses those from it.

    Args:
        table: one row per case, from `score_case`; only the columns in `METRICS` are described.
        seed: of the bootstrap, so that the same table gives the same interval.
        confidence: of the interval.
    Returns: one row per metric: n (values used), mean, sd (divided by n - 1; nan for one case), median,
        min, max, mean_low and mean_high (interval of the mean), undefined, infinite.
    Raises: InputError for a table without rows, names or metrics, or a confidence outside (0, 1).
    Source: the paper gives mean and SD; its authors' code prints pandas' `describe`, whose SD divides by
        n - 1, so that is probably the paper's.
    """
    check_table(table, "the table")
    metrics = [metric for metric in METRICS if metric in table.columns]
    if not metrics:
        raise InputError(f"the table has none of the columns {', '.join(METRICS)}")
    rows = {metric: _describe(_numbers(table, metric), seed, confidence) for metric in metrics}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")


def _numbers(table: pd.DataFrame, metric: str) -> np.ndarray:
    try:
        return table[metric].to_numpy(dtype=float)
    except ValueError as error:
        raise InputError(f"column {metric} must hold numbers: {error}") from error


def _describe(values: np.ndarray, seed: int, confidence: float) -> dict[str, float]:
    used = values[np.isfinite(values)]
    nan = float("nan")
    low, high = bootstrap_interval(used, seed=seed, confidence=confidence)
    return {
        "n": len(used),
        "mean": used.mean() if len(used) else nan,
        "sd": used.std(ddof=1) if len(used) > 1 else nan,
        "median": np.median(used) if len(used) else nan,
        "min": used.min() if len(used) else nan,
        "max": used.max() if len(used) else nan,
        "mean_low": low,
        "mean_high": high,
        "undefined": int(np.isnan(values).sum()),
        "infinite": int(np.isinf(values).sum()),
    }

"""How far the contrast of the LA2018 scans differs from scan to scan, and how far a threshold goes.

Cited by 01_left_atrium; the statistics are those of atriacourse/data/statistics.py, which explains each. The
grey levels of the mirror have an unknown offset, so only differences of grey levels are used.
"""

from pathlib import Path

from scipy import stats

from atriacourse.data.cohort import open_cohort
from atriacourse.data.statistics import cohort_statistics

KEPT = (
    "grey_range",
    "blood_minus_ring",
    "auc_blood_ring",
    "auc_blood_wall",
    "noise",
    "bright_wall",
    "threshold_dice",
)


def measure(data: Path) -> dict:
    """Quantiles over the cases, and how well each statistic tells post from pre."""
    cohort = open_cohort(data)
    table = cohort_statistics(cohort)
    post = table.index.map({case.name: bool(case.post_ablation) for case in cohort}).to_numpy(bool)
    values = {"cases": len(table), "post": int(post.sum()), "pre": int((~post).sum())}
    for name in KEPT:
        column = table[name]
        tested = stats.mannwhitneyu(column[post], column[~post])
        values[name] = {
            "min": column.min(),
            "p5": column.quantile(0.05),
            "median": column.median(),
            "p95": column.quantile(0.95),
            "max": column.max(),
            "median_post": column[post].median(),
            "median_pre": column[~post].median(),
            "post_above_pre": tested.statistic / (post.sum() * (~post).sum()),
            "p_value": tested.pvalue,
        }
    values["range_factor"] = table.grey_range.max() / table.grey_range.min()
    return values

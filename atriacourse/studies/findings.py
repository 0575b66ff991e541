"""Which of the paper's findings hold in our records, at which scale: one row a published difference.

After comparison.py and published.py. A finding is a pair of variants for which the paper gives both means.
"""

import pandas as pd

from atriacourse.evaluation.uncertainty import UNDECIDED, higher_is_better
from atriacourse.studies.comparison import StudyComparison, compare_study
from atriacourse.studies.published import published_difference
from atriacourse.studies.results import Results

HOLDS, CONTRARY = "holds", "the other way round"


def findings(results: Results, *, metric: str = "dice") -> pd.DataFrame:
    """A row a finding: who was better in the paper and by how much, our difference, and a word.

    Columns: better, than, paper, ours, low, high, verdict, scale. Differences are of the metric's own unit,
    better minus worse in the paper's order; low and high are of the interval that decides.
    """
    rows = []
    for one in compare_study(results, metric=metric):
        paper = published_difference(results.study.name, one.a, one.b, metric)
        if paper is None:
            continue
        turned = (paper < 0) == higher_is_better(metric)  # the paper's better variant is `a`
        sign = -1 if turned else 1
        low, high = sorted((sign * one.low_together, sign * one.high_together))
        rows.append(
            {
                "better": one.label_a if turned else one.label_b,
                "than": one.label_b if turned else one.label_a,
                "paper": sign * paper,
                "ours": sign * one.difference,
                "low": low,
                "high": high,
                "verdict": verdict(one, better=one.a if turned else one.b),
                "scale": results.scale,
            }
        )
    return pd.DataFrame(rows)


def verdict(comparison: StudyComparison, *, better: str) -> str:
    """Whether a comparison names the variant that the paper found better."""
    if comparison.winner is None:
        return UNDECIDED
    return HOLDS if comparison.winner == better else CONTRARY

"""Tables of comparisons for a page: a few read side by side, and all of them with a filter.

After studies/comparison.py, beside study_charts.py. The page's script (book/_assets/course.js) puts a field
above every table of the class `course-filter`; without it the table is whole.
"""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML

from atriacourse.evaluation.metrics import compared, label_of
from atriacourse.evaluation.uncertainty import UNDECIDED
from atriacourse.studies.catalogue import STUDIES
from atriacourse.studies.comparison import StudyComparison, compare_study
from atriacourse.studies.results import scales_in_atlas, study_results


def in_words(comparisons: Sequence[StudyComparison]) -> pd.DataFrame:
    """Some comparisons side by side, a column each: both intervals, what speaks for B, and the verdict."""
    columns = {}
    for one in comparisons:
        gained = int(np.sum(np.array(one.by_case) > 0))
        columns[f"{one.label_b} minus {one.label_a}"] = {
            "mean difference": f"{one.difference:+.4f}",
            "95 % interval, alone": f"{one.low:+.4f} to {one.high:+.4f}",
            "read together with": f"{one.together - 1} others",
            "95 % interval, together": f"{one.low_together:+.4f} to {one.high_together:+.4f}",
            "cases that rise": f"{gained} of {len(one.by_case)}",
            "by seed": ", ".join(f"{gain:+.3f}" for gain in one.by_seed),
            "verdict": word_of(one),
        }
    return pd.DataFrame(columns)


def word_of(one: StudyComparison) -> str:
    """The verdict in a word or two, of what stands first in "B minus A"."""
    if one.winner is None:
        return UNDECIDED
    return "better" if one.winner == one.b else "worse"


def every_comparison(metrics: Sequence[str] = ("dice", "hd_mm")) -> pd.DataFrame:
    """Every comparison of the atlas at every scale, a row each; the interval is the one that decides."""
    rows = []
    for study in STUDIES.values():
        for scale in scales_in_atlas(study):
            results = study_results(study, scale=scale)
            for metric in (one for one in metrics if one in compared()):
                for one in compare_study(results, metric=metric):
                    rows.append(
                        {
                            "what": f"{one.label_b} minus {one.label_a}",
                            "measure": label_of(metric),
                            "difference": f"{one.difference:+.3f}",
                            "95 % interval": f"{one.low_together:+.3f} to {one.high_together:+.3f}",
                            "verdict": word_of(one),
                            "scale": scale,
                            "study": study.name,
                        }
                    )
    return pd.DataFrame(rows)


def filterable(table: pd.DataFrame, *, label: str) -> HTML:
    """A table of texts that a reader can search.

    Args: label: of the table and of its field, for those who hear the page.
    """
    shown = table.to_html(index=False, border=0, classes="course-filter", na_rep="")
    return HTML(shown.replace("<table ", f'<table aria-label="{escape(label, quote=True)}" ', 1))

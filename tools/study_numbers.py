"""Every number that the recorded studies put into a table, a claim, a finding or a grade.

    python tools/study_numbers.py > tests/studies/numbers.csv

The file was made before the records came to format 2; tests/studies/test_numbers.py makes the rows again and
compares. Make it anew only together with records that are meant to change a number.
"""

import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd

from atriacourse.assignments.listing import assignments
from atriacourse.school.bands.band import seed_band
from atriacourse.studies.catalogue import STUDIES
from atriacourse.studies.comparison import compare_study
from atriacourse.studies.findings import findings
from atriacourse.studies.ledger import claimed
from atriacourse.studies.report import summary
from atriacourse.studies.results import Results, atlas, study_results

INTERVALS = ("low", "high", "low_together", "high_together")
COMPARED = ("difference", *INTERVALS, "effect_size", "probability_b_better")
NAMES = ["place", "study", "what", "metric"]  # of a row


def places() -> list[tuple[str, str]]:
    """Cohort and scale of all that is recorded."""
    return sorted({(record.cohort, record.scale) for record in atlas().values()})


def atlas_rows(cohort: str, scale: str) -> Iterator[dict[str, Any]]:
    """Every variant's means and every comparison, of all studies of a place."""
    for study in STUDIES.values():
        results = study_results(study, cohort=cohort, scale=scale)
        for row in (*_means(results), *_comparisons(results), *_findings(results)):
            yield {"place": f"{cohort}@{scale}", "study": study.name, **row}


def class_rows() -> Iterator[dict[str, Any]]:
    """The band of every pair that the class compares."""
    for one in assignments().values():
        for pair in one.levels or ():
            band = seed_band(one.study, pair, one.metric)
            row = {"place": "class", "study": one.study, "what": "-vs-".join(pair), "metric": one.metric}
            yield row | {"low": band.low, "high": band.high, "seeds": band.runs}


def _means(results: Results) -> Iterator[dict[str, Any]]:
    for variant in results.variants:
        for metric in claimed():
            yield {"what": variant, "metric": metric, **summary(results, variant, metric)}


def _comparisons(results: Results) -> Iterator[dict[str, Any]]:
    for metric in dict.fromkeys((results.study.metric, "dice", "hd_mm", "assd_mm")):
        for one in compare_study(results, metric=metric):
            numbers = {name: getattr(one, name) for name in COMPARED}
            yield {"what": f"{one.a}-vs-{one.b}", "metric": metric, **numbers, "word": one.winner or "none"}


def _findings(results: Results) -> Iterator[dict[str, Any]]:
    for row in findings(results).to_dict("records"):
        yield {"what": f"{row['better']} > {row['than']}", "metric": "dice", "word": row["verdict"]}


def table(rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table by place, study, what and metric."""
    return pd.DataFrame(rows).set_index(NAMES)


if __name__ == "__main__":
    found = [row for place in places() for row in atlas_rows(*place)]
    table([*found, *class_rows()]).to_csv(sys.stdout, float_format="%.7g", lineterminator="\n")

"""Findings: the paper's order against ours, on made-up records."""

import numpy as np
import pandas as pd
import pytest

from atriacourse.evaluation.uncertainty import UNDECIDED
from atriacourse.studies.catalogue import study
from atriacourse.studies.findings import CONTRARY, HOLDS, findings
from atriacourse.studies.results import Results


def made(**offsets: float) -> Results:
    """Table 2 with the same twelve cases under each variant, moved by an offset."""
    base = np.linspace(0.80, 0.91, 12)
    wobble = np.tile([0.001, -0.001], 6)
    rows = [
        {"variant": name, "seed": 1, "name": f"case{case}", "site": None, metric: value}
        for metric in ("dice",)
        for name, offset in offsets.items()
        for case, value in enumerate(base + offset + wobble * (name == "multi_task"))
    ]
    records = {(name, 1): None for name in offsets}
    table = pd.DataFrame(rows)
    return Results(study=study("table2"), scale="smoke", cohort="made", table=table, records=records)


def test_each_pair_is_judged_by_the_papers_order():
    table = findings(made(vanilla=0.02, deep=0.0, multi_task=0.0, post_processing=0.01))
    assert list(table["verdict"]) == [CONTRARY, UNDECIDED, HOLDS]
    # Table 2: 0.883 - 0.855, 0.896 - 0.883, 0.901 - 0.896
    assert list(table["paper"]) == pytest.approx([0.028, 0.013, 0.005])
    assert table["ours"].iloc[0] == pytest.approx(-0.02)
    assert (table["low"] <= table["ours"]).all() and (table["ours"] <= table["high"]).all()


def test_pairs_without_published_numbers_are_left_out():
    results = made(vanilla=0.0, deep=0.0)
    other = Results(
        study=study("depth"), scale="smoke", cohort="made", table=results.table, records=results.records
    )
    assert findings(other).empty

"""Reports: means over what is defined, and a count of what is not."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from atriacourse.evaluation.metrics import METRICS
from atriacourse.studies.catalogue import study
from atriacourse.studies.report import (
    comparison_table,
    interval_text,
    markdown_table,
    render,
    summary,
    summary_table,
    wide_table,
)
from atriacourse.studies.results import Results, recorded_at


@pytest.fixture
def made():
    """Table 2's first two variants, two seeds, eight cases; one mask of `deep` was empty for one seed."""
    rows = [
        dict.fromkeys(METRICS, np.nan)  # as a record's table: every metric is a column
        | {
            "variant": name,
            "seed": seed,
            "name": f"case{case}",
            "site": None,
            "dice": 0.8 + case / 100,
            "jaccard": 0.7,
            "hd_mm": np.inf if (name, seed, case) == ("deep", 2, 3) else 10.0 + case,
            "assd_mm": 1.0,
        }
        for name in ("vanilla", "deep")
        for seed in (1, 2)
        for case in range(8)
    ]
    records = {
        (name, seed): SimpleNamespace(scores={"clean": METRICS})
        for name in ("vanilla", "deep")
        for seed in (1, 2)
    }
    return Results(
        study=study("table2"), scale="smoke", cohort="made", table=pd.DataFrame(rows), records=records
    )


def test_a_case_that_is_empty_for_one_seed_is_left_out_and_counted(made):
    one = summary(made, "deep", "hd_mm")
    # 10 to 17 without 13: (108 - 13) / 7
    assert one["mean"] == pytest.approx(95 / 7) and one["left_out"] == 1 and one["cases"] == 7
    whole = summary(made, "vanilla", "hd_mm")
    assert whole["mean"] == pytest.approx(13.5) and whole["left_out"] == 0


def test_the_papers_numbers_stand_beside_ours(made):
    table = summary_table(made).set_index(["variant", "metric"])
    assert table.loc[("vanilla", "hd_mm"), "paper"] == "21.81"
    assert table.loc[("deep", "dice"), "paper_sd"] == "0.08"
    # sample SD of 0.80, 0.81, ... 0.87: sqrt(42 / 7) / 100
    assert table.loc[("deep", "dice"), "sd"] == pytest.approx(np.sqrt(6) / 100)
    wide = wide_table(made, metrics=("dice",))
    assert list(wide["Dice, paper"]) == ["0.855 (0.11)", "0.883 (0.08)"]
    assert markdown_table(wide).count("\n") == 3


def test_a_seed_that_one_variant_lacks_is_in_no_mean(made):
    table = made.table[~((made.table["variant"] == "vanilla") & (made.table["seed"] == 2))]
    records = {pair: one for pair, one in made.records.items() if pair != ("vanilla", 2)}
    fewer = replace(made, table=table, records=records)
    assert fewer.seeds == (1,)
    assert summary(fewer, "deep", "hd_mm")["left_out"] == 0  # its empty mask was of seed 2
    assert summary(fewer, "deep", "dice")["seeds"] == 1


def test_an_interval_in_words():
    assert interval_text(0.87, 0.8512, 0.88749, "dice") == "0.870 (0.851 to 0.887)"
    assert interval_text(5.0, np.nan, np.nan, "hd_mm") == "5.00"


def test_pandas_reads_the_csv_as_one_table(made):
    table = pd.read_csv(io.StringIO(render(made, file_format="csv")))
    parts = {name: part.dropna(axis="columns", how="all") for name, part in table.groupby("table")}
    ours, theirs = parts["summary"], summary_table(made)
    assert len(ours) == len(theirs) == 8
    for column in ("mean", "low", "high", "sd"):
        np.testing.assert_allclose(ours[column], theirs[column], atol=1e-6)
    assert list(ours["left_out"]) == list(theirs["left_out"]) and ours["paper"].iloc[0] == 0.855
    ours, theirs = parts["comparisons"], comparison_table(made)
    assert len(ours) == len(theirs) == 1
    assert set(ours.columns) == {"table", *theirs.dropna(axis="columns").columns}
    assert ours["difference"].iloc[0] == pytest.approx(theirs["difference"].iloc[0], abs=1e-6)


def test_without_a_record_the_csv_is_its_heading_and_markdown_says_so(made):
    empty = replace(made, table=made.table.iloc[:0], records={})
    table = pd.read_csv(io.StringIO(render(empty, file_format="csv")))
    assert len(table) == 0 and table.columns[0] == "table"
    assert "no record yet" in render(empty)


def test_where_a_study_has_records():
    assert ("la2018", "atlas") in recorded_at(study("table1"))
    assert "la2018" not in {cohort for cohort, _ in recorded_at(study("cross_site"))}
    assert recorded_at(study("table1"), extra=["epochs=12345"]) == ()

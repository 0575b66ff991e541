"""Reports: means over what is defined, and a count of what is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from atriacourse.studies.catalogue import study
from atriacourse.studies.report import interval_text, markdown_table, summary, summary_table, wide_table
from atriacourse.studies.results import Results


@pytest.fixture
def made():
    """Table 2's first two variants, two seeds, eight cases; one mask of `deep` was empty for one seed."""
    rows = [
        {
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
    records = {(name, seed): None for name in ("vanilla", "deep") for seed in (1, 2)}
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
    records = {pair: None for pair in made.records if pair != ("vanilla", 2)}
    fewer = replace(made, table=table, records=records)
    assert fewer.seeds == (1,)
    assert summary(fewer, "deep", "hd_mm")["left_out"] == 0  # its empty mask was of seed 2
    assert summary(fewer, "deep", "dice")["seeds"] == 1


def test_an_interval_in_words():
    assert interval_text(0.87, 0.8512, 0.88749, "dice") == "0.870 (0.851 to 0.887)"
    assert interval_text(5.0, np.nan, np.nan, "hd_mm") == "5.00"

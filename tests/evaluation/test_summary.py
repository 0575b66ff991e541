"""A table in a few numbers, against hand calculation and pandas."""

import numpy as np
import pandas as pd
import pytest

from atriacourse.errors import InputError
from atriacourse.evaluation.summary import summarise


def table(**columns):
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"name": [f"case {i}" for i in range(count)], **columns})


def test_a_summary_by_hand():
    row = summarise(table(dice=[0.5, 0.75, 1.0, 0.75])).loc["dice"]
    assert (row["n"], row["mean"], row["median"], row["min"], row["max"]) == (4, 0.75, 0.75, 0.5, 1.0)
    # deviations -1/4, 0, 1/4, 0: squares sum to 1/8, over n - 1 = 3
    assert row["sd"] == pytest.approx(np.sqrt(1 / 24))
    assert 0.5 <= row["mean_low"] < 0.75 < row["mean_high"] <= 1.0
    assert (row["undefined"], row["infinite"]) == (0, 0)


def test_is_pandas_describe_as_the_authors_print_it(rng):
    columns = {"dice": rng.random(20), "hd_mm": 20 * rng.random(20)}
    ours, theirs = summarise(table(**columns)), pd.DataFrame(columns).describe()
    for metric in columns:
        for mine, pandas_name in {"n": "count", "mean": "mean", "sd": "std", "median": "50%"}.items():
            assert ours.loc[metric, mine] == pytest.approx(theirs.loc[pandas_name, metric])


def test_undefined_values_are_left_out_and_counted():
    cases = table(dice=[0.5, 0.0, np.nan, 1.0], hd_mm=[4.0, np.inf, np.nan, 2.0])
    summary = summarise(cases)
    assert summary.loc["dice", ["n", "undefined", "infinite"]].tolist() == [3, 1, 0]
    assert summary.loc["dice", "mean"] == 0.5  # the missed case counts as 0
    assert summary.loc["hd_mm", ["n", "undefined", "infinite", "mean"]].tolist() == [2, 1, 1, 3.0]


@pytest.mark.parametrize("values", [[np.inf], [np.nan, np.inf], [0.5], [0.5, np.nan]])
def test_one_value_or_none_is_no_error(values):
    row = summarise(table(dice=values)).loc["dice"]
    assert row["n"] == np.isfinite(values).sum()
    assert np.isnan(row["sd"])
    assert np.isnan(row["mean_low"])
    assert np.isnan(row["mean"]) == (row["n"] == 0)


def test_only_metrics_are_described():
    cases = table(dice=[0.5, 1.0], spacing_z_mm=[1.0, 1.0], truth_ml=[40.0, 50.0], extra=["a", "b"])
    assert summarise(cases).index.tolist() == ["dice", "truth_ml"]


def test_the_seed_decides(rng):
    cases = table(dice=rng.random(12))
    pd.testing.assert_frame_equal(summarise(cases, seed=1), summarise(cases, seed=1))
    assert (
        summarise(cases, seed=1).loc["dice", "mean_low"] != summarise(cases, seed=2).loc["dice", "mean_low"]
    )


def test_refuses_bad_tables_and_settings():
    with pytest.raises(InputError, match="at least one row"):
        summarise(table(dice=[]))
    with pytest.raises(InputError, match="none of the columns dice"):
        summarise(table(accuracy=[1.0]))
    with pytest.raises(InputError, match="column dice must hold numbers"):
        summarise(table(dice=["good", "bad"]))
    with pytest.raises(InputError, match="more than one row for a"):
        summarise(pd.DataFrame({"name": ["a", "a"], "dice": [1.0, 1.0]}))
    with pytest.raises(InputError, match="confidence is 95"):
        summarise(table(dice=[0.5, 1.0]), confidence=95)

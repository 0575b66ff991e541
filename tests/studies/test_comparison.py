"""Comparisons against independent oracles: statsmodels' Holm, and cases done by hand."""

import numpy as np
import pandas as pd
import pytest

from atriacourse.errors import InputError
from atriacourse.studies.comparison import (
    compare_study,
    compare_variants,
    holm,
)
from atriacourse.studies.declare import Study, Variant
from atriacourse.studies.results import Results


def results(values: dict[str, np.ndarray], metric: str = "dice") -> Results:
    """Values are (seeds, cases) for each variant."""
    study = Study(
        name="made",
        question="?",
        metric=metric,
        variants=tuple(Variant(name=name, label=name.upper()) for name in values),
    )
    rows = [
        {"variant": name, "seed": seed, "name": f"case{case:02}", "site": None, metric: value}
        for name, table in values.items()
        for seed, line in enumerate(table, start=1)
        for case, value in enumerate(line)
    ]
    records = {(name, seed + 1): None for name, table in values.items() for seed in range(len(table))}
    return Results(study=study, scale="smoke", cohort="made", table=pd.DataFrame(rows), records=records)


@pytest.mark.parametrize("p", [[0.01, 0.04, 0.03], [0.5, 0.6], [0.001, 0.2, 0.2, 0.9], [0.04]])
def test_holm_agrees_with_statsmodels(p):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])


def test_holm_by_hand():
    # sorted 0.01, 0.03, 0.04 times 3, 2, 1 = 0.03, 0.06, 0.04; the last may not fall below the one before
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_a_winner_needs_an_interval_beyond_zero(rng):
    base = rng.uniform(0.8, 0.9, size=(3, 12))
    better = base + 0.02 + rng.normal(0, 0.002, size=base.shape)
    alike = base + 0.01 * (-1) ** np.arange(12)  # as often better as worse
    found = results({"a": base, "b": better, "c": alike})
    first, second = compare_study(found)
    assert first.winner == "b" and "B is better, by 12 cases and 3 seeds" in first.verdict
    assert first.difference == pytest.approx(0.02, abs=0.002)
    assert first.probability_b_better == 1
    assert second.winner is None and "not told apart by 12 cases and 3 seeds" in second.verdict
    assert first.holm_p == pytest.approx(2 * first.wilcoxon_p)
    assert np.mean(first.by_seed) == pytest.approx(first.difference)


def test_lower_distances_win():
    near, far = np.full((1, 8), 5.0), np.full((1, 8), 9.0) + np.arange(8)
    one = compare_variants(results({"far": far, "near": near}, metric="hd_mm"), "far", "near")
    assert one.winner == "near" and one.probability_b_better == 1
    assert "another seed may say otherwise" in one.verdict


def test_too_few_cases_name_no_winner():
    a, b = np.full((3, 5), 0.5), np.full((3, 5), 0.9)
    one = compare_variants(results({"a": a, "b": b}), "a", "b")
    assert one.winner is None and "too few" in one.verdict


def test_an_empty_mask_leaves_its_case_out():
    a = np.full((2, 9), 5.0) + np.arange(9)
    b = a - 1
    b[1, 3] = np.inf
    one = compare_variants(results({"a": a, "b": b}, metric="hd_mm"), "a", "b")
    assert one.left_out == ("case03",) and len(one.names) == 8
    assert one.difference == pytest.approx(-1)


def test_the_order_of_the_pair_only_turns_the_sign(rng):
    a, b = rng.uniform(size=(2, 10)), rng.uniform(size=(2, 10))
    one = compare_variants(results({"a": a, "b": b}), "a", "b")
    other = compare_variants(results({"a": a, "b": b}), "b", "a")
    assert one.difference == pytest.approx(-other.difference)
    assert one.low == pytest.approx(-other.high) and one.wilcoxon_p == pytest.approx(other.wilcoxon_p)
    assert one.probability_b_better == pytest.approx(1 - other.probability_b_better)


def test_errors_name_what_is_missing():
    found = results({"a": np.ones((1, 8)), "b": np.ones((1, 8))})
    with pytest.raises(InputError, match="no variant 'z'; it has a, b"):
        compare_variants(found, "a", "z")
    with pytest.raises(InputError, match="no metric 'hd'"):
        compare_variants(found, "a", "b", metric="hd")

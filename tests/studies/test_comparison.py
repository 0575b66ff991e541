"""Comparisons done by hand, alone and read together."""

import numpy as np
import pandas as pd
import pytest

from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import bootstrap_interval
from atriacourse.studies.comparison import compare_study, compare_variants
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
    assert first.together == 2 and "interval for all 2 comparisons" in first.verdict
    assert first.low_together < first.low and first.high < first.high_together
    assert np.mean(first.by_seed) == pytest.approx(first.difference)


def test_the_same_pair_is_told_apart_alone_and_not_among_four():
    # one seed, twelve cases, nine of them better: the interval alone ends just above zero
    gain = np.array([[4, 3, 2, 2, 1, 1, 1, 1, 1, -1, -1, -2]]) / 100
    base = np.full((1, 12), 0.8)
    alone = compare_variants(results({"a": base, "b": base + gain}), "a", "b")
    among = compare_study(results({"a": base, "b": base + gain, "c": base, "d": base, "e": base}))[0]
    assert (alone.together, among.together) == (1, 4)
    assert (alone.low, alone.high) == (among.low, among.high) == (alone.low_together, alone.high_together)
    assert among.low_together < 0 < alone.low
    four = bootstrap_interval(base + gain - base, seed=0, confidence=0.9875)
    assert (among.low_together, among.high_together) == four
    assert alone.winner == "b" and among.winner is None
    assert "for all 4 comparisons" in among.verdict and "for all" not in alone.verdict


def test_a_pair_that_nobody_declared_stands_alone(rng):
    tables = {name: rng.uniform(size=(2, 8)) for name in "abcd"}
    assert compare_variants(results(tables), "a", "c").together == 3
    assert compare_variants(results(tables), "c", "a").together == 3
    assert compare_variants(results(tables), "b", "d").together == 1


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
    assert one.low == pytest.approx(-other.high)
    assert one.probability_b_better == pytest.approx(1 - other.probability_b_better)


def test_errors_name_what_is_missing():
    found = results({"a": np.ones((1, 8)), "b": np.ones((1, 8))})
    with pytest.raises(InputError, match="no variant 'z'; it has a, b"):
        compare_variants(found, "a", "z")
    with pytest.raises(InputError, match="no metric 'hd'"):
        compare_variants(found, "a", "b", metric="hd")

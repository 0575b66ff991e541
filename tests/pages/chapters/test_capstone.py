"""The capstone: hypotheses that stay as written, and conclusions that follow from the interval alone."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import METRICS
from atriacourse.pages.chapters.capstone import (
    CONTRADICTED,
    SUPPORTED,
    TOO_SMALL,
    UNDECIDED,
    Hypothesis,
    catalogue_table,
    conclude,
    gain_interval,
    half_width,
    report,
)
from atriacourse.studies.catalogue import STUDIES, study
from atriacourse.studies.comparison import compare_variants
from atriacourse.studies.results import Results

MIRROR = Hypothesis(
    study="padding", better="mirror", than="zero", smallest_effect=0.01, because="edges look like tissue"
)


def made(values: dict[str, np.ndarray], metric: str = "dice") -> Results:
    """Variants of the padding study from (seeds, cases)."""
    rows = [
        {"variant": name, "seed": s, "name": f"case{c:02}", "site": None, metric: value, "assd_mm": 1.0}
        for name, table in values.items()
        for s, line in enumerate(table)
        for c, value in enumerate(line)
    ]
    table = pd.DataFrame(rows)
    for column in ("dice", "jaccard", "hd_mm"):
        table[column] = table.get(column, 0.5)
    record = SimpleNamespace(scores={"clean": METRICS}, unknown=())
    records = {(name, s): record for name, lines in values.items() for s in range(len(lines))}
    return Results(study=study("padding"), scale="smoke", cohort="made", table=table, records=records)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.002, 0.03, SUPPORTED),
        (0.02, 0.03, SUPPORTED),
        (-0.03, -0.002, CONTRADICTED),
        (-0.03, 0.02, UNDECIDED),
        (-0.005, 0.02, UNDECIDED),
        (-0.005, 0.005, TOO_SMALL),
        (0.001, 0.005, TOO_SMALL),  # better for certain, and not enough to matter
    ],
)
def test_the_word_follows_from_the_interval(low, high, word):
    base = np.full((2, 8), 0.8)
    one = compare_variants(made({"zero": base, "mirror": base + 0.01}), "zero", "mirror")
    one = replace(one, low_together=low, high_together=high, difference=(low + high) / 2)
    assert conclude(MIRROR, one) == word


def test_the_order_of_the_comparison_does_not_matter():
    rng = np.random.default_rng(0)
    base = rng.uniform(0.8, 0.9, size=(2, 8))
    results = made({"mirror": base + 0.05, "zero": base})
    forth, back = (compare_variants(results, *pair) for pair in (("zero", "mirror"), ("mirror", "zero")))
    assert conclude(MIRROR, forth) == conclude(MIRROR, back) == SUPPORTED
    assert gain_interval(MIRROR, forth)[0] == pytest.approx(gain_interval(MIRROR, back)[0])
    assert gain_interval(MIRROR, forth)[0] == pytest.approx(0.05)


def test_a_lower_distance_is_a_gain():
    base = np.arange(8.0)[None] + 5
    shorter = replace(MIRROR, metric="hd_mm")
    one = compare_variants(
        made({"zero": base, "mirror": base - 1}, "hd_mm"), "zero", "mirror", metric="hd_mm"
    )
    assert gain_interval(shorter, one)[0] == pytest.approx(1)
    assert conclude(shorter, one) == SUPPORTED


def test_too_few_cases_decide_nothing():
    base = np.full((3, 4), 0.8)
    one = compare_variants(made({"zero": base, "mirror": base + 0.1}), "zero", "mirror")
    assert conclude(MIRROR, one) == UNDECIDED


def test_a_hypothesis_is_not_changed_afterwards(tmp_path):
    path = tmp_path / "mine.json"
    MIRROR.save(path)
    assert json.loads(path.read_text())["written"]
    MIRROR.save(path)  # the same again
    with pytest.raises(InputError, match="not changed once"):
        replace(MIRROR, smallest_effect=0.001).save(path)


@pytest.mark.parametrize("text", ["", "null", "[]", "7", '{"study":', "[" * 100_000, "{}", '{"study": 3}'])
def test_a_damaged_file_is_named_and_kept(tmp_path, text):
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"mine\.json .*: ?.*name another file") as error:
        MIRROR.save(path)
    assert "\n" not in str(error.value) and path.read_text() == text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"better": "mirrored"}, "no variant"),
        ({"than": "mirror"}, "two variants"),
        ({"smallest_effect": 0}, "above 0"),
        ({"because": "why"}, "a reason"),
    ],
)
def test_a_hypothesis_says_what_it_lacks(change, words):
    with pytest.raises(InputError, match=words):
        replace(MIRROR, **change)


def test_expected_half_width_by_hand():
    # differences: seeds differ by 0 or 2 (variance 2), cases by 0, 3, 6 (variance 9), nothing else:
    # with 4 seeds and 9 cases the variance is 2 / 4 + 9 / 9 = 1.5
    zero = np.zeros((2, 3))
    mirror = np.array([[0.0], [2.0]]) + np.array([[0.0, 3.0, 6.0]])
    results = made({"zero": zero, "mirror": mirror})
    assert half_width(results, "zero", "mirror", seeds=4, cases=9) == pytest.approx(1.96 * 1.5**0.5)
    with pytest.raises(InputError, match="two of each"):
        half_width(made({"zero": zero[:1], "mirror": mirror[:1]}), "zero", "mirror", seeds=4, cases=9)


def test_the_report_says_what_was_expected_and_what_came(monkeypatch):
    monkeypatch.setattr("atriacourse.pages.chapters.capstone.caption", lambda results: "Made up.")
    rng = np.random.default_rng(0)
    base = rng.uniform(0.8, 0.9, size=(1, 8))
    results = made({"mirror": base + 0.05, "zero": base})
    text = report(MIRROR, compare_variants(results, "mirror", "zero"), results)
    for part in ("Expected", "edges look like tissue", "0.01", "padding=zero", "supported", "one seed"):
        assert part in text, part
    assert "Gain +0.0500 dice" in text and "100% of cases" in text


def test_every_study_can_be_chosen():
    table = catalogue_table()
    assert list(table.index) == list(STUDIES) and len(table) >= 16
    assert table.loc["closing", "networks"] == 1  # one network, five ways to clean its masks
    assert table.loc["table2", "networks"] == 3 and table.loc["bagging", "networks"] == 16  # 1 + 3 bags of 5

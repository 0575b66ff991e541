"""Pooling over a class: by hand, and in words."""

import math

import pandas as pd
import pytest

from atriacourse.assignments.assignment import SCALE
from atriacourse.school.bands.band import Band
from atriacourse.school.classroom import pooled
from atriacourse.school.classroom.pooled import believed, pairs_of, questions_of
from atriacourse.school.classroom.runs import Run, Said


def run(gains, *, seed=1, place="centre 2018", pair=("standard", "clahe"), said=None, scale=SCALE):
    return Run(
        assignment="contrast",
        student=f"student{seed}",
        a=pair[0],
        b=pair[1],
        seed=seed,
        place=place,
        scale=scale,
        gains={f"case{number}": gain for number, gain in enumerate(gains)},
        rerun=True,
        said=said,
    )


def test_a_pair_by_hand(monkeypatch):
    monkeypatch.setattr(pooled, "seed_band", lambda *_: Band(low=0.0, high=0.15, runs=9))
    said = Said(winner="not told apart", low=0.0, high=0.3)
    runs = [
        run([0.3, 0.1] * 3, seed=1, said=Said(winner="clahe", low=0.15, high=0.25)),
        run([0.1, -0.1] * 3, seed=2, place="centre 2019", said=said),
        run([float("nan"), 0.2, 0.0, 0.1], seed=3, said=None),
    ]
    (pair,) = pairs_of(runs)
    assert [round(one.difference, 6) for one in pair.runs] == [0.0, 0.1, 0.2]
    assert pair.difference == pytest.approx(0.1) and pair.places == 2
    assert pair.inside == 2  # 0.0 and 0.1
    assert [one.verdict for one in pair.runs] == ["not told apart", "not told apart", "clahe"]
    # both intervals hold the difference (0.0 and 0.2), both words are the verdict
    assert believed([pair]) == {"contrast": (2, 2, 2)}


def test_clear_runs_name_a_winner():
    runs = [run([0.2, 0.21, 0.19, 0.2, 0.22, 0.18], seed=seed) for seed in range(4)]
    (pair,) = pairs_of(runs)
    assert pair.verdict == "clahe" and pair.low > 0.15
    (other,) = pairs_of([run([-gain for gain in one.gains.values()], seed=one.seed) for one in runs])
    assert other.verdict == "standard"


def test_one_run_has_no_pooled_interval():
    (pair,) = pairs_of([run([0.2, 0.21, 0.19, 0.2, 0.22, 0.18])])
    assert math.isnan(pair.low) and math.isnan(pair.high) and pair.verdict == "not told apart"
    assert pair.runs[0].verdict == "clahe" and pair.runs[0].low > 0.15


def test_pairs_scales_and_scans_stay_apart():
    runs = [
        run([0.1, 0.2], seed=1, pair=("clahe", "gamma_augmentation")),
        run([0.1, 0.2], seed=2),
        run([0.1, 0.2], seed=3, scale="atlas"),
        run([0.1, 0.2], seed=4, place="scans la2018"),
    ]
    found = pairs_of(runs)
    assert [(one.b, one.scale, one.centres) for one in found] == [
        ("clahe", "atlas", True),
        ("clahe", SCALE, True),
        ("clahe", SCALE, False),
        ("gamma_augmentation", SCALE, True),
    ]
    assert all(one.band is None for one in found if not one.centres or one.scale != SCALE)


def test_questions():
    rows = [
        ("b", "easy", 0.0, 1.0, 0.5),
        ("b", "hard", 0.0, 1.0, 2.0),
        ("b", "hard", 1.0, 4.0, 2.0),
        ("a", "late", 0.0, 1.0, float("nan")),
    ]
    table = pd.DataFrame(rows, columns=["chapter", "question", "low", "high", "value"])
    hard, easy = questions_of(table)
    assert (hard.text, hard.held, hard.width, hard.values) == ("hard", 1, 2.0, (2.0, 2.0))
    assert (easy.text, easy.held) == ("easy", 1)


def test_an_assignments_pairs_are_read_together_and_a_single_run_is_not():
    gains = [0.2, 0.02, 0.19, 0.01, 0.22, 0.03]
    one = [run(gains, seed=seed) for seed in (1, 2)]
    other = [run(gains, seed=seed, pair=("clahe", "gamma_augmentation")) for seed in (3, 4)]
    lonely = [run(gains, seed=5, pair=("standard", "gamma_augmentation"))]
    (alone,) = pairs_of(one)
    among = {pair.b + pair.a: pair for pair in pairs_of([*one, *other, *lonely])}["clahestandard"]
    assert (alone.together, among.together) == (1, 2)  # the pair of one run has no interval to be read
    assert among.low < alone.low and alone.high < among.high
    assert among.runs[0].low == alone.runs[0].low


def test_absurd_guesses_are_no_part_of_the_page():
    """1.7e308 is finite, and no axis can hold it."""
    rows = [("a", "q", low, 1.0, 0.5) for low in (0.0, 1.7e308, -1.7e308, float("nan"))]
    (question,) = questions_of(pd.DataFrame(rows, columns=["chapter", "question", "low", "high", "value"]))
    assert question.guesses == ((0.0, 1.0, 0.5),)

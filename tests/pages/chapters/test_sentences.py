"""Each sentence follows its numbers, on both sides of every threshold."""

import numpy as np
import pandas as pd
import pytest

from atriacourse.evaluation.compare import compare
from atriacourse.pages.chapters import sentences
from atriacourse.pages.chapters.sentences import (
    beside_many,
    best_curves,
    cost_and_cover,
    label_answers,
    moved,
    where_it_helps,
    where_lost,
    who_found,
)


def comparison(differences, *, metric="dice", labels=("without", "with")):
    names = [f"case {number}" for number in range(len(differences))]
    base = pd.DataFrame({"name": names, metric: 0.5})
    return compare(base, base.assign(**{metric: base[metric] + differences}), metric=metric, labels=labels)


UP = comparison(np.linspace(0.1, 0.2, 8))
DOWN = comparison(-np.linspace(0.1, 0.2, 8))
OPEN = comparison(np.array([-0.2, 0.2] * 4))


@pytest.mark.parametrize(
    ("right", "same", "cases", "said"),
    [(7, 5, 8, "2 more"), (5, 5, 8, "no sign"), (3, 5, 8, "no sign"), (0, 0, 0, "nothing to count")],
)
def test_labels_beside_one_answer_for_all(right, same, cases, said):
    assert said in label_answers(right, same, cases)


def test_what_moved():
    assert moved(UP).startswith("with: Dice falls in 0 and rises in 8 of 8 cases. The mean rises by 0.15")
    assert moved(UP).endswith("that tells them apart.")
    assert "falls in 8 and rises in 0 of 8 splits. The mean falls" in moved(DOWN, unit="splits")
    assert moved(OPEN).endswith("so they are not told apart.")
    assert moved(comparison(np.zeros(8), metric="hd_mm")) == "with: HD (mm) moves in none of 8 cases."


def test_where_the_score_was_lost():
    assert "neighbours are the trouble" in where_lost(0.1, 0.6)
    assert "as the hypothesis says" in where_lost(0.6, 0.1)


def test_who_found_what():
    kinds = {"copy": ["a", "b"], "nan": ["c"], "turned": ["d"]}
    said = who_found(kinds, your_functions={"a", "b"}, the_audit={"a", "c"})
    assert said.startswith("Of 3 kinds, all scans named by: your functions 1, the audit 1.")
    assert said.endswith("Found by none of them: turned.")
    assert who_found(kinds, all=set("abcd")).endswith("Together they have found all.")


def test_one_curve_or_many():
    assert "One γ is best for all: 0.9" in best_curves(np.array([0.9, 0.9]), 0.2, 0.1)
    assert "from 0.8 to 0.9" in best_curves(np.array([0.9, 0.8]), 0.2, 0.1)
    assert "95 % of the distance stays" in best_curves(np.array([0.9, 0.8]), 0.2, 0.19)
    assert "leaves 50 %" in best_curves(np.array([0.9, 0.8]), 0.2, 0.1)
    assert "no more than 5 %" in best_curves(np.array([0.9, 0.8]), 0.2, 0.01)


@pytest.mark.parametrize(
    ("one", "interval", "said"),
    [
        (UP, (0.1, 0.2), "with is better; many seeds: the same"),
        (OPEN, (-0.1, 0.2), "open; many seeds: the same"),
        (OPEN, (0.1, 0.2), "open; many seeds: with is better"),
        (UP, (-0.1, 0.1), "with is better; many seeds: open"),
        (UP, (-0.2, -0.1), "with is better; many seeds: without is better, the other way round"),
    ],
)
def test_one_seed_beside_many(one, interval, said):
    assert beside_many(one, *interval) == f"this seed: {said}"


def test_where_a_variant_helps():
    said = where_it_helps({"γ 1": 0.9, "γ 2": 0.8, "γ 3": 0.7}, {"γ 1": 0.89, "γ 2": 0.85, "γ 3": 0.6})
    assert said == "With it Dice is higher at γ 2 and lower at γ 3. At γ 1 the two differ by less than 0.02."
    assert where_it_helps({"a": 0.9}, {"a": 0.9}) == "At a the two differ by less than 0.02."
    assert where_it_helps({"a": 0.8}, {"a": 0.9}) == "With it Dice is higher at a."


def test_price_and_insurance():
    said = cost_and_cover(DOWN, UP)
    assert "costs 0.15 Dice where scans are as they should be, and saves 0.15 where" in said
    assert "costs no Dice that shows" in cost_and_cover(OPEN, UP)
    assert "saves nothing that shows" in cost_and_cover(DOWN, DOWN)


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (sentences.without_parts(0.964, count=4, line=0.927), "does not fall"),
        (sentences.without_parts(0.91, count=4, line=0.927), "falls to the line before"),
        (sentences.label_found(0.01, randoms=200), "reads something"),
        (sentences.label_found(0.3, randoms=200), "do not show"),
        (sentences.beside_blind(0.8, 0.66, name="it"), "learned more"),
        (sentences.beside_blind(0.66, 0.66, name="it"), "worth less"),
        (sentences.leak_seen(0.22), "report 0.22 too much"),
        (sentences.leak_seen(0.003), "hardly learned by heart"),
        (sentences.leak_seen(-0.1), "hardly learned by heart"),
        (sentences.loudness(19.1), "label pulls 19.1 times as hard as the mask"),
        (sentences.loudness(0.1), "mask pulls 10.0 times as hard as the label"),
        (sentences.loudness(1.2), "equally loud"),
    ],
)
def test_a_sentence_of_one_number(said, holds):
    assert holds in said

"""Ablations in one picture, and the rule that every seed must agree."""

import matplotlib as mpl
import pandas as pd
import pytest

from atriacourse.errors import InputError
from atriacourse.evaluation.compare import compare
from atriacourse.pages.pictures.gains import agree, gains

mpl.use("agg")
NAMES = list("abcdefgh")


def against(step: float):
    """Eight cases in which B is better by about `step`."""
    table = pd.DataFrame({"name": NAMES, "dice": [0.5 + 0.01 * n for n in range(8)]})
    other = table.assign(dice=table["dice"] + [step + 0.001 * n for n in range(8)])
    return compare(table, other, labels=("plain", "new"))


def test_every_seed_has_its_dots_and_its_interval():
    figure = gains({"one": [against(0.1), against(-0.2)], "two": [against(0.0)]}, label="Dice")
    axes = figure.axes[0]
    assert len(axes.containers) == 3  # error bars
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert dots[0].get_ydata() == pytest.approx([0.1 + 0.001 * n for n in range(8)])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["one", "two"]


def test_a_test_without_a_comparison_is_refused():
    with pytest.raises(InputError, match="no comparison to draw: two"):
        gains({"one": [against(0.1)], "two": []}, label="Dice")
    with pytest.raises(InputError, match="no comparison"):
        gains({}, label="Dice")


def test_seeds_must_agree_before_there_is_a_winner():
    assert agree([against(0.1), against(0.2)]) == "new"
    assert agree([against(-0.1), against(-0.2)]) == "plain"
    assert agree([against(0.1), against(-0.2)]) is None
    assert agree([against(0.1), against(-0.0035)]) is None  # the second is not told apart

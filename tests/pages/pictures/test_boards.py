"""The board shows every metric of a row at its place, and says beyond the scale what lies beyond it."""

import numpy as np
import pytest

from atriacourse.evaluation.case_row import score_case
from atriacourse.pages.bench.sandbox import HUMAN, shift
from atriacourse.pages.pictures.boards import RANGES, metric_board, ranges_for, said
from atriacourse.pages.pictures.figures import Panel


def board(guess):
    truth = np.zeros((4, 20, 20), bool)
    truth[:, 5:15, 5:15] = True
    guess = truth if guess is None else guess(truth)
    row = score_case("", truth, guess, (1, 1, 1))
    masks = {"truth": truth[1], "damaged": guess[1]}
    panel = Panel(plane=np.zeros((20, 20)), spacing_mm=(1, 1), masks=masks, title="a slice")
    return row, metric_board(panel, row)


def diamond(axes):
    return float(axes.lines[-1].get_xdata()[0]), axes.lines[-1].get_marker()


def test_each_metric_has_a_scale_with_its_value_and_the_human_line():
    row, figure = board(lambda mask: shift(mask, mm=2, axis=2, spacing_mm=(1, 1, 1)))
    scales = figure.axes[1:]
    assert len(scales) == len(RANGES)
    for axes, column in zip(scales, RANGES, strict=True):
        assert diamond(axes) == (pytest.approx(row[column]), "D")
        assert f"{row[column]:.3g}" in [text.get_text() for text in axes.texts]
    human = scales[0].collections[1].get_segments()[0][:, 0]
    assert human == pytest.approx([HUMAN["dice"]] * 2)
    volume = scales[-1].collections[1].get_segments()
    assert len(volume) == 2  # more or less: either sign


def test_an_empty_mask_stands_at_the_ends():
    row, figure = board(np.zeros_like)
    places = dict(zip(RANGES, map(diamond, figure.axes[1:]), strict=True))
    assert row["hd_mm"] == np.inf
    assert places["hd_mm"] == (RANGES["hd_mm"][1], ">")
    assert places["dice"] == (RANGES["dice"][0], "<")


def test_what_the_board_shows_is_said_in_words():
    row, _ = board(None)
    assert said(row).startswith("Dice 1, Jaccard 1, HD in mm 0,")


def test_the_scales_of_a_slider_hold_all_of_its_states():
    near, _ = board(None)
    far = near | {"hd_mm": 81.2, "dice": 0.31, "volume_difference_ml": -60.5, "assd_mm": np.inf}
    ranges = ranges_for([near, far])
    assert ranges["hd_mm"] == (0.0, 82.0)
    assert ranges["dice"] == (pytest.approx(0.3), 1.0)
    assert ranges["volume_difference_ml"] == (-61.0, 35.0)
    assert ranges["assd_mm"] == RANGES["assd_mm"]  # no place for the infinite: it stands at the end
    assert ranges["hd95_mm"] == RANGES["hd95_mm"]

"""The chart's lines stand where the agreement says."""

import pytest

from atriacourse.errors import InputError
from atriacourse.evaluation.agreement import bland_altman
from atriacourse.pages.pictures.bland_altman import bland_altman_chart


def heights(axes):
    """Where the horizontal lines across the whole chart lie."""
    return [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]


def test_bias_and_limits_are_drawn_at_their_values():
    found = bland_altman([10, 20, 30, 40], [12, 21, 35, 44])
    (axes,) = bland_altman_chart({"network": found}, human=9.3).axes
    assert heights(axes) == pytest.approx([0, found.bias, found.low, found.high, 9.3, -9.3])
    dots = next(line for line in axes.lines if line.get_marker() == "o")
    assert dots.get_ydata() == pytest.approx(found.differences)
    assert axes.get_ylabel() == "guess minus truth, volume (mL)"


def test_methods_side_by_side_share_one_scale():
    one = bland_altman([10, 20, 30], [11, 22, 33])
    other = bland_altman([10, 20, 30], [50, 60, 71])
    left, right = bland_altman_chart({"one": one, "other": other}).axes
    assert left.get_ylim() == right.get_ylim()
    assert [left.get_title(), right.get_title()] == ["one", "other"]


def test_nothing_to_draw_is_an_error():
    with pytest.raises(InputError, match="at least one method"):
        bland_altman_chart({})

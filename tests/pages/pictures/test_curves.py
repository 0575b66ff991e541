"""Lines and histograms of the pages."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.pictures.curves import curves, histograms

mpl.use("agg")


@pytest.fixture(autouse=True)
def closed():
    """A picture that was refused half drawn stays open; nobody else's test is to find it."""
    yield
    plt.close("all")


def test_series_differ_in_colour_line_and_marker():
    figure = curves([0, 1], {"a": [0, 1], "b": [1, 0]}, xlabel="x", ylabel="y")
    one, other = figure.axes[0].lines
    assert one.get_color() != other.get_color()
    assert one.get_linestyle() != other.get_linestyle()
    assert one.get_marker() != other.get_marker()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_a_formula_stands_grey_behind_the_series():
    behind, series = curves([0, 1], {"a": [0, 1]}, behind=[[1, 0]], xlabel="x", ylabel="y").axes[0].lines
    assert behind.get_ydata().tolist() == [1, 0] and behind.get_color() == "#BBBBBB"
    assert series.get_ydata().tolist() == [0, 1] and series.get_zorder() >= behind.get_zorder()


def test_bands_belong_to_their_series():
    figure = curves([0, 1], {"a": [1, 2], "b": [0, 0]}, xlabel="x", ylabel="y", bands={"a": ([0, 1], [2, 3])})
    assert len(figure.axes[0].collections) == 1


def test_a_single_series_needs_no_legend_and_settings_reach_the_axes():
    figure = curves([1, 10], {"a": [1, 2]}, xlabel="x", ylabel="y", steps=True, xscale="log")
    assert not figure.legends
    assert figure.axes[0].get_xscale() == "log"
    assert figure.axes[0].lines[0].get_drawstyle() == "steps-post"


def test_curves_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="as many values as x, 2"):
        curves([0, 1], {"a": [0]}, xlabel="x", ylabel="y")
    with pytest.raises(InputError, match="told apart"):
        curves([0], {str(n): [0] for n in range(6)}, xlabel="x", ylabel="y")


def test_histograms_show_shares_and_count_what_lies_beyond():
    figure = histograms({"a": np.array([0.0, 0.1, 0.9, 5.0])}, xlabel="x", value_range=(0, 1), bins=2)
    stairs = figure.axes[0].patches[0]
    # two of four below one half; 0.9 and the 5.0 beyond the end above it
    assert stairs.get_data().values.tolist() == [0.5, 0.5]
    assert figure.axes[0].get_xlim() == (0, 1)


def test_marks_stand_on_the_axis_of_their_sample():
    figure = histograms(
        {"a": np.zeros(3)}, xlabel="x", value_range=(-1, 1), marks={"a": 0.5, "b": 9}, top=0.8
    )
    assert figure.axes[0].lines[0].get_xdata().tolist() == [0.5]
    assert figure.axes[0].get_ylim() == (0, 0.8)
    with pytest.raises(InputError, match="must rise"):
        histograms({"a": np.zeros(3)}, xlabel="x", value_range=(1, 1))

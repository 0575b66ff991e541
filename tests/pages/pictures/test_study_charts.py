"""Charts of studies: what is drawn is what the records say."""

from dataclasses import replace

import pytest
from matplotlib import pyplot as plt

from atriacourse.errors import InputError
from atriacourse.pages.pictures import study_charts
from atriacourse.studies.catalogue import study
from atriacourse.studies.comparison import compare_study
from atriacourse.studies.published import TABLE_1
from atriacourse.studies.results import study_results


@pytest.fixture(scope="module")
def table1():
    return study_results(study("table1"))


def test_the_forest_has_a_row_a_comparison(table1):
    found = compare_study(table1)
    axes = study_charts.forest(found).axes[0]
    diamonds = [line for line in axes.lines if line.get_marker() == "D"]
    drawn = {round(float(line.get_xdata()[0]), 9): line for line in diamonds}
    assert set(drawn) == {round(one.difference, 9) for one in found}
    for one in found:  # filled only where a winner is named
        filled = drawn[round(one.difference, 9)].get_markerfacecolor() != "white"
        assert filled == (one.winner is not None)
    with pytest.raises(InputError, match="no comparison"):
        study_charts.forest([])


def test_scales_stand_below_the_papers_difference(table1):
    longer = replace(table1, scale="laptop")
    axes = study_charts.at_scales([table1, longer]).axes[0]
    lines = [line for line in axes.lines if len(line.get_xdata()) == 1]
    diamonds = [float(line.get_xdata()[0]) for line in lines if line.get_marker() == "D"]
    ours = sorted(2 * [one.difference for one in compare_study(table1)])  # a scale each
    assert sorted(diamonds) == pytest.approx(ours)
    squares = [float(line.get_xdata()[0]) for line in lines if line.get_marker() == "s"]
    # Table 1: 0.854, 0.876 and 0.883 minus 0.847
    assert sorted(squares) == pytest.approx([0.007, 0.029, 0.036])
    with pytest.raises(InputError, match="one study"):
        study_charts.at_scales([table1, study_results(study("table2"))])
    with pytest.raises(InputError, match="none"):
        study_charts.at_scales([])


def test_the_ladder_has_a_rung_a_case(table1):
    axes = study_charts.ladder(table1, "standard", "clahe").axes[0]
    assert len(axes.get_yticks()) == len(table1.values("standard", "dice").columns)


def test_published_intervals(table1):
    # t(0.975, 19) = 2.093; 2.093 * 0.18 / sqrt(20) = 0.0842
    rows = {"plain": TABLE_1["standard"]["dice"]}
    line = study_charts.published_means(rows, cases=20, label="Dice").axes[0].lines[0]
    assert line.get_xdata() == pytest.approx([0.847 - 0.0842, 0.847 + 0.0842], abs=1e-4)


def test_every_chart_is_closed(table1):
    before = len(plt.get_fignums())
    assert len(study_charts.in_band(table1, {"standard": 0.85}).axes[0].get_yticks()) == 1
    assert len(study_charts.in_band(table1, {}).axes[0].get_yticks()) == 4
    assert len(plt.get_fignums()) == before


def test_a_run_is_told_on_which_side_of_its_band_it_lies(table1):
    means = table1.values("standard", "dice").mean(axis=1)
    inside, above, below = (
        study_charts.band_says(table1, "standard", means.mean() + shift) for shift in (0, 0.9, -0.9)
    )
    assert "lies within" in inside and "fault" not in inside
    assert "lies above" in above and "lies below" in below and "fault" in above and "fault" in below

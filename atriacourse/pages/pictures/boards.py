"""A slice beside a board of metrics: where a damaged mask stands, and where two human masks do.

After sandbox.py and figures.py; the picture under the sliders of chapter 9. Returns a closed `Figure`.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atriacourse.evaluation.case_row import Row
from atriacourse.evaluation.metrics import METRICS
from atriacourse.pages.bench.sandbox import HUMAN
from atriacourse.pages.pictures.figures import Panel, add_legend, draw_panel
from atriacourse.pages.pictures.style import BLUE, PURPLE, STYLE, closed

# column of a row from `score_case` -> (label, what the axis shows); a value beyond stands at its end
RANGES = {
    "dice": ("Dice", (0.5, 1.0)),
    "jaccard": ("Jaccard", (0.3, 1.0)),
    "hd_mm": ("HD (mm)", (0.0, 50.0)),
    "hd95_mm": ("HD95 (mm)", (0.0, 15.0)),
    "assd_mm": ("ASSD (mm)", (0.0, 4.0)),
    "volume_difference_ml": ("volume (mL)", (-35.0, 35.0)),
}


def metric_board(panel: Panel, row: Row, *, human: Mapping[str, float] = HUMAN) -> Figure:
    """A slice with its outlines, and beside it one scale for each metric with the mask's value as a diamond.

    Args: panel: what to show of the scan. row: from `score_case`. human: the same metrics between two human
        masks of one image, drawn as dashed lines; their difference in volume has no sign, so it has two.
    """
    with plt.rc_context(STYLE | {"font.size": 11}):
        figure = plt.figure(figsize=(7.6, 3.8), layout="constrained")
        grid = figure.add_gridspec(len(RANGES), 2, width_ratios=(1.15, 1))
        picture = figure.add_subplot(grid[:, 0])
        draw_panel(picture, panel)
        for number, (column, (label, ends)) in enumerate(RANGES.items()):
            axes = figure.add_subplot(grid[number, 1])
            axes.vlines([float(METRICS[column].better == "higher")], -0.5, 0.5, color="#888888", linewidth=2)
            axes.vlines(_human_lines(column, human), -0.7, 0.7, color=PURPLE, linestyle="--")
            _draw_scale(axes, value=float(row[column]), ends=ends, label=label)
            if number == 0:
                axes.set_title("diamond: this mask; dashed: two humans; bar: perfect", fontsize=9)
        add_legend(figure, list(panel.masks or {}))
        return closed(figure)


def said(row: Row) -> str:
    """The same in words, for those who cannot see the board."""
    return ", ".join(f"{label.replace(' (', ' in ').rstrip(')')} {row[column]:.3g}"
                     for column, (label, _) in RANGES.items())  # fmt: skip


def _human_lines(column: str, human: Mapping[str, float]) -> list[float]:
    if column == "volume_difference_ml":
        return [-human["difference_ml"], human["difference_ml"]]
    return [human[column]]


def _draw_scale(axes: Axes, *, value: float, ends: tuple[float, float], label: str) -> None:
    low, high = ends
    axes.hlines(0, low, high, color="#BBBBBB", linewidth=1)
    if np.isnan(value):
        marker, place, text = "", low, "undefined"
    else:
        marker = "D" if low <= value <= high else (">" if value > high else "<")
        place, text = float(np.clip(value, low, high)), f"{value:.3g}"
    axes.plot([place], [0], marker, color=BLUE, markersize=8, clip_on=False)
    axes.text(1.03, 0.5, text, transform=axes.transAxes, va="center")
    axes.text(-0.03, 0.5, label, transform=axes.transAxes, va="center", ha="right")
    margin = 0.02 * (high - low)
    axes.set(xlim=(low - margin, high + margin), ylim=(-1, 1), yticks=[], xticks=[])
    axes.spines[:].set_visible(False)

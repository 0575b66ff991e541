"""A slice above a board of metrics: where a damaged mask stands, and where two human masks do.

After sandbox.py and figures.py; the picture under the sliders of chapters 8 and 9. Narrow enough to be read
whole on a phone. Returns a closed `Figure`.
"""

from collections.abc import Iterable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atriacourse.evaluation.case_row import Row
from atriacourse.evaluation.metrics import METRICS
from atriacourse.pages.bench.sandbox import HUMAN
from atriacourse.pages.pictures.figures import Panel, add_legend, draw_panel
from atriacourse.pages.pictures.style import BLUE, PURPLE, STYLE, closed

Ranges = Mapping[str, tuple[float, float]]
# column of a row from `score_case` -> (label, what the axis shows); a value beyond stands at its end
SCALES = {
    "dice": ("Dice", (0.5, 1.0)),
    "jaccard": ("Jaccard", (0.3, 1.0)),
    "hd_mm": ("HD (mm)", (0.0, 50.0)),
    "hd95_mm": ("HD95 (mm)", (0.0, 15.0)),
    "assd_mm": ("ASSD (mm)", (0.0, 4.0)),
    "volume_difference_ml": ("volume error (mL)", (-35.0, 35.0)),
}
RANGES: Ranges = {column: ends for column, (_, ends) in SCALES.items()}


def ranges_for(rows: Iterable[Row]) -> Ranges:
    """The scales on which every finite value of these rows has its place: one board for a whole slider."""
    rows = list(rows)
    wide = {}
    for column, (low, high) in RANGES.items():
        values = [float(row[column]) for row in rows if np.isfinite(row[column])]
        least, most = min([low, *values]), max([high, *values])
        wide[column] = (low if least == low else np.floor(least), high if most == high else np.ceil(most))
        if column in ("dice", "jaccard"):
            wide[column] = (low if least == low else np.floor(10 * least) / 10, high)
    return wide


def metric_board(
    panel: Panel, row: Row, *, human: Mapping[str, float] = HUMAN, ranges: Ranges = RANGES
) -> Figure:
    """A slice with its outlines, and below it one scale for each metric with the mask's value as a diamond.

    Args: panel: what to show of the scan. row: from `score_case`. human: the same metrics between two human
        masks of one image, drawn as dashed lines; their difference in volume has no sign, so it has two.
        ranges: what each scale shows, e.g. from `ranges_for`.
    """
    with plt.rc_context(STYLE | {"font.size": 11}):
        figure = plt.figure(figsize=(4.6, 6.6))
        draw_panel(figure.add_axes((0.04, 0.49, 0.92, 0.47)), panel)
        add_legend(figure, list(panel.masks or {}), place=(0.5, 0.455))
        for number, (column, (label, _)) in enumerate(SCALES.items()):
            axes = figure.add_axes((0.36, 0.325 - 0.057 * number, 0.48, 0.06))
            axes.vlines([float(METRICS[column].better == "higher")], -0.5, 0.5, color="#888888", linewidth=2)
            axes.vlines(_human_lines(column, human), -0.7, 0.7, color=PURPLE, linestyle="--")
            _draw_scale(axes, value=float(row[column]), ends=ranges[column], label=label)
        figure.text(
            0.5, 0.405, "diamond: this mask; dashed: two humans; bar: perfect", fontsize=9, ha="center"
        )
        return closed(figure)


def said(row: Row) -> str:
    """The same in words, for those who cannot see the board."""
    return ", ".join(f"{label.replace(' (', ' in ').rstrip(')')} {row[column]:.3g}"
                     for column, (label, _) in SCALES.items())  # fmt: skip


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
    for end in ends:
        axes.text(end, -0.9, f"{end:g}", fontsize=7, color="#777777", va="center", ha="center")
    axes.text(-0.03, 0.5, label, transform=axes.transAxes, va="center", ha="right")
    margin = 0.02 * (high - low)
    axes.set(xlim=(low - margin, high + margin), ylim=(-1, 1), yticks=[], xticks=[])
    axes.set_axis_off()

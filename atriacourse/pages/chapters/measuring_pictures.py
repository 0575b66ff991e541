"""The pictures of chapter 9: two masks on paper, lists of distances, all damages at once, pairs of cases.

After evaluation/ and sandbox.py. Each function returns a closed `Figure`, no wider than `WIDTH`, so that
a phone shows it whole.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from atriacourse.evaluation.case_row import Row
from atriacourse.evaluation.compare import Comparison
from atriacourse.evaluation.distances import SurfaceDistances, assd_mm, hausdorff95_mm, hausdorff_mm
from atriacourse.pages.bench.sandbox import HUMAN
from atriacourse.pages.pictures.curves import LOOKS
from atriacourse.pages.pictures.style import BLUE, ORANGE, PURPLE, STYLE, closed

WIDTH = 4.8  # inches


def draw_grid(truth: np.ndarray, guess: np.ndarray) -> Figure:
    """Two masks (1, rows, columns) on a grid of 2 mm rows and 1 mm columns, in millimetres."""
    marks = {(True, False): "T", (False, True): "G", (True, True): "both"}
    colours = {"T": "#BBDDF2", "G": "#F6DDA6", "both": "#D8D8D8"}
    _, rows, columns = truth.shape
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(3.4, 5), layout="constrained")
        for (y, x), here in np.ndenumerate(truth[0]):
            mark = marks.get((bool(here), bool(guess[0, y, x])), "")
            face = colours.get(mark, "white")
            axes.add_patch(plt.Rectangle((x, 2 * y), 1, 2, facecolor=face, edgecolor="k"))
            axes.text(x + 0.5, 2 * y + 1, mark, ha="center", va="center")
        axes.set(xlim=(0, columns), ylim=(2 * rows, 0), aspect="equal")
        axes.set_xticks(np.arange(columns) + 0.5, [f"x {x}" for x in range(columns)])
        axes.set_yticks(2 * np.arange(rows) + 1, [f"y {y}" for y in range(rows)])
        axes.tick_params(length=0)
        return closed(figure)


def draw_lists(lists: SurfaceDistances) -> Figure:
    """The distances of both directions, and where ASSD, HD95 and HD lie among them."""
    summaries = {"ASSD": (assd_mm(lists), "-"), "HD95": (hausdorff95_mm(lists), "--")}
    summaries["HD"] = (hausdorff_mm(lists), ":")
    bins = np.linspace(0, hausdorff_mm(lists) + 1e-9, 30).tolist()
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 4.4), sharex=True, layout="constrained")
        for one, name, values, colour in (
            (axes[0], "truth to mask", lists.truth_to_guess, BLUE),
            (axes[1], "mask to truth", lists.guess_to_truth, ORANGE),
        ):
            one.hist(values, bins=bins, color=colour, log=True)
            one.set(ylabel="surface voxels", title=name)
            for label, (place, style) in summaries.items():
                one.axvline(place, color=PURPLE, linestyle=style, label=label)
        axes[0].legend(loc="upper center")
        axes[1].set(xlabel="distance (mm)")
        return closed(figure)


def draw_fan(rows: Mapping[str, Sequence[Row]]) -> Figure:
    """HD and ASSD against Dice, one line for each kind of damage; a star for two humans."""
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 1, figsize=(WIDTH, 6.4), sharex=True, layout="constrained")
        for axes, metric, label in zip(grid, ("hd_mm", "assd_mm"), ("HD (mm)", "ASSD (mm)"), strict=True):
            for (name, found), (colour, line, marker) in zip(rows.items(), LOOKS, strict=False):
                x, y = ([row[key] for row in found] for key in ("dice", metric))
                axes.plot(x, y, line, marker=marker or "v", color=colour, label=name, markersize=5)
            axes.plot(HUMAN["dice"], HUMAN[metric], "k*", markersize=14, label="two humans")
            axes.set(ylabel=label)
        grid[1].set(xlabel="Dice")
        figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        return closed(figure)


def draw_slices(by_slice: pd.Series, volume_dice: float, area_cm2: np.ndarray) -> Figure:
    """Dice of each slice above, with that of the volume as a line, and the area of the atrium below."""
    with plt.rc_context(STYLE):
        figure, (top, bottom) = plt.subplots(2, 1, figsize=(WIDTH, 4.2), sharex=True, layout="constrained")
        top.plot(by_slice.index, by_slice, "o-", color=BLUE, markersize=4)
        top.axhline(volume_dice, color=PURPLE, linestyle="--")
        top.set(ylabel="Dice", ylim=(0, 1.02))
        bottom.bar(by_slice.index, area_cm2, color=ORANGE)
        bottom.set(xlabel="slice, feet to head", ylabel="atrium (cm²)")
        return closed(figure)


def draw_pairs(old: pd.Series, new: pd.Series, both: Comparison) -> Figure:
    """The same cases under two methods, and their differences with mean and interval."""
    with plt.rc_context(STYLE):
        figure, (above, below) = plt.subplots(2, 1, figsize=(WIDTH, 5.6), layout="constrained")
        for pair in zip(old, new, strict=True):
            above.plot([0, 1], pair, "o-", color=BLUE, linewidth=0.8, markersize=4)
        above.set_xticks([0, 1], [both.label_a, both.label_b])
        above.set(ylabel="Dice", xlim=(-0.4, 1.4))
        below.plot(both.differences, np.arange(both.n), "o", color=BLUE)
        error = [[both.mean_difference - both.low], [both.high - both.mean_difference]]
        below.errorbar([both.mean_difference], [-1.5], xerr=error, fmt="D", color=ORANGE, capsize=4)
        below.axvline(0, color="#888888")
        below.set(xlabel=f"{both.label_b} minus {both.label_a} (Dice)", yticks=[])
        below.locator_params(axis="x", nbins=5)
        return closed(figure)

"""Lines with bands, and histograms: the two plots the chapters draw most often, in the course's style.

Beside charts.py. Series differ in colour, in line *and* in marker, so that they can be told apart in grey.
Each function returns a closed `Figure`: a notebook shows it once, when it is the last line of a cell.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atriacourse.errors import InputError
from atriacourse.pages.pictures.style import BLUE, GREEN, ORANGE, PURPLE, STYLE, closed

LOOKS = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (PURPLE, ":", "D"), ("#444444", "-", ""))


def draw_curves(
    axes: Axes,
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    steps: bool = False,
) -> None:
    """Draw each series against x; a band is (low, high) of the series of that name.

    Args: steps: hold each value until the next x, without markers.
    Raises: InputError for more series than can be told apart, or another length than x.
    """
    if len(series) > len(LOOKS):
        raise InputError(f"{len(series)} curves on one picture; at most {len(LOOKS)} can be told apart")
    wrong = [name for name, values in series.items() if len(values) != len(x)]
    if wrong:
        raise InputError(f"{', '.join(wrong)}: must have as many values as x, {len(x)}")
    for (name, values), (color, line, marker) in zip(series.items(), LOOKS, strict=False):
        shape = {"drawstyle": "steps-post"} if steps else {"marker": marker, "markersize": 4}
        axes.plot(x, values, line, color=color, label=name, **shape)
        if bands and name in bands:
            axes.fill_between(x, *bands[name], color=color, alpha=0.15, linewidth=0)


def curves(
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    behind: Sequence[Sequence[float]] = (),
    steps: bool = False,
    height: float = 3.2,
    **axes_settings: Any,
) -> Figure:
    """Lines against x with a legend beside them; the arguments are those of `draw_curves`.

    Args: behind: broad grey lines under the series, e.g. what a formula says.
        axes_settings: given to `Axes.set`, e.g. xscale="log".
    """
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.8, height), layout="constrained")
        for values in behind:
            axes.plot(x, values, color="#BBBBBB", linewidth=3)
        draw_curves(axes, x, series, bands=bands, steps=steps)
        axes.set(xlabel=xlabel, ylabel=ylabel, **axes_settings)
        axes.grid(color="#E4E4E4", linewidth=0.7)
        if len(series) > 1:
            figure.legend(
                *axes.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(series), 3)
            )
        return closed(figure)


def draw_histograms(
    axes: Axes,
    samples: Mapping[str, np.ndarray],
    *,
    value_range: tuple[float, float],
    bins: int = 64,
    marks: Mapping[str, float] | None = None,
) -> None:
    """Draw the share of values in each bin, one stepped line a sample.

    Args: value_range: of the bins; values beyond count in the first and last. marks: name -> a value of
        that sample to mark on the axis, e.g. its blood.
    """
    low, high = value_range
    if not low < high:
        raise InputError(f"value_range must rise, got {low} to {high}")
    edges = np.linspace(low, high, bins + 1)
    looks = cycle(LOOKS)
    for name, values in samples.items():
        color, line, _ = next(looks)
        counts, _ = np.histogram(np.clip(np.ravel(values), low, high), bins=edges)
        axes.stairs(counts / counts.sum(), edges, color=color, linestyle=line, linewidth=1.4, label=name)
        if marks and name in marks:
            axes.plot(
                [np.clip(marks[name], low, high)], [0], marker="^", color=color, clip_on=False, zorder=5
            )
    axes.set(xlim=(low, high), ylabel="share of pixels")
    axes.set_ylim(bottom=0)


def histograms(
    samples: Mapping[str, np.ndarray],
    *,
    xlabel: str,
    value_range: tuple[float, float],
    bins: int = 64,
    marks: Mapping[str, float] | None = None,
    top: float | None = None,
    title: str = "",
) -> Figure:
    """Histograms of several samples over one axis; the arguments are those of `draw_histograms`.

    Args: top: the largest share shown, so that several pictures share a scale; None shows all.
    """
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.8, 2.9), layout="constrained")
        draw_histograms(axes, samples, value_range=value_range, bins=bins, marks=marks)
        axes.set(xlabel=xlabel, title=title)
        if top is not None:
            axes.set_ylim(0, top)
        axes.legend()
        return closed(figure)

"""The chart of Bland and Altman: differences over means, with bias, limits and how well each is known.

After evaluation/agreement.py, beside charts.py. Returns a closed `Figure`.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atriacourse.errors import InputError
from atriacourse.evaluation.agreement import Agreement
from atriacourse.pages.pictures.style import BLUE, ORANGE, PURPLE, STYLE, closed


def bland_altman_chart(
    agreements: Mapping[str, Agreement], *, quantity: str = "volume (mL)", human: float | None = None
) -> Figure:
    """One panel for each method, one scale: a dot per case, lines for bias and limits, bands around.

    Args: agreements: name of the method -> from `bland_altman`. quantity: with its unit. human: how far two
        human masks of one image lie apart, drawn as dotted lines above and below zero.
    Raises: InputError without a method.
    """
    if not agreements:
        raise InputError("nothing to draw: give at least one method's agreement")
    with plt.rc_context(STYLE):
        width = 6.4 if len(agreements) == 1 else 3.3 * len(agreements)
        figure, grid = plt.subplots(
            1, len(agreements), figsize=(width, 3.6), sharey=True, layout="constrained", squeeze=False
        )
        for axes, (name, agreement) in zip(grid.flat, agreements.items(), strict=True):
            _draw(axes, agreement, human=human)
            axes.set(title=name if len(agreements) > 1 else "", xlabel=f"mean of both, {quantity}")
        grid[0, 0].set_ylabel(f"guess minus truth, {quantity}")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
        return closed(figure)


def _draw(axes: Axes, agreement: Agreement, *, human: float | None) -> None:
    axes.axhline(0, color="#AAAAAA", linewidth=1)
    axes.plot(agreement.means, agreement.differences, "o", color=BLUE, markersize=5)
    axes.axhline(agreement.bias, color=BLUE, label="bias")
    axes.axhspan(*agreement.bias_interval, color=BLUE, alpha=0.12, linewidth=0)
    for limit, interval, label in (
        (agreement.low, agreement.low_interval, "limits of agreement"),
        (agreement.high, agreement.high_interval, None),
    ):
        axes.axhline(limit, color=ORANGE, linestyle="--", label=label)
        axes.axhspan(*interval, color=ORANGE, alpha=0.15, linewidth=0)
    if human is not None:
        axes.axhline(human, color=PURPLE, linestyle=":", label="two humans")
        axes.axhline(-human, color=PURPLE, linestyle=":")
    spread = np.ptp(agreement.means) or 1.0
    axes.set_xlim(min(agreement.means) - 0.1 * spread, max(agreement.means) + 0.1 * spread)

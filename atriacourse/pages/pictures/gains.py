"""The outcome of an ablation in one picture: the gain in each test, case by case, one interval a seed.

After evaluation/compare.py, beside charts.py. Returns a closed `Figure`.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from atriacourse.errors import InputError
from atriacourse.evaluation.compare import Comparison
from atriacourse.pages.pictures.style import BLUE, STYLE, closed


def gains(tests: Mapping[str, Sequence[Comparison]], *, label: str) -> Figure:
    """Differences B minus A: small dots for the cases, a diamond with the interval of the mean for each seed.

    Args: tests: name of a test -> its comparisons, one a seed. label: of the axis.
    Raises: InputError if a test has no comparison.
    """
    empty = [name for name, one in tests.items() if not one]
    if empty or not tests:
        raise InputError(f"no comparison to draw{': ' + ', '.join(empty) if empty else ''}")
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.8, 3.2), layout="constrained")
        axes.axhline(0, color="#888888", linewidth=1)
        for place, comparisons in enumerate(tests.values()):
            offsets = np.linspace(-0.27, 0.27, len(comparisons)) if len(comparisons) > 1 else [0.0]
            for offset, one in zip(offsets, comparisons, strict=True):
                at = place + offset
                axes.plot(np.full(one.n, at - 0.06), one.differences, "o", color="#AAAAAA", markersize=3)
                interval = [[one.mean_difference - one.low], [one.high - one.mean_difference]]
                axes.errorbar(
                    at + 0.04, one.mean_difference, yerr=interval, fmt="D", color=BLUE, markersize=4
                )
        axes.set_xticks(range(len(tests)), list(tests))
        axes.set(ylabel=label, xlim=(-0.5, len(tests) - 0.5))
        return closed(figure)


def agree(comparisons: Sequence[Comparison]) -> str | None:
    """The winner that every seed names; None where one names none, or another."""
    winners = {one.winner for one in comparisons}
    return winners.pop() if len(winners) == 1 else None

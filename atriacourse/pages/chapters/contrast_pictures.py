"""The picture under the slider of chapter 3: what a gamma does to a slice, z-scored.

Beside contrast_tissue.py; after pictures/.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from atriacourse.pages.pictures.curves import draw_histograms
from atriacourse.pages.pictures.figures import show_slice
from atriacourse.pages.pictures.style import BLUE, STYLE, closed


def draw_gamma_state(
    gamma: float,
    scores: np.ndarray,
    *,
    blood: np.ndarray,
    window: tuple[slice, slice],
    spacing_mm: Sequence[float],
) -> Figure:
    """The curve of the power law, the slice after it, and the slice's histogram with the blood marked.

    Args: scores: (H, W), z-scores after gamma. blood: (H, W) bool. window: the part that is shown.
        spacing_mm: (row, column).
    """
    level = np.linspace(0, 1, 101)
    with plt.rc_context(STYLE):
        figure, (left, centre, right) = plt.subplots(
            1, 3, figsize=(9, 2.9), layout="constrained", gridspec_kw={"width_ratios": [1, 1.2, 1.3]}
        )
        left.plot(level, level, color="#BBBBBB", linewidth=1)
        left.plot(level, level ** (1 / gamma), color=BLUE)
        left.set(xlabel="grey level F", ylabel="G", title=f"γ = {gamma:g}")
        left.set_aspect("equal")
        show_slice(centre, scores[window], spacing_mm=spacing_mm, grey_range=(-1.5, 3.5))
        marks = {"slice": float(np.median(scores[blood]))}
        draw_histograms(right, {"slice": scores}, value_range=(-2.5, 4), marks=marks)
        right.set(xlabel="z-score", ylim=(0, 0.2))
        return closed(figure)

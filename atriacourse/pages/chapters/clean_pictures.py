"""The two balls of chapter 8, plane by plane. After inference/postprocess.py."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from atriacourse.inference.postprocess import Ball, ball_runs
from atriacourse.pages.pictures.style import STYLE, closed


def ball_array(ball: Ball, *, radius: int = 2) -> np.ndarray:
    """A ball of `ball_runs` as a bool array (z, y, x)."""
    side = 2 * radius + 1
    array = np.zeros((side, side, side), dtype=bool)
    for (dz, dy), half in ball_runs(radius, ball).items():
        array[dz + radius, dy + radius, radius - half : radius + half + 1] = True
    return array


def draw_balls() -> Figure:
    """The planes of ITK's ball of radius 2 above those of the Euclidean one."""
    kinds: tuple[Ball, ...] = ("itk", "euclidean")
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 5, figsize=(7, 3.1), layout="constrained")
        for row, kind in zip(grid, kinds, strict=True):
            array = ball_array(kind)
            for dz, axes in enumerate(row):
                axes.pcolormesh(array[dz], cmap="Blues", vmax=1.6, edgecolor="#999999")
                axes.set(aspect="equal", xticks=[], yticks=[], title=f"z {dz - 2:+d}: {array[dz].sum()}")
            row[0].set_ylabel(f"{kind}, {array.sum()}")
        return closed(figure)

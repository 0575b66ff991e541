"""The cells of spatial pyramid pooling: ours, those of another arithmetic, and pictures of both.

Beside architecture.py; uses network/pyramid.py. The other arithmetic is that of the authors' code (see the
differences page, row "Spatial pyramid"): equal windows of rounded-up size, padded to fill the grid.
"""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from atriacourse.errors import InputError
from atriacourse.pages.pictures.style import BLUE, ORANGE, STYLE, closed

Window = tuple[int, int]  # first row and the row after the last


def exact_windows(size: int, grid: int) -> list[Window]:
    """The rows of each cell in ours: floor(i * size / grid) up to ceil((i + 1) * size / grid)."""
    return [(i * size // grid, -(-(i + 1) * size // grid)) for i in range(grid)]


def ceiling_windows(size: int, grid: int) -> list[Window]:
    """The rows of each cell in the authors' arithmetic.

    The window is ceil(size / grid) rows; windows do not overlap; the picture is padded on both sides by half
    of what is missing, rounded up.
    Raises: InputError where the padding is more than half a window: torch refuses such a pooling.
    """
    window = math.ceil(size / grid)
    padding = (window * grid - size + 1) // 2
    if padding > window // 2:
        raise InputError(
            f"{grid} windows of {window} rows for a map of {size} need {padding} rows of padding, more than "
            f"half a window; use adaptive pooling, which fits any size"
        )
    starts = [i * window - padding for i in range(grid)]
    return [(max(start, 0), min(start + window, size)) for start in starts]


def draw_windows(sizes: Sequence[int], *, grid: int) -> Figure:
    """For each map size, two rows of bars: the cells of ours above, of the authors' arithmetic below."""
    with plt.rc_context(STYLE):
        figure, rows = plt.subplots(
            len(sizes), 1, figsize=(8.4, 1.15 * len(sizes) + 0.5), layout="constrained", squeeze=False
        )
        for axes, size in zip(rows.flat, sizes, strict=True):
            _bars(axes, exact_windows(size, grid), y=1, colour=BLUE)
            try:
                _bars(axes, ceiling_windows(size, grid), y=0, colour=ORANGE)
            except InputError:
                axes.text(size / 2, 0, "refused: too much padding", ha="center", va="center")
            axes.set_yticks([1, 0], ["ours", "authors'"])
            axes.set(xlim=(-0.2, size + 0.2), ylim=(-0.6, 1.6), xticks=range(0, size + 1, 4))
            axes.set_title(f"map of {size}", loc="left")
        rows.flat[-1].set_xlabel("row of the feature map")
        return closed(figure)


def _bars(axes: plt.Axes, windows: Sequence[Window], *, y: float, colour: str) -> None:
    for number, (start, stop) in enumerate(windows):
        shift = 0.14 if number % 2 else -0.14  # neighbours may share a row: draw them apart
        box = (start + 0.06, y + shift - 0.16)
        axes.add_patch(Rectangle(box, stop - start - 0.12, 0.32, facecolor=colour, edgecolor="white"))


def draw_bins(feature_map: np.ndarray, *, grids: Sequence[int]) -> Figure:
    """One channel of a feature map under each grid; a dot is the pixel that the cell's maximum comes from.

    Args: feature_map: (H, W).
    """
    height, width = feature_map.shape
    with plt.rc_context(STYLE):
        figure, row = plt.subplots(
            1, len(grids), figsize=(2.8 * len(grids), 3.1), layout="constrained", squeeze=False
        )
        for axes, grid in zip(row.flat, grids, strict=True):
            axes.imshow(feature_map, cmap="gray", interpolation="nearest")
            for top, bottom in exact_windows(height, grid):
                for left, right in exact_windows(width, grid):
                    cell = feature_map[top:bottom, left:right]
                    y, x = np.unravel_index(np.argmax(cell), cell.shape)
                    box = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False)
                    box.set(edgecolor="#56B4E9", linewidth=1)
                    axes.add_patch(box)
                    axes.plot(left + x, top + y, "o", color=ORANGE, markersize=3)
            cells = f"{grid * grid} cells" if grid > 1 else "1 cell"
            axes.set(title=f"{grid} x {grid}: {cells}", xticks=[], yticks=[])
        return closed(figure)

"""Two points of one slice, alike from near and different from afar; and how far the network sees from one.

Beside network_receptive.py; the first and the fourth picture of chapter 5. Points are (row, column).
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy import ndimage

from atriacourse.pages.pictures.figures import show_slice
from atriacourse.pages.pictures.style import BLUE, ORANGE, SKY, STYLE, closed
from atriacourse.pages.pictures.views import readable_range

Point = tuple[int, int]
WIDTHS_MM = (8, 30, 100)


def look_alike(plane: np.ndarray, mask: np.ndarray, point: Point, *, plane_mm: Sequence[float]) -> Point:
    """A point near the masked organ, outside of it, as bright and as smooth as the given one.

    Args: plane, mask: (rows, columns). plane_mm: size of a pixel.
    """
    pixels = max(3, round(WIDTHS_MM[0] / plane_mm[0]))
    mean = ndimage.uniform_filter(plane, pixels)
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(plane**2, pixels) - mean**2, 0))
    gap_mm = ndimage.distance_transform_edt(~mask, sampling=plane_mm)
    near = (gap_mm > 6) & (gap_mm < 40)
    edge = round(12 / plane_mm[0])  # away from the rim of a cropped scan
    near[:edge] = near[-edge:] = near[:, :edge] = near[:, -edge:] = False
    unlike = np.abs(mean - mean[point]) + np.abs(spread - spread[point])
    row, column = np.unravel_index(np.argmin(np.where(near, unlike, np.inf)), plane.shape)
    return int(row), int(column)


def draw_points(plane: np.ndarray, points: Sequence[Point], *, plane_mm: Sequence[float]) -> Figure:
    """A row for each point: squares of WIDTHS_MM around it, black beyond the slice, then all of the slice."""
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            len(points), len(WIDTHS_MM) + 1, figsize=(8.4, 4.5), layout="constrained", squeeze=False
        )
        greys = readable_range(plane)
        for row, (y, x) in zip(grid, points, strict=True):
            for axes, width_mm in zip(row[:-1], WIDTHS_MM, strict=True):
                half = round((width_mm / plane_mm[0] - 1) / 2)  # beside the point's own pixel
                square = np.pad(plane, half)[y : y + 2 * half + 1, x : x + 2 * half + 1]
                show_slice(axes, square, spacing_mm=plane_mm, grey_range=greys, letters=None, scale_bar=False)
                axes.set_title(f"{width_mm} mm")
            show_slice(row[-1], plane, spacing_mm=plane_mm, grey_range=greys, letters=None)
            row[-1].plot(x, y, "+", color=ORANGE, markersize=12, markeredgewidth=2)
            row[-1].set_title("all")
        return closed(figure)


def draw_fields(
    plane: np.ndarray, point: Point, sides_mm: Mapping[int, float], *, plane_mm: Sequence[float]
) -> Figure:
    """A slice with a square around one point for each number of poolings. Sides_mm: poolings -> side."""
    y, x = point
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 5.0), layout="constrained")
        show_slice(axes, plane, spacing_mm=plane_mm)
        looks = ((BLUE, ":"), (SKY, "--"), (ORANGE, "-"))
        for (poolings, side_mm), (colour, line) in zip(sides_mm.items(), looks, strict=True):
            height, width = (side_mm / mm for mm in plane_mm)
            corner = (x - width / 2, y - height / 2)
            square = Rectangle(corner, width, height, fill=False, label=f"{poolings} poolings")
            square.set(edgecolor=colour, linestyle=line, linewidth=2)
            axes.add_patch(square)
        axes.plot(x, y, "+", color=ORANGE, markersize=12, markeredgewidth=2)
        low = np.minimum(0, [x - width / 2, y - height / 2]) - 2
        high = np.maximum(plane.shape[::-1], [x + width / 2, y + height / 2]) + 2
        axes.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]))
        figure.legend(loc="outside lower center", ncols=3)
        return closed(figure)

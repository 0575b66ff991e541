"""Pictures of scans with one shared style: slices with outlines, a montage, three planes.

Beside charts.py, which draws curves and scores.

Volumes are (z, y, x) in the course's orientation (data/grid.py): z grows towards the head, y towards the
back, x towards the patient's left. Masks are drawn as outlines, not as coloured areas, so the picture
below stays visible; truth and guess differ in colour *and* line, so they can be told apart in grey too.
Each function returns a closed `Figure`: a notebook shows it once, when it is the last line of a cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from skimage.measure import find_contours

from atriacourse.errors import InputError
from atriacourse.pages.pictures.style import LINES, STYLE, Line, closed
from atriacourse.pages.pictures.views import Cut, middle, readable_range, spread_slices, window_around

# What is at the left, right, top and bottom of the screen, for each plane of a canonical volume.
LETTERS = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}


def show_slice(
    axes: Axes,
    plane: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    masks: Mapping[str, np.ndarray] | None = None,
    grey_range: tuple[float, float] | None = None,
    letters: str | None = LETTERS["axial"],
    scale_bar: bool = True,
) -> None:
    """Draw one slice with outlines, a scale bar and orientation letters.

    Args:
        axes: to draw on.
        plane: (rows, columns) grey values; row 0 is drawn on top.
        spacing_mm: (row, column), so that the picture is not stretched.
        masks: name -> (rows, columns) mask, at most three; the names are for `add_legend`.
        grey_range: shown as black and white; `readable_range(plane)` if None.
        letters: left, right, top, bottom of the screen; None where the orientation is not known.
        scale_bar: draw one.
    Raises: InputError for a plane that is not two-dimensional, a mask of another shape, or a fourth mask.
    """
    plane = np.asarray(plane)
    if plane.ndim != 2:
        raise InputError(f"a slice has two axes, got an array of shape {plane.shape}; index one slice first")
    low, high = grey_range or readable_range(plane)
    row_mm, column_mm = spacing_mm
    axes.imshow(plane, cmap="gray", vmin=low, vmax=high, aspect=row_mm / column_mm, interpolation="nearest")
    for mask, line in _with_lines(masks or {}):
        draw_outline(axes, mask, shape=plane.shape, line=line)
    if scale_bar:
        draw_scale_bar(axes, column_mm=column_mm, shape=plane.shape)
    if letters:
        draw_letters(axes, letters)
    axes.set_xlim(-0.5, plane.shape[1] - 0.5)  # an outline at the border must not widen the view
    axes.set_ylim(plane.shape[0] - 0.5, -0.5)
    axes.set_axis_off()


def _with_lines(masks: Mapping[str, np.ndarray]) -> list[tuple[np.ndarray, Line]]:
    if len(masks) > len(LINES):
        raise InputError(f"{len(masks)} masks on one picture; at most {len(LINES)} can be told apart")
    return list(zip(masks.values(), LINES, strict=False))


def draw_outline(axes: Axes, mask: np.ndarray, *, shape: tuple[int, int], line: Line) -> None:
    """Draw the border of a mask (rows, columns), closed where it touches the edge of the picture."""
    mask = np.asarray(mask)
    if mask.shape != shape:
        raise InputError(f"mask is {mask.shape} but the slice is {shape}; both must lie on one grid")
    for contour in find_contours(np.pad(mask > 0, 1).astype(float), 0.5):
        rows, columns = contour.T - 1  # the frame of zeros just added
        axes.plot(columns, rows, color=line.color, linestyle=line.style, linewidth=1.4)


def draw_scale_bar(axes: Axes, *, column_mm: float, shape: tuple[int, int]) -> None:
    """Draw a bar of a round length, about a fifth of the picture's width, at the lower right."""
    height, width = shape
    length_mm = round_length_mm(width * column_mm / 5)
    right, y = 0.95 * width, 0.94 * height
    left = right - length_mm / column_mm
    axes.plot([left, right], [y, y], color="white", linewidth=3, solid_capstyle="butt")
    _write(axes, (left + right) / 2, y - 0.02 * height, f"{length_mm:g} mm", "center", "bottom")


def round_length_mm(about_mm: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50, ... mm that is not longer than `about_mm`."""
    power = 10.0 ** np.floor(np.log10(about_mm))
    return float(max(step * power for step in (1, 2, 5) if step * power <= about_mm))


def draw_letters(axes: Axes, letters: str) -> None:
    """Write what lies at the left, right, top and bottom: R, L, A(nterior), P(osterior), S(uperior), I."""
    sides = ((0.02, 0.5, "left", "center"), (0.98, 0.5, "right", "center"))
    places = (*sides, (0.5, 0.98, "center", "top"), (0.5, 0.02, "center", "bottom"))
    for letter, (x, y, across, along) in zip(letters, places, strict=True):
        _write(axes, x, y, letter, across, along, transform=axes.transAxes, weight="bold")


def _write(axes: Axes, x: float, y: float, text: str, across: str, along: str, **more: Any) -> None:
    """White text with a black rim: readable on bright and on dark tissue."""
    rim = [patheffects.withStroke(linewidth=1.5, foreground="black")]
    axes.text(x, y, text, color="white", ha=across, va=along, fontsize=8, path_effects=rim, **more)


def add_legend(figure: Figure, names: Sequence[str], *, place: tuple[float, float] | None = None) -> None:
    """Name the outlines in the order in which `show_slice` drew them.

    Args: place: of the legend's middle, as shares of the figure; None: below the picture.
    """
    handles = [
        plt.Line2D([], [], color=line.color, linestyle=line.style, label=name)
        for name, line in zip(names, LINES, strict=False)
    ]
    at = {"loc": "outside lower center"} if place is None else {"loc": "center", "bbox_to_anchor": place}
    figure.legend(handles=handles, ncols=len(handles), **at)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One slice of a row of pictures; the fields are those of `show_slice`."""

    plane: np.ndarray  # (rows, columns)
    spacing_mm: Sequence[float]  # (row, column)
    title: str = ""
    masks: Mapping[str, np.ndarray] | None = None
    grey_range: tuple[float, float] | None = None
    marks: bool = True  # scale bar and letters; no room for them on a plane of a few pixels


def draw_panel(axes: Axes, panel: Panel) -> None:
    """Draw one panel with its title."""
    show_slice(
        axes,
        panel.plane,
        spacing_mm=panel.spacing_mm,
        masks=panel.masks,
        grey_range=panel.grey_range,
        letters=LETTERS["axial"] if panel.marks else None,
        scale_bar=panel.marks,
    )
    axes.set_title(panel.title)


def side_by_side(panels: Sequence[Panel], *, height: float = 2.8) -> Figure:
    """Slices in a row; the names of the first panel's masks stand below. Height: inches of one slice."""
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            1, len(panels), figsize=(height * len(panels), height + 0.3), layout="constrained", squeeze=False
        )
        for axes, panel in zip(grid.flat, panels, strict=True):
            draw_panel(axes, panel)
        if panels[0].masks:
            add_legend(figure, list(panels[0].masks))
        return closed(figure)


def slice_montage(
    voxels: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    masks: Mapping[str, np.ndarray] | None = None,
    count: int = 8,
    columns: int = 4,
    margin_mm: float | None = None,
) -> Figure:
    """Axial slices from feet to head, evenly spaced over the slices where the first mask is.

    Args: voxels: (z, y, x) grey values. spacing_mm: (z, y, x). masks: name -> (z, y, x) mask.
        count: how many slices, if there are as many. margin_mm: show only so much around the masks;
        None shows the whole slices.
    """
    masks = masks or {}
    chosen = spread_slices(next(iter(masks.values()), None), depth=len(voxels), count=count)
    _, rows_shown, columns_shown = window_around(masks, voxels.shape, spacing_mm, margin_mm)
    rows = -(-len(chosen) // columns)
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            rows, columns, figsize=(2.3 * columns, 2.45 * rows), layout="constrained", squeeze=False
        )
        grey_range = readable_range(voxels[:, rows_shown, columns_shown])
        for axes in grid.flat[len(chosen) :]:
            axes.set_axis_off()
        for number, (axes, z) in enumerate(zip(grid.flat, chosen, strict=False)):
            here = {name: mask[z, rows_shown, columns_shown] for name, mask in masks.items()}
            show_slice(
                axes,
                voxels[z, rows_shown, columns_shown],
                spacing_mm=spacing_mm[1:],
                masks=here,
                grey_range=grey_range,
                letters=LETTERS["axial"] if number == 0 else None,
                scale_bar=number == 0,
            )
            axes.set_title(f"slice {z}")
        if masks:
            add_legend(figure, list(masks))
        return closed(figure)


def three_planes(
    voxels: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    masks: Mapping[str, np.ndarray] | None = None,
    around: np.ndarray | None = None,
    margin_mm: float | None = None,
) -> Figure:
    """The axial, coronal and sagittal plane through one voxel.

    Args: voxels: (z, y, x). spacing_mm: (z, y, x). masks: name -> (z, y, x) mask to outline.
        around: the mask through whose middle the planes run, outlined or not; the first of `masks` if
        None, and the middle of the volume where there is none. margin_mm: show only so much around that
        mask, in the slices' own plane; None shows everything.
    """
    masks = masks or {}
    around = next(iter(masks.values()), None) if around is None else around
    z, y, x = middle(around, voxels.shape)
    dz, dy, dx = spacing_mm
    shown = {} if around is None else {"around": around}
    _, rows, columns = window_around(shown, voxels.shape, spacing_mm, margin_mm)
    # Head up: z grows towards the head but row 0 is on top, so two of the planes are turned over.
    planes: dict[str, tuple[str, Cut, tuple[float, float]]] = {
        "axial": (f"axial, z = {z}", np.s_[z, rows, columns], (dy, dx)),
        "coronal": (f"coronal, y = {y}", np.s_[::-1, y, columns], (dz, dx)),
        "sagittal": (f"sagittal, x = {x}", np.s_[::-1, rows, x], (dz, dy)),
    }
    with plt.rc_context(STYLE):
        figure, grid = plt.subplot_mosaic(
            [["axial", "coronal"], ["axial", "sagittal"]], figsize=(8, 4.4), layout="constrained"
        )
        for name, (title, cut, plane_mm) in planes.items():
            here = {label: mask[cut] for label, mask in masks.items()}
            show_slice(grid[name], voxels[cut], spacing_mm=plane_mm, masks=here, letters=LETTERS[name])
            grid[name].set_title(title)
        if masks:
            add_legend(figure, list(masks))
        return closed(figure)

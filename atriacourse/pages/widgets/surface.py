"""The surface of a mask as triangles, and a picture of it. Before viewer.py; colours from style.py.

Masks are (z, y, x), vertices millimetres in the same order. The picture needs no 3D library: turn, leave out
what faces away, draw the far triangles first, the brighter the more they face the light.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter
from skimage.measure import marching_cubes
from skimage.transform import resize

from atriacourse.errors import InputError
from atriacourse.pages.pictures.figures import round_length_mm
from atriacourse.pages.pictures.style import BLUE, ORANGE, PURPLE, STYLE, closed

COLOURS = (BLUE, ORANGE, PURPLE)  # of the first, second and third mask
# left, right, top, bottom, by azimuth
LETTERS: dict[float, str] = {0: "RLSI", 90: "APSI", 180: "LRSI", 270: "PASI"}
SEEN_FROM: dict[float, str] = {0: "front", 90: "left", 180: "back", 270: "right"}
LIGHT = np.array([-0.45, 0.35, -0.82])  # towards the light: left, up, out of the screen


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Triangles; their corners run anticlockwise seen from outside in (x, y, z)."""

    vertices_mm: np.ndarray  # (V, 3): z, y, x
    faces: np.ndarray  # (F, 3) rows of vertices


def surface(mask: np.ndarray, spacing_mm: Sequence[float], *, step_mm: float = 2.0) -> Surface:
    """The surface of a mask, on a grid of cubes and smoothed by one cube, for display.

    Do not measure on it: smoothing takes away thin ends. `surface_distances` measures on the mask itself.

    Args: mask: (z, y, x). spacing_mm: (z, y, x). step_mm: edge of a cube; smaller ones, more triangles.
    Raises: InputError for an empty mask.
    """
    mask = np.asarray(mask) > 0
    if not mask.any():
        raise InputError("the mask is empty, so it has no surface; leave it out of the picture")
    voxel_mm = np.asarray(spacing_mm, dtype=float)
    places = np.argwhere(mask)
    first, last = places.min(axis=0), places.max(axis=0) + 1
    part = mask[tuple(map(slice, first, last))].astype(np.float32)
    size_mm = np.array(part.shape) * voxel_mm
    cubes = np.maximum(np.round(size_mm / step_mm), 2).astype(int)
    cube_mm = size_mm / cubes
    grid = np.pad(resize(part, cubes, order=1, anti_aliasing=True), 4)
    vertices, faces, _, _ = marching_cubes(gaussian_filter(grid, 1.0), 0.5)
    # A cube's centre lies half a cube from the corner of the cut, a voxel's centre half a voxel.
    corner_mm = (first - 0.5) * voxel_mm
    placed = corner_mm + (vertices - 4 + 0.5) * cube_mm
    if _six_volumes(placed, faces) < 0:
        faces = faces[:, ::-1]
    return Surface(vertices_mm=placed, faces=faces)


def _six_volumes(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Six times the enclosed volume, positive when the corners run anticlockwise in (x, y, z)."""
    a, b, c = (vertices[faces[:, corner]][:, ::-1] for corner in range(3))
    return float(np.einsum("fi,fi->", a, np.cross(b, c)))


def draw_surface(axes: Axes, shape: Surface, *, color: str, azimuth: float = 0) -> None:
    """Draw a surface in parallel projection, with a scale bar.

    Args: color: any of matplotlib's. azimuth: degrees; 0 from the front, 90 from the patient's left, 180 from
        the back. Letters stand at the four sides for these and 270.
    """
    z, y, x = shape.vertices_mm.T
    angle = np.deg2rad(azimuth)
    right, into = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    corners = np.stack([right, z, into], axis=1)[shape.faces]  # (F, 3 corners, 3)
    # (right, up, into) is a left-handed frame, so the outward normal is the other product.
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 1] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    order = np.argsort(-corners[:, :, 2].mean(axis=1))  # far ones first
    order = order[normals[order, 2] < 0]  # those that face the screen
    bright = np.clip(normals[order] @ LIGHT, 0, 1)
    shades = (0.3 + 0.7 * bright)[:, None] * np.array(to_rgb(color))
    shades = np.clip(shades + 0.25 * bright[:, None] ** 8, 0, 1)
    axes.add_collection(
        PolyCollection(corners[order][:, :, :2], facecolors=shades, edgecolors=shades, lw=0.3)
    )
    margin = 0.06 * max(np.ptp(right), np.ptp(z))
    axes.set(
        xlim=(right.min() - margin, right.max() + margin), ylim=(z.min() - 2.5 * margin, z.max() + margin)
    )
    axes.set_aspect("equal")
    axes.set_axis_off()
    length_mm = round_length_mm(np.ptp(right) / 3)
    end, low = right.max(), z.min() - 1.5 * margin
    axes.plot([end - length_mm, end], [low, low], color="black", linewidth=3, solid_capstyle="butt")
    word = f"{length_mm:g} mm"
    axes.text(end - length_mm / 2, low + 0.2 * margin, word, ha="center", va="bottom", fontsize=8)
    if azimuth in LETTERS:
        for letter, at in zip(LETTERS[azimuth], ((0, 0.5), (1, 0.5), (0.5, 1), (0.5, 0)), strict=True):
            axes.text(
                *at, letter, transform=axes.transAxes, ha="center", va="center", weight="bold", fontsize=8
            )


def surfaces(
    masks: Mapping[str, np.ndarray], *, spacing_mm: Sequence[float], step_mm: float = 2.0, azimuth: float = 0
) -> Figure:
    """The surfaces of masks side by side; a single one from the front and from the back.

    Args: masks: name -> (z, y, x) mask, at most three; their colours are those of `volume_view`.
        spacing_mm: (z, y, x). step_mm: see `surface`. azimuth: degrees, see `draw_surface`.
    Raises: InputError for no mask, more than three, or an empty one.
    """
    if not 1 <= len(masks) <= len(COLOURS):
        raise InputError(f"a picture of surfaces takes one to {len(COLOURS)} masks, got {len(masks)}")
    panels = [
        (name, surface(mask, spacing_mm, step_mm=step_mm), color, azimuth)
        for (name, mask), color in zip(masks.items(), COLOURS, strict=False)
    ]
    if len(panels) == 1:
        name, shape, color, _ = panels[0]
        panels.append((name, shape, color, (azimuth + 180) % 360))
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 2.9), layout="constrained")
        for axes, (name, shape, color, angle) in zip(grid, panels, strict=True):
            draw_surface(axes, shape, color=color, azimuth=angle)
            seen = f"from the {SEEN_FROM[angle]}" if angle in SEEN_FROM else f"turned by {angle:g}°"
            axes.set_title(f"{name}, {seen}")
        return closed(figure)

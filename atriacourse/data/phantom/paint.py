"""Fill a voxel grid with a patient: the signal of every tissue, and the true masks.

After anatomy.py, before signal.py. Arrays are (z, y, x). Nothing here is random. Each organ is evaluated only
inside its own bounding box; a voxel on a border takes a share of both tissues (partial volume).
"""

from dataclasses import dataclass

import numpy as np

from atriacourse.data.phantom.anatomy import Anatomy, Organ
from atriacourse.data.phantom.config import PhantomConfig
from atriacourse.data.phantom.shapes import Points, Solid, smooth_union

MARGIN_MM = 8.0  # the warp moves a surface by less than this


@dataclass(frozen=True, kw_only=True)
class Painted:
    """Noise-free signal (blood in the left atrium is 1) and the truth, all (z, y, x)."""

    signal: np.ndarray  # float32
    cavity: np.ndarray  # bool: the left atrium's blood pool, cut at the mitral plane
    wall: np.ndarray  # bool
    scar: np.ndarray  # bool, part of the wall


def voxel_axes(anatomy: Anatomy, config: PhantomConfig) -> Points:
    """Where the voxel centres lie: x, y and z in mm from the middle of the atrium, each one-dimensional."""
    steps = config.spacing_mm[::-1]
    counts = config.shape[::-1]
    return tuple(
        ((np.arange(n) - (n - 1) / 2) * step - shift).astype(np.float32)
        for n, step, shift in zip(counts, steps, anatomy.atrium_in_field, strict=True)
    )


def _box_slices(solids: tuple[Solid, ...], axes: Points, extra_mm: float) -> tuple[slice, slice, slice]:
    """The part of the grid that a union of solids can touch, as (z, y, x) slices."""
    lows, highs = zip(*(solid.box() for solid in solids), strict=True)
    low, high = np.min(lows, axis=0) - extra_mm, np.max(highs, axis=0) + extra_mm
    spans = [slice(*np.searchsorted(axis, (lo, hi))) for axis, lo, hi in zip(axes, low, high, strict=True)]
    return (spans[2], spans[1], spans[0])


def _union(solids: tuple[Solid, ...], points: Points, blend_mm: float) -> np.ndarray:
    distance = solids[0].distance(points)
    for solid in solids[1:]:
        distance = smooth_union(distance, solid.distance(points), blend_mm=blend_mm)
    return distance


def _paint(signal: np.ndarray, value: np.ndarray | float, distance: np.ndarray, edge_mm: float) -> None:
    """Lay a tissue over what is there, in place; the border voxels get a share."""
    share = np.clip(np.float32(0.5) - distance / np.float32(edge_mm), 0, 1)
    signal += share * (value - signal)


def paint(anatomy: Anatomy, tissues: dict[str, float], texture_sd: float, config: PhantomConfig) -> Painted:
    """The noise-free signal and the masks of one patient.

    Args: tissues: signal of each tissue relative to the blood of the left atrium.
    """
    axes = voxel_axes(anatomy, config)
    edge = float(np.mean(config.spacing_mm)) * 1.2
    points = tuple(
        axis.reshape(shape) + waves.on_grid(*axes)
        for axis, shape, waves in zip(axes, ((1, 1, -1), (1, -1, 1), (-1, 1, 1)), anatomy.warp, strict=True)
    )
    texture = anatomy.texture.on_grid(*axes)
    texture *= np.float32(texture_sd)
    texture += np.float32(1)

    x, y, z = axes
    chest = np.hypot(
        (x[None] + anatomy.atrium_in_field[0]) / anatomy.chest_half_axes[0],
        y[:, None] / anatomy.chest_half_axes[1],
    )
    chest_mm = ((chest - 1) * min(anatomy.chest_half_axes))[None].astype(np.float32)
    signal = np.zeros(config.shape, np.float32)
    _paint(signal, np.float32(tissues["skin fat"]), chest_mm, edge)
    _paint(signal, np.float32(tissues["chest muscle"]) * texture, chest_mm + 14, edge)

    for organ in anatomy.around:
        _paint_organ(signal, organ, tissues, texture, points, axes, edge)
    return _paint_left_heart(signal, anatomy, tissues, texture, points, axes, edge)


def _paint_organ(
    signal: np.ndarray,
    organ: Organ,
    tissues: dict[str, float],
    texture: np.ndarray,
    points: Points,
    axes: Points,
    edge: float,
) -> None:
    groups = [organ.solids] if organ.blend_mm > 1 else [(solid,) for solid in organ.solids]
    for solids in groups:
        box = _box_slices(solids, axes, MARGIN_MM + organ.wall_mm)
        if 0 in signal[box].shape:
            continue
        distance = _union(solids, tuple(p[box] for p in points), organ.blend_mm)
        if organ.wall_mm:
            _paint(signal[box], tissues[organ.wall_tissue] * texture[box], distance - organ.wall_mm, edge)
        plain = organ.tissue.endswith("blood") or organ.tissue == "vessel"
        value = np.float32(tissues[organ.tissue])
        _paint(signal[box], value if plain else value * texture[box], distance, edge)


def _paint_left_heart(
    signal: np.ndarray,
    anatomy: Anatomy,
    tissues: dict[str, float],
    texture: np.ndarray,
    points: Points,
    axes: Points,
    edge: float,
) -> Painted:
    beyond = tuple(vein.beyond for vein in anatomy.veins)
    inside = (*anatomy.body, anatomy.appendage, *(vein.stump for vein in anatomy.veins))
    box = _box_slices((*inside, *beyond, anatomy.ventricle), axes, MARGIN_MM + 10)
    here = tuple(p[box] for p in points)
    view, textured = signal[box], texture[box]

    atrium = _union(anatomy.body, here, 6.0)
    for solid in inside[len(anatomy.body) :]:
        atrium = smooth_union(atrium, solid.distance(here), blend_mm=3.0)
    past_valve = sum(
        np.float32(n) * (p - np.float32(c))
        for n, p, c in zip(anatomy.mitral_normal, here, anatomy.mitral_point, strict=True)
    )
    ventricle = anatomy.ventricle.distance(here)
    ventricle = smooth_union(ventricle, np.maximum(atrium, -past_valve), blend_mm=3.0)
    distal = beyond[0].distance(here)
    for tube in beyond[1:]:
        distal = np.minimum(distal, tube.distance(here))

    cavity = (atrium < 0) & (past_valve < 0)
    wall = (atrium >= 0) & (atrium < anatomy.wall_mm) & (past_valve < 0) & (ventricle > 0) & (distal > 0)
    pattern = anatomy.scar_pattern.on_grid(*(axis[part] for axis, part in zip(axes, box[::-1], strict=True)))
    scar = np.zeros_like(wall)
    for *centre, radius in anatomy.scar_spots:
        near = sum((p - np.float32(c)) ** 2 for p, c in zip(here, centre, strict=True)) < radius**2
        scar |= near
    scar &= wall & (pattern > 0)

    _paint(view, tissues["muscle"] * textured, ventricle - 9, edge)
    _paint(view, np.float32(tissues["left wall"]), atrium - anatomy.wall_mm, edge)
    _paint(view, np.float32(tissues["vessel"]), distal, edge)
    view[scar] = np.float32(tissues["scar"])
    _paint(view, np.float32(tissues["left ventricle blood"]), ventricle, edge)
    _paint(view, np.float32(1.0), np.maximum(atrium, past_valve), edge)

    full = [np.zeros(signal.shape, bool) for _ in range(3)]
    for whole, part in zip(full, (cavity, wall, scar), strict=True):
        whole[box] = part
    return Painted(signal=signal, cavity=full[0], wall=full[1], scar=full[2])

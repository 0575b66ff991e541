"""Fill a voxel grid with a patient: the signal of every tissue, and the true masks.

After anatomy.py and canvas.py, before signal.py. Arrays are (z, y, x). Nothing here is random.
"""

from dataclasses import dataclass, replace

import numpy as np

from atriacourse.data.masks import largest_piece
from atriacourse.data.phantom.anatomy import TEXTURE_SD
from atriacourse.data.phantom.canvas import ACQUIRED_MM, Canvas
from atriacourse.data.phantom.patient import Anatomy, Organ
from atriacourse.data.phantom.phantom_config import PhantomConfig
from atriacourse.data.phantom.shapes import Points, smooth_union, triple

SKIN_FAT_MM = 14.0
MYOCARDIUM_MM = 8.0  # of the left ventricle


@dataclass(frozen=True, kw_only=True)
class Painted:
    """Noise-free signal (blood in the left atrium is 1) and the truth, all (z, y, x)."""

    signal: np.ndarray  # float32
    cavity: np.ndarray  # bool: the left atrium's blood pool, cut at the mitral plane
    wall: np.ndarray  # bool: around it, open at the mitral plane
    scar: np.ndarray  # bool: part of the wall


def voxel_axes(anatomy: Anatomy, config: PhantomConfig) -> Points:
    """Where the voxel centres lie: x, y and z in mm from the middle of the atrium, each one-dimensional."""
    counts, steps = config.shape[::-1], config.spacing_mm[::-1]
    return triple(
        ((np.arange(n) - (n - 1) / 2) * step - shift).astype(np.float32)
        for n, step, shift in zip(counts, steps, anatomy.atrium_in_field, strict=True)
    )


def paint(anatomy: Anatomy, tissues: dict[str, float], config: PhantomConfig) -> Painted:
    """The noise-free signal and the masks of one patient.

    Args: tissues: signal of each tissue, relative to the blood of the left atrium.
    """
    axes = voxel_axes(anatomy, config)
    whole = Canvas(
        signal=np.zeros(config.shape, np.float32),
        texture=_texture(anatomy, axes),
        axes=axes,
        warp=None,
        edge_mm=max(ACQUIRED_MM, 1.2 * float(np.mean(config.spacing_mm))),
    )
    _paint_chest(whole, anatomy, tissues)
    for organ in anatomy.far:
        _paint_organ(whole, organ, tissues)

    solids = [solid for organ in anatomy.near for solid in organ.solids] + list(anatomy.left_heart())
    box = whole.window(solids, extra_mm=MYOCARDIUM_MM)
    heart = whole.part(box)
    heart = replace(heart, warp=triple(waves.on_grid(*heart.axes) for waves in anatomy.warp))
    for organ in anatomy.near:
        _paint_organ(heart, organ, tissues)

    masks = [np.zeros(config.shape, bool) for _ in range(3)]
    for mask, inside in zip(masks, _paint_left_heart(heart, anatomy, tissues), strict=True):
        mask[box] = inside
    return Painted(signal=whole.signal, cavity=masks[0], wall=masks[1], scar=masks[2])


def _texture(anatomy: Anatomy, axes: Points) -> np.ndarray:
    """Bright spots and threads on dark ground, as fat and small vessels look in a slice; mean 1."""
    field = anatomy.texture.on_grid(*axes)
    field -= np.float32(TEXTURE_SD**2 / 2)  # E exp(w) = exp(SD^2 / 2)
    return np.exp(field, out=field)


def _paint_chest(canvas: Canvas, anatomy: Anatomy, tissues: dict[str, float]) -> None:
    """The outline of the chest: an ellipse in every slice, skin fat outside muscle."""
    x, y, _ = canvas.axes
    half_x, half_y = anatomy.chest_half_axes
    radius = np.hypot((x + anatomy.atrium_in_field[0])[None] / half_x, y[:, None] / half_y)
    distance = ((radius - 1) * min(half_x, half_y))[None].astype(np.float32)
    canvas.lay(tissues["skin fat"], distance)
    canvas.lay(tissues["chest muscle"] * canvas.texture, distance + np.float32(SKIN_FAT_MM))


def _paint_organ(canvas: Canvas, organ: Organ, tissues: dict[str, float]) -> None:
    box = canvas.window(organ.solids, extra_mm=organ.wall_mm)
    here = canvas.part(box)
    if not here.signal.size:
        return
    distance = here.distance(organ.solids, blend_mm=organ.blend_mm, extra_mm=organ.wall_mm)
    if organ.wall_mm:
        here.lay(tissues[organ.wall_tissue] * here.texture, distance - np.float32(organ.wall_mm))
    value = tissues[organ.tissue]
    here.lay(value if organ.is_blood else value * here.texture, distance)


def _paint_left_heart(
    canvas: Canvas, anatomy: Anatomy, tissues: dict[str, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The atrium, its veins, appendage and wall, the ventricle; returns cavity, wall and scar."""
    wall_mm = np.float32(anatomy.wall_mm)
    atrium = canvas.distance(anatomy.body, blend_mm=6.0, extra_mm=4.0)
    branches = canvas.distance(anatomy.branches(), blend_mm=1.0, extra_mm=4.0)
    atrium = smooth_union(atrium, branches, blend_mm=3.0)
    distal = canvas.distance([vein.beyond for vein in anatomy.veins], blend_mm=1.0)
    points = canvas.points()
    past_valve = sum(
        np.float32(n) * (p - np.float32(c))
        for n, p, c in zip(anatomy.mitral_normal, points, anatomy.mitral_point, strict=True)
    )
    chamber = canvas.distance([anatomy.ventricle], blend_mm=1.0, extra_mm=MYOCARDIUM_MM)
    # the ventricle begins at the valve, and what the plane cuts off the atrium belongs to it
    ventricle = np.maximum(np.minimum(chamber, atrium), -past_valve)

    # without the few voxels that a rounded crease may leave on their own
    cavity = largest_piece((atrium < 0) & (past_valve < 0))
    wall = (atrium >= 0) & (atrium < wall_mm) & (past_valve < 0) & (distal > 0)
    pattern = anatomy.scar_pattern.on_grid(*canvas.axes)
    near = np.full(cavity.shape, -np.float32(1))  # mm inside the nearest scar spot
    for *centre, radius in anatomy.scar_spots:
        away = np.sqrt(sum((p - np.float32(c)) ** 2 for p, c in zip(points, centre, strict=True)))
        np.maximum(near, np.float32(radius) - away, out=near)
    scarred = np.clip(near, 0, 1) * np.clip(pattern * 2 + np.float32(0.5), 0, 1)
    scar = wall & (scarred > 0.5)

    canvas.lay(
        tissues["muscle"] * canvas.texture, np.maximum(chamber - np.float32(MYOCARDIUM_MM), -past_valve)
    )
    wall_signal = np.float32(tissues["left wall"]) * (1 + np.float32(0.15) * pattern)
    wall_signal += scarred * (np.float32(tissues["scar"]) - wall_signal)
    canvas.lay(wall_signal, atrium - wall_mm)
    canvas.lay(tissues["vessel"], distal)
    canvas.lay(tissues["left ventricle blood"], ventricle)
    canvas.lay(1.0, np.maximum(atrium, past_valve))
    return cavity, wall, scar

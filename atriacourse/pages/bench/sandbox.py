"""The metric sandbox: damage a mask in a known way and see what every metric makes of it.

After evaluation/, beside boards.py, which draws it. Masks are (z, y, x) bool; spacing is (z, y, x) in mm.
Each damage is a pure function of the mask and a severity; severity 0 returns the mask as it was. Chapters 9
and 12 use them as stand-ins for a segmenter whose mistakes are known.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from atriacourse.data.masks import as_mask, as_spacing, bounding_box, largest_piece
from atriacourse.errors import InputError

# Two human masks of one image, la_005 and la_026 of the MSD heart data: a line to hold a score against.
# Written by `python tools/facts human_masks`; a test holds these against studies/facts/.
HUMAN = {
    "dice": 0.927,
    "jaccard": 0.864,
    "hd_mm": 14.1,
    "hd95_mm": 4.71,
    "assd_mm": 1.13,
    "difference_ml": 9.3,
    "difference_percent": 7.47,
    "slice_dice": 0.849,  # mean over the slices in which either drew something
}
SMALLEST_VEIN_ML = 0.05  # what is left at the rim of the body is no vein


def shift(mask: np.ndarray, *, mm: float, axis: int, spacing_mm: Sequence[float]) -> np.ndarray:
    """Move a mask along an axis by the nearest whole number of voxels; what leaves the volume is lost.

    Args: mask: (z, y, x). mm: towards higher indices if positive. axis: 0 (z), 1 (y) or 2 (x).
    """
    mask = as_mask(mask)
    steps = round(mm / as_spacing(spacing_mm)[axis])
    moved = np.zeros_like(mask)
    size = mask.shape[axis]
    if abs(steps) >= size:
        return moved
    to, source = [slice(None)] * 3, [slice(None)] * 3
    to[axis] = slice(max(steps, 0), size + min(steps, 0))
    source[axis] = slice(max(-steps, 0), size - max(steps, 0))
    moved[tuple(to)] = mask[tuple(source)]
    return moved


def grow(mask: np.ndarray, *, mm: float, spacing_mm: Sequence[float]) -> np.ndarray:
    """Add every voxel within `mm` of the mask; with a negative `mm`, take away as deep a layer.

    Distances run between voxel centres, so nothing changes below one voxel. The volume's edge counts as
    background: a mask that reaches it shrinks there too.
    """
    mask, spacing_mm = as_mask(mask), as_spacing(spacing_mm)
    grown = np.zeros_like(mask)
    box = bounding_box(mask, margin=_voxels(max(mm, 0), spacing_mm))  # nothing changes beyond
    if box is None:
        return grown
    if mm >= 0:
        grown[box] = _distance_to(mask[box], spacing_mm) <= mm
    else:
        grown[box] = _depth(mask[box], spacing_mm) > -mm
    return grown


def add_island(
    mask: np.ndarray, *, distance_mm: float, radius_mm: float, spacing_mm: Sequence[float]
) -> np.ndarray:
    """Add a ball that hangs loose, its nearest side `distance_mm` from the mask, in the mask's middle slice.

    Where the volume is too small for that distance, the ball goes as far as it can. Radius 0 adds nothing.
    Raises: InputError for an empty mask.
    """
    mask, spacing_mm = as_mask(mask), as_spacing(spacing_mm)
    if not mask.any():
        raise InputError("an island needs a mask to be away from; this one is empty")
    if radius_mm == 0:
        return mask.copy()
    z = int(np.median(np.nonzero(mask)[0]))
    missed = np.abs(_distance_to(mask, spacing_mm)[z] - distance_mm - radius_mm)  # by a ball centred here
    # not so near the volume's edge that the ball would stick out
    top, left = (
        min(int(radius_mm / step), (size - 1) // 2)
        for step, size in zip(spacing_mm[1:], missed.shape, strict=True)
    )
    inner = missed[top : missed.shape[0] - top, left : missed.shape[1] - left]
    y, x = np.add(np.unravel_index(inner.argmin(), inner.shape), (top, left))
    places = np.ogrid[tuple(slice(0, size) for size in mask.shape)]
    squared = sum(
        ((place - middle) * step) ** 2
        for place, middle, step in zip(places, (z, y, x), spacing_mm, strict=True)
    )
    return mask | (squared <= radius_mm**2)


def find_veins(
    mask: np.ndarray, *, spacing_mm: Sequence[float], body_radius_mm: float = 8.0
) -> tuple[np.ndarray, int]:
    """Number the parts of an atrium too thin for a ball, largest first: the veins, and the appendage.

    The body is what balls of that radius cover, and half a radius beyond; the rest falls into pieces.
    Returns: (z, y, x) int, 0 outside the pieces; and how many there are, of at least SMALLEST_VEIN_ML.
    """
    mask, spacing_mm = as_mask(mask), as_spacing(spacing_mm)
    core = grow(mask, mm=-body_radius_mm, spacing_mm=spacing_mm)
    numbered = np.zeros(mask.shape, dtype=int)
    box = bounding_box(mask)
    if box is None or not core.any():
        return numbered, 0
    far = _distance_to(largest_piece(core)[box], spacing_mm) > 1.5 * body_radius_mm
    pieces, _ = ndimage.label(mask[box] & far)
    voxels = np.bincount(pieces.ravel())
    voxels[0] = 0
    smallest = SMALLEST_VEIN_ML * 1000 / np.prod(spacing_mm)
    chosen = [piece for piece in np.argsort(-voxels, kind="stable") if voxels[piece] >= smallest]
    for number, piece in enumerate(chosen, start=1):
        numbered[box][pieces == piece] = number
    return numbered, len(chosen)


def lose_veins(mask: np.ndarray, *, count: int, spacing_mm: Sequence[float]) -> np.ndarray:
    """Take away the `count` largest veins (see `find_veins`), or all there are."""
    mask = as_mask(mask)
    numbered, _ = find_veins(mask, spacing_mm=spacing_mm)
    return mask & ~((numbered > 0) & (numbered <= count))


def detach_vein(
    mask: np.ndarray, *, gap_mm: float, spacing_mm: Sequence[float], number: int = 1
) -> np.ndarray:
    """Cut a vein off by a gap: its voxels within `gap_mm` of the rest of the atrium go, its far end stays.

    Args: number: which vein, the largest being 1 (see `find_veins`). Where there is none, nothing changes.
    """
    mask, spacing_mm = as_mask(mask), as_spacing(spacing_mm)
    numbered, _ = find_veins(mask, spacing_mm=spacing_mm)
    vein = numbered == number
    box = bounding_box(mask)
    if box is None or gap_mm == 0 or not vein.any():
        return mask.copy()
    left = mask.copy()
    left[box] &= ~(vein[box] & (_distance_to((mask & ~vein)[box], spacing_mm) <= gap_mm))
    return left


def roughen(
    mask: np.ndarray, *, mm: float, spacing_mm: Sequence[float], seed: int, smooth_mm: float = 5.0
) -> np.ndarray:
    """Move the border in and out at random, by about `mm`, in patches of about `smooth_mm`.

    The mask is where the distance to its border (negative inside) stays below a smooth random field of mean
    0 and SD `mm`, so the volume is about right and the border is not. The same seed gives the same field.
    """
    mask, spacing_mm = as_mask(mask), as_spacing(spacing_mm)
    if mm == 0 or not mask.any():
        return mask.copy()
    noise = np.random.default_rng(seed).standard_normal(mask.shape)
    field = ndimage.gaussian_filter(noise, [smooth_mm / step for step in spacing_mm])
    field *= mm / field.std()
    rough = np.zeros_like(mask)
    box = bounding_box(mask, margin=_voxels(max(field.max(), 0), spacing_mm))  # none is added beyond
    if box is not None:
        rough[box] = _distance_to(mask[box], spacing_mm) - _depth(mask[box], spacing_mm) < field[box]
    return rough


def cut_ends(mask: np.ndarray, *, slices: int) -> np.ndarray:
    """Leave out the lowest and the highest `slices` slices in which there is any mask."""
    mask = as_mask(mask).copy()
    filled = np.flatnonzero(mask.any(axis=(1, 2)))
    ends = np.concatenate([filled[:slices], filled[max(len(filled) - slices, 0) :]])
    mask[ends] = False
    return mask


def _voxels(mm: float, spacing_mm: Sequence[float]) -> int:
    """As many voxels as reach so far along each axis."""
    return math.ceil(mm / min(spacing_mm))


def _depth(mask: np.ndarray, spacing_mm: Sequence[float]) -> np.ndarray:
    """Distance in mm from each centre to the nearest centre outside a mask; so is the array's edge."""
    return ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing_mm)[1:-1, 1:-1, 1:-1]


def _distance_to(mask: np.ndarray, spacing_mm: Sequence[float]) -> np.ndarray:
    """Distance in mm from each voxel's centre to the nearest centre inside a mask that is not empty."""
    return ndimage.distance_transform_edt(~mask, sampling=spacing_mm)

"""Is a heart its own mirror image? Masks laid on each other by their centres, one of them flipped.

Used by the chapter on geometry. Masks are (z, y, x) bool.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from atriacourse.data.masks import as_mask
from atriacourse.errors import InputError
from atriacourse.evaluation.overlap import dice


def centred(mask: np.ndarray, *, half: tuple[int, int, int]) -> np.ndarray:
    """The window of 2 * half + 1 voxels around a mask's centre of mass; outside of the volume nothing.

    Args: mask: (z, y, x), not empty. half: (z, y, x) voxels on either side of the middle one.
    Returns: bool; an odd number of voxels along each axis, so that a flip keeps the centre.
    Raises: InputError for an empty mask.
    """
    mask = as_mask(mask)
    if not mask.any():
        raise InputError("an empty mask has no centre; leave such a case out")
    padded = np.pad(mask, [(h, h) for h in half])
    first = np.rint(ndimage.center_of_mass(mask)).astype(int)  # padded by half: here the window begins
    return padded[tuple(slice(f, f + 2 * h + 1) for f, h in zip(first, half, strict=True))]


def overlap_with_others(masks: Sequence[np.ndarray], *, flipped: tuple[int, ...] = ()) -> np.ndarray:
    """For each mask its mean Dice with all others, the others flipped along some axes.

    Args: masks: from `centred`, of one shape, at least two. flipped: axes, e.g. (2,) for left-right.
    Returns: (cases,) Dice. Raises: InputError for fewer than two masks.
    """
    if len(masks) < 2:
        raise InputError(f"overlap needs two masks or more, got {len(masks)}")
    turned = [np.flip(mask, flipped) for mask in masks]
    return np.array(
        [
            np.mean([dice(mask, other) for m, other in enumerate(turned) if m != n])
            for n, mask in enumerate(masks)
        ]
    )

"""How bright the atrium's blood is, and what lies around it: the two grey levels a border is made of.

Used by the chapters on contrast and geometry. Volumes and masks are (z, y, x); everything is in-plane,
slice by slice, because the network sees slices.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from atriacourse.data.masks import as_mask
from atriacourse.errors import InputError

CROSS = ndimage.generate_binary_structure(2, 1)[None]  # grows a mask within its slice, by one pixel


class Tissue(NamedTuple):
    """Grey values on both sides of the atrium's border."""

    blood: float  # median inside
    around: float  # median of a rim outside
    as_bright: float  # share of the rim that is at least as bright as that blood; nan where there is no rim
    grain: float  # SD of the noise inside, from neighbours along x: slow shading does not count


def rim_around(mask: np.ndarray, *, gap: int = 1, width: int = 3) -> np.ndarray:
    """The pixels outside a mask, between `gap` and `gap + width` pixels from it, within each slice.

    Args: mask: (z, y, x). gap: pixels left out next to the mask, which hold blood and wall both.
    Returns: (z, y, x) bool. Raises: InputError for a negative gap, or a width below 1.
    """
    if gap < 0 or width < 1:
        raise InputError(f"gap must be 0 or more and width 1 or more, got {gap} and {width}")
    mask = as_mask(mask)
    inner = ndimage.binary_dilation(mask, CROSS, iterations=gap) if gap else mask
    return ndimage.binary_dilation(inner, CROSS, iterations=width) & ~inner


def tissue(values: np.ndarray, mask: np.ndarray, *, gap: int = 1, width: int = 3) -> Tissue:
    """Blood, surroundings and noise of a scan, in whatever unit its values have.

    Args: values: (z, y, x) numbers. mask: the atrium, same shape. gap, width: as in `rim_around`.
    Raises: InputError if the shapes differ or the mask is empty.
    """
    mask = as_mask(mask)
    if np.shape(values) != mask.shape:
        raise InputError(f"values are {np.shape(values)} and the mask is {mask.shape}; they must agree")
    if not mask.any():
        raise InputError(
            "the mask is empty: there is no blood to measure; choose slices that show the atrium"
        )
    values = np.asarray(values, dtype=float)
    blood = float(np.median(values[mask]))
    rim = values[rim_around(mask, gap=gap, width=width)]
    steps = np.diff(values, axis=2)[mask[:, :, 1:] & mask[:, :, :-1]]
    # the difference of two pixels has twice the variance of one
    grain = float(np.std(steps)) / 2**0.5 if steps.size else float("nan")
    if rim.size == 0:
        return Tissue(blood, float("nan"), float("nan"), grain)
    return Tissue(blood, float(np.median(rim)), float(np.mean(rim >= blood)), grain)

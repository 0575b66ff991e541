"""Check masks and spacings once, at the door, for everything that takes one.

Used by data/grid.py, inference/postprocess.py and evaluation/. A mask is (z, y, x) and leaves here as bool;
a spacing is (z, y, x) in millimetres. Beside the checks: the box around a mask and its largest piece.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from atriacourse.errors import InputError

Box = tuple[slice, slice, slice]  # where a window lies in its volume, (z, y, x)


def as_mask(array: np.ndarray, *, name: str = "mask") -> np.ndarray:
    """Check that an array is a 3D mask and return it as bool.

    Args:
        array: (z, y, x); bool, or numbers that are all in {0, 1} or all in {0, 255}.
        name: what to call it in an error.
    Returns: (z, y, x) bool; the same array where it was bool already.
    Raises: InputError for another number of axes, no voxels, NaN, or any other value or type.
    """
    array = np.asarray(array)
    if array.ndim != 3:
        raise InputError(f"{name} has shape {array.shape}; it must be a volume (z, y, x), "
                         f"a single slice as (1, y, x)")  # fmt: skip
    if array.size == 0:
        raise InputError(f"{name} has no voxels: its shape is {array.shape}")
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name} has type {array.dtype}; it must be bool or numbers, {{0, 1}} or {{0, 255}}")
    top = array.max()
    if np.isnan(top):
        raise InputError(f"{name} contains NaN; it must hold only {{0, 1}} or {{0, 255}}")
    if top not in (0, 1, 255) or not np.all((array == 0) | (array == top)):
        raise InputError(_label_complaint(array, name))
    return array != 0


def _label_complaint(array: np.ndarray, name: str) -> str:
    return (
        f"{name} holds the values {values_words(np.unique(array))}; it must hold only {{0, 1}} or "
        f"{{0, 255}}: threshold a probability map (p > 0.5), or pick one label (labels == 1)"
    )


def values_words(values: np.ndarray, *, most: int = 6) -> str:
    """The first few numbers in six digits, or in all where six would make a whole number of them."""
    shown = []
    for value in values[:most].tolist():
        short = f"{value:g}"
        shown.append(repr(value) if float(short) != value and float(short).is_integer() else short)
    return ", ".join(shown + ["..."] * (len(values) > most))


def as_mask_pair(truth: np.ndarray, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Check two masks of one image; return both as bool (z, y, x).

    Raises: InputError as `as_mask`, or if the shapes differ.
    """
    truth, guess = as_mask(truth, name="truth"), as_mask(guess, name="guess")
    if truth.shape != guess.shape:
        raise InputError(
            f"truth is {truth.shape} and guess is {guess.shape} (z, y, x); both must lie on the same grid: "
            f"write the prediction on the grid of its image first"
        )
    return truth, guess


def as_spacing(spacing_mm: Sequence[float]) -> tuple[float, float, float]:
    """Check a voxel spacing: three finite, positive numbers (z, y, x), in millimetres.

    Raises: InputError for anything else.
    """
    try:
        spacing = np.asarray(spacing_mm, dtype=float)
    except (TypeError, ValueError):
        spacing = np.empty(0)
    if spacing.shape != (3,) or not np.all(np.isfinite(spacing)) or not np.all(spacing > 0):
        raise InputError(
            f"spacing_mm is {spacing_mm!r}; it must be three positive numbers (z, y, x), "
            f"for LA2018 (0.625, 0.625, 0.625)"
        )
    return tuple(spacing.tolist())


def bounding_box(mask: np.ndarray, *, margin: int = 0) -> Box | None:
    """Find the smallest box that holds a bool mask (z, y, x), grown by a margin, cut at the volume's edge.

    Returns: three slices, or None for an empty mask.
    """
    z = np.flatnonzero(mask.any(axis=(1, 2)))
    if z.size == 0:
        return None
    plane = mask[z[0] : z[-1] + 1].any(axis=0)
    y, x = np.flatnonzero(np.any(plane, axis=1)), np.flatnonzero(np.any(plane, axis=0))
    along_z, along_y, along_x = (
        slice(max(int(at[0]) - margin, 0), min(int(at[-1]) + 1 + margin, size))
        for at, size in zip((z, y, x), mask.shape, strict=True)
    )
    return along_z, along_y, along_x


def largest_piece(mask: np.ndarray, *, reach: int = 1) -> np.ndarray:
    """Keep the connected piece with the most voxels; of equal ones, the first in scan order.

    Args:
        mask: bool, of any number of axes.
        reach: along how many axes a neighbour may differ; 1: neighbours share a face.
    Returns: bool; the mask itself where it has no two pieces.
    """
    pieces, count = ndimage.label(mask, ndimage.generate_binary_structure(mask.ndim, reach))
    if count < 2:
        return mask
    # numbered from 1 in scan order, and argmax takes the first of equals
    return pieces == np.bincount(pieces[mask]).argmax()

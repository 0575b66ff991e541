"""Which scans of MSD's heart task have the headers that misstate their axes, and which were put right.

Used by data/layouts.py. MSD's files have a positive diagonal affine, so their headers claim "RAS". Their
slices are sagittal all the same: the first axis runs from spine to chest (A), the second from abdomen to neck
(S), the third from the apex of the heart to the dome of the liver (R). Established by looking at la_003,
la_005, la_007 and la_026 (aortic arch, spine, liver, apex), and by number: of all 48 orientations this one
correlates best, in each of the four, with the mean LA2018 scan. Followed to the letter, their affine would
show a network trained on axial slices every heart from the side.

A copy that somebody put right bears the same names, so the picture decides: from spine to chest the field of
view ends in air on both sides, from abdomen to neck in the patient. At the ends of their first axis the four
scans have 0.00 to 0.01 of their mean grey value, at those of the second 0.41 to 1.36."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atriacourse.data.grid import axis_letters
from atriacourse.data.volume import read_grid, read_volume
from atriacourse.errors import InputError

ORIENTATION = "ASR"
SIZES_MM = (1.25, 1.25, 1.37)  # of all files as published, along the file's axes
CLEARLY = 3.0  # times as bright are the ends of one axis than those of the other


def misstated(paths: Sequence[Path]) -> dict[Path, str]:
    """The orientation of those scans whose header is not to be followed: path -> "ASR".

    One scan of each voxel size is looked at, the others of that size are taken to be alike.
    """
    sizes = {path: claimed_sizes(path) for path in paths}
    answers: dict[tuple[float, ...] | None, bool] = {None: False}
    for path, size in sizes.items():
        if size not in answers:
            looks = sagittal(path)
            answers[size] = size == SIZES_MM if looks is None else looks
    return {path: ORIENTATION for path, size in sizes.items() if answers[size]}


def claimed_sizes(path: Path) -> tuple[float, ...] | None:
    """Voxel size along a file's axes if its header claims "RAS" without any tilt; else None."""
    try:
        affine = np.array(read_grid(path).affine)
    except InputError:
        return None  # told when the case is read
    plain = np.array_equal(affine[:3, :3], np.diag(np.diag(affine)[:3]))
    return tuple(np.diag(affine)[:3].round(2)) if plain and axis_letters(affine) == "RAS" else None


def sagittal(path: Path) -> bool | None:
    """Whether air lies at the ends of the first axis and the patient at those of the second.

    Returns: None if the picture does not say, or cannot be read.
    """
    try:
        volume = read_volume(path)
    except InputError:
        return None
    first, second = (ends(volume.grid.to_native(volume.voxels), axis) for axis in (0, 1))
    if first * CLEARLY < second:
        return True
    return False if second * CLEARLY < first else None


def ends(native: np.ndarray, axis: int) -> float:
    """Mean grey value of the first and last slices across an axis, of the middle half of the others."""
    middle = [slice(size // 4, size - size // 4) for size in native.shape]
    count = max(1, native.shape[axis] // 32)
    middle[axis] = np.r_[:count, -count:0]
    return float(native[tuple(middle)].mean() - native.min())

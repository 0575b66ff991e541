"""NRRD files (.nrrd): geometry, voxels, writing. Used by data/volume.py.

After nrrd_parts.py. Arrays here are in the file's own axis order (i, j, k), fastest axis first.
What a mask keeps of its scan are the lines of the header that tell the place: space, directions, origin,
units, kinds, centerings, measurement frame. Key/value pairs are not copied: they tell of the scan's voxels,
and may name the patient.
Source: http://teem.sourceforge.net/nrrd/format.html; where it leaves a choice, ITK's."""

import re
from pathlib import Path
from typing import Any

import nrrd
import numpy as np

from atriacourse.data.grid import LPS_TO_RAS, GridGeometry, voxel_sizes
from atriacourse.data.nifti import affine_for_itk
from atriacourse.data.nrrd_parts import MAGIC, data_file, read_header, read_voxels, volume_axes
from atriacourse.errors import InputError

__all__ = ["read_geometry", "read_voxels", "write"]

TO_MM = {"m": 1000.0, "dm": 100.0, "cm": 10.0, "mm": 1.0, "um": 1e-3, "nm": 1e-6, "micron": 1e-3}
PREFIXES = {"": "m", "deci": "dm", "centi": "cm", "milli": "mm", "micro": "um", "nano": "nm"}
# World axes of the header, to RAS. A header that names no space is left-posterior-superior, as ITK reads it.
SPACE_TO_RAS = {"left-posterior": (-1, -1, 1), "right-anterior": (1, 1, 1), "left-anterior": (-1, 1, 1)}
SHORT = {"lps": "left-posterior", "ras": "right-anterior", "las": "left-anterior"}


def read_geometry(path: Path) -> GridGeometry:
    """Shape and affine from the header alone.

    LA2018's headers all say spacing (1, 1, 1) without a unit: a placeholder, not counted as real. An axis of
    length one beside three others does not count as one.
    """
    with open(path, "rb") as file:
        header, lines = read_header(file)
    data_file(path, header)
    sizes = [int(size) for size in header["sizes"]]
    axes = volume_axes(sizes, header.get("space directions"))
    shape = tuple(sizes[axis] for axis in axes)
    if len(axes) != 3:
        return GridGeometry(shape, np.eye(4), real_spacing=False)  # which nobody takes for a volume
    affine = np.eye(4)
    if "space directions" in header:
        directions = np.asarray(header["space directions"], dtype=float)
        if directions.shape != (len(sizes), 3):
            raise InputError(
                f"'space directions' must be three vectors of three numbers, got {directions.tolist()}"
            )
        affine[:3, :3] = directions[axes].T
    else:
        affine = from_axes(header, axes)
    if "space origin" in header:
        affine[:3, 3] = header["space origin"]

    per_world = "space units" in header
    words = [str(word) for word in header.get("space units", header.get("units", []))]
    if not per_world and len(words) == len(sizes):
        words = [words[axis] for axis in axes]
    factors, notes = in_mm(words)
    if per_world:
        affine[:3] *= factors[:, None]
    else:
        affine[:3, :3] *= factors
        affine[:3, 3] *= factors
    real = any(known_unit(word) for word in words) or not np.allclose(voxel_sizes(affine), 1.0)
    space = str(header.get("space", ""))
    if space and anatomical(space) not in SPACE_TO_RAS:
        notes += (f"its space, {space!r}, says nothing of the body; left-posterior-superior is assumed",)
    return GridGeometry(shape, world_signs(space) @ affine, real, lines, notes)


def from_axes(header: dict[str, Any], axes: list[int]) -> np.ndarray:
    """The affine (4, 4) of a header that describes each axis by itself: spacing, minimum, maximum, centering.

    A minimum is the near face of the first voxel (centering "cell", also where none is named), or its centre
    ("node"). Unless all three minima and spacings are known, the first voxel is the origin.
    """

    def per_axis(field: str) -> np.ndarray:
        values = np.asarray(header.get(field, [np.nan] * len(header["sizes"])), dtype=float)
        return values[axes]

    node = np.array([str(word).lower() == "node" for word in header.get("centerings", [""] * 99)])[axes]
    sizes, low, high = (per_axis(field) for field in ("sizes", "axis mins", "axis maxs"))
    steps = np.maximum(np.where(node, sizes - 1, sizes), 1)
    spacing = per_axis("spacings")
    if np.isinf(spacing).any():  # NaN is the format's own word for "not known"
        raise InputError(f"its header gives spacings {spacing.tolist()}; write it again with the true ones")
    spacing = np.where(np.isfinite(spacing), spacing, (high - low) / steps)
    known = np.isfinite(spacing)
    spacing = np.where(known, spacing, 1.0)
    affine = np.diag([*spacing, 1.0])
    if np.isfinite(low).all() and known.all():
        affine[:3, 3] = low + np.where(node, 0, spacing / 2)
    return affine


def in_mm(words: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Millimetres per unit, (3,), and a note for units that are not known; no word is a millimetre too."""
    factors = [known_unit(word) or 1.0 for word in words[:3]]
    strange = sorted({word for word in words if word.strip(' "?') and not known_unit(word)})
    notes = [f"its unit of length, {word!r}, is not known; millimetres are assumed" for word in strange]
    return np.array(factors + [1.0] * (3 - len(factors))), tuple(notes)


def known_unit(word: str) -> float | None:
    """Millimetres in "mm", "micrometers", "um" and their like; None for a word that is no length."""
    word = word.strip(' "').lower()
    if long := re.fullmatch(r"(deci|centi|milli|micro|nano|)[- ]?(meter|metre)s?", word):
        word = PREFIXES[long[1]]
    return TO_MM.get("micron" if word == "microns" else word)


def world_signs(space: str) -> np.ndarray:
    """The 4 x 4 diagonal that takes the header's world axes to RAS."""
    name = anatomical(space)
    return np.diag([*SPACE_TO_RAS[name], 1]) if name in SPACE_TO_RAS else LPS_TO_RAS


def anatomical(space: str) -> str:
    """The first two directions of a space, as SPACE_TO_RAS has them; of others whatever comes."""
    space = space.lower()
    return SHORT.get(space[:3], "-".join(space.split("-")[:2]))


def write(path: Path, native: np.ndarray, affine: np.ndarray, *, real_spacing: bool, header: bytes) -> None:
    """Write (i, j, k) voxels, with the place and units of a scan's header (from `GridGeometry.header`).

    Without one, or with another format's, in left-posterior-superior space, as ITK and 3D Slicer do.
    """
    if header.startswith(MAGIC):
        fields = nrrd.read_header(header.split(b"\n"))
        native = native.reshape([int(size) for size in fields["sizes"]], order="F")
    else:
        of_nifti = affine_for_itk(header)
        lps = LPS_TO_RAS @ (affine if of_nifti is None else of_nifti)
        fields = {
            "space": "left-posterior-superior",
            "space directions": lps[:3, :3].T,
            "space origin": lps[:3, 3],
            "kinds": ["domain"] * 3,
        }
        if real_spacing:
            fields["space units"] = ["mm"] * 3
    fields["encoding"] = "gzip"
    nrrd.write(str(path), np.ascontiguousarray(native.T), fields, index_order="C", compression_level=4)

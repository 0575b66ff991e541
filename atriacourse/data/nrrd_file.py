"""NRRD files (.nrrd) by pynrrd: geometry, voxels, writing. Used by data/volume.py.

Arrays here are in the file's own axis order (i, j, k), fastest axis first. pynrrd with `index_order="C"`
hands over the same bytes the other way round, (k, j, i), without copying; a transpose undoes that."""

from pathlib import Path

import nrrd
import numpy as np

from atriacourse.data.grid import LPS_TO_RAS, GridGeometry
from atriacourse.errors import InputError

TO_MM = {"m": 1000.0, "cm": 10.0, "um": 0.001, "µm": 0.001}  # anything else is millimetres
# World axes of the header, to RAS. A header that names no space is left-posterior-superior, as ITK reads it.
SPACE_TO_RAS = {"left-posterior": (-1, -1, 1), "right-anterior": (1, 1, 1), "left-anterior": (-1, 1, 1)}
SHORT = {"lps": "left-posterior", "ras": "right-anterior", "las": "left-anterior"}


def read_geometry(path: Path) -> GridGeometry:
    """Shape and affine from the header alone.

    LA2018's headers all say spacing (1, 1, 1) without a unit: a placeholder, not counted as real.
    """
    header = nrrd.read_header(str(path))
    shape = tuple(int(size) for size in header["sizes"])
    affine = np.eye(4)
    if "space directions" in header:
        directions = np.asarray(header["space directions"], dtype=float)
        if directions.shape != (3, 3):
            raise InputError(
                f"'space directions' must be three vectors of three numbers, got {directions.tolist()}"
            )
        affine[:3, :3] = directions.T
    elif "spacings" in header:
        spacings = np.asarray(header["spacings"], dtype=float)
        affine[:3, :3] = np.diag(np.where(np.isfinite(spacings), spacings, 1.0)[:3])
    affine[:3, 3] = header.get("space origin", np.zeros(3))

    unit = str((header.get("space units") or header.get("units") or [""])[0]).strip('"').lower()
    affine[:3] *= TO_MM.get(unit, 1.0)
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    real = bool(unit) or not np.allclose(sizes, 1.0)
    return GridGeometry(shape, world_signs(str(header.get("space", ""))) @ affine, real)


def world_signs(space: str) -> np.ndarray:
    """The 4 x 4 diagonal that takes the header's world axes to RAS."""
    space = space.lower()
    name = SHORT.get(space[:3], "-".join(space.split("-")[:2]))
    return np.diag([*SPACE_TO_RAS[name], 1]) if name in SPACE_TO_RAS else LPS_TO_RAS


def read_voxels(path: Path) -> np.ndarray:
    """(i, j, k)."""
    voxels, _ = nrrd.read(str(path), index_order="C")
    return voxels.T


def write(path: Path, native: np.ndarray, affine: np.ndarray, *, real_spacing: bool) -> None:
    """Write (i, j, k) voxels in left-posterior-superior space, as ITK and 3D Slicer do."""
    lps = LPS_TO_RAS @ affine
    header = {
        "space": "left-posterior-superior",
        "space directions": lps[:3, :3].T,
        "space origin": lps[:3, 3],
        "kinds": ["domain"] * 3,
        "encoding": "gzip",
    }
    if real_spacing:
        header["space units"] = ["mm"] * 3
    nrrd.write(str(path), np.ascontiguousarray(native.T), header, index_order="C", compression_level=4)

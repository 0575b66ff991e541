"""How a canonical (z, y, x) array lies in the file it came from.

Before data/volume.py, which reads and writes with it. Everything after reading is in ONE orientation,
that of the LA2018 axial slices, so that a network trained there sees every other scan the same way up:

    z grows towards the head (S), y towards the back (P), x towards the patient's left (L).

Shown with the usual screen axes (row 0 on top) that is the radiologist's view: chest up, spine down, the
patient's right on the left of the screen.

How that was established: by looking at the mirror's slices. Spine and descending aorta lie at large y, the
liver at small x and small z, the pulmonary artery and the aortic arch at large z. It agrees with the official
NRRD headers, whose identity directions in left-posterior-superior space say the same.

Orientations are three letters, one per axis of the *file's* array in its own order (i, j, k): the direction
in which that axis grows. LA2018 is "LPS"; a NIfTI with a diagonal positive affine is "RAS".
World coordinates in `affine` are NIfTI's (RAS+, mm), whatever the file format."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from nibabel import orientations

from atriacourse.errors import InputError

CANONICAL = ("S", "P", "L")  # of the array's axes (z, y, x)
ASSUMED_SPACING_MM = (0.625, 0.625, 0.625)  # (z, y, x); challenge page, benchmark paper, Chen et al. 2018
LPS_TO_RAS = np.diag(
    [-1.0, -1.0, 1.0, 1.0]
)  # NRRD and ITK count left and back positive, NIfTI right and front


class GridGeometry(NamedTuple):
    """What a reader found in a file's header, in the file's own axis order."""

    shape: tuple[int, ...]  # (i, j, k)
    affine: np.ndarray  # (4, 4), voxel (i, j, k) -> RAS mm
    real_spacing: bool  # False: the header's spacing is a placeholder (LA2018's 1, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The canonical array's shape and spacing, and the way back to the file's own array."""

    shape: tuple[int, int, int]  # (z, y, x)
    spacing_mm: tuple[float, float, float]  # (z, y, x)
    spacing_source: str  # "file", "assumed" (0.625 mm) or "caller"
    orientation: str  # of the file's array, e.g. "LPS"
    affine: tuple[tuple[float, ...], ...]  # 4 x 4, file voxel (i, j, k) -> RAS mm, as the file has it

    @property
    def affine_is_real(self) -> bool:
        """Whether the file's affine has the spacing used here, rather than a placeholder's."""
        sizes = np.linalg.norm(np.array(self.affine)[:3, :3], axis=0)[self._file_axes()]
        return bool(np.allclose(sizes, self.spacing_mm, rtol=1e-4))

    def to_canonical(self, native: np.ndarray) -> np.ndarray:
        """The file's (i, j, k) array as a contiguous (z, y, x) array in the machine's byte order."""
        turned = orientations.apply_orientation(native, self._turn())
        return np.ascontiguousarray(turned, dtype=native.dtype.newbyteorder("="))

    def to_native(self, canonical: np.ndarray) -> np.ndarray:
        """The way back: a (z, y, x) array in the file's own (i, j, k) order."""
        if canonical.shape != self.shape:
            raise InputError(
                f"array is {canonical.shape} but the grid is {self.shape} (z, y, x); "
                "give the array predicted on this very image"
            )
        # The inverse of "axis a goes to place p, flipped or not": place p comes back to axis a.
        turn = self._turn()
        back = np.empty_like(turn)
        for axis, (place, flip) in enumerate(turn):
            back[int(place)] = axis, flip
        return orientations.apply_orientation(canonical, back)

    def _file_axes(self) -> np.ndarray:
        """The file axis (0 = i) of z, of y and of x."""
        return np.argsort(self._turn()[:, 0])

    def _turn(self) -> np.ndarray:
        """nibabel's (3, 2) table: for each file axis its canonical place (0 = z) and its flip (+1, -1)."""
        return orientations.ornt_transform(
            orientations.axcodes2ornt(tuple(self.orientation)), orientations.axcodes2ornt(CANONICAL)
        )


def plain_grid(shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]) -> Grid:
    """A grid for an array that comes from no file, such as a phantom: LPS axes, origin at the first voxel.

    Args: shape: (z, y, x). spacing_mm: (z, y, x).
    """
    spacing_mm = checked_spacing(spacing_mm)
    affine = LPS_TO_RAS @ np.diag([*spacing_mm[::-1], 1.0])
    return Grid(
        shape=shape,
        spacing_mm=spacing_mm,
        spacing_source="caller",
        orientation="LPS",
        affine=as_rows(affine),
    )


def grid_from(
    geometry: GridGeometry, *, spacing_mm: tuple[float, float, float] | None, orientation: str | None
) -> Grid:
    """A `Grid` from what the header says, and from what the caller knows better.

    Args:
        spacing_mm: (z, y, x), overrides the header; None takes the header's, or 0.625 mm where that is a
            placeholder.
        orientation: overrides the header, e.g. "ASR"; None takes the affine's closest axes.
    Raises: InputError if the shape is not that of one 3D volume, or on a degenerate affine, a bad spacing or
        a bad orientation.
    """
    if len(geometry.shape) != 3 or 0 in geometry.shape:
        raise InputError(
            f"must be one 3D volume with at least one voxel along each axis, got shape {geometry.shape}; "
            "save a single channel and time point as 3D"
        )
    nearest = axis_letters(geometry.affine)
    if len(nearest) < 3:
        raise InputError(
            f"the header's affine is degenerate: {geometry.affine.tolist()}; "
            "write the file again with a valid one"
        )
    letters = checked_orientation(orientation) if orientation else nearest
    sizes = np.linalg.norm(geometry.affine[:3, :3], axis=0)  # mm along the file's i, j, k
    grid = Grid(
        shape=(1, 1, 1),
        spacing_mm=ASSUMED_SPACING_MM,
        spacing_source="assumed",
        orientation=letters,
        affine=as_rows(geometry.affine),
    )
    order = grid._file_axes()
    shape = tuple(int(geometry.shape[axis]) for axis in order)
    if spacing_mm is not None:
        return replace(grid, shape=shape, spacing_mm=checked_spacing(spacing_mm), spacing_source="caller")
    if geometry.real_spacing:
        # Headers keep spacings as float32, where 1.37 is not exact: seven digits restore what was meant.
        spacing = tuple(float(f"{sizes[axis]:.7g}") for axis in order)
        return replace(grid, shape=shape, spacing_mm=spacing, spacing_source="file")
    return replace(grid, shape=shape)


def axis_letters(affine: np.ndarray) -> str:
    """The closest anatomical direction of each file axis, e.g. "RAS" for a positive diagonal affine.

    Fewer than three letters: the affine is degenerate, an axis of no length or two along one line.
    """
    directions = affine[:3, :3]
    if not np.isfinite(affine).all() or np.linalg.matrix_rank(directions) < 3:
        return ""
    return "".join(letter or "" for letter in orientations.aff2axcodes(affine))


def checked_orientation(orientation: str) -> str:
    """The three letters in capitals. Raises: InputError unless there is one each of L/R, P/A, S/I."""
    letters = orientation.upper()
    if sorted(letters.translate(str.maketrans("LAI", "RPS"))) != ["P", "R", "S"]:
        raise InputError(
            "orientation must be three letters, one each of L/R, P/A and S/I, such as 'LPS'; "
            f"got {orientation!r}"
        )
    return letters


def checked_spacing(spacing_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    """Three positive finite numbers. Raises: InputError otherwise."""
    values = tuple(float(value) for value in spacing_mm)
    if len(values) != 3 or not all(np.isfinite(value) and value > 0 for value in values):
        raise InputError(f"spacing must be three positive numbers of millimetres (z, y, x); got {spacing_mm}")
    return values


def as_rows(affine: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """A 4 x 4 array as nested tuples, so that grids can be compared."""
    return tuple(tuple(float(value) for value in row) for row in affine)

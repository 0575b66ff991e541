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

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from nibabel import orientations

from atriacourse.data.masks import as_spacing
from atriacourse.errors import InputError

CANONICAL = ("S", "P", "L")  # of the array's axes (z, y, x)
ASSUMED_SPACING_MM = (0.625, 0.625, 0.625)  # (z, y, x); challenge page, benchmark paper, Chen et al. 2018
LPS_TO_RAS = np.diag(
    [-1.0, -1.0, 1.0, 1.0]
)  # NRRD and ITK count left and back positive, NIfTI right and front

MOST_VOXELS = 200_000_000  # of one scan: five and a half of LA2018's largest; 0.8 GB as float32
# No scanner resolves a beating heart below 0.3 mm, and no series of the heart has slices thicker than some
# 10 mm, so a voxel outside these bounds is a header in another unit: 0.625 mm is 0.0625 cm and 0.000625 m.
VOXEL_MM = (0.1, 50.0)
# The second longest side of a scan, mm: an adult's atrium is 40 to 60 mm across and is never scanned without
# a margin (the tightest crop of the mirror has 82 mm), and a bore is 600 to 700 mm wide. The longest side may
# be that of a whole trunk; the shortest one that of a single slice. Fewer voxels than those of a thumbnail
# are nobody's scan, but a trial or a lesson, and may be of any size.
FIELD_MM, LONGEST_MM, THUMBNAIL = (50.0, 700.0), 1000.0, 32
ASSUMED = (
    "no voxel size in the header (1 x 1 x 1 without a unit is what converters write where they know none): "
    "0.625 mm is assumed along each axis; if you know it, give it (--spacing-mm)"
)


class GridGeometry(NamedTuple):
    """What a reader found in a file's header, in the file's own axis order."""

    shape: tuple[int, ...]  # (i, j, k)
    affine: np.ndarray  # (4, 4), voxel (i, j, k) -> RAS mm
    real_spacing: bool  # False: the header's spacing is a placeholder (LA2018's 1, 1, 1)
    header: bytes = b""  # what a writer of the same format copies; see nifti.py and nrrd_file.py
    notes: tuple[str, ...] = ()  # what the reader had to assume, in words


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The canonical array's shape and spacing, and the way back to the file's own array."""

    shape: tuple[int, int, int]  # (z, y, x)
    spacing_mm: tuple[float, float, float]  # (z, y, x)
    spacing_source: str  # "file", "assumed" (0.625 mm) or "caller"
    orientation: str  # of the file's array, e.g. "LPS"
    affine: tuple[tuple[float, ...], ...]  # 4 x 4, file voxel (i, j, k) -> RAS mm, as the file has it
    # Two grids are equal where they place the same array alike, so neither of these counts:
    header: bytes = field(default=b"", compare=False, repr=False)  # of the file, for masks in its format
    notes: tuple[str, ...] = field(default=(), compare=False)  # what had to be assumed of it, in words

    @property
    def affine_is_real(self) -> bool:
        """Whether the file's affine has the spacing used here, rather than a placeholder's."""
        sizes = voxel_sizes(np.array(self.affine))[self._file_axes()]
        return bool(np.allclose(sizes, self.spacing_mm, rtol=1e-4))

    @property
    def native_shape(self) -> tuple[int, ...]:
        """(i, j, k), as the file has it."""
        return tuple(self.shape[int(place)] for place in self._turn()[:, 0])

    def corners_mm(self) -> np.ndarray:
        """The corner voxels' centres in RAS mm by the file's affine, (8, 3), in the order of (z, y, x)."""
        ends = np.array(list(itertools.product(*([0, size - 1] for size in self.shape))))
        to_native = orientations.inv_ornt_aff(self._turn(), self.native_shape)
        return (np.array(self.affine) @ to_native @ np.c_[ends, np.ones(8)].T)[:3].T

    def to_canonical(self, native: np.ndarray) -> np.ndarray:
        """The file's (i, j, k) array as a contiguous (z, y, x) array that may be written into.

        It has the machine's byte order, and shares memory with `native` where it can.
        """
        turned = orientations.apply_orientation(native, self._turn())
        return np.require(turned, native.dtype.newbyteorder("="), ["C", "W"])

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
    spacing_mm = as_spacing(spacing_mm)
    affine = LPS_TO_RAS @ np.diag([*spacing_mm[::-1], 1.0])
    return Grid(
        shape=shape,
        spacing_mm=spacing_mm,
        spacing_source="caller",
        orientation="LPS",
        affine=as_rows(affine),
    )


def grid_from(
    geometry: GridGeometry,
    *,
    spacing_mm: tuple[float, float, float] | None,
    orientation: str | None,
    most_voxels: int = MOST_VOXELS,
) -> Grid:
    """A `Grid` from what the header says, and from what the caller knows better.

    Args:
        spacing_mm: (z, y, x), overrides the header; None takes the header's, or 0.625 mm where that is a
            placeholder.
        orientation: overrides the header, e.g. "ASR"; None takes the affine's closest axes.
        most_voxels: more are refused, before any is read.
    Raises: InputError if the shape is not that of one 3D volume or larger than allowed, or on a degenerate
        affine, a bad spacing or a bad orientation.
    """
    checked_shape(geometry.shape, most_voxels)
    nearest = axis_letters(geometry.affine)
    if len(nearest) < 3:
        raise InputError(
            f"the header's affine is degenerate: {geometry.affine.tolist()}; "
            "write the file again with a valid one"
        )
    letters = checked_orientation(orientation) if orientation else nearest
    sizes = voxel_sizes(geometry.affine)  # mm along the file's i, j, k
    grid = Grid(
        shape=(1, 1, 1),
        spacing_mm=ASSUMED_SPACING_MM,
        spacing_source="assumed",
        orientation=letters,
        affine=as_rows(geometry.affine),
        header=geometry.header,
        notes=geometry.notes,
    )
    order = grid._file_axes()
    depth, height, width = (int(geometry.shape[axis]) for axis in order)
    grid = replace(grid, shape=(depth, height, width))
    if spacing_mm is not None:
        return replace(grid, spacing_mm=checked_voxel(as_spacing(spacing_mm)), spacing_source="caller")
    if geometry.real_spacing:
        # Headers keep spacings as float32, where 1.37 is not exact: seven digits restore what was meant.
        z, y, x = (float(f"{sizes[axis]:.7g}") for axis in order)
        return replace(grid, spacing_mm=checked_voxel((z, y, x)), spacing_source="file")
    return replace(grid, notes=(*grid.notes, ASSUMED))


def checked_shape(shape: tuple[int, ...], most_voxels: int) -> None:
    """Raises: InputError unless it is that of one volume, of `most_voxels` or fewer."""
    if len(shape) != 3 or min(shape) < 1:
        raise InputError(
            f"must be one 3D volume with at least one voxel along each axis, got shape {shape}; "
            "save a single channel and time point as 3D"
        )
    voxels = math.prod(int(size) for size in shape)  # Python's integers: these do not overflow
    if voxels > most_voxels:
        raise InputError(
            f"its header asks for {' x '.join(map(str, shape))} = {voxels:,} voxels, and the most that are "
            f"read are {most_voxels:,}; if the scan is that large, allow more (--most-voxels {voxels})"
        )


def checked_voxel(spacing_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    """The same spacing. Raises: InputError if no scan of a heart has such voxels."""
    low, high = VOXEL_MM
    if not all(low <= size <= high for size in spacing_mm):
        raise InputError(
            f"voxels of {by(spacing_mm)} mm (z, y, x) are not those of a scan of the heart, whose sides have "
            f"{low:g} to {high:g} mm; is that another unit? Give the true size (--spacing-mm)"
        )
    return spacing_mm


def checked_field(grid: Grid) -> Grid:
    """The same grid. Raises: InputError if what it covers cannot be a scan with an atrium in it.

    A voxel size that is assumed proves nothing, so that such a scan is let through.
    """
    sides = [count * size for count, size in zip(grid.shape, grid.spacing_mm, strict=True)]
    second, longest = sorted(sides)[1:]
    fits = FIELD_MM[0] <= second <= FIELD_MM[1] and longest <= LONGEST_MM
    if not fits and grid.spacing_source != "assumed" and sorted(grid.shape)[1] >= THUMBNAIL:
        raise InputError(
            f"{by(grid.shape)} voxels of {by(grid.spacing_mm)} mm cover {by(sides)} mm (z, y, x), and a scan "
            f"of the heart {FIELD_MM[0]:g} to {FIELD_MM[1]:g} across; is the voxel size in another unit? "
            "Give the true one (--spacing-mm)"
        )
    return grid


def by(numbers: Sequence[float]) -> str:
    """Numbers as in "88 x 640 x 640"."""
    return " x ".join(f"{number:.6g}" for number in numbers)


def voxel_sizes(affine: np.ndarray) -> np.ndarray:
    """The length of a step along each of the file's axes (i, j, k), in the affine's unit."""
    with np.errstate(over="ignore"):  # a damaged header's 1e200 squared: infinity is refused like it
        return np.linalg.norm(affine[:3, :3], axis=0)


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


def as_rows(affine: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """A 4 x 4 array as nested tuples, so that grids can be compared."""
    return tuple(tuple(float(value) for value in row) for row in affine)

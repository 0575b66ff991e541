"""One scan or one mask in memory, in one orientation, whatever file it came from.

After data/grid.py and the three readers (nifti.py, nrrd_file.py, mirror.py), before data/cohort.py. Volumes
are (z, y, x) in the orientation of the LA2018 axial slices (see grid.py); spacing is (z, y, x) in mm.

Source of the spacing rule: LA2018's headers say (1, 1, 1) without a unit, the challenge page and the paper
say 0.625 mm isotropic, another paper of the same group 0.625 x 0.625 x 1.25. So a placeholder becomes
0.625, `grid.spacing_source` says "assumed", and the caller may set another."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from atriacourse.data import mirror, nifti, nrrd_file
from atriacourse.data.damage import errors_naming, from_file
from atriacourse.data.grey import grey_window
from atriacourse.data.grid import MOST_VOXELS, Geometry, Grid, grid_from
from atriacourse.data.masks import values_words
from atriacourse.errors import InputError
from atriacourse.files import written_whole

READERS = {".nii.gz": nifti, ".nii": nifti, ".nrrd": nrrd_file, ".h5": mirror}
WRITERS = {".nii.gz": nifti, ".nii": nifti, ".nrrd": nrrd_file}
ROUNDING = 1e-5  # how far from a label, as a part of the largest, a header that scales or float32 leaves it


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Voxels and how they lie in their file."""

    voxels: np.ndarray  # (z, y, x)
    grid: Grid
    path: Path | None = None
    label_values: tuple[int, ...] = ()  # of a mask: the values its file holds, e.g. (0, 255)
    notes: tuple[str, ...] = ()  # what was assumed, cut off or rounded, in words; the grid's notes among them

    @property
    def shape(self) -> tuple[int, int, int]:
        """(z, y, x)."""
        return self.voxels.shape

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """(z, y, x)."""
        return self.grid.spacing_mm


def read_volume(
    path: Path | str,
    *,
    spacing_mm: tuple[float, float, float] | None = None,
    orientation: str | None = None,
    most_voxels: int = MOST_VOXELS,
) -> Volume:
    """Read a scan: .nrrd, .nii, .nii.gz, or the mirror's .h5 (its grey levels, recovered from z-scores).

    Args:
        spacing_mm: (z, y, x), overrides the file's.
        orientation: overrides the file's, for headers known to be wrong, e.g. "ASR" for MSD's heart task.
        most_voxels: a larger scan is refused by its header, before its voxels are read.
    Returns: voxels (z, y, x) in the file's own number type.
    Raises: InputError, naming the file, if it cannot be read, is not 3D, is empty, or holds NaN or infinity.
    """
    path = Path(path)
    with errors_naming(path):
        reader = reader_of(path)
        grid = _grid(reader.read_geometry, path, spacing_mm, orientation, most_voxels)
        voxels = grid.to_canonical(checked_numbers(from_file(reader.read_voxels, path)))
        return Volume(voxels=voxels, grid=grid, path=path, notes=grid.notes + _cut_off(voxels))


def read_mask(
    path: Path | str,
    *,
    spacing_mm: tuple[float, float, float] | None = None,
    orientation: str | None = None,
    most_voxels: int = MOST_VOXELS,
) -> Volume:
    """Read a mask: labels {0, 1}, or {0, 255} as in the official files; an empty mask is allowed.

    A value within rounding of a label (`ROUNDING`) is taken for it, and `notes` says so. From the mirror's
    .h5 it reads `label`.
    Args: as `read_volume`; give a mask the same as its image.
    Returns: bool voxels (z, y, x).
    Raises: InputError, naming the file and the values found, for any other label; and as `read_volume`.
    """
    path = Path(path)
    with errors_naming(path):
        reader = reader_of(path)
        options = {"dataset": "label"} if reader is mirror else {}
        grid = _grid(reader.read_geometry, path, spacing_mm, orientation, most_voxels, **options)
        labels = grid.to_canonical(checked_numbers(from_file(reader.read_voxels, path, **options)))
        found = np.unique(labels)
        values = np.rint(found.astype(np.float64))
        if not (set(values.tolist()) <= {0, 1} or set(values.tolist()) <= {0, 255}) or (
            np.abs(found - values).max() > ROUNDING * max(values.max(), 1)
        ):
            raise InputError(
                f"a mask must hold the values 0 and 1, or 0 and 255; found {values_words(found, most=8)}. "
                "Is this the image, or a mask of several structures or probabilities? Write one structure as "
                "0 and 1"
            )
        exact = np.array_equal(found, values)
    rounded = () if exact else (f"its labels are {values_words(found)}, taken for the nearest whole numbers",)
    return Volume(
        voxels=labels > 0.5,
        grid=grid,
        path=path,
        label_values=tuple(int(value) for value in np.unique(values)),
        notes=grid.notes + rounded,
    )


def read_grid(
    path: Path | str,
    *,
    spacing_mm: tuple[float, float, float] | None = None,
    orientation: str | None = None,
    most_voxels: int = MOST_VOXELS,
) -> Grid:
    """What `read_volume` would give as `grid`, from the header alone.

    Raises: InputError, naming the file, if the header cannot be read, is not 3D, is empty or too large.
    """
    path = Path(path)
    with errors_naming(path):
        return _grid(reader_of(path).read_geometry, path, spacing_mm, orientation, most_voxels)


def _grid(
    read_geometry: Callable[..., Geometry],
    path: Path,
    spacing_mm: tuple[float, float, float] | None,
    orientation: str | None,
    most_voxels: int,
    **options: str,
) -> Grid:
    geometry = from_file(read_geometry, path, **options)
    return grid_from(geometry, spacing_mm=spacing_mm, orientation=orientation, most_voxels=most_voxels)


def _cut_off(voxels: np.ndarray) -> tuple[str, ...]:
    """A note if some of a scan's numbers are no picture."""
    low, high = grey_window(voxels) if voxels.dtype != np.uint8 else (0, 255)
    outside = np.count_nonzero((voxels < low) | (voxels > high)) if voxels.dtype != np.uint8 else 0
    if not outside:
        return ()
    return (
        f"{outside:,} of its {voxels.size:,} voxels lie far outside the others, at {voxels.min():g} or "
        f"{voxels.max():g}: taken for padding, and cut off at {low:g} and {high:g}",
    )


def grey_levels(volume: Volume) -> np.ndarray:
    """8-bit grey levels, uint8 (z, y, x): 8-bit scans stay as they are, others go from min..max to 0..255.

    Where padding or damage makes that range absurd, it is that of the rest (`grey_window`), and what lies
    outside becomes 0 or 255. A constant volume becomes 0.
    Source: the authors' code, which scales every volume by its minimum and maximum on loading (8-bit ones
    too; most of those span 0..255 already).
    """
    voxels = volume.voxels
    if voxels.dtype == np.uint8:
        return voxels
    low, high = grey_window(voxels)
    if low == high:
        return np.zeros(voxels.shape, dtype=np.uint8)
    return np.round((voxels.clip(low, high) - low) * (255 / (high - low))).astype(np.uint8)


def write_volume(path: Path | str, voxels: np.ndarray, *, like: Grid) -> Path:
    """Write a mask or probabilities on the file's own grid, so that a viewer overlays them exactly.

    Args:
        path: .nii, .nii.gz or .nrrd; it may differ from the format the grid came from.
        voxels: (z, y, x), bool or uint8 (written as uint8), other numbers as float32.
        like: the grid of the image they belong to. Its header is copied where the format is the same, and
            translated where not; shape, place and units are the scan's either way.
    Returns: the path. The file appears complete or not at all.
    Raises: InputError for another suffix, another shape than the grid's, or NaN or infinite voxels.
    """
    path = Path(path)
    suffix = suffix_of(path)
    if suffix not in WRITERS:
        raise InputError(f"cannot write {path.name}: give it one of {', '.join(WRITERS)}")
    kind = np.uint8 if voxels.dtype in (np.bool_, np.uint8) else np.float32
    with errors_naming(path):
        native = like.to_native(checked_numbers(voxels)).astype(kind)
    with written_whole(path, ending=suffix) as draft:
        affine, real = np.array(like.affine), like.affine_is_real
        WRITERS[suffix].write(draft, native, affine, real_spacing=real, header=like.header)
    return path


def suffix_of(path: Path) -> str:
    """The known suffix of a file name in lower case, ".nii.gz" as one; "" if it is none we read."""
    return next((suffix for suffix in READERS if path.name.lower().endswith(suffix)), "")


def reader_of(path: Path) -> ModuleType:
    """The reader for a file's suffix. Raises: InputError for an unknown one, or if there is no such file."""
    if not from_file(Path.exists, path):
        raise InputError("there is no such file; check the path")
    if not path.is_file():  # a FIFO or a device would never end
        kind = "a folder" if path.is_dir() else "a pipe or a device"
        raise InputError(f"there is no such file, only {kind} of that name; give the scan's own file")
    suffix = suffix_of(path)
    if not suffix:
        raise InputError(f"cannot read this kind of file; give one of {', '.join(READERS)}")
    return READERS[suffix]


def checked_numbers(voxels: np.ndarray) -> np.ndarray:
    """The same voxels. Raises: InputError for colours, complex numbers, NaN or infinity."""
    if voxels.dtype.kind not in "buif":
        raise InputError(f"voxels must be plain numbers, got {voxels.dtype}; save one grey channel")
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        count = np.count_nonzero(~np.isfinite(voxels))
        raise InputError(f"{count} voxels are NaN or infinite; replace them (by 0, say) and save again")
    return voxels

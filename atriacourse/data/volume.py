"""One scan or one mask in memory, in one orientation, whatever file it came from.

After data/grid.py and the three readers (nifti.py, nrrd_file.py, uamt_file.py), before data/cohort.py.
Volumes are (z, y, x) in the orientation of the LA2018 axial slices (see grid.py); spacing is (z, y, x) in mm.

Source of the spacing rule: LA2018's headers say (1, 1, 1) without a unit, the challenge page and the paper
say 0.625 mm isotropic, another paper of the same group 0.625 x 0.625 x 1.25. So a placeholder becomes
0.625, `grid.spacing_source` says "assumed", and the caller may set another."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import nibabel
import nrrd
import numpy as np

from atriacourse.data import nifti, nrrd_file, uamt_file
from atriacourse.data.grid import Grid, grid_from
from atriacourse.errors import InputError
from atriacourse.files import written_whole

READERS = {".nii.gz": nifti, ".nii": nifti, ".nrrd": nrrd_file, ".h5": uamt_file}
WRITERS = {".nii.gz": nifti, ".nii": nifti, ".nrrd": nrrd_file}
# What nibabel, pynrrd and h5py raise on a file that is damaged, cut short or not what its name says.
DAMAGE = (
    OSError,
    EOFError,
    StopIteration,  # pynrrd on an empty file
    ValueError,
    KeyError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,  # a damaged header that asks for a huge array
    zlib.error,
    nrrd.NRRDError,
    nibabel.spatialimages.HeaderDataError,
    nibabel.filebasedimages.ImageFileError,
)


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Voxels and how they lie in their file."""

    voxels: np.ndarray  # (z, y, x)
    grid: Grid
    path: Path | None = None
    label_values: tuple[int, ...] = ()  # of a mask: the values its file holds, e.g. (0, 255)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(z, y, x)."""
        return self.voxels.shape

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """(z, y, x)."""
        return self.grid.spacing_mm


def read_volume(
    path: Path | str, *, spacing_mm: tuple[float, float, float] | None = None, orientation: str | None = None
) -> Volume:
    """Read a scan: .nrrd, .nii, .nii.gz, or the mirror's .h5 (its grey levels, recovered from z-scores).

    Args:
        spacing_mm: (z, y, x), overrides the file's.
        orientation: overrides the file's, for headers known to be wrong, e.g. "ASR" for MSD's heart task.
    Returns: voxels (z, y, x) in the file's own number type.
    Raises: InputError, naming the file, if it cannot be read, is not 3D, is empty, or holds NaN or infinity.
    """
    path = Path(path)
    reader = reader_of(path)
    with errors_naming(path):
        grid = grid_from(
            from_file(reader.read_geometry, path), spacing_mm=spacing_mm, orientation=orientation
        )
        native = checked_numbers(from_file(reader.read_voxels, path))
        return Volume(voxels=grid.to_canonical(native), grid=grid, path=path)


def read_mask(
    path: Path | str, *, spacing_mm: tuple[float, float, float] | None = None, orientation: str | None = None
) -> Volume:
    """Read a mask: labels {0, 1}, or {0, 255} as in the official files; an empty mask is allowed.

    From the mirror's .h5 it reads `label`.
    Args: as `read_volume`; give a mask the same as its image.
    Returns: bool voxels (z, y, x).
    Raises: InputError, naming the file and the values found, for any other label; and as `read_volume`.
    """
    path = Path(path)
    reader = reader_of(path)
    options = {"dataset": "label"} if reader is uamt_file else {}
    with errors_naming(path):
        grid = grid_from(
            from_file(reader.read_geometry, path, **options), spacing_mm=spacing_mm, orientation=orientation
        )
        native = checked_numbers(from_file(reader.read_voxels, path, **options))
        labels = grid.to_canonical(native)
        values = tuple(np.unique(labels).tolist())
        if not (set(values) <= {0, 1} or set(values) <= {0, 255}):
            shown = ", ".join(f"{value:g}" for value in values[:8]) + (", ..." if len(values) > 8 else "")
            raise InputError(
                f"a mask must hold the values 0 and 1, or 0 and 255; found {shown}. Is this the image, or a "
                "mask of several structures or probabilities? Write one structure as 0 and 1"
            )
    return Volume(
        voxels=labels != 0, grid=grid, path=path, label_values=tuple(int(value) for value in values)
    )


def read_grid(
    path: Path | str, *, spacing_mm: tuple[float, float, float] | None = None, orientation: str | None = None
) -> Grid:
    """What `read_volume` would give as `grid`, from the header alone.

    Raises: InputError, naming the file, if the header cannot be read, is not 3D, or is empty.
    """
    path = Path(path)
    reader = reader_of(path)
    with errors_naming(path):
        geometry = from_file(reader.read_geometry, path)
        return grid_from(geometry, spacing_mm=spacing_mm, orientation=orientation)


def grey_levels(volume: Volume) -> np.ndarray:
    """8-bit grey levels, uint8 (z, y, x): 8-bit scans stay as they are, others go from min..max to 0..255.

    A constant volume becomes 0. Source: the authors' code, which scales every volume by its minimum and
    maximum on loading (8-bit ones too; most of those span 0..255 already).
    """
    voxels = volume.voxels
    if voxels.dtype == np.uint8:
        return voxels
    low, high = float(voxels.min()), float(voxels.max())
    if low == high:
        return np.zeros(voxels.shape, dtype=np.uint8)
    return np.round((voxels - low) * (255 / (high - low))).astype(np.uint8)


def write_volume(path: Path | str, voxels: np.ndarray, *, like: Grid) -> Path:
    """Write a mask or probabilities on the file's own grid, so that a viewer overlays them exactly.

    Args:
        path: .nii, .nii.gz or .nrrd; it may differ from the format the grid came from.
        voxels: (z, y, x), bool or uint8 (written as uint8), other numbers as float32.
        like: the grid of the image they belong to.
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
        WRITERS[suffix].write(draft, native, np.array(like.affine), real_spacing=like.affine_is_real)
    return path


def suffix_of(path: Path) -> str:
    """The known suffix of a file name in lower case, ".nii.gz" as one; "" if it is none we read."""
    return next((suffix for suffix in READERS if path.name.lower().endswith(suffix)), "")


def reader_of(path: Path) -> ModuleType:
    """The reader for a file's suffix. Raises: InputError for an unknown one, or if there is no such file."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; check the path")
    suffix = suffix_of(path)
    if not suffix:
        raise InputError(f"{path}: cannot read this kind of file; give one of {', '.join(READERS)}")
    return READERS[suffix]


def checked_numbers(voxels: np.ndarray) -> np.ndarray:
    """The same voxels. Raises: InputError for colours, complex numbers, NaN or infinity."""
    if voxels.dtype.kind not in "buif":
        raise InputError(f"voxels must be plain numbers, got {voxels.dtype}; save one grey channel")
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        count = np.count_nonzero(~np.isfinite(voxels))
        raise InputError(f"{count} voxels are NaN or infinite; replace them (by 0, say) and save again")
    return voxels


def from_file(read: Callable[..., Any], path: Path, **options: str) -> Any:
    """Call a reader. Raises: InputError for whatever the file libraries raise on a damaged file."""
    try:
        return read(path, **options)
    except InputError:
        raise
    except DAMAGE as error:
        raise InputError(
            f"cannot be read ({type(error).__name__}: {error}); the file is damaged, cut short or not what "
            "its name says: copy or download it again"
        ) from error


@contextmanager
def errors_naming(path: Path) -> Iterator[None]:
    """Put the file's name in front of an `InputError`."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error

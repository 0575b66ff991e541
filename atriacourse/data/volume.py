"""One scan or one mask in memory, in one orientation, whatever file it came from.

After data/grid.py and the three readers (nifti.py, nrrd_file.py, mirror.py), before data/cohort.py. Volumes
are (z, y, x) in the orientation of the LA2018 axial slices (see grid.py); spacing is (z, y, x) in mm.

Source of the spacing rule: LA2018's headers say (1, 1, 1) without a unit, the challenge page and the paper say
0.625 mm isotropic, another paper of the same group 0.625 x 0.625 x 1.25. So a placeholder becomes 0.625,
`spacing_source` says "assumed", and the caller may set another."""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import nibabel
import nrrd
import numpy as np

from atriacourse.data import mirror, nifti, nrrd_file
from atriacourse.data.grid import Grid, grid_from
from atriacourse.errors import InputError

READERS = {".nii.gz": nifti, ".nii": nifti, ".nrrd": nrrd_file, ".h5": mirror}
WRITERS = {".nii.gz": nifti, ".nii": nifti, ".nrrd": nrrd_file}
# What the three libraries raise on a file that is not what its name says, cut short or damaged.
DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
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
    Returns: voxels in the file's own number type, (z, y, x).
    Raises: InputError, naming the file, if it cannot be read, is not 3D, is empty, or holds NaN or infinity.
    """
    path = Path(path)
    with named_errors(path):
        grid = read_grid(path, spacing_mm=spacing_mm, orientation=orientation)
        voxels = grid.to_canonical(checked_numbers(reader_of(path).read_voxels(path)))
    return Volume(voxels=voxels, grid=grid, path=path)


def read_mask(
    path: Path | str, *, spacing_mm: tuple[float, float, float] | None = None, orientation: str | None = None
) -> Volume:
    """Read a mask: labels {0, 1}, or {0, 255} as in the official files; an empty mask is allowed.

    Returns: bool voxels (z, y, x). From the mirror's .h5 it reads `label`.
    Raises: InputError, naming the file and the values found, for any other label; and as `read_volume`.
    """
    path = Path(path)
    reader = reader_of(path)
    options = {"dataset": "label"} if reader is mirror else {}
    with named_errors(path):
        grid = read_grid(path, spacing_mm=spacing_mm, orientation=orientation)
        native = checked_numbers(reader.read_voxels(path, **options))
        values = np.unique(native).tolist()
        if not (set(values) <= {0, 1} or set(values) <= {0, 255}):
            shown = ", ".join(f"{value:g}" for value in values[:8]) + (", ..." if len(values) > 8 else "")
            raise InputError(
                f"a mask must hold the values 0 and 1, or 0 and 255; found {shown}: "
                "is this the image, or a mask of several structures or probabilities?"
            )
        if native.shape != native_shape(grid):
            raise InputError(
                f"label is {native.shape} but image is {native_shape(grid)}, in the file's axis order"
            )
        voxels = grid.to_canonical(native != 0)
    return Volume(voxels=voxels, grid=grid, path=path)


def read_grid(
    path: Path | str, *, spacing_mm: tuple[float, float, float] | None = None, orientation: str | None = None
) -> Grid:
    """The header alone: shape, spacing and orientation, without loading the voxels.

    Raises: InputError, naming the file, if it cannot be read, is not 3D, or is empty.
    """
    path = Path(path)
    with named_errors(path):
        geometry = reader_of(path).read_geometry(path)
        if len(geometry.shape) != 3 or 0 in geometry.shape:
            raise InputError(
                f"must be one 3D volume with at least one voxel along each axis, got shape {geometry.shape}; "
                "save a single channel and time point as 3D"
            )
        return grid_from(geometry, spacing_mm=spacing_mm, orientation=orientation)


def native_shape(grid: Grid) -> tuple[int, ...]:
    """The shape of the file's own array."""
    return grid.to_native(np.broadcast_to(np.False_, grid.shape)).shape


def grey_levels(volume: Volume) -> np.ndarray:
    """8-bit grey levels, uint8 (z, y, x): 8-bit scans stay as they are, others go from min..max to 0..255.

    A constant volume becomes 0. Source: the authors' code scales by the volume's minimum and maximum on loading.
    """
    voxels = volume.voxels
    if voxels.dtype == np.uint8:
        return voxels
    low, high = float(voxels.min()), float(voxels.max())
    if low == high:
        return np.zeros(voxels.shape, dtype=np.uint8)
    # float32 holds an 8-bit result exactly enough; half the memory of float64 on a 640 x 640 x 88 scan.
    scaled = (voxels.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    return np.round(scaled).clip(0, 255).astype(np.uint8)


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
    with named_errors(path):
        native = like.to_native(checked_numbers(voxels)).astype(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name.removesuffix(suffix)}.{os.getpid()}{suffix}")
    try:
        real = like.spacing_source != "assumed"
        WRITERS[suffix].write(draft, native, np.array(like.affine), real_spacing=real)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
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


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong with a file into an `InputError` that names the file."""
    try:
        yield
    except InputError as error:
        message = str(error)
        raise InputError(message if str(path) in message else f"{path}: {message}") from error
    except DAMAGE as error:
        raise InputError(
            f"{path}: cannot be read ({type(error).__name__}: {error}); the file is damaged, cut short or not what "
            "its name says: copy or download it again"
        ) from error

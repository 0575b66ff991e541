"""LA2018 training cases as HDF5 files, the mirror of UA-MT (github yulequan/UA-MT). Used by data/volume.py.

Each `mri_norm2.h5` holds `image` float32 and `label` uint8 {0, 1}, axes (x, y, z), about 200 x 140 x 88: the
scan was z-scored over its full field of view and then cropped around the label's bounding box with a random
margin of 10 to 20 pixels in-plane. So **the crop itself leaks where the atrium is**; all 88 slices are kept.
It says nothing of spacing or orientation: both are those of the official NRRD files it was made from."""

import math
from pathlib import Path

import h5py
import numpy as np

from atriacourse.data.grid import ASSUMED_SPACING_MM, LPS_TO_RAS, GridGeometry
from atriacourse.errors import InputError

GREY_LEVELS = 256  # the scans were 8-bit before the mirror z-scored them
LARGEST_CHUNK = 10_000_000  # voxels; each piece is unpacked whole
GRID_TOLERANCE = (
    0.05  # of one grey level; float32 z-scores of the 80 development cases stray by at most 0.002
)


def read_geometry(path: Path, *, dataset: str = "image") -> GridGeometry:
    """Shape from the data set; the affine is LPS axes at the assumed 0.625 mm."""
    with h5py.File(path) as file:
        shape = numbers_in(file, dataset).shape
    return GridGeometry(shape, LPS_TO_RAS @ np.diag([*ASSUMED_SPACING_MM[::-1], 1.0]), real_spacing=False)


def read_voxels(path: Path, *, dataset: str = "image") -> np.ndarray:
    """(x, y, z): the label as stored, or the image's 8-bit grey levels recovered from its z-scores."""
    with h5py.File(path) as file:
        values = checked_whole(numbers_in(file, dataset))[()]
    return values if values.dtype.kind in "bui" else recover_grey_levels(values)


def numbers_in(file: h5py.File, name: str) -> h5py.Dataset:
    """The data set of that name, its numbers still in the file.

    Raises: InputError unless it is there, holds plain numbers, and holds them itself: a link or a data set
        that lives in other files would make those a part of the scan.
    """
    link = file.get(name, getlink=True)
    if link is None:
        raise InputError(
            f"no data set {name!r}, only {sorted(file)}; the mirror's files have image and label"
        )
    if not isinstance(link, h5py.HardLink):
        raise InputError(
            f"{name!r} is a link to elsewhere, which is not followed; save the voxels in the file"
        )
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise InputError(f"{name!r} is a group, not a data set; the mirror's files have the voxels there")
    if dataset.external or dataset.is_virtual:
        raise InputError(
            f"the voxels of {name!r} lie in other files, which are not read; save them in this one"
        )
    if dataset.shape is None or dataset.dtype.kind not in "buif":
        raise InputError(
            f"{name!r} holds {dataset.dtype} of shape {dataset.shape}, not the numbers of a volume"
        )
    if dataset.chunks and math.prod(dataset.chunks) > max(dataset.size, LARGEST_CHUNK):
        raise InputError(f"{name!r} is packed in pieces larger than itself; save it again")
    return dataset


def checked_whole(dataset: h5py.Dataset) -> h5py.Dataset:
    """The same. Raises: InputError if voxels were never written, or lost: HDF5 reads those as zeros."""
    stored, pieces = dataset.id.get_storage_size() > 0, 1
    if dataset.chunks:
        pieces = math.prod(-(-size // side) for size, side in zip(dataset.shape, dataset.chunks, strict=True))
        stored = dataset.id.get_num_chunks() == pieces
    if dataset.size and not stored:
        raise InputError(
            f"{dataset.name!r} lacks voxels: not all of its {pieces} pieces are in the file; copy it again, "
            "or save all its voxels"
        )
    return dataset


def recover_grey_levels(scores: np.ndarray) -> np.ndarray:
    """The 8-bit grey levels behind z-scores, up to an offset: the smallest becomes 0.

    A z-score is (grey - mean) / SD with whole-number grey levels, so the values lie on a grid whose step is
    1 / SD. The smallest gap between two values is that step (if no two neighbouring levels occur anywhere in
    the scan, it is a multiple of it, and the levels come out divided by that multiple).

    Args: scores: float array of any shape, at most 256 different values.
    Returns: uint8 of the same shape.
    Raises: InputError for NaN or infinite values, or values that are not on such a grid.
    """
    if not np.isfinite(scores).all():
        raise InputError(f"{np.count_nonzero(~np.isfinite(scores))} voxels are NaN or infinite")
    values = np.unique(scores).astype(np.float64)
    if len(values) == 1:
        return np.zeros(scores.shape, dtype=np.uint8)
    low, span = values[0], values[-1] - values[0]
    # Two neighbouring float32 values give a rough step; the whole span, a known number of steps, a fine one.
    levels = round(span / np.diff(values).min())
    positions = (values - low) * (levels / span)
    stray = float(np.abs(positions - np.round(positions)).max())
    if levels >= GREY_LEVELS or stray > GRID_TOLERANCE:
        raise InputError(
            f"the image's {len(values)} different values are not z-scored 8-bit grey levels: they need a "
            f"grid of at most {GREY_LEVELS} levels in equal steps; this would take {levels + 1}, straying "
            f"by {stray:.2g} of a step; give the scan itself as NRRD or NIfTI"
        )
    return np.round((scores - np.float32(low)) * np.float32(levels / span)).astype(np.uint8)

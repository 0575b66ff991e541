"""NIfTI files (.nii, .nii.gz) by nibabel: geometry, voxels, writing. Used by data/volume.py.

Arrays here are in the file's own axis order (i, j, k)."""

from pathlib import Path

import nibabel
import numpy as np

from atriacourse.data.grid import GridGeometry

TO_MM = {"meter": 1000.0, "micron": 0.001}  # anything else, "unknown" included, is millimetres


def read_geometry(path: Path) -> GridGeometry:
    """Shape and affine without the voxels.

    A spacing of exactly (1, 1, 1) with no length unit is the placeholder that converters leave when the
    source (LA2018's NRRD) had none; it does not count as real.
    """
    image = nibabel.load(path)
    unit = image.header.get_xyzt_units()[0]
    affine = np.asarray(image.affine, dtype=np.float64).copy()
    affine[:3] *= TO_MM.get(unit, 1.0)
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    real = unit != "unknown" or not np.allclose(sizes, 1.0)
    return GridGeometry(spatial_shape(image.shape), affine, real)


def read_voxels(path: Path) -> np.ndarray:
    """(i, j, k), with the header's slope and intercept applied."""
    image = nibabel.load(
        path, mmap=False
    )  # a mapped file could not be written again while its voxels are used
    return np.asanyarray(image.dataobj).reshape(spatial_shape(image.shape))


def write(path: Path, native: np.ndarray, affine: np.ndarray, *, real_spacing: bool) -> None:
    """Write (i, j, k) voxels; both of NIfTI's transforms are set, since viewers differ in which they use."""
    image = nibabel.Nifti1Image(native, affine)
    image.set_qform(affine, code="scanner")  # a rotation at best: a sheared affine loses its shear here,
    image.set_sform(affine, code="scanner")  # never here, and readers prefer this one
    image.header.set_xyzt_units("mm" if real_spacing else "unknown")
    nibabel.save(image, path)


def spatial_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without the trailing axes of length one that some writers add after the third."""
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    return tuple(shape)

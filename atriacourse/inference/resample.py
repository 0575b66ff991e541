"""Bring a scan to the voxel size that a network was trained on, and its answer back.

After data/, before runs/predict.py. Volumes and shapes are (z, y, x). Both grids span the same box: the first
face of the first voxel and the last face of the last are common, so that nothing shifts on the way there and
back, and the new voxel size is the one asked for up to the rounding of the shape to whole voxels.
Not in the paper, whose scans come from one scanner.
"""

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from atriacourse.data.grid import MOST_VOXELS
from atriacourse.errors import InputError

TOLERANCE = 1.2  # how much larger or smaller a voxel may be before the network sees another atrium


def differs(spacing_mm: tuple[float, ...], trained_mm: tuple[float, ...]) -> bool:
    """Whether the voxels differ by more than a fifth along an axis; both (z, y, x)."""
    ratio = np.divide(spacing_mm, trained_mm)
    return bool(np.any((ratio > TOLERANCE) | (ratio < 1 / TOLERANCE)))


def shape_at(
    shape: tuple[int, ...], spacing_mm: tuple[float, ...], wanted_mm: tuple[float, ...]
) -> tuple[int, ...]:
    """The shape that spans the same box with voxels of the wanted size; each axis keeps one or more.

    Raises: InputError if that is more than `MOST_VOXELS`, as where a header counts in another unit than mm.
    """
    sizes = np.maximum(np.rint(np.multiply(shape, spacing_mm) / wanted_mm), 1)
    if sizes.prod() > MOST_VOXELS:
        here, there = (" x ".join(f"{size:g}" for size in step) for step in (spacing_mm, wanted_mm))
        raise InputError(
            f"{' x '.join(map(str, shape))} voxels of {here} mm would be {sizes.prod():.1g} of {there} mm "
            f"(z, y, x), too many to hold; give their true size (--spacing-mm), or use the scan as it is "
            f"(--no-resample)"
        )
    return tuple(int(size) for size in sizes)


def resample(voxels: np.ndarray, shape: tuple[int, ...], *, smooth: bool = False) -> np.ndarray:
    """Linear interpolation between the centres of voxels; beyond the outermost centres their value stays.

    Args:
        voxels: (z, y, x), numbers.
        shape: of the result.
        smooth: where the new grid is coarser, first a Gaussian of half a voxel per factor above 1, against
            aliasing: with it the result is that of scikit-image's `resize`, several times as fast (see test).
    Returns: float32 of that shape; the same values if it is the shape they have.
    Raises: InputError if one of the shapes is not that of a volume.
    """
    if voxels.ndim != 3 or len(shape) != 3 or 0 in voxels.shape or min(shape) < 1:
        raise InputError(f"resample takes volumes (z, y, x), got {voxels.shape} for {tuple(shape)}")
    values = np.ascontiguousarray(voxels, np.float32)
    if values.shape == tuple(shape):
        return values
    sigma = np.maximum(0, (np.divide(values.shape, shape) - 1) / 2)
    if smooth and sigma.any():
        values = ndimage.gaussian_filter(values, sigma, mode="nearest")
    batch = torch.from_numpy(values)[None, None]  # (1, 1, z, y, x)
    return functional.interpolate(batch, size=tuple(shape), mode="trilinear")[0, 0].numpy()


def resample_grey(grey: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """8-bit grey levels on a grid of another shape: uint8 (z, y, x) -> uint8 of that shape."""
    return np.rint(resample(grey, shape, smooth=True)).astype(np.uint8)

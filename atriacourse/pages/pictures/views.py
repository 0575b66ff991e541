"""What part of a volume to show: which slices, which window, which grey values. Before figures.py.

Volumes and masks are (z, y, x).
"""

from collections.abc import Mapping, Sequence

import numpy as np

Cut = tuple[int | slice, ...]  # of a volume: what stands between the square brackets


def readable_range(voxels: np.ndarray) -> tuple[float, float]:
    """The grey values to show as black and white: all but the darkest and brightest half per cent."""
    low, high = np.percentile(voxels, [0.5, 99.5])
    return float(low), float(high)


def window_around(
    masks: Mapping[str, np.ndarray],
    shape: tuple[int, ...],
    spacing_mm: Sequence[float],
    margin_mm: float | None,
) -> tuple[slice, ...]:
    """The part of a volume that holds every mask and a margin around it; all of it if there is no margin.

    Returns: one slice object per axis, (z, y, x).
    """
    filled = [np.argwhere(mask) for mask in masks.values() if np.any(mask)]
    if margin_mm is None or not filled:
        return tuple(slice(0, size) for size in shape)
    places = np.concatenate(filled)
    margin = np.ceil(margin_mm / np.asarray(spacing_mm)).astype(int)
    first = np.maximum(places.min(axis=0) - margin, 0)
    last = np.minimum(places.max(axis=0) + margin, np.asarray(shape) - 1)
    return tuple(slice(int(low), int(high) + 1) for low, high in zip(first, last, strict=True))


def spread_slices(mask: np.ndarray | None, *, depth: int, count: int) -> list[int]:
    """Evenly spaced slice numbers, from the first to the last slice of the mask (of the volume if none)."""
    filled = np.flatnonzero(mask.any(axis=(1, 2))) if mask is not None else np.arange(depth)
    if len(filled) == 0:
        filled = np.arange(depth)
    spread = np.linspace(filled[0], filled[-1], min(count, filled[-1] - filled[0] + 1))
    return [int(z) for z in np.round(spread)]


def middle(mask: np.ndarray | None, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A voxel in the middle of the mask (of the volume where there is none): the median along each axis."""
    if mask is None or not mask.any():
        return tuple(size // 2 for size in shape)
    return tuple(int(np.median(places)) for places in np.nonzero(mask))

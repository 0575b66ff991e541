"""How far apart the surfaces of two masks lie: Hausdorff and average surface distances.

Beside overlap.py; case_row.py puts both in one row. The distances are computed once, by
`surface_distances`, and summarised many times. Masks are (z, y, x), spacing is (z, y, x); a result is
in the unit of the spacing, so (1, 1, 1) gives voxels.

The surface of a mask is its border voxels: those with at least one of their six face neighbours
outside the mask. Outside the volume counts as outside the mask. A distance runs from the centre of a
border voxel to the centre of the nearest border voxel of the other mask, exactly.

Other libraries differ. MONAI has the same surface and Hausdorff distance, but pools both directions in its
ASSD and takes the larger of the two directed percentiles as HD95. surface-distance (Google) measures
between small surface elements at the corners of voxels and weights them by area, so its numbers are near
ours but not the same.
Source: Chen, Bai and Rueckert 2018, Table 2, and the metrics their code copied from MedPy 0.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from atriacourse.data.masks import as_mask, as_mask_pair, as_spacing, bounding_box


@dataclass(frozen=True, kw_only=True)
class SurfaceDistances:
    """The two directed sets of distances between the surfaces of two masks.

    An empty mask has no border voxels: its own array has length zero, and the other mask's distances
    to it are infinite.
    """

    truth_to_guess: np.ndarray  # (T,) one per border voxel of the truth
    guess_to_truth: np.ndarray  # (G,) one per border voxel of the guess

    @property
    def both_empty(self) -> bool:
        """Neither mask has a voxel, so no distance is defined."""
        return self.truth_to_guess.size == 0 and self.guess_to_truth.size == 0

    @property
    def one_empty(self) -> bool:
        """Exactly one mask has no voxel, so every distance is infinite."""
        return (self.truth_to_guess.size == 0) != (self.guess_to_truth.size == 0)


def surface_distances(truth: np.ndarray, guess: np.ndarray, spacing_mm: Sequence[float]) -> SurfaceDistances:
    """Distance from every border voxel of each mask to the nearest border voxel of the other.

    Args:
        truth, guess: (z, y, x) masks of one grid; bool, {0, 1} or {0, 255}.
        spacing_mm: (z, y, x); (1, 1, 1) for distances in voxels.
    Returns: both directed sets; see `SurfaceDistances` for empty masks.
    Raises: InputError if the shapes differ, a value is not a label or the spacing is not positive.
    """
    truth, guess = as_mask_pair(truth, guess)
    return distances_between(surface_voxels(truth), surface_voxels(guess), spacing_mm)


def surface_voxels(mask: np.ndarray) -> np.ndarray:
    """Indices of a mask's border voxels.

    Args: mask: (z, y, x); bool, {0, 1} or {0, 255}.
    Returns: (S, 3) int, one row (z, y, x) per border voxel; S is 0 for an empty mask.
    """
    mask = as_mask(mask)
    box = bounding_box(mask)
    if box is None:
        return np.empty((0, 3), dtype=int)
    padded = np.pad(mask[box], 1)  # beyond the mask's box, and beyond the volume, lies background
    flat = padded.ravel()
    inside = np.flatnonzero(flat)
    inner = np.ones(len(inside), dtype=bool)
    _, height, width = padded.shape
    for step in (height * width, width, 1):  # from a voxel to its neighbour in z, y, x
        inner &= flat[inside - step] & flat[inside + step]
    surface = np.unravel_index(inside[~inner], padded.shape)
    return np.stack(surface, axis=1) - 1 + [part.start for part in box]


def distances_between(
    truth_surface: np.ndarray, guess_surface: np.ndarray, spacing_mm: Sequence[float]
) -> SurfaceDistances:
    """The same from border voxels found before, for a second unit without a second search for borders.

    Args: truth_surface (T, 3), guess_surface (G, 3): from `surface_voxels`; spacing_mm: (z, y, x).
    """
    spacing = np.asarray(as_spacing(spacing_mm))
    return SurfaceDistances(
        truth_to_guess=_nearest(truth_surface, guess_surface, spacing),
        guess_to_truth=_nearest(guess_surface, truth_surface, spacing),
    )


def _nearest(here: np.ndarray, there: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Distance from each point of `here` (N, 3) to the nearest of `there` (M, 3), both in voxels."""
    if len(there) == 0:
        return np.full(len(here), np.inf)
    # A tree built in haste, with large leaves, pays here: each of its points is looked up only once or so.
    tree = cKDTree(there * spacing, leafsize=32, balanced_tree=False, compact_nodes=False)
    _, index = tree.query(here * spacing)
    # From whole-voxel differences, so that the rounding does not depend on where in the volume we are.
    return np.sqrt((((here - there[index]) * spacing) ** 2).sum(axis=1))


def hausdorff_mm(distances: SurfaceDistances) -> float:
    """Hausdorff distance: the largest distance of either direction.

    Args: distances: from `surface_distances(truth, guess, spacing_mm)`.
    Returns: millimetres; nan when both masks are empty, inf when one is.
    Source: MedPy's `hd`, in 0.3 and 0.5 alike.
    """
    if distances.both_empty or distances.one_empty:
        return _empty_value(distances)
    return float(max(distances.truth_to_guess.max(), distances.guess_to_truth.max()))


def hausdorff95_mm(distances: SurfaceDistances) -> float:
    """The 95th percentile of all distances of both directions put together (linear interpolation).

    Args: distances: from `surface_distances(truth, guess, spacing_mm)`.
    Returns: millimetres; nan when both masks are empty, inf when one is.
    Source: MedPy 0.5's `hd95`. MONAI and surface-distance take the larger of two directed percentiles.
    """
    if distances.both_empty or distances.one_empty:
        return _empty_value(distances)
    both = np.concatenate([distances.truth_to_guess, distances.guess_to_truth])
    return float(np.percentile(both, 95))


def assd_mm(distances: SurfaceDistances, *, pooled: bool = False) -> float:
    """Average symmetric surface distance: the mean of the two directed means.

    Args:
        distances: from `surface_distances(truth, guess, spacing_mm)`.
        pooled: average all distances together instead, as MedPy 0.5 does; the larger surface then
            weighs more.
    Returns: millimetres; nan when both masks are empty, inf when one is.
    Source: MedPy 0.3, which the authors used; MedPy 0.5 pools instead (see test).
    """
    if distances.both_empty or distances.one_empty:
        return _empty_value(distances)
    there, back = distances.truth_to_guess, distances.guess_to_truth
    if pooled:
        return float(np.concatenate([there, back]).mean())
    return float((there.mean() + back.mean()) / 2)


def _empty_value(distances: SurfaceDistances) -> float:
    """What every distance is when a mask is empty: the policy, in one place."""
    return float("nan") if distances.both_empty else float("inf")

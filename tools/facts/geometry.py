"""Shapes of the left atrium in the LA2018 scans: width to depth, and how alike mirror images are.

Cited by 04_geometry. Two atria are compared with their centres of mass on each other.
"""

from pathlib import Path

import numpy as np

from atriacourse.data.case import Case
from atriacourse.data.cohort import open_cohort
from atriacourse.evaluation.uncertainty import bootstrap_interval
from atriacourse.pages.chapters.geometry_symmetry import centred, overlap_with_others

SEED = 2018
HALF = (22, 40, 50)  # of the window around the centre, in voxels of every second row, column and slice
FLIPS = {"left_right": (2,), "up_down": (1,), "both": (1, 2)}


def measure(data: Path) -> dict:
    """Aspect ratios, overlap with the other atria as they are and flipped, and sizes of the slices."""
    cohort = open_cohort(data)
    masks = [case.mask().voxels for case in cohort]
    logs = np.log([width_over_depth(mask) for mask in masks])
    small = [centred(mask[::2, ::2, ::2], half=HALF) for mask in masks]
    plain = overlap_with_others(small)
    height, width = (np.array([shape[axis] for shape in map(slice_shape, cohort)]) for axis in (0, 1))
    return {
        "cases": len(cohort),
        "aspect": {"log_sd": logs.std(ddof=1), "mean": float(np.exp(logs.mean()))},
        "overlap": {
            "plain": plain.mean(),
            **{name: flip_costs(small, plain, axes) for name, axes in FLIPS.items()},
        },
        "slices": {"height_median": int(np.median(height)), "width_median": int(np.median(width))},
    }


def width_over_depth(mask: np.ndarray) -> float:
    """Extent left to right over extent front to back, of the whole atrium."""
    _, y, x = np.nonzero(mask)
    return float((np.ptp(x) + 1) / (np.ptp(y) + 1))


def slice_shape(case: Case) -> tuple[int, int]:
    """Rows and columns of a slice."""
    return case.grid().shape[1:]


def flip_costs(masks: list[np.ndarray], plain: np.ndarray, axes: tuple[int, ...]) -> dict:
    """Overlap with flipped others, and the paired difference with its interval over cases."""
    flipped = overlap_with_others(masks, flipped=axes)
    low, high = bootstrap_interval(flipped - plain, seed=SEED)
    return {"dice": flipped.mean(), "difference": (flipped - plain).mean(), "low": low, "high": high}

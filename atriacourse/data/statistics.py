"""Numbers that say how a scan's atrium looks, and a table that sets a phantom cohort beside the real one.

After data/cohort.py and data/phantom. Arrays are (z, y, x). The mirror's grey levels have an unknown
offset, so only differences of grey levels are used, over the grey SD of the window or over the blood's
height above the darkest tissue. Everything is measured in a window that both kinds of cohort have: the box
around the atrium plus 6 mm on all sides (the mirror's smallest margin). tools/realism.py makes the table.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import ndimage, stats

from atriacourse.data.cohort import Cohort
from atriacourse.data.masks import Box, bounding_box, largest_piece
from atriacourse.errors import InputError

MARGIN_MM = 6.0
WALL_MM = 2.5  # the band next to the cavity: wall, about 2 mm, and its partial volume
RING_MM = 8.0  # the ring outside that
CORE_MM = 2.0  # blood further than this inside the border

MEANINGS = {
    "blood_minus_wall": "blood core minus wall band, in grey SDs of the window",
    "blood_minus_ring": "blood core minus surrounding ring, in grey SDs of the window",
    "auc_blood_ring": "chance that a blood voxel is brighter than a ring voxel (histogram overlap)",
    "auc_blood_wall": "the same for the wall band",
    "ring_sd": "grey SD of the ring over the blood's height above the dark",
    "noise": "SD of fine detail in the blood over the blood's height above the dark",
    "roughness": "SD of second differences in the blood over that fine detail: how white the noise is",
    "shading": "SD of the smoothed blood over the blood's height above the dark",
    "bright_wall": "share of the wall band brighter than the blood's mean + 1 SD",
    "window_p50": "median grey of the window between its 1st (0) and 99th (1) percentile",
    "grey_range": "99th minus 1st percentile of the window, grey levels",
    "volume_ml": "volume of the atrium, mL",
    "extent_mm": "height of the slices that show it, mm",
    "bottom_mm": "height of its lowest slice above the first slice, mm",
    "area_max_mm2": "area of its largest slice, mm2",
    "area_25": "mean area around a quarter of the way up over the largest",
    "area_50": "mean area around half-way up over the largest",
    "area_75": "mean area around three quarters of the way up over the largest",
    "width_mm": "extent along x, mm",
    "depth_mm": "extent along y, mm",
    "split_slices": "share of its slices in which it falls into several parts (veins, appendage)",
    "threshold_dice": "Dice of the best global threshold + largest component in the window",
}


def case_statistics(
    image: np.ndarray, mask: np.ndarray, spacing_mm: tuple[float, float, float]
) -> dict[str, float]:
    """All statistics of one case.

    Args: image: (z, y, x) grey levels, any offset. mask: (z, y, x) bool. spacing_mm: (z, y, x).
    Returns: one number for each key of `MEANINGS`, in its order.
    Raises: InputError for an empty mask or one that has no blood 2 mm inside the border.
    """
    box = bounding_box(mask)
    if box is None:
        raise InputError("the mask is empty: there is no atrium to measure")
    around = tuple(
        slice(max(0, part.start - round(MARGIN_MM / step)), part.stop + round(MARGIN_MM / step))
        for part, step in zip(box, spacing_mm, strict=True)
    )
    grey, inside = image[around].astype(np.float32), mask[around]
    depth = ndimage.distance_transform_edt(inside, sampling=spacing_mm)
    away = ndimage.distance_transform_edt(~inside, sampling=spacing_mm)
    core, wall = depth > CORE_MM, (away > 0) & (away <= WALL_MM)
    ring = (away > WALL_MM) & (away <= RING_MM)
    if not core.any():
        raise InputError(f"the atrium has no voxel further than {CORE_MM} mm from its border")

    low, middle, high = np.percentile(grey, (1, 50, 99))
    blood, window_sd = float(grey[core].mean()), float(grey.std())
    height = blood - low  # the blood above the darkest tissue
    weight = np.maximum(_blur(core.astype(np.float32), 4.0, spacing_mm), 1e-3)
    smooth = _blur(np.where(core, grey, 0), 4.0, spacing_mm) / weight  # of blood only
    fine = grey - _blur(grey, 1.25, spacing_mm)
    curved = ndimage.convolve1d(ndimage.convolve1d(grey, [1, -2, 1], axis=1), [1, -2, 1], axis=2) / 6
    deep = depth > 2 * CORE_MM if (depth > 2 * CORE_MM).any() else core
    return {
        "blood_minus_wall": (blood - grey[wall].mean()) / window_sd,
        "blood_minus_ring": (blood - grey[ring].mean()) / window_sd,
        "auc_blood_ring": _chance_brighter(grey[core], grey[ring]),
        "auc_blood_wall": _chance_brighter(grey[core], grey[wall]),
        "ring_sd": grey[ring].std() / height,
        "noise": fine[deep].std() / height,
        "roughness": curved[deep].std() / max(fine[deep].std(), 1e-6),
        "shading": smooth[core].std() / height,
        "bright_wall": np.mean(grey[wall] > blood + grey[core].std()),
        "window_p50": (middle - low) / (high - low),
        "grey_range": high - low,
        **_shape_statistics(mask, box, spacing_mm),
        "threshold_dice": best_threshold_dice(grey, inside),
    }


def _shape_statistics(mask: np.ndarray, box: Box, spacing_mm: tuple[float, float, float]) -> dict[str, float]:
    areas = mask.sum(axis=(1, 2)) * spacing_mm[1] * spacing_mm[2]
    shown = np.flatnonzero(areas)
    # nine heights from the lowest slice to the highest; a quarter of the way up is the mean of numbers 1 to 3
    profile = np.interp(np.linspace(shown[0], shown[-1], 9), np.arange(len(areas)), areas) / areas.max()
    parts = [ndimage.label(mask[z])[1] for z in shown]
    z, y, x = box
    return {
        "volume_ml": areas.sum() * spacing_mm[0] / 1000,
        "extent_mm": (z.stop - z.start) * spacing_mm[0],
        "bottom_mm": z.start * spacing_mm[0],
        "area_max_mm2": areas.max(),
        "area_25": profile[1:4].mean(),
        "area_50": profile[3:6].mean(),
        "area_75": profile[5:8].mean(),
        "width_mm": (x.stop - x.start) * spacing_mm[2],
        "depth_mm": (y.stop - y.start) * spacing_mm[1],
        "split_slices": np.mean(np.array(parts) > 1),
    }


def _blur(grey: np.ndarray, sigma_mm: float, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    return ndimage.gaussian_filter(grey, [sigma_mm / step for step in spacing_mm], truncate=3)


def _chance_brighter(first: np.ndarray, second: np.ndarray) -> float:
    """P(a > b) + P(a = b) / 2 for a random voxel of each: the area under the ROC curve."""
    return float(stats.mannwhitneyu(first, second).statistic / (len(first) * len(second)))


def best_threshold_dice(grey: np.ndarray, truth: np.ndarray, *, steps: int = 16) -> float:
    """The best Dice that one global threshold and the largest component can reach, with the truth in hand.

    Args: grey, truth: (z, y, x). steps: thresholds tried, evenly spread over the range of grey levels.
    """
    best = 0.0
    for threshold in np.linspace(np.percentile(grey, 1), np.percentile(grey, 99), steps):
        guess = largest_piece(grey > threshold)
        best = max(best, 2 * np.sum(guess & truth) / (guess.sum() + truth.sum()))
    return float(best)


def cohort_statistics(cohort: Cohort, *, progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
    """One row per case, one column per statistic; the index is the case's name."""
    rows = {}
    for done, case in enumerate(cohort, start=1):
        image, mask = case.image(), case.mask()
        rows[case.name] = case_statistics(image.voxels, mask.voxels, mask.spacing_mm)
        if progress is not None:
            progress(done, len(cohort))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("case")


def compare_statistics(real_table: pd.DataFrame, phantom_table: pd.DataFrame) -> pd.DataFrame:
    """Set two tables of `cohort_statistics` side by side.

    Returns: one row per statistic: five numbers of the real cases, three of the phantoms, and whether the
        phantoms' median lies in the real 5..95 % and every phantom between the real minimum and maximum.
    """
    real = real_table.quantile([0, 0.05, 0.5, 0.95, 1]).T
    real.columns = ["real_min", "real_5", "real_median", "real_95", "real_max"]
    phantom = phantom_table[real_table.columns].quantile([0, 0.5, 1]).T
    phantom.columns = ["phantom_min", "phantom_median", "phantom_max"]
    table = real.join(phantom).rename_axis("statistic")
    table["median_inside"] = table.phantom_median.between(table.real_5, table.real_95)
    table["all_inside"] = (table.phantom_min >= table.real_min) & (table.phantom_max <= table.real_max)
    return table

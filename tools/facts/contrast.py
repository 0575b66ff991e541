"""Grey levels of the LA2018 scans: how bright the blood is, what touches it, what a correction does.

Cited by 03_contrast. Everything is taken from the five middle slices of each atrium.
"""

from pathlib import Path

import numpy as np

from atriacourse.augment.contrast import apply_contrast
from atriacourse.data.case import Case
from atriacourse.data.cohort import open_cohort
from atriacourse.data.volume import grey_levels
from atriacourse.evaluation.uncertainty import bootstrap_interval
from atriacourse.pages.chapters.contrast_tissue import tissue

SEED = 2018
METHODS = ("none", "clahe", "auto_gamma")


def measure(data: Path) -> dict:
    """Blood, rim and grain over all scans, and the power that automatic gamma correction asks for."""
    cohort = open_cohort(data)
    stored, grain, powers, z_blood = [], {method: [] for method in METHODS}, [], []
    for case in cohort:
        grey, mask = middle_slices(case)
        stored.append(tissue(grey, mask))
        z_blood.append(tissue(z_scored(grey), mask).blood)
        powers.append(np.log(0.5) / np.log(grey.mean() / 255))
        for method in METHODS:
            grain[method].append(tissue(z_scored(apply_contrast(grey, method)), mask).grain)
    blood = np.array([one.blood for one in stored])
    powers = np.array(powers)
    return {
        "cases": len(cohort),
        "blood": {
            "min": blood.min(),
            "max": blood.max(),
            "ratio": round(blood.max() / blood.min(), 1),
            "z_mean": np.mean(z_blood),
            "z_sd": np.std(z_blood, ddof=1),
        },
        "rim": {
            "as_bright_percent": round(100 * float(np.mean([one.as_bright for one in stored]))),
            "brighter_on_median": sum(one.around >= one.blood for one in stored),
        },
        "grain": {method: times_none(grain[method], grain["none"]) for method in METHODS[1:]},
        "auto_gamma": {
            "power_min": powers.min(),
            "power_max": powers.max(),
            "cut_percent": round(100 * float(np.mean((powers < 0.8) | (powers > 1.2)))),
        },
    }


def middle_slices(case: Case, *, count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Grey levels and mask around the middle of the atrium, (count, y, x)."""
    grey, mask = grey_levels(case.image()), case.mask().voxels
    filled = np.flatnonzero(mask.any(axis=(1, 2)))
    first = filled[len(filled) // 2] - count // 2
    return grey[first : first + count], mask[first : first + count]


def z_scored(slices: np.ndarray) -> np.ndarray:
    """Mean 0 and SD 1 in each slice."""
    mean, sd = slices.mean(axis=(1, 2), keepdims=True), slices.std(axis=(1, 2), keepdims=True)
    return (slices - mean) / sd


def times_none(grain: list[float], none: list[float]) -> dict:
    """By how much the grain grew, with its interval over cases."""
    times = np.array(grain) / np.array(none)
    low, high = bootstrap_interval(times, seed=SEED)
    return {"mean": times.mean(), "low": low, "high": high}

"""Every number that a mask is scored by: a row a metric, and everything else follows from the rows.

After overlap.py and distances.py, before case_row.py. A table's columns, its summary, which runs are better,
what studies report and claims may name: all read METRICS. CONTRIBUTING.md says how one is added.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from atriacourse.data.masks import as_mask, as_spacing
from atriacourse.evaluation.distances import (
    SurfaceDistances,
    assd_mm,
    hausdorff95_mm,
    hausdorff_mm,
)
from atriacourse.evaluation.overlap import dice, jaccard


@dataclass(frozen=True, kw_only=True)
class MaskPair:
    """What a metric may look at, worked out once for all of them."""

    truth: np.ndarray  # (z, y, x) bool, one grid
    guess: np.ndarray
    spacing_mm: tuple[float, float, float]  # (z, y, x)
    in_mm: SurfaceDistances
    in_voxels: SurfaceDistances  # with a spacing of 1
    pooled_assd: bool


@dataclass(frozen=True)
class Metric:
    """One metric. Where it is not defined its value is nan, and inf is a distance to an empty mask."""

    name: str  # the column, with its unit
    title: str
    unit: Literal["share", "mm", "voxels", "mL"]  # a share lies between 0 and 1
    better: Literal["higher", "lower"] | None  # None: neither, so that nothing is compared by it
    value: Callable[[MaskPair], float] = field(repr=False)
    decimals: int = 3  # in the text of tables and claims
    reported: bool = False  # a column of every study's table, beside the paper's

    @property
    def label(self) -> str:
        """Title and unit, e.g. "HD (mm)"; a share has none."""
        return self.title if self.unit == "share" else f"{self.title} ({self.unit})"


def volume_ml(mask: np.ndarray, spacing_mm: Sequence[float]) -> float:
    """Volume of a mask (z, y, x) in millilitres (1 mL = 1000 mm cubed); 0 for an empty mask."""
    return float(np.count_nonzero(as_mask(mask)) * np.prod(as_spacing(spacing_mm)) / 1000)


def _volume_difference_ml(pair: MaskPair) -> float:
    return volume_ml(pair.guess, pair.spacing_mm) - volume_ml(pair.truth, pair.spacing_mm)


_ROWS = (
    Metric("dice", "Dice", "share", "higher", lambda pair: dice(pair.truth, pair.guess), reported=True),
    Metric(
        "jaccard", "Jaccard", "share", "higher", lambda pair: jaccard(pair.truth, pair.guess), reported=True
    ),
    Metric("hd_mm", "HD", "mm", "lower", lambda pair: hausdorff_mm(pair.in_mm), decimals=2, reported=True),
    Metric("hd95_mm", "HD95", "mm", "lower", lambda pair: hausdorff95_mm(pair.in_mm)),
    Metric(
        "assd_mm",
        "ASSD",
        "mm",
        "lower",
        lambda pair: assd_mm(pair.in_mm, pooled=pair.pooled_assd),
        reported=True,
    ),
    Metric("hd_voxels", "HD", "voxels", "lower", lambda pair: hausdorff_mm(pair.in_voxels)),
    Metric("hd95_voxels", "HD95", "voxels", "lower", lambda pair: hausdorff95_mm(pair.in_voxels)),
    Metric(
        "assd_voxels",
        "ASSD",
        "voxels",
        "lower",
        lambda pair: assd_mm(pair.in_voxels, pooled=pair.pooled_assd),
    ),
    Metric("truth_ml", "true volume", "mL", None, lambda pair: volume_ml(pair.truth, pair.spacing_mm)),
    Metric("guess_ml", "predicted volume", "mL", None, lambda pair: volume_ml(pair.guess, pair.spacing_mm)),
    Metric("volume_difference_ml", "difference of volumes", "mL", None, _volume_difference_ml),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ROWS}  # in the order of a table's columns


def compared() -> tuple[str, ...]:
    """The metrics by which one run can be better than another."""
    return tuple(name for name, metric in METRICS.items() if metric.better is not None)


def reported() -> tuple[str, ...]:
    """The columns of a study's table."""
    return tuple(name for name, metric in METRICS.items() if metric.reported)


def label_of(name: str) -> str:
    """What a table or an axis calls a column; one that is no metric keeps its name."""
    return METRICS[name].label if name in METRICS else name

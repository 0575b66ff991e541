"""What the cut of the LA2018 mirror gives away: a guess from the frame alone, and the size of the frame.

Cited by 02_audit; the method is atriacourse/pages/bench/blind.py. Every second voxel of the masks is
used.
"""

from pathlib import Path

import numpy as np
from scipy import stats

from atriacourse.data.cohort import open_cohort
from atriacourse.data.masks import bounding_box
from atriacourse.pages.bench.blind import frame_dice


def measure(data: Path) -> dict:
    """Dice of the blind guess, and how the frame's size goes with the atrium's."""
    masks = [case.mask().voxels for case in open_cohort(data)]
    blind = np.array(frame_dice([mask[::2, ::2, ::2] for mask in masks]))
    boxes = [bounding_box(mask) for mask in masks]
    low = np.array([[part.start for part in box[1:]] for box in boxes])
    high = np.array(
        [
            [size - part.stop for part, size in zip(box[1:], mask.shape[1:], strict=True)]
            for box, mask in zip(boxes, masks, strict=True)
        ]
    )
    margins = np.concatenate([low.ravel(), high.ravel()])
    area = [mask.shape[1] * mask.shape[2] for mask in masks]
    voxels = [np.count_nonzero(mask) for mask in masks]
    return {
        "cases": len(masks),
        "blind_dice": {
            "mean": blind.mean(),
            "sd": blind.std(ddof=1),
            "p5": np.quantile(blind, 0.05),
            "median": np.median(blind),
            "p95": np.quantile(blind, 0.95),
        },
        "margin_voxels": {
            "min": margins.min(),
            "p5": np.quantile(margins, 0.05),
            "median": np.median(margins),
            "p95": np.quantile(margins, 0.95),
            "max": margins.max(),
        },
        "area_and_volume_correlation": stats.spearmanr(area, voxels).statistic,
    }

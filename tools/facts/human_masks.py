"""How far two human masks of one image lie apart: la_005 and la_026 of the MSD heart data.

Cited by 09_measuring and 12_clinical. Both cases hold the same image, with two masks that differ; la_005's is
called the truth here, for no reason but its number.
"""

from pathlib import Path

import numpy as np

from atriacourse.data.cohort import open_cohort
from atriacourse.evaluation.case_row import score_case
from atriacourse.evaluation.overlap import dice

FIRST, SECOND = "la_005", "la_026"


def measure(data: Path) -> dict:
    """Every metric of the course between the two masks, on the whole volume and slice by slice."""
    cohort = open_cohort(data)
    one, other = cohort.case(FIRST), cohort.case(SECOND)
    image, twin = one.image(), other.image()
    first, second = one.mask().voxels, other.mask().voxels
    row = score_case(FIRST, first, second, image.spacing_mm, spacing_source="file")
    either = np.flatnonzero((first | second).any(axis=(1, 2)))
    slices = [dice(first[z : z + 1], second[z : z + 1]) for z in either]
    return {
        "first": FIRST,
        "second": SECOND,
        "same_image": bool(np.array_equal(image.voxels, twin.voxels)),
        "spacing_mm": list(image.spacing_mm),
        "dice": row["dice"],
        "jaccard": row["jaccard"],
        "hd_mm": row["hd_mm"],
        "hd95_mm": row["hd95_mm"],
        "assd_mm": row["assd_mm"],
        "first_ml": row["truth_ml"],
        "second_ml": row["guess_ml"],
        "difference_ml": abs(row["volume_difference_ml"]),
        "difference_percent": 100 * abs(row["volume_difference_ml"]) / row["truth_ml"],
        "slices": {
            "count": len(slices),
            "in_one_only": int(np.sum(np.array(slices) == 0)),
            "dice_mean": float(np.mean(slices)),
            "dice_min": float(np.min(slices)),
            "dice_median": float(np.median(slices)),
        },
        "voxels": {
            "both": int((first & second).sum()),
            "first_only": int((first & ~second).sum()),
            "second_only": int((second & ~first).sum()),
        },
    }

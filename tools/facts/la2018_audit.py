"""What an audit of the LA2018 scans finds, and what the other spacing would make of their volumes.

Cited by 02_audit. The lookalikes and the copy are those of atriacourse/data/fingerprint.py.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from atriacourse.data.audit import audit
from atriacourse.data.cohort import open_cohort
from atriacourse.data.masks import bounding_box


def measure(data: Path) -> dict:
    """Counts, sizes, labels, volumes at both published spacings, and pairs that are too alike."""
    report = audit(open_cohort(data))
    table, counts = report.table, report.counts
    voxels = table.size_z * table.size_y * table.size_x
    thick_ml = table.la_ml * 2  # 1.25 mm slices in place of 0.625 mm
    post = {case.name: case.post_ablation for case in report.cohort}
    mixed = [pair for pair in report.lookalikes if post[pair.first] != post[pair.second]]
    volumes = {
        "median": table.la_ml.median(),
        "min": table.la_ml.min(),
        "max": table.la_ml.max(),
        "p5": table.la_ml.quantile(0.05),
        "p95": table.la_ml.quantile(0.95),
    }
    copy = report.duplicates[0]
    boxes = [bounding_box(case.mask().voxels) for case in report.cohort]
    height, depth, width = np.median([[part.stop - part.start for part in box] for box in boxes], axis=0)
    return {
        "cases": counts["cases"],
        "readable": counts["readable"],
        "post": counts["post"],
        "pre": counts["pre"],
        "spacing_assumed": (table.spacing_source == "assumed").sum(),
        "size_z": {"min": table.size_z.min(), "max": table.size_z.max()},
        "size_y": {"min": table.size_y.min(), "max": table.size_y.max()},
        "size_x": {"min": table.size_x.min(), "max": table.size_x.max()},
        "label_values": dict(Counter(table.label_values)),
        "volume_ml": volumes,
        "volume_thick_ml": {key: 2 * value for key, value in volumes.items()},
        "extent_mm": {
            "height_thin": 0.625 * height,
            "height_thick": 1.25 * height,
            "depth": 0.625 * depth,
            "width": 0.625 * width,
        },
        "below_61_ml": {
            "thin": (table.la_ml < 61).sum(),
            "thick": (thick_ml < 61).sum(),
        },  # healthy women's mean
        "slab_mm": {"thin": 88 * 0.625, "thick": 88 * 1.25},
        "above_150_ml": {"thin": (table.la_ml > 150).sum(), "thick": (thick_ml > 150).sum()},
        "foreground_percent": {
            "crop_median": 100 * (table.la_voxels / voxels).median(),
            "crop_max": 100 * (table.la_voxels / voxels).max(),
            "field_median": 100 * (table.la_voxels / (88 * 576**2)).median(),  # the smaller official field
            "slices_with_atrium": 100 * np.median([(box[0].stop - box[0].start) / 88 for box in boxes]),
        },
        "grey_values": {"min": table.grey_values.min(), "max": table.grey_values.max()},
        "duplicates": len(report.duplicates),
        "copy": {
            "first": copy.first,
            "second": copy.second,
            "mask_dice": copy.mask_dice,
            "image_correlation": copy.image_correlation,
            "same_image": copy.same_image,
            "same_mask": copy.same_mask,
        },
        "lookalikes": len(report.lookalikes),
        "lookalikes_pre_and_post": len(mixed),
        "cases_in_lookalikes": len({name for pair in report.lookalikes for name in pair[:2]}),
    }

"""Look at every scan of a cohort before trusting it: what is there, what is missing, what is there twice.

After data/cohort.py and data/fingerprint.py; the result, data/audit_report.py, words itself. One bad file is
reported and counted, and never stops an audit. Volumes are (z, y, x), spacing is (z, y, x) in mm."""

from collections.abc import Callable
from typing import Any

import numpy as np

from atriacourse.data.audit_report import NOTES_APART, AuditReport, empty_row
from atriacourse.data.case import Case, Cohort
from atriacourse.data.fingerprint import Fingerprint, alike, fingerprint
from atriacourse.data.mirrored import mirrored
from atriacourse.data.volume import grey_levels
from atriacourse.errors import InputError

__all__ = ["AuditReport", "audit"]


def audit(cohort: Cohort, *, progress: Callable[[int, int], None] | None = None) -> AuditReport:
    """Read every image and mask once and report on them.

    Args: progress: called with (cases done, cases in all) after each case.
    """
    rows, prints, unreadable = [], [], {}
    for done, case in enumerate(cohort, start=1):
        row = empty_row(case)
        try:
            prints.append(examine(case, row))
        except InputError as error:
            row["error"] = unreadable[case.name] = str(error)
        rows.append(row)
        if progress is not None:
            progress(done, len(cohort))
    pairs = alike(prints)
    return AuditReport(
        cohort=cohort,
        rows=tuple(rows),
        duplicates=tuple(pair for pair in pairs if pair.copy),
        lookalikes=tuple(pair for pair in pairs if not pair.copy),
        unreadable=unreadable,
    )


def examine(case: Case, row: dict[str, Any]) -> Fingerprint:
    """Read one case, fill its row as far as that goes, and take its fingerprint.

    Raises: InputError if image or mask cannot be used; the row then holds what was read before.
    """
    image = case.image()
    row |= dict(zip(("size_z", "size_y", "size_x"), image.shape, strict=True))
    row |= dict(zip(("spacing_z_mm", "spacing_y_mm", "spacing_x_mm"), image.spacing_mm, strict=True))
    row |= {
        "spacing_source": image.grid.spacing_source,
        "orientation": image.grid.orientation,
        "voxel_type": str(image.voxels.dtype),
        "grey_min": float(image.voxels.min()),
        "grey_max": float(image.voxels.max()),
        "grey_values": count_values(image.voxels),
        "notes": NOTES_APART.join(image.notes),
    }
    if case.mask_path is None:
        return fingerprint(case.name, image, None)
    mask = case.mask()
    inside = int(np.count_nonzero(mask.voxels))
    row |= {
        "label_values": ", ".join(str(value) for value in mask.label_values),
        "la_voxels": inside,
        "la_ml": inside * float(np.prod(image.spacing_mm)) / 1000,  # 1 mL is 1000 mm3
        "mask_mirrored": mirrored(grey_levels(image), mask.voxels),
        "notes": NOTES_APART.join(dict.fromkeys(image.notes + mask.notes)),
    }
    return fingerprint(case.name, image, mask)


def count_values(voxels: np.ndarray) -> int:
    """How many different values there are; 8-bit ones are counted, which is faster than sorting."""
    if voxels.dtype == np.uint8:
        return int(np.count_nonzero(np.bincount(voxels.ravel())))
    return len(np.unique(voxels))

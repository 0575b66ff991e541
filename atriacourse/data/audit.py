"""Look at every scan of a cohort before trusting it: what is there, what is missing, what is there twice.

After data/cohort.py and data/fingerprint.py; the result, data/audit_report.py, words itself. One bad file is reported
and counted, and never stops an audit. Volumes are (z, y, x), spacing is (z, y, x) in mm."""

from collections.abc import Callable
from typing import Any

import numpy as np

from atriacourse.data.audit_report import AuditReport
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
    rows, prints, unreadable, notes = [], [], {}, {}
    for done, case in enumerate(cohort, start=1):
        row = empty_row(case)
        try:
            print_, said = examine(case, row)
            prints.append(print_)
            notes |= {case.name: said} if said else {}
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
        notes=notes,
    )


def empty_row(case: Case) -> dict[str, Any]:
    """A case's row as far as it is known without reading a file; also the table's columns, in order."""
    row: dict[str, Any] = {"name": case.name, "post_ablation": case.post_ablation, "site": case.site}
    row |= dict.fromkeys(["size_z", "size_y", "size_x", "spacing_z_mm", "spacing_y_mm", "spacing_x_mm"])
    row |= dict.fromkeys(
        ["spacing_source", "orientation", "voxel_type", "grey_min", "grey_max", "grey_values"]
    )
    return row | dict.fromkeys(["label_values", "la_voxels", "la_ml", "mask_mirrored", "error"])


def examine(case: Case, row: dict[str, Any]) -> tuple[Fingerprint, tuple[str, ...]]:
    """Read one case, fill its row as far as that goes, and take its fingerprint.

    Returns: the fingerprint, and what image and mask were taken for.
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
    }
    if case.mask_path is None:
        return fingerprint(case.name, image, None), image.notes
    mask = case.mask()
    inside = int(np.count_nonzero(mask.voxels))
    row |= {
        "label_values": ", ".join(str(value) for value in mask.label_values),
        "la_voxels": inside,
        "la_ml": inside * float(np.prod(image.spacing_mm)) / 1000,  # 1 mL is 1000 mm3
        "mask_mirrored": mirrored(grey_levels(image), mask.voxels),
    }
    return fingerprint(case.name, image, mask), tuple(dict.fromkeys(image.notes + mask.notes))


def count_values(voxels: np.ndarray) -> int:
    """How many different values there are; 8-bit ones are counted, which is faster than sorting."""
    if voxels.dtype == np.uint8:
        return np.count_nonzero(np.bincount(voxels.ravel()))
    return len(np.unique(voxels))

"""Look at every scan of a cohort before trusting it: what is there, what is missing, what is there twice.

After data/cohort.py and data/fingerprint.py; data/audit_text.py words the result. One bad file is reported
and counted, and never stops an audit. Volumes are (z, y, x), spacing is (z, y, x) in mm."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from atriacourse.data.audit_text import NOTES, report_text
from atriacourse.data.case import Case, Cohort
from atriacourse.data.fingerprint import Fingerprint, ScanPair, alike, fingerprint
from atriacourse.errors import InputError

if TYPE_CHECKING:
    import pandas as pd  # only for the type: importing it takes as long as all the rest


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """What an audit found."""

    cohort: Cohort
    rows: tuple[dict[str, Any], ...]  # one a case, unreadable ones included
    duplicates: tuple[ScanPair, ...]
    lookalikes: tuple[ScanPair, ...]
    unreadable: dict[str, str]  # case name -> what is wrong with its image or mask

    @property
    def counts(self) -> dict[str, int]:
        """How many of what."""
        labels = Counter(row["post_ablation"] for row in self.rows)
        return {
            "cases": len(self.rows),
            "readable": len(self.rows) - len(self.unreadable),
            "unreadable": len(self.unreadable),
            "with_mask": sum(case.mask_path is not None for case in self.cohort),
            "empty_masks": len(self.empty_masks),
            "post": labels[True],
            "pre": labels[False],
            "unlabelled": labels[None],
            "missing": len(self.cohort.missing),
            "incomplete": len(self.cohort.incomplete),
            "duplicates": len(self.duplicates),
            "lookalikes": len(self.lookalikes),
        }

    @property
    def empty_masks(self) -> tuple[str, ...]:
        """Cases whose mask holds nothing."""
        return tuple(row["name"] for row in self.rows if row["la_voxels"] == 0)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a case; what could not be read is empty."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def to_text(self) -> str:
        """The report in words, as the command line prints it."""
        return report_text(self)


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


def empty_row(case: Case) -> dict[str, Any]:
    """A case's row as far as it is known without reading a file; also the table's columns, in order."""
    row: dict[str, Any] = {"name": case.name, "post_ablation": case.post_ablation, "site": case.site}
    row |= dict.fromkeys(["size_z", "size_y", "size_x", "spacing_z_mm", "spacing_y_mm", "spacing_x_mm"])
    row |= dict.fromkeys(
        ["spacing_source", "orientation", "voxel_type", "grey_min", "grey_max", "grey_values"]
    )
    return row | dict.fromkeys(["label_values", "la_voxels", "la_ml", "notes", "error"])


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
        "grey_values": len(np.unique(image.voxels)),
        "notes": NOTES.join(image.notes),
    }
    if case.mask_path is None:
        return fingerprint(case.name, image, None)
    mask = case.mask()
    inside = int(np.count_nonzero(mask.voxels))
    row |= {
        "label_values": ", ".join(str(value) for value in mask.label_values),
        "la_voxels": inside,
        "la_ml": inside * float(np.prod(image.spacing_mm)) / 1000,  # 1 mL is 1000 mm3
        "notes": NOTES.join(dict.fromkeys(image.notes + mask.notes)),
    }
    return fingerprint(case.name, image, mask)

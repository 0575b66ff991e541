"""Which scans are copies of one another, and which masks merely look alike.

After data/cohort.py, before data/audit.py and data/splits.py."""

import hashlib

import numpy as np

from atriacourse.data.case import Cohort
from atriacourse.data.volume import grey_levels


def scan_groups(cohort: Cohort) -> dict[str, str]:
    """name -> group id (the alphabetically first name of the group)."""
    seen: dict[str, str] = {}
    groups = {}
    for case in cohort:
        keys = ["i" + hashlib.sha256(np.ascontiguousarray(grey_levels(case.image())).tobytes()).hexdigest()]
        if case.mask_path is not None and (mask := case.mask().voxels).any():
            where = [slice(i.min(), i.max() + 1) for i in np.nonzero(mask)]
            keys.append("m" + hashlib.sha256(np.ascontiguousarray(mask[tuple(where)]).tobytes()).hexdigest())
        group = next((seen[key] for key in keys if key in seen), case.name)
        groups[case.name] = group
        for key in keys:
            seen.setdefault(key, group)
    return groups

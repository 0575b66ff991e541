"""Open a folder of scans: recognise its layout, join the pre/post table, and give the cases.

After data/layouts.py and data/labels.py, before data/audit.py, data/splits.py and data/bank.py. The two
classes a caller meets, `Case` and `Cohort`, live in data/case.py and can be imported from here."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from atriacourse.data.case import Case, Cohort
from atriacourse.data.grid import MOST_VOXELS
from atriacourse.data.labels import find_labels, read_labels
from atriacourse.data.layouts import LAYOUTS, folders_in, loose_images, recognise, single_scan
from atriacourse.errors import InputError

__all__ = ["Case", "Cohort", "open_cohort"]


def open_cohort(
    folder: Path | str,
    *,
    spacing_mm: tuple[float, float, float] | None = None,
    labels_csv: Path | str | None = None,
    most_voxels: int = MOST_VOXELS,
    on_note: Callable[[str, str], None] | None = None,
) -> Cohort:
    """Open a folder in any of the `LAYOUTS`, or a single scan.

    Args:
        folder: a dataset's root, the folder of its cases, one case's folder, or a folder above the root.
        spacing_mm: (z, y, x), overrides the files' for every case.
        labels_csv: the pre/post table; by default looked for beside the cases and up to two folders above.
        most_voxels: a larger scan is refused by its header, before its voxels are read.
        on_note: told (case, note) whenever a file is read of which something had to be assumed.
    Raises: InputError saying what was found, if no layout is recognised, or several cohorts lie below.
    """
    folder = Path(os.path.abspath(folder))  # a root's name is the cohort's, so "." and ".." must go
    if not folder.exists():
        raise InputError(
            f"{folder}: there is no such file or folder; check the path, or download with data_fetch"
        )
    if folder.is_file():
        cohort = single_scan(folder)
    else:
        cohort = recognise(folder) or only_one_below(folder) or loose_images(folder)
    if cohort is None:
        raise InputError(f"{folder}: no scans recognised; found {contents(folder)}; {LAYOUTS}")
    cases_folder = cohort.cases[0].image_path.parents[1]
    if labels_csv is None:
        post = find_labels([cases_folder, *cases_folder.parents[:2]])
    else:
        post = read_labels(Path(labels_csv))
        if not set(post) & set(cohort.names):
            raise InputError(
                f"{labels_csv}: none of its {len(post)} codes is a case of {folder}; check the table"
            )
    cases = (
        replace(
            case,
            spacing_mm=spacing_mm,
            post_ablation=post.get(case.name, case.post_ablation),
            most_voxels=most_voxels,
            on_note=on_note,
        )
        for case in cohort
    )
    return replace(cohort, cases=tuple(cases))


def only_one_below(folder: Path) -> Cohort | None:
    """The one cohort in the folders one or two levels below. Raises: InputError if there are several."""
    found = []
    for child in folders_in(folder):
        cohort = recognise(child)
        below = [recognise(grandchild) for grandchild in folders_in(child)] if cohort is None else [cohort]
        found += [cohort for cohort in below if cohort]
    if len(found) > 1:
        roots = ", ".join(str(cohort.root.relative_to(folder)) for cohort in found)
        raise InputError(f"{folder}: holds several cohorts ({roots}); name one of these folders")
    return found[0] if found else None


def contents(folder: Path) -> str:
    """What a folder holds, in a few words, for an error message."""
    names = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir())
    return (", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")) or "nothing"

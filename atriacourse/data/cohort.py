"""Open a folder of scans: recognise its layout, join the pre/post table, and give the cases.

After data/layouts.py and data/labels.py, before data/audit.py, data/splits.py and data/bank.py. The two
classes a caller meets, `Case` and `Cohort`, live in data/case.py and can be imported from here."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from atriacourse.data.case import Case, Cohort
from atriacourse.data.folders import entries, folders_in
from atriacourse.data.grid import MOST_VOXELS
from atriacourse.data.labels import find_labels, match, read_labels
from atriacourse.data.layouts import LAYOUTS, loose_images, recognise, single_scan
from atriacourse.data.leftovers import left_over
from atriacourse.errors import InputError

__all__ = ["Case", "Cohort", "open_cohort"]


def open_cohort(
    folder: Path | str,
    *,
    spacing_mm: tuple[float, float, float] | None = None,
    labels_csv: Path | str | None = None,
    orientation: str | None = None,
    most_voxels: int = MOST_VOXELS,
    on_note: Callable[[str, str], None] | None = None,
) -> Cohort:
    """Open a folder in any of the `LAYOUTS`, or a single scan.

    Args:
        folder: a dataset's root, the folder of its cases, one case's folder, or a folder above the root.
        spacing_mm: (z, y, x), overrides the files' for every case.
        labels_csv: the pre/post table; by default looked for beside the cases and up to two folders above.
        orientation: overrides the files' for every case, e.g. "ASR", where the headers are known to be wrong.
        most_voxels: a larger scan is refused by its header, before its voxels are read.
        on_note: told (case, note) whenever a file is read of which something had to be assumed.
    Returns: the cohort; `unused` names all else that lies in the folder.
    Raises: InputError saying what was found, if no layout is recognised, or several cohorts lie below.
    """
    folder = Path(os.path.abspath(folder))  # a root's name is the cohort's, so "." and ".." must go
    if not os.path.exists(folder):
        raise InputError(
            f"{folder}: there is no such file or folder; check the path, or download with data_fetch"
        )
    left: tuple[tuple[str, str], ...] = ()
    if os.path.isfile(folder):
        cohort = single_scan(folder)
    elif found := recognise(folder) or only_one_below(folder) or loose_images(folder):
        cohort, left = found, left_over(found, folder)
    else:
        raise InputError(f"{folder}: no scans recognised; found {contents(folder)}; {LAYOUTS}")
    post, unfit = labels_of(cohort, labels_csv)
    cases = (
        replace(
            case,
            spacing_mm=spacing_mm,
            orientation=orientation or case.orientation,
            post_ablation=post.get(case.name, case.post_ablation),
            most_voxels=most_voxels,
            on_note=on_note,
        )
        for case in cohort
    )
    return replace(cohort, cases=tuple(cases), unused=(*cohort.unused, *left, *unfit))


def labels_of(
    cohort: Cohort, given: Path | str | None
) -> tuple[dict[str, bool], tuple[tuple[str, str], ...]]:
    """The labels of a cohort's cases, and the table itself if codes fit no case while cases have no label.

    Args: given: the table; None looks for it beside the cases and up to two folders above.
    Raises: InputError if the table cannot be read, or a given one has no case of the cohort.
    """
    cases_folder = cohort.cases[0].image_path.parents[1]
    path = find_labels([cases_folder, *cases_folder.parents[:2]]) if given is None else Path(given)
    if path is None:
        return {}, ()
    table = read_labels(path)
    post, unfit = match(table, cohort.names, path)
    if given is not None and not post:
        raise InputError(
            f"{given}: none of its {len(table)} codes is a case of {cohort.root}; check the table"
        )
    if not unfit or len(post) == len(cohort):
        return post, ()
    unlabelled = len(cohort) - len(post)
    why = f"{len(unfit)} of its codes fit no case, first {unfit[0]!r}, and {unlabelled} cases have no label"
    return post, ((os.path.relpath(path, cohort.root), why),)


def only_one_below(folder: Path) -> Cohort | None:
    """The one cohort in the folders one or two levels below.

    Raises: InputError if there are several, or the only one has a fault; what has one beside it is named.
    """
    found, faults = [], {}
    for child in folders_in(folder):
        for place in (child, *folders_in(child)):
            try:
                cohort = recognise(place)
            except InputError as error:
                faults[place] = error
                break
            if cohort:
                found.append(cohort)
                if place == child:
                    break
    if len(found) > 1:
        roots = ", ".join(str(cohort.root.relative_to(folder)) for cohort in found)
        raise InputError(f"{folder}: holds several cohorts ({roots}); name one of these folders")
    if not found:
        for fault in faults.values():
            raise fault
        return None
    named = ((os.path.relpath(place, found[0].root), str(fault)) for place, fault in faults.items())
    return replace(found[0], unused=(*found[0].unused, *named))


def contents(folder: Path) -> str:
    """What a folder holds, in a few words, for an error message."""
    inside = entries(folder)
    if inside is None:
        return "what may not be read"
    names = [path.name + "/" * os.path.isdir(path) for path in inside]
    return (", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")) or "nothing"

"""What lies in a folder of scans and is not used, each with the reason: nothing is dropped without a name.

After data/layouts.py, which finds the cases; used by data/cohort.py. Folders that hold no case are named and
not gone through."""

import os
from pathlib import Path

from atriacourse.data.case import HIDDEN, NO_SCAN, Cohort
from atriacourse.data.folders import entries, name_of, suffix_of
from atriacourse.data.labels import LABELS_CSV

# Files that belong to a layout though they are no case of it.
COMPANIONS = {"train.list", "test.list", "dataset.json", "phantom.json", "predictions.json", LABELS_CSV}
WALL = "lawall"
OTHER_FORMATS = {
    ("dcm", "ima"): "DICOM: convert the series to .nii.gz, for example with dcm2niix",
    ("hdr", "img"): "a pair of header and voxels: save both as one .nii.gz",
    (
        *("mha", "mhd", "raw", "zraw", "nhdr", "mgz", "mgh", "mnc", "vtk", "vti", "hdf5", "npy", "npz"),
        *("gz", "zip", "tar", "tgz", "7z", "bz2", "xz", "zst", "tif", "tiff", "mat", "stl"),
    ): "not a format that is read: save it as .nii.gz or .nrrd",
}


def left_over(cohort: Cohort, folder: Path) -> tuple[tuple[str, str], ...]:
    """All that lies in `folder` and is neither a case's image or mask nor a file of the layout's own.

    Args: folder: what the user named: the cohort's root, a folder in it, or one above.
    Returns: path from the cohort's root, and reason, by path.
    """
    used = {path for case in cohort for path in (case.image_path, case.mask_path) if path is not None}
    ways = {parent for path in used for parent in path.parents}
    known = {os.path.normpath(cohort.root / path) for path, _ in cohort.unused}
    found: list[tuple[str, str]] = []

    def look(into: Path) -> None:
        for path in entries(into) or ():
            if path in ways and path.is_dir():
                look(path)
            elif path not in used and str(path) not in known and not belongs(path, cohort):
                found.append((os.path.relpath(path, cohort.root), reason(path, used)))

    look(folder)
    return tuple(found)


def belongs(path: Path, cohort: Cohort) -> bool:
    """Whether it is a file of the layout's own, or counted among the incomplete cases."""
    if not os.path.lexists(path) or (path.is_symlink() and not os.path.exists(path)):
        return False
    if path.name in COMPANIONS or (name_of(path) == WALL and cohort.layout in ("official", "phantom")):
        return True
    name = path.name if os.path.isdir(path) else name_of(path)
    return name in cohort.incomplete and not path.name.startswith(".")


def reason(path: Path, used: set[Path]) -> str:
    """Why a file or folder is not used."""
    if path.is_symlink() and not os.path.exists(path):
        return "a link that leads nowhere"
    if path.suffix == ".part":
        return "half written"
    if path.name.startswith("."):
        return HIDDEN
    if os.path.isdir(path):
        return folder_reason(path)
    if not os.path.isfile(path):
        return "no ordinary file" if os.path.exists(path) else "may not be read"
    if not suffix_of(path):
        ending = path.suffix[1:].lower()
        return next((said for endings, said in OTHER_FORMATS.items() if ending in endings), NO_SCAN)
    twin = next((one for one in used if one.parent == path.parent and name_of(one) == name_of(path)), None)
    if twin is not None:
        return f"a second file of that name; {twin.name} is used"
    return "not where this layout keeps scans and masks, or not named as it names them"


def folder_reason(path: Path) -> str:
    """Why a folder is not used."""
    inside = entries(path)
    if inside is None:
        return "may not be read"
    scans = sum(bool(suffix_of(one)) and not one.name.startswith(".") for one in inside)
    return f"a folder of {scans} scans where this layout keeps no cases" if scans else NO_SCAN

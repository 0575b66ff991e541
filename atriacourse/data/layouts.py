"""Recognise a folder of scans by looking at it, and list its cases.

After data/case.py, which holds the result; data/cohort.py is the door. One small function per layout looks
for that layout's unmistakable files and answers None when they are not there. No voxel is read here."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from atriacourse.data.case import Case, Cohort
from atriacourse.data.volume import READERS, suffix_of
from atriacourse.errors import InputError

LAYOUTS = """layouts known:
  official  Training Set/<id>/lgemri.nrrd and laendo.nrrd, and Testing Set/: the 2018 challenge's archive
  phantom   the same with a phantom.json beside Training Set/
  mirror    2018LA_Seg_Training Set/<id>/mri_norm2.h5, with train.list and test.list beside it
  msd       imagesTr/*.nii.gz, labelsTr/ and dataset.json: Medical Segmentation Decathlon, Task02_Heart
  images    .nrrd, .nii or .nii.gz scans lying loose in one folder, or one such file: for prediction"""

OFFICIAL_SETS = {"Training Set": "train", "Testing Set": "test"}
MIRROR_SET = "2018LA_Seg_Training Set"
SCAN, CAVITY, MIRROR_FILE = "lgemri", "laendo", "mri_norm2.h5"  # lawall, the wall, is not used

# MSD's heart files have a positive diagonal affine, so their headers claim "RAS". Their slices are sagittal
# all the same: the first axis runs from spine to chest (A), the second from abdomen to neck (S), the third
# from the apex of the heart to the dome of the liver (R). Established by looking at la_003, la_005, la_007
# and la_026 (aortic arch, spine, liver, apex), and by number: of all 48 orientations this one correlates
# best, in each of the four, with the mean LA2018 scan. Followed to the letter, their affine would show a
# network trained on axial slices every heart from the side.
MSD_HEART, MSD_HEART_ORIENTATION = "LeftAtrium", "ASR"  # "name" in its dataset.json


def recognise(folder: Path) -> Cohort | None:
    """The cohort whose root, folder of cases or single case this is; None if no layout fits."""
    return msd(folder) or mirror(folder) or official(folder)


def official(folder: Path) -> Cohort | None:
    """The challenge's tree, or a phantom's: Training Set/<id>/lgemri.nrrd."""
    sets = [folder / name for name in OFFICIAL_SETS if (folder / name).is_dir()] or [folder]
    root = folder.parent if folder.name in OFFICIAL_SETS else folder
    cases, lists, incomplete = [], {}, []
    for cases_folder in sets:
        scans, without = case_folders(cases_folder, SCAN)
        found = [
            Case(name=scan.parent.name, image_path=scan, mask_path=file_named(scan.parent, CAVITY))
            for scan in scans
        ]
        if found and cases_folder.name in OFFICIAL_SETS:
            lists[OFFICIAL_SETS[cases_folder.name]] = tuple(case.name for case in found)
        cases += found
        incomplete += without
    if not cases:
        return None
    notes = read_json(root / "phantom.json")
    if notes is not None:
        made = notes.get("cases", {})
        cases = [replace(case, site=made.get(case.name, {}).get("site")) for case in cases]
        lists = {"train": tuple(made)}  # a phantom cohort that was interrupted shows here
    return Cohort(
        name=root.name,
        layout="official" if notes is None else "phantom",
        root=root,
        cases=tuple(cases),
        lists=lists,
        incomplete=tuple(incomplete),
    )


def mirror(folder: Path) -> Cohort | None:
    """The HDF5 mirror: its repository's root, its data folder, or the folder of case folders."""
    for cases_folder in (folder / "data" / MIRROR_SET, folder / MIRROR_SET, folder):
        files, without = case_folders(cases_folder, MIRROR_FILE)
        if files:
            break
    else:
        return None
    root = cases_folder.parent if cases_folder.name == MIRROR_SET else folder
    return Cohort(
        name=root.name,
        layout="mirror",
        root=root,
        cases=tuple(Case(name=file.parent.name, image_path=file, mask_path=file) for file in files),
        lists={
            path.stem: tuple(path.read_text(encoding="utf-8").split())
            for path in (root / "train.list", root / "test.list")
            if path.is_file()
        },
        incomplete=without,
    )


def msd(folder: Path) -> Cohort | None:
    """A Decathlon task, given by its root or its imagesTr: the cases of imagesTr; imagesTs has no masks."""
    root = folder.parent if folder.name in ("imagesTr", "imagesTs") else folder
    notes = read_json(root / "dataset.json")
    images = root / ("imagesTs" if folder.name == "imagesTs" else "imagesTr")
    if notes is None or not images.is_dir():
        return None
    labels = {name_of(path): path for path in scans_in(root / "labelsTr")}
    listed = tuple(name_of(Path(entry["image"])) for entry in notes.get("training", []))
    cases = tuple(
        Case(
            name=name_of(path),
            image_path=path,
            mask_path=labels.get(name_of(path)),
            orientation=MSD_HEART_ORIENTATION if notes.get("name") == MSD_HEART else None,
        )
        for path in scans_in(images)
    )
    if not cases:
        return None
    training = images.name == "imagesTr"
    return Cohort(
        name=root.name,
        layout="msd",
        root=root,
        cases=cases,
        lists={"train": listed} if training and listed else {},
        incomplete=tuple(sorted(set(labels) - {case.name for case in cases})) if training else (),
    )


def loose_images(folder: Path) -> Cohort | None:
    """Scans lying in a folder without masks; what `atriacourse predict` wrote there is not taken for one."""
    scans = (path for path in scans_in(folder) if not name_of(path).endswith(("_la", "_probability")))
    cases = tuple(Case(name=name_of(path), image_path=path) for path in scans)
    return Cohort(name=folder.name, layout="images", root=folder, cases=cases) if cases else None


def single_scan(file: Path) -> Cohort:
    """One file: the case of the dataset it lies in, or else an image of its own."""
    if not suffix_of(file):
        raise InputError(f"{file}: cannot read this kind of file; give one of {', '.join(READERS)}")
    around = recognise(file.parent)
    if around is None:
        case = Case(name=name_of(file), image_path=file)
        return Cohort(name=case.name, layout="images", root=file.parent, cases=(case,))
    names = [case.name for case in around if case.image_path == file]
    if not names:
        raise InputError(f"{file}: is not a scan of the {around.layout} cohort it lies in; give the scan")
    return replace(around, cases=around.subset(names).cases, lists={}, incomplete=())


def case_folders(folder: Path, stem: str) -> tuple[list[Path], tuple[str, ...]]:
    """The scans called `stem` in the folders of `folder` (or in itself), and the folders that have none."""
    own = file_named(folder, stem)
    if own:
        return [own], ()
    scans = {child.name: file_named(child, stem) for child in folders_in(folder)}
    without = tuple(name for name, scan in scans.items() if scan is None)
    return [scan for scan in scans.values() if scan], without


def file_named(folder: Path, stem: str) -> Path | None:
    """The scan of that name, with any suffix we read."""
    return next((path for path in scans_in(folder) if stem in (path.name, name_of(path))), None)


def scans_in(folder: Path) -> list[Path]:
    """Files with a suffix we read, alphabetically; hidden ones are leftovers of archives and desktops."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if suffix_of(path) and not path.name.startswith(".") and path.is_file()
    )


def folders_in(folder: Path) -> Iterable[Path]:
    """The folders just below, alphabetically, without hidden and half-written ones."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.suffix != ".part"
    )


def name_of(path: Path) -> str:
    """The file name without the suffix we know it by."""
    return path.name[: len(path.name) - len(suffix_of(path))]


def read_json(path: Path) -> dict | None:
    """The file's content; None if there is no such file. Raises: InputError if it is not a JSON object."""
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not valid JSON ({error}); restore the dataset's own file") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: must hold a JSON object, got a {type(content).__name__}")
    return content

"""Recognise a folder of scans by looking at it, and list its cases.

After data/case.py, which holds the result; data/cohort.py is the door. One small function per layout looks
for that layout's unmistakable files and answers None when they are not there."""

import os
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from atriacourse.data.case import PREDICTED, Case, Cohort
from atriacourse.data.folders import entries, file_named, folders_in, name_of, scans_in
from atriacourse.data.msd_axes import misstated
from atriacourse.data.volume import READERS, suffix_of
from atriacourse.errors import InputError
from atriacourse.files import read_json, read_text

LAYOUTS = """layouts known:
  official  Training Set/<id>/lgemri.nrrd and laendo.nrrd, and Testing Set/: the 2018 challenge's archive
  phantom   the same with a phantom.json beside Training Set/
  mirror    2018LA_Seg_Training Set/<id>/mri_norm2.h5, with train.list and test.list beside it
  msd       imagesTr/*.nii.gz, labelsTr/ and dataset.json: Medical Segmentation Decathlon, Task02_Heart;
            also as nnU-Net names its scans, la_003_0000.nii.gz beside the mask la_003.nii.gz
  images    .nrrd, .nii or .nii.gz scans lying loose in one folder, or one such file: for prediction"""

OFFICIAL_SETS = {"Training Set": "train", "Testing Set": "test"}
MIRROR_SET = "2018LA_Seg_Training Set"
SCAN, CAVITY, MIRROR_FILE = "lgemri", "laendo", "mri_norm2.h5"  # lawall, the wall, is not used

MSD_HEART = "LeftAtrium"  # "name" in its dataset.json
PREDICTIONS = "predictions.json"  # what `atriacourse predict` notes of the masks that it wrote beside it
CHANNEL = "_0000"  # nnU-Net's mark of a scan's first channel; the mask's name is without it
MASK_ENDINGS = ("_la", "_probability")  # of their names


class Made(TypedDict, total=False):
    """One case in phantom.json."""

    site: str | None


class PhantomRecord(TypedDict):
    """phantom.json, as far as it is used here."""

    cases: dict[str, Made]


def recognise(folder: Path) -> Cohort | None:
    """The cohort whose root, folder of cases or single case this is; None if no layout fits."""
    return msd(folder) or mirror(folder) or official(folder)


def official(folder: Path) -> Cohort | None:
    """The challenge's tree, or a phantom's: Training Set/<id>/lgemri.nrrd."""
    sets = [folder / name for name in OFFICIAL_SETS if os.path.isdir(folder / name)] or [folder]
    root = folder.parent if folder.name in OFFICIAL_SETS else folder
    cases: list[Case] = []
    lists: dict[str, tuple[str, ...]] = {}
    incomplete: list[str] = []
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
    record = root / "phantom.json"
    if os.path.isfile(record):
        way_out = "restore it, or move it away if these are no phantoms"
        made = read_json(record, PhantomRecord, way_out=way_out)["cases"]
        cases = [replace(case, site=made.get(case.name, {}).get("site")) for case in cases]
        lists = {"train": tuple(made)}  # a phantom cohort that was interrupted shows here
    return Cohort(
        name=root.name,
        layout="phantom" if os.path.isfile(record) else "official",
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
    lists, damaged = published_lists(root)
    return Cohort(
        name=root.name,
        layout="mirror",
        root=root,
        cases=tuple(Case(name=file.parent.name, image_path=file, mask_path=file) for file in files),
        lists=lists,
        incomplete=without,
        unused=tuple(damaged),
    )


def published_lists(root: Path) -> tuple[dict[str, tuple[str, ...]], list[tuple[str, str]]]:
    """train.list and test.list of the mirror, as far as they are there; and those that cannot be read."""
    lists, damaged = {}, []
    for path in (root / "train.list", root / "test.list"):
        if os.path.exists(path):
            try:
                lists[path.stem] = tuple(read_text(path, way_out="fetch it again").split())
            except InputError as error:
                damaged.append((path.name, str(error)))
    return lists, damaged


def msd(folder: Path) -> Cohort | None:
    """A Decathlon task, given by its root or its imagesTr: the cases of imagesTr; imagesTs has no masks."""
    root = folder.parent if folder.name in ("imagesTr", "imagesTs") else folder
    images = root / ("imagesTs" if folder.name == "imagesTs" else "imagesTr")
    scans = scans_in(images)
    if not scans or not os.path.isfile(root / "dataset.json"):
        return None
    notes = read_json(root / "dataset.json", way_out="restore the dataset's own file")
    turned = misstated(scans) if notes.get("name") == MSD_HEART else {}
    labels = {name_of(path): path for path in reversed(scans_in(root / "labelsTr"))}  # of two the first
    cases = tuple(
        Case(
            name=(name := msd_name(path, labels)),
            image_path=path,
            mask_path=labels.get(name),
            orientation=turned.get(path),
        )
        for path in scans
    )
    training, listed = images.name == "imagesTr", listed_names(notes.get("training"))
    return Cohort(
        name=root.name,
        layout="msd",
        root=root,
        cases=cases,
        lists={"train": listed} if training and listed else {},
        incomplete=tuple(sorted(set(labels) - {case.name for case in cases})) if training else (),
    )


def msd_name(path: Path, labels: Container[str]) -> str:
    """A scan's name, without nnU-Net's mark of the channel where there is a mask of that name."""
    name = name_of(path)
    return bare if (bare := name.removesuffix(CHANNEL)) in labels else name


def listed_names(training: Any) -> tuple[str, ...]:
    """The cases of dataset.json's list: {"image": path} each, or paths alone; others are passed over."""
    if not isinstance(training, list):
        return ()
    paths = [entry.get("image") if isinstance(entry, dict) else entry for entry in training]
    return tuple(name_of(Path(path)) for path in paths if isinstance(path, str))


def loose_images(folder: Path) -> Cohort | None:
    """Scans lying in a folder without masks; masks that lie beside them are named and left out."""
    scans = scans_in(folder)
    names, cases, unused = {name_of(path) for path in scans}, [], []
    predicted = predicted_names(folder)
    for path in scans:
        name = name_of(path)
        ending = next((ending for ending in MASK_ENDINGS if name.endswith(ending)), "")
        stem = name.removesuffix(ending)
        if ending and stem in predicted:
            unused.append((path.name, PREDICTED))
        elif ending and stem in names:
            unused.append((path.name, f"named as a mask of {stem}, which lies beside it; rename a scan"))
        else:
            cases.append(Case(name=name, image_path=path))
    if not cases:
        return None
    return Cohort(name=folder.name, layout="images", root=folder, cases=tuple(cases), unused=tuple(unused))


def predicted_names(folder: Path) -> set[str]:
    """The scans of which the notes of `atriacourse predict` say that it wrote a mask into this folder."""
    try:
        return set(read_json(folder / PREDICTIONS, way_out="predict again"))
    except InputError:
        return set()  # no notes, or none that say anything; predict itself tells of damaged ones


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
    return replace(around, cases=around.subset(names).cases, lists={}, incomplete=(), unused=())


def case_folders(folder: Path, stem: str) -> tuple[list[Path], tuple[str, ...]]:
    """The scans called `stem` in the folders of `folder` (or in itself), and the folders that have none."""
    own = file_named(folder, stem)
    if own:
        return [own], ()
    readable = [child for child in folders_in(folder) if entries(child) is not None]
    scans = {child.name: file_named(child, stem) for child in readable}
    without = tuple(name for name, scan in scans.items() if scan is None)
    return [scan for scan in scans.values() if scan], without

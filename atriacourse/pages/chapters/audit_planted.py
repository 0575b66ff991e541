"""A cohort of phantoms with troubles planted in it, as real data sets have them: for learning to audit.

Used by 02_audit; made from data/phantom, written as the challenge's official tree, read by data/cohort.py.
Every kind of trouble here stands in one of the real data sets or was met in work with them:

    a copy under another name, plain or saved with other grey values and another frame     LA2018, MSD
    one patient before and after the ablation                                              LA2018
    a header that says 1 mm, or twice the thickness                                        LA2018
    masks with 0 and 1 beside masks with 0 and 255, a mask smeared by an interpolation     LA2018
    NaN among the voxels, an empty mask, a code that the table does not know
    a scan turned left to right under an unchanged header                                  (MSD: wrong axes)

`planted.json` is the answer key. Arrays are (z, y, x), spacing is (z, y, x) in mm.
"""

import csv
import json
import shutil
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import nrrd
import numpy as np
from scipy import ndimage

from atriacourse.data.case import Case
from atriacourse.data.labels import CODE, LABELS_CSV, POST
from atriacourse.data.phantom import Phantom, PhantomConfig, make_phantom
from atriacourse.errors import InputError
from atriacourse.files import read_json

KEY = "planted.json"
COARSE = PhantomConfig(matrix=96, slices=24)  # 0.05 s a phantom
FEWEST = 14  # every scan has one trouble; with more, some have none
TURN = 5.0  # degrees that a patient lies otherwise at the second scan
FRAME = 4  # voxels that the re-saved copy has lost on each side of its slices
TROUBLES = {
    "exact copy": "the same scan under two names",
    "changed copy": "the same scan with other grey values, cut by a few voxels",
    "same patient": "one patient, before and after the ablation",
    "1 mm header": "the header says 1 x 1 x 1 mm",
    "thick header": "the header says twice the slice thickness",
    "labels 0, 1": "the mask is written with 1 in place of 255",
    "smeared mask": "the mask was interpolated: grey values along its border",
    "nan": "NaN among the image's voxels",
    "empty mask": "the mask holds nothing",
    "no label": "the table does not know this case",
    "turned": "left and right exchanged in image and mask, the header unchanged",
}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """One case as it is written: its voxels, and what its header and the table say of it."""

    image: np.ndarray
    mask: np.ndarray  # label values
    header_mm: tuple[float, float, float]
    post_ablation: bool | None  # None: the table leaves it out


def write_planted_cohort(folder: Path | str, *, cases: int = 16, seed: int = 0) -> Path:
    """Write a cohort of `cases` scans with each of `TROUBLES` in it; a finished one is left as it is.

    Args: folder: must not exist yet, or hold what an earlier call wrote. seed: of the phantoms and of who
        gets which trouble.
    Returns: the folder.
    Raises: InputError for fewer than `FEWEST` cases, or a folder of other content.
    """
    folder = Path(folder)
    if cases < FEWEST:
        raise InputError(f"{cases} cases are too few for every trouble; give {FEWEST} or more")
    if (folder / KEY).is_file():
        return folder
    if folder.exists():
        raise InputError(f"{folder} exists and has no {KEY}; give another folder")
    rng = np.random.default_rng(seed)
    names = [f"scan-{number:02d}" for number in rng.permutation(cases) + 1]
    scans, key = plant([saved(phantom) for phantom in draw(cases - 3, rng)], seed=int(rng.integers(2**31)))
    named = dict(zip(names, scans, strict=True))
    answers = {kind: sorted(names[place] for place in places) for kind, places in key.items()}
    return write_cohort(folder, named, {KEY: json.dumps(answers, indent=1) + "\n"})


def write_cohort(folder: Path, scans: Mapping[str, Saved], texts: Mapping[str, str] | None = None) -> Path:
    """Write scans by name in the challenge's layout; the folder appears complete or not at all.

    Args: texts: further files, name -> text.
    """
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    for name, scan in scans.items():
        write_scan(draft / "Training Set" / name, scan)
    known = {name: scan.post_ablation for name, scan in sorted(scans.items())}
    rows = [(name, str(post).upper()) for name, post in known.items() if post is not None]
    with (draft / LABELS_CSV).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([(CODE, POST), *rows])
    for name, text in (texts or {}).items():
        (draft / name).write_text(text, encoding="utf-8")
    draft.rename(folder)
    return folder


def answer_key(folder: Path | str) -> dict[str, list[str]]:
    """What was planted: trouble -> the cases that have it (both of a pair). Raises: InputError."""
    return read_json(
        Path(folder) / KEY, dict[str, list[str]], way_out="remove its folder and plant the cohort again"
    )


def found_table(key: Mapping[str, list[str]], **found: set[str]) -> dict[str, dict[str, str]]:
    """Beside every planted trouble, what each search found of it.

    Args: found: name of a search -> the cases that it reported.
    Returns: trouble -> {"cases": ..., and for each search "all", "some" or "none"}.
    """
    words: dict[float, str] = {0: "none", 1: "all"}
    return {
        kind: {"cases": ", ".join(cases)}
        | {name: words.get(len(set(cases) & said) / len(cases), "some") for name, said in found.items()}
        for kind, cases in key.items()
    }


def answers_of(
    function: Callable[..., object], arguments: Mapping[Hashable, Sequence[object]]
) -> dict[Hashable, object]:
    """What a student's function says of each thing; nothing of those where it returns nothing or stops."""
    said = {}
    for name, given in arguments.items():
        with suppress(Exception):  # whatever a half-written function raises, the check has told already
            said[name] = function(*given)
    return {name: answer for name, answer in said.items() if answer is not None}


def draw(count: int, rng: np.random.Generator) -> list[Phantom]:
    """Phantoms of different patients."""
    return [make_phantom(COARSE, seed=int(rng.integers(2**31))) for _ in range(count)]


def saved(phantom: Phantom) -> Saved:
    """A phantom as the challenge writes its scans: labels 0 and 255, and here a true header."""
    return Saved(
        image=phantom.image,
        mask=phantom.mask.astype(np.uint8) * 255,
        header_mm=phantom.spacing_mm,
        post_ablation=phantom.post_ablation,
    )


def saved_case(case: Case) -> Saved:
    """A case that is on disk, to be written again."""
    image = case.image()
    return Saved(
        image=image.voxels,
        mask=case.mask().voxels.astype(np.uint8) * 255,
        header_mm=image.spacing_mm,
        post_ablation=case.post_ablation,
    )


def plant(scans: list[Saved], *, seed: int) -> tuple[list[Saved], dict[str, list[int]]]:
    """Add three scans that are not new, and spoil eight of the others; no scan has two troubles.

    Args: scans: as drawn, at least eleven. seed: of the patient who is scanned twice.
    Returns: the scans, three more, and for each trouble the places of those that have it.
    """
    before, after = (
        saved(make_phantom(replace(COARSE, post_ablation=post, site=site), seed=seed))
        for post, site in ((False, "A"), (True, "B"))
    )
    scans = [before, *scans[1:], lying_otherwise(after), scans[1], recoded(scans[2])]
    count = len(scans)
    key = {"same patient": [0, count - 3], "exact copy": [1, count - 2], "changed copy": [2, count - 1]}
    dz, dy, dx = scans[3].header_mm
    rng = np.random.default_rng(seed)
    spoilt = {
        "1 mm header": replace(scans[3], header_mm=(1.0, 1.0, 1.0)),
        "thick header": replace(scans[4], header_mm=(2 * dz, dy, dx)),
        "turned": replace(scans[5], image=scans[5].image[..., ::-1], mask=scans[5].mask[..., ::-1]),
        "smeared mask": replace(scans[6], mask=smeared(scans[6].mask)),
        "nan": replace(scans[7], image=with_nan(scans[7].image, rng)),
        "empty mask": replace(scans[8], mask=np.zeros_like(scans[8].mask)),
        "labels 0, 1": replace(scans[9], mask=scans[9].mask // 255),
        "no label": replace(scans[10], post_ablation=None),
    }
    for place, (kind, scan) in enumerate(spoilt.items(), start=3):
        scans[place], key[kind] = scan, [place]
    return scans, key


def recoded(scan: Saved) -> Saved:
    """The same scan saved by another program: grey values stretched and shifted, the frame cut."""
    inner = np.s_[:, FRAME:-FRAME, FRAME:-FRAME]
    grey = np.round(0.8 * scan.image[inner] + 12).astype(np.uint8)
    return replace(scan, image=grey, mask=scan.mask[inner])


def lying_otherwise(scan: Saved) -> Saved:
    """The patient on another day: turned by a few degrees on the table."""
    image = ndimage.rotate(scan.image, TURN, axes=(1, 2), reshape=False, order=1)
    mask = ndimage.rotate(scan.mask.astype(np.float32), TURN, axes=(1, 2), reshape=False, order=1)
    return replace(scan, image=image, mask=(mask > 127).astype(np.uint8) * 255)


def smeared(mask: np.ndarray) -> np.ndarray:
    """What a mask becomes when it is resampled like a picture: half-way values along its border."""
    return np.round(ndimage.uniform_filter(mask.astype(np.float32), (1, 3, 3))).astype(np.uint8)


def with_nan(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Float voxels, a handful of them not a number, as a division by an empty background leaves them."""
    image = image.astype(np.float32)
    image.ravel()[rng.choice(image.size, size=40, replace=False)] = np.nan
    return image


def write_scan(folder: Path, scan: Saved) -> None:
    """Write lgemri.nrrd and laendo.nrrd with the header that the scan is to have."""
    folder.mkdir(parents=True)
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag(scan.header_mm[::-1]),
        "space origin": np.zeros(3),
        "space units": ["mm"] * 3,
    }
    for name, voxels in (("lgemri", scan.image), ("laendo", scan.mask)):
        path, voxels = str(folder / f"{name}.nrrd"), np.ascontiguousarray(voxels)
        nrrd.write(path, voxels, header, index_order="C", compression_level=1)

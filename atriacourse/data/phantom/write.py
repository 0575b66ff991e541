"""Write a cohort of phantoms in the official layout of the 2018 challenge.

The last step of data/phantom; data/cohort.py reads what it writes:

    FOLDER/Training Set/<20-character id>/{lgemri,laendo,lawall}.nrrd   labels 0 and 255, as theirs
    FOLDER/pre post ablation recrods.csv                               the challenge's own spelling
    FOLDER/phantom.json                                                settings, and what each case is

Unlike the official files, the headers carry the real voxel size and the patient's axes (LPS).
"""

import csv
import io
import json
import os
import shutil
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import nibabel
import nrrd
import numpy as np

from atriacourse.data.phantom.phantom import VERSION, Phantom, make_phantom
from atriacourse.data.phantom.phantom_config import PhantomConfig
from atriacourse.errors import InputError
from atriacourse.files import write_whole

LABELS_CSV = "pre post ablation recrods.csv"
RECORD = "phantom.json"
SUFFIXES = {"nrrd": ".nrrd", "nifti": ".nii.gz"}


@dataclass(frozen=True, kw_only=True)
class PlannedCase:
    """One case of a cohort before it is made."""

    name: str
    seed: int
    config: PhantomConfig  # with site and label fixed


def plan_cases(*, cases: int, config: PhantomConfig, seed: int) -> list[PlannedCase]:
    """Names, seeds, labels and sites of a cohort; the first cases do not depend on how many follow."""

    def taken(position: int, fraction: float) -> bool:
        """Spread a fraction evenly: exactly floor(n * fraction) of the first n positions."""
        return np.floor((position + 1) * fraction + 1e-9) > np.floor(position * fraction + 1e-9)

    planned = []
    for index in range(cases):
        rng = np.random.default_rng([seed, index])
        letters = rng.choice(list(string.ascii_uppercase + string.digits), size=20)
        post, site = (
            taken(index, config.post_fraction),
            "A" if taken(index // 2, config.site_a_fraction) else "B",
        )
        planned.append(
            PlannedCase(
                name="".join(letters),
                seed=int(rng.integers(2**32)),
                config=replace(
                    config,
                    post_ablation=bool(post) if config.post_ablation is None else config.post_ablation,
                    site=config.site or site,
                ),
            )
        )
    return planned


def write_phantom_cohort(
    folder: Path | str,
    *,
    cases: int,
    config: PhantomConfig,
    seed: int,
    file_format: str = "nrrd",
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a cohort; an interrupted call goes on where it stopped, a finished one does nothing.

    Sites and labels are spread evenly, by the fractions in the config, unless it fixes them.

    Args: file_format: "nrrd" or "nifti". progress: called with (cases done, cases in all) after each case.
    Returns: the folder.
    Raises: InputError when the folder holds phantoms of other settings, more cases than asked for, or files
        that are no phantom cohort.
    """
    folder = Path(folder)
    if cases < 1:
        raise InputError(f"cases={cases}: a cohort has at least one")
    if seed < 0:
        raise InputError(f"seed={seed}: must be 0 or more")
    if file_format not in SUFFIXES:
        raise InputError(f"file_format={file_format!r}: must be one of {sorted(SUFFIXES)}")
    settings = {"version": VERSION, "config": asdict(config), "seed": seed, "file_format": file_format}
    planned = plan_cases(cases=cases, config=config, seed=seed)
    _refuse_other_content(folder, settings, cases)

    folder.mkdir(parents=True, exist_ok=True)
    record = settings | {
        "cases": {
            case.name: {
                "site": case.config.site,
                "post_ablation": case.config.post_ablation,
                "seed": case.seed,
            }
            for case in planned
        }
    }
    write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
    table = io.StringIO()
    rows = [(case.name, str(case.config.post_ablation).upper()) for case in planned]
    csv.writer(table).writerows([("Patient Code", "post_ablation?"), *rows])
    write_whole(folder / LABELS_CSV, table.getvalue())

    for done, case in enumerate(planned, start=1):
        target = folder / "Training Set" / case.name
        if not target.is_dir():
            phantom = make_phantom(case.config, seed=case.seed)
            _write_case(target, phantom, SUFFIXES[file_format], part=folder / f".{case.name}.part")
        if progress is not None:
            progress(done, cases)
    return folder


def _refuse_other_content(folder: Path, settings: dict, cases: int) -> None:
    record_path = folder / RECORD
    if not record_path.is_file():
        if folder.exists() and (not folder.is_dir() or any(f.suffix != ".part" for f in folder.iterdir())):
            raise InputError(f"{folder} is not empty and has no {RECORD}; give a new or empty folder")
        return
    try:
        record = json.loads(record_path.read_text(encoding="utf-8"))
        present = len(record.pop("cases"))
        found, wanted = (_flat(entry) for entry in (record, settings))
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{record_path} is damaged ({error!r}); delete the folder and write it again"
        ) from error
    other = sorted(key for key in found | wanted if found.get(key) != wanted.get(key))
    if other:
        told = ", ".join(f"{key}={found.get(key)!r}, now {wanted.get(key)!r}" for key in other)
        raise InputError(f"{folder} holds phantoms of other settings ({told}); give another folder")
    if present > cases:
        raise InputError(
            f"{folder} holds {present} cases, now asked for {cases}; ask for {present} or give another folder"
        )


def _flat(settings: dict) -> dict:
    """The settings with those of the phantom's config beside the others."""
    return {key: value for key, value in settings.items() if key != "config"} | settings["config"]


def _write_case(target: Path, phantom: Phantom, suffix: str, *, part: Path) -> None:
    """Write the three volumes to the folder `part` and rename it: a case is there whole or not at all."""
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    volumes = {
        "lgemri": phantom.image,
        "laendo": phantom.mask.astype(np.uint8) * 255,
        "lawall": phantom.wall.astype(np.uint8) * 255,
    }
    for name, voxels in volumes.items():
        write = _write_nrrd if suffix == ".nrrd" else _write_nifti
        write(part / (name + suffix), voxels, phantom.spacing_mm)
    target.parent.mkdir(exist_ok=True)
    os.replace(part, target)


def _origin(voxels: np.ndarray, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Position of the first voxel, (x, y, z) in mm, when the middle of the field is the origin."""
    return -0.5 * (np.array(voxels.shape[::-1]) - 1) * spacing_mm[::-1]


def _write_nrrd(path: Path, voxels: np.ndarray, spacing_mm: tuple[float, float, float]) -> None:
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag(spacing_mm[::-1]),
        "space origin": _origin(voxels, spacing_mm),
    }
    nrrd.write(str(path), voxels, header, index_order="C", compression_level=1)


def _write_nifti(path: Path, voxels: np.ndarray, spacing_mm: tuple[float, float, float]) -> None:
    to_ras = np.diag([-1.0, -1.0, 1.0])  # NIfTI counts right and front as positive
    affine = np.eye(4)
    affine[:3, :3] = to_ras @ np.diag(spacing_mm[::-1])
    affine[:3, 3] = to_ras @ _origin(voxels, spacing_mm)
    image = nibabel.Nifti1Image(np.ascontiguousarray(voxels.transpose(2, 1, 0)), affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)

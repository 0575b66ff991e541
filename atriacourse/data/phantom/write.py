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
import shutil
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from typing_extensions import TypedDict

from atriacourse.bounds import bounded
from atriacourse.data.grid import as_rows, plain_grid
from atriacourse.data.phantom.phantom import VERSION, Phantom, make_phantom
from atriacourse.data.phantom.phantom_config import PhantomConfig
from atriacourse.data.volume import write_volume
from atriacourse.errors import InputError
from atriacourse.files import read_json, write_whole

LABELS_CSV = "pre post ablation recrods.csv"
RECORD = "phantom.json"
LOCK = ".phantom.lock"
VOLUMES = ("lgemri", "laendo", "lawall")  # image, cavity and wall of a case
SUFFIXES = {"nrrd": ".nrrd", "nifti": ".nii.gz"}


class Record(TypedDict):
    """phantom.json."""

    version: int
    seed: int
    file_format: str
    config: dict[str, Any]
    cases: dict[str, dict[str, Any]]


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
    bounded("cases", cases)
    bounded("seed", seed)
    if file_format not in SUFFIXES:
        raise InputError(f"file_format={file_format!r}: must be one of {sorted(SUFFIXES)}")
    settings = {"version": VERSION, "config": asdict(config), "seed": seed, "file_format": file_format}
    planned = plan_cases(cases=cases, config=config, seed=seed)
    _refuse_other_content(folder, settings, cases)

    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        _refuse_other_content(folder, settings, cases)  # another call may have ended just now
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
            if not all((target / (name + SUFFIXES[file_format])).is_file() for name in VOLUMES):
                phantom = make_phantom(case.config, seed=case.seed)
                _write_case(target, phantom, SUFFIXES[file_format], part=folder / f".{case.name}.part")
            if progress is not None:
                progress(done, cases)
    return folder


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder; nothing is left of the lock. Raises: InputError if another call holds it."""
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(
            f"another command writes phantoms into {folder} at this moment; wait for its end, or give "
            "another folder"
        ) from error
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        lock.release()


def _refuse_other_content(folder: Path, settings: dict[str, Any], cases: int) -> None:
    record_path = folder / RECORD
    if not record_path.is_file():
        if folder.exists() and (not folder.is_dir() or any(map(_foreign, folder.iterdir()))):
            raise InputError(f"{folder} is not empty and has no {RECORD}; give a new or empty folder")
        return
    record = read_json(record_path, Record, way_out="give another folder, or move this file away")
    present = len(record["cases"])
    found, wanted = (_flat(entry) for entry in (record, settings))
    other = sorted(key for key in found | wanted if found.get(key) != wanted.get(key))
    if other:
        told = ", ".join(f"{key}={found.get(key)!r}, now {wanted.get(key)!r}" for key in other)
        raise InputError(f"{folder} holds phantoms of other settings ({told}); give another folder")
    if present > cases:
        raise InputError(
            f"{folder} holds {present} cases, now asked for {cases}; ask for {present} or give another folder"
        )


def _foreign(path: Path) -> bool:
    """Whether an interrupted call cannot have left this behind: drafts of the record, or a lock."""
    return path.suffix != ".part" and path.name != LOCK and not path.name.startswith(f".{RECORD}.")


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with those of the phantom's config beside the others."""
    others = {key: value for key, value in settings.items() if key not in ("config", "cases")}
    return others | settings["config"]


def _write_case(target: Path, phantom: Phantom, suffix: str, *, part: Path) -> None:
    """Write the volumes to the folder `part` and rename it: a case is there whole or not at all.

    Of a case that lost a file, the others stay as they are.
    """
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    volumes = (phantom.image, phantom.mask.astype(np.uint8) * 255, phantom.wall.astype(np.uint8) * 255)
    grid = plain_grid(phantom.image.shape, phantom.spacing_mm)
    affine = np.array(grid.affine)
    affine[:3, 3] = -affine[:3, :3] @ (np.array(grid.shape[::-1]) - 1) / 2  # the middle of the field is at 0
    grid = replace(grid, affine=as_rows(affine))
    for name, voxels in zip(VOLUMES, volumes, strict=True):
        write_volume(part / (name + suffix), voxels, like=grid)
    target.parent.mkdir(exist_ok=True)
    if not target.exists():
        part.replace(target)
        return
    for path in part.iterdir():
        if not (target / path.name).exists():
            path.replace(target / path.name)
    shutil.rmtree(part)

"""The scans of a chapter: synthetic ones made on the spot, or real ones where the reader has them.

Every chapter has a parameter `data`; this turns it into a cohort and says which it is.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from atriacourse.data.case import Case, Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, make_phantom, write_phantom_cohort
from atriacourse.data.phantom.write import RECORD, Record
from atriacourse.data.volume import grey_levels
from atriacourse.errors import InputError
from atriacourse.files import read_json

REAL = {"la2018": ("la2018", "la2018_official"), "msd": ("msd_heart",)}  # name -> folders of `data_fetch`

FINE: dict[str, Any] = {"matrix": 320, "field_mm": 200.0}  # 0.625 mm in the plane, as the official scans


class Picture(NamedTuple):
    """A scan to be looked at."""

    grey: np.ndarray  # 0 to 255, (z, y, x)
    mask: np.ndarray  # bool, (z, y, x)
    spacing_mm: tuple[float, float, float]  # (z, y, x)


class Scans(NamedTuple):
    """A chapter's cohort, and a sentence on where it comes from."""

    cohort: Cohort
    said: str


def chapter_scans(data: str | None, *, scratch: Path, phantom: PhantomConfig, cases: int, seed: int) -> Scans:
    """Open or make the scans that a chapter works on.

    Args:
        data: "phantom", "la2018", "msd", or a folder in any layout; None takes LA2018 or MSD where they
            are found, else phantoms.
        scratch: where phantoms are written.
        phantom, cases, seed: what to make.
    Returns: the cohort and a sentence for the page.
    Raises: InputError if real scans are asked for and not found.
    """
    if data is None:
        data = next((name for name in REAL if find_real(name) is not None), "phantom")
    if data == "phantom":
        made = write_phantom_cohort(scratch / "phantom", cases=cases, config=phantom, seed=seed)
        return Scans(open_cohort(made), f"{cases} synthetic scans with known truth (phantoms)")
    folder = find_real(data) if data in REAL else Path(data)
    if folder is None:
        raise InputError(
            f"no folder {' or '.join(REAL[data])} in {', '.join(map(str, data_folders()))}; "
            f'`python -m data_fetch list` shows how to get it; data="phantom" needs no download'
        )
    cohort = open_cohort(folder)
    return Scans(cohort, f"{len(cohort)} scans of {cohort.name} ({cohort.layout} layout)")


def to_look_at(cohort: Cohort, case: Case, *, pixel_mm: float = 0.625) -> Picture:
    """A case for a figure: of a phantom the same patient and slices, as fine in the plane as the real scans.

    A figure that shows what a network sees, or what it made of it, takes the case itself. (Half a second; a
    figure of many patients takes larger pixels, of which the cost goes with the number.)

    Args: pixel_mm: of a phantom, in the plane.
    Raises: InputError if the case has no mask, or the phantoms' record cannot be read.
    """
    if cohort.layout != "phantom":
        image = case.image()
        return Picture(grey_levels(image), case.mask().voxels, image.spacing_mm)
    record = read_json(cohort.root / RECORD, Record, way_out="make the phantoms once more")
    told = record["cases"][case.name]
    fixed = FINE | {"matrix": round(FINE["field_mm"] / pixel_mm)}
    fixed |= {"site": told["site"], "post_ablation": told["post_ablation"]}
    made = make_phantom(replace(PhantomConfig(**record["config"]), **fixed), seed=told["seed"])
    return Picture(made.image.astype(np.float32), made.mask, made.spacing_mm)


def data_folders() -> list[Path]:
    """Where real scans are looked for: the folder in ATRIACOURSE_DATA, else `data` here or one level up."""
    named = os.environ.get("ATRIACOURSE_DATA")
    return [Path(named)] if named else [Path("data"), Path("..") / "data"]


def find_real(name: str) -> Path | None:
    """The folder of a real data set, or None."""
    places = [folder / below for folder in data_folders() for below in REAL[name]]
    return next((place for place in places if place.is_dir()), None)

"""The scans of a chapter: synthetic ones made on the spot, or real ones where the reader has them.

Every chapter has a parameter `data`; this turns it into a cohort and says which it is.
"""

import os
from pathlib import Path
from typing import NamedTuple

from atriacourse.data.case import Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.errors import InputError

REAL = {"la2018": ("la2018", "la2018_official"), "msd": ("msd_heart",)}  # name -> folders of `data_fetch`


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


def data_folders() -> list[Path]:
    """Where real scans are looked for: the folder in ATRIACOURSE_DATA, else `data` here or one level up."""
    named = os.environ.get("ATRIACOURSE_DATA")
    return [Path(named)] if named else [Path("data"), Path("..") / "data"]


def find_real(name: str) -> Path | None:
    """The folder of a real data set, or None."""
    places = [folder / below for folder in data_folders() for below in REAL[name]]
    return next((place for place in places if place.is_dir()), None)

"""The class's scans: three centres of phantoms, and the study of one pair on one of them.

After allocation.py, before session.py. A centre is thirty small phantoms; training one network on it takes
seconds. The same centre is found again anywhere: its number is the seed that it is made from.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from atriacourse.assignments.allocation import CENTRES, Allocation
from atriacourse.assignments.assignment import SCALE
from atriacourse.data.case import Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.errors import InputError
from atriacourse.pages.bench.teller import Teller
from atriacourse.studies.catalogue import study as find_study
from atriacourse.studies.cells import plan_study
from atriacourse.studies.data import study_data
from atriacourse.studies.records import read_records
from atriacourse.studies.results import gather
from atriacourse.studies.runner import run_units

CLASS = "ATRIACOURSE_CLASS"  # a folder in which the centres are already; grading sets it
CASES = 30
PHANTOM = PhantomConfig(matrix=64, slices=12)


def make_centre(folder: Path, centre: int) -> Path:
    """Write a centre below `folder`, or find it there; returns its own folder."""
    return write_phantom_cohort(folder / f"centre{centre}", cases=CASES, config=PHANTOM, seed=centre)


def make_centres(folder: Path) -> Path:
    """Write all centres below `folder`; with ATRIACOURSE_CLASS set to it, nobody makes them again."""
    for centre in CENTRES:
        make_centre(folder, centre)
    return folder


def open_centre(centre: int, *, scratch: Path) -> Cohort:
    """A centre's scans: from the folder that ATRIACOURSE_CLASS names, or made in `scratch`."""
    shared = os.environ.get(CLASS)
    if shared and (Path(shared) / f"centre{centre}").is_dir():
        return open_cohort(Path(shared) / f"centre{centre}")
    return open_cohort(make_centre(scratch, centre))


def measure_pair(
    allocation: Allocation,
    cohort: Cohort,
    *,
    study: str,
    metric: str,
    scale: str,
    folder: Path,
    tell: Callable[[str], None],
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Train both networks of a variant, predict the held-out cases and score them.

    Args: folder: where runs and records lie; what is there is kept and gone on with.
    Returns: one row a case, columns case, a, b, difference (b - a); and the key of each record, by a and b.
    Raises: InputError if a network could not be trained, saying why.
    """
    found, declared = study_data(cohort), find_study(study)
    units = plan_study(
        declared,
        scale_name=scale,
        data=found.fingerprint,
        seeds=[allocation.seed],
        variants=allocation.pair,
    )
    device = "cpu" if scale == SCALE else "auto"  # so small a network gains nothing, and numbers stay alike
    end = run_units(units, found, folder, threads=1, device=device, watcher=Teller(tell, lines=4))
    for says, why in end.failed.items():
        raise InputError(f"{says} could not be trained: {why}")
    records = read_records(folder / "records")
    results = gather(units, declared, records, scale=scale, cohort=cohort.name)
    a, b = (results.values(name, metric).loc[allocation.seed] for name in allocation.pair)
    table = pd.DataFrame({"case": a.index, "a": a.to_numpy(), "b": b[a.index].to_numpy()})
    table["difference"] = table["b"] - table["a"]
    keys = {word: results.records[getattr(allocation, word), allocation.seed].key for word in ("a", "b")}
    return table, keys

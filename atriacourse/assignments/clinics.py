"""The class's scans: three clinics of phantoms, and the study of one pair on one of them.

After allocation.py, before session.py. A clinic is thirty small phantoms; training one network on it takes
seconds. The same clinic is found again anywhere: its number is the seed that it is made from.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from atriacourse.assignments.allocation import CLINICS, Allocation
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

CLASS = "ATRIACOURSE_CLASS"  # a folder in which the clinics are already; grading sets it
CASES = 30
PHANTOM = PhantomConfig(matrix=64, slices=12)


def make_clinic(folder: Path, clinic: int) -> Path:
    """Write a clinic below `folder`, or find it there; returns its own folder."""
    return write_phantom_cohort(folder / f"clinic{clinic}", cases=CASES, config=PHANTOM, seed=clinic)


def make_clinics(folder: Path) -> Path:
    """Write all clinics below `folder`; with ATRIACOURSE_CLASS set to it, nobody makes them again."""
    for clinic in CLINICS:
        make_clinic(folder, clinic)
    return folder


def open_clinic(clinic: int, *, scratch: Path) -> Cohort:
    """A clinic's scans: from the folder that ATRIACOURSE_CLASS names, or made in `scratch`."""
    shared = os.environ.get(CLASS)
    if shared and (Path(shared) / f"clinic{clinic}").is_dir():
        return open_cohort(Path(shared) / f"clinic{clinic}")
    return open_cohort(make_clinic(scratch, clinic))


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
        variants=[allocation.a, allocation.b],
    )
    device = "cpu" if scale == SCALE else "auto"  # so small a network gains nothing, and numbers stay alike
    end = run_units(units, found, folder, threads=1, device=device, watcher=Teller(tell, lines=4))
    for says, why in end.failed.items():
        raise InputError(f"{says} could not be trained: {why}")
    records = read_records(folder / "records")
    results = gather(units, declared, records, scale=scale, cohort=cohort.name)
    a, b = (results.values(name, metric).loc[allocation.seed] for name in (allocation.a, allocation.b))
    table = pd.DataFrame({"case": a.index, "a": a.to_numpy(), "b": b[a.index].to_numpy()})
    table["difference"] = table["b"] - table["a"]
    keys = {word: results.records[getattr(allocation, word), allocation.seed].key for word in ("a", "b")}
    return table, keys

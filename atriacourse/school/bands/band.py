"""Between which bounds the difference of two variants lies when only the seed and the centre change.

The class's own records, in the folder records/ beside this file, holds the records of every
pair on all centres, each with several seeds; a student's seed is another one. Grading compares with the band,
and the instructor's guide prints it.
"""

from functools import cache
from pathlib import Path

import numpy as np

from atriacourse.assignments.assignment import SCALE
from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import NARROWEST, Band, band_of
from atriacourse.studies.catalogue import study as find_study
from atriacourse.studies.cells import plan_study
from atriacourse.studies.records import Record, read_records
from atriacourse.studies.results import gather

RECORDS = Path(__file__).parent / "records"
NARROWEST_MM = 2.0  # of distances, in mm: a third of a voxel of the centres


def seed_band(study: str, pair: tuple[str, str], metric: str = "dice", *, folder: Path = RECORDS) -> Band:
    """The band of a pair of variants, (a, b).

    Raises: InputError if fewer than two runs of both variants are recorded.
    """
    found = differences(study, pair, metric, folder=folder)
    if len(found) < 2:
        raise InputError(
            f"{folder} has {len(found)} runs of {study}/{pair[0]} and {pair[1]} at scale {SCALE}; two are "
            f"needed, `atriacourse study run {study} --scale {SCALE}` on a centre makes them"
        )
    return band_of(found, narrowest=NARROWEST_MM if metric.endswith("_mm") else NARROWEST)


def differences(study: str, pair: tuple[str, str], metric: str, *, folder: Path = RECORDS) -> list[float]:
    """The mean difference b - a of every recorded centre and seed; cases that are not finite are left out."""
    records, declared = _records(folder), find_study(study)
    found = []
    for data in sorted({record.data for record in records.values()}):
        seeds = sorted({record.seed for record in records.values() if record.data == data})
        units = plan_study(declared, scale_name=SCALE, data=data, seeds=seeds, variants=list(pair))
        results = gather(units, declared, records, scale=SCALE, cohort="")
        if not set(pair) <= set(results.variants):
            continue
        a, b = (results.values(name, metric) for name in pair)
        for seed in a.index.intersection(b.index):
            gain = (b.loc[seed] - a.loc[seed]).to_numpy(float)
            if np.isfinite(gain).any():
                found.append(float(gain[np.isfinite(gain)].mean()))
    return found


@cache
def _records(folder: Path) -> dict[str, Record]:
    return {key: one for key, one in read_records(folder).items() if one.scale == SCALE}

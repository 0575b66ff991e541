"""Record the runs behind an assignment's bands: every pair of its levels, on every centre, with three seeds.

    python tools/bands.py NAME               about ten seconds a network, each trained once
    python tools/bands.py NAME --jobs 4      four at a time

What is recorded in atriacourse/school/bands/records is kept, what is missing is trained at the scale "class"
in runs/bands and copied there; stopped, the same command goes on. Then the bands are printed.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from atriacourse.assignments.allocation import CENTRES
from atriacourse.assignments.assignment import SCALE, Assignment
from atriacourse.assignments.centres import open_centre
from atriacourse.assignments.listing import assignment
from atriacourse.errors import InputError
from atriacourse.school.bands.band import RECORDS, seed_band
from atriacourse.studies.catalogue import study
from atriacourse.studies.cells import SEEDS, plan_study
from atriacourse.studies.data import study_data
from atriacourse.studies.jobs import jobs_of
from atriacourse.studies.progress import Status
from atriacourse.studies.runner import run_units

WORK = Path(__file__).parents[1] / "runs" / "bands"


def record_runs(
    declared: Assignment,
    *,
    records: Path = RECORDS,
    work: Path = WORK,
    jobs: int = 1,
    centres: Sequence[int] = CENTRES,
    seeds: Sequence[int] = SEEDS,
) -> list[Path]:
    """Train what an assignment's pairs lack on some centres; returns the records that are new or gained.

    Raises: InputError if it compares nothing, or a network could not be trained.
    """
    if declared.study is None:
        raise InputError(f"assignment {declared.name} trains no network, so it has no bands")
    variants = list(dict.fromkeys(name for pair in declared.levels for name in pair))
    written = []
    shutil.copytree(records, work / "records", dirs_exist_ok=True)  # what is there is not trained again
    for centre in centres:
        data = study_data(open_centre(centre, scratch=work))
        units = plan_study(
            study(declared.study), scale_name=SCALE, data=data.fingerprint, seeds=seeds, variants=variants
        )
        end = run_units(units, data, work, workers=jobs, threads=1, device="cpu", on_status=_tell)
        for says, why in end.failed.items():
            raise InputError(f"{says} on centre {centre} could not be trained: {why}")
        for key in dict.fromkeys(job.key for job in jobs_of(units)):
            made, kept = (folder / f"{key}.json" for folder in (work / "records", records))
            if made.is_file() and (not kept.is_file() or kept.read_bytes() != made.read_bytes()):
                shutil.copyfile(made, kept)
                written.append(kept)
    return written


def _tell(status: Status) -> None:
    sys.stderr.write(f"\r{status.done} of {status.total} networks of this centre ")


def main() -> None:
    """What the command line asks for."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("name", help="of the assignment; `atriacourse assign` lists them")
    words.add_argument("--jobs", type=int, default=1, help="networks at a time")
    asked = words.parse_args()
    try:
        declared = assignment(asked.name)
        written = record_runs(declared, jobs=asked.jobs)
        print(f"\n{len(written)} records written to {RECORDS}")
        for a, b in declared.levels:
            band = seed_band(declared.study, (a, b), declared.metric)
            print(f"{b} minus {a}: {band.low:+.3f} to {band.high:+.3f} {declared.metric}, {band.runs} runs")
    except InputError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()

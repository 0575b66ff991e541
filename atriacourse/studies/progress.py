"""Where a study stands: what is done, what a worker holds, what failed and why.

After jobs.py and records.py, before runner.py. All of it is read from the folder, so any process can ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.studies.cells import Cell, Unit
from atriacourse.studies.jobs import Job, jobs_of
from atriacourse.studies.records import Record, look_at, records_in


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a study stands."""

    total: int
    done: int
    running: tuple[str, ...]
    failed: dict[str, str]  # what -> why


@dataclass(frozen=True)
class Failure:
    """Why a job failed, as it is kept in `<folder>/failed/`."""

    says: str
    error: str


def is_done(job: Job, folder: Path) -> bool:
    """Whether the job's record is there, whole, and has its reading."""
    try:
        return _is_in(job, look_at(folder / "records" / f"{job.key}.json"))
    except FileNotFoundError:
        return False


def _is_in(job: Job, seen: Record | InputError | None) -> bool:
    if isinstance(job.work, Cell) or job.name == job.key:
        return isinstance(seen, Record)
    return isinstance(seen, Record) and job.work.reading in seen.scores


def is_held(job: Job, folder: Path) -> bool:
    """Whether a worker holds the lock of a job that is not done; a killed worker holds nothing."""
    path = folder / "locks" / f"{job.key}.lock"
    if not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def failure_of(name: str, folder: Path) -> Path:
    """Where the reason lies why a job failed."""
    return folder / "failed" / f"{name}.json"


def read_failure(path: Path) -> Failure:
    """Why a job failed. Raises: InputError, naming the file, if that cannot be read."""
    return read_json(path, Failure, way_out="remove it; the next run tries again")


def _reason(path: Path) -> str:
    try:
        return read_failure(path).error
    except InputError as error:
        return str(error) if path.exists() else "is being tried again"  # another command forgot it just now


def status(units: Sequence[Unit], folder: Path) -> Status:
    """How far some units are."""
    jobs = jobs_of(units)
    records, faults = records_in(folder)
    left = [job for job in jobs if not _is_in(job, records.get(job.key))]
    failed = {}
    for job in left:
        if failure_of(job.name, folder).exists():
            failed[job.says] = _reason(failure_of(job.name, folder))
        elif job.key in faults:
            failed[job.says] = str(faults[job.key])
    running = tuple(job.says for job in left if is_held(job, folder))
    return Status(total=len(jobs), done=len(jobs) - len(left), running=running, failed=failed)


def forget_failures(jobs: Sequence[Job], folder: Path) -> None:
    """Let these jobs, if they failed, be tried again; the failures of other studies stay."""
    for job in jobs:
        failure_of(job.name, folder).unlink(missing_ok=True)

"""Where a study stands: what is done, what a worker holds, what failed and why.

After jobs.py and records.py, before runner.py. All of it is read from the folder, so any process can ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.studies.cells import Unit
from atriacourse.studies.jobs import Job, jobs_of
from atriacourse.studies.records import read_record


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a study stands."""

    total: int
    done: int
    running: tuple[str, ...]
    failed: dict[str, str]  # what -> why


def is_done(job: Job, folder: Path) -> bool:
    """Whether the job's record is there, whole, and has its reading."""
    path = folder / "records" / f"{job.key}.json"
    try:
        readings = _readings(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return False
    return readings is not None and (job.name == job.key or job.unit.reading in readings)


@cache
def _readings(path: Path, changed: int) -> frozenset[str] | None:  # a new file, a new answer
    """What a record was read in; None if the record is damaged."""
    try:
        return frozenset(read_record(path).scores)
    except InputError:
        return None


def is_held(job: Job, folder: Path) -> bool:
    """Whether a worker holds the job's lock; a killed worker holds nothing."""
    path = folder / "locks" / f"{job.key}.lock"
    if not path.is_file() or is_done(job, folder):
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def failure_of(name: str, folder: Path) -> Path:
    """Where the reason lies why a job failed."""
    return folder / "failed" / f"{name}.json"


def _reason(path: Path) -> str:
    try:
        return read_json(path, dict[str, str], way_out="run the study again")["error"]
    except (InputError, KeyError):  # another command forgot it just now
        return "is being tried again"


def status(units: Sequence[Unit], folder: Path) -> Status:
    """How far some units are."""
    jobs = jobs_of(units)
    failed = {}
    for job in jobs:
        if failure_of(job.name, folder).is_file() and not is_done(job, folder):
            failed[job.says] = _reason(failure_of(job.name, folder))
    running = [job.says for job in jobs if is_held(job, folder)]
    done = sum(is_done(job, folder) for job in jobs)
    return Status(total=len(jobs), done=done, running=tuple(running), failed=failed)


def forget_failures(jobs: Sequence[Job], folder: Path) -> None:
    """Let these jobs, if they failed, be tried again; the failures of other studies stay."""
    for job in jobs:
        failure_of(job.name, folder).unlink(missing_ok=True)

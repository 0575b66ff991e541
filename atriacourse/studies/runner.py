"""Run a study: independent jobs that any number of workers share, stopped and gone on with at any time.

After work.py and progress.py; submit.py hands the same jobs to a cluster. A job is done when its record is
there. A worker takes the first job that is not done and that no other holds the lock of; so a second
process, or a second command on the same folder, simply helps. A job that fails leaves its reason and stops
nobody else.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from atriacourse.bounds import bounded
from atriacourse.errors import InputError
from atriacourse.runs.config import write_json
from atriacourse.studies.cells import Cell, Unit
from atriacourse.studies.data import StudyData
from atriacourse.studies.jobs import Job, jobs_of
from atriacourse.studies.progress import Status, failure_of, forget_failures, is_done, status
from atriacourse.studies.records import read_record
from atriacourse.studies.shelf import remembering
from atriacourse.studies.upgrade import upgrade_folder
from atriacourse.studies.work import Bench, add_reading, combine_members, train_cell

WAIT_SECONDS = 0.5


def do_job(job: Job, bench: Bench) -> bool:
    """Do one job. Returns: False if it was stopped on request. Raises: whatever goes wrong."""
    if bench.record_path(job.key).is_file():
        read_record(bench.record_path(job.key))  # one that is damaged is never overwritten: it may be newer
    if isinstance(job.work, Cell):
        return train_cell(job.work, bench) is not None
    if job.name == job.key:
        combine_members(job.work, bench)
    else:
        add_reading(job.work, bench)
    return True


def work_through(
    jobs: Sequence[Job],
    bench: Bench,
    *,
    on_job: Callable[[Job, str], None] = lambda job, word: None,
    may_go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Do every job that is not done and not held by another worker; wait for those that are.

    Args:
        on_job: told each job and "begun", "done" or "failed".
        may_go_on: asked before each job.
    Returns: False if stopped on request; failures are in `<folder>/failed/`.
    """
    for name in ("locks", "failed", "records"):
        (bench.folder / name).mkdir(parents=True, exist_ok=True)
    open_jobs, failed = list(jobs), set()  # remembered here: another command may forget it and try again
    while open_jobs:
        left = []
        for job in open_jobs:
            if is_done(job, bench.folder):
                continue
            failed |= {name for name in (job.name, *job.needs) if failure_of(name, bench.folder).is_file()}
            if not failed.isdisjoint((job.name, *job.needs)):
                continue  # it, or what it needs; the failure is reported
            if any(not bench.record_path(key).is_file() for key in job.needs):
                left.append(job)
                continue
            if not may_go_on():
                return False
            word = _try_job(job, bench, on_job)
            if word == "stopped":
                return False
            if word == "failed":
                failed.add(job.name)
            if word == "held":
                left.append(job)
        if len(left) == len(open_jobs):
            time.sleep(WAIT_SECONDS)  # every job left is another worker's, or waits for one
        open_jobs = left
    return True


def _try_job(job: Job, bench: Bench, on_job: Callable[[Job, str], None]) -> str:
    lock = FileLock(bench.folder / "locks" / f"{job.key}.lock", timeout=0)
    try:
        with lock:
            if is_done(job, bench.folder):
                return "done"
            on_job(job, "begun")
            try:
                word = "done" if do_job(job, bench) else "stopped"
            except Exception as error:  # noqa: BLE001  one bad cell must not stop a night's work
                _note_failure(job, bench.folder, f"{type(error).__name__}: {error}")
                word = "failed"
            on_job(job, word)
            return word
    except Timeout:
        return "held"


def _note_failure(job: Job, folder: Path, why: str) -> None:
    try:
        write_json(failure_of(job.name, folder), {"says": job.says, "error": why})
    except OSError as error:  # nobody would learn of it
        raise InputError(
            f"{job.says} failed ({why}), and {folder} takes no note of it ({error.strerror or error}); "
            f"make room there, and the same command goes on"
        ) from error


def run_units(
    units: Sequence[Unit],
    data: StudyData,
    folder: Path | str,
    *,
    workers: int = 1,
    device: str = "auto",
    threads: int | None = None,
    on_status: Callable[[Status], None] = lambda status: None,
    **settings: Any,
) -> Status:
    """Run everything some units need, in this process or in several.

    Args:
        folder: made if absent; what is there of an earlier call is kept and gone on with.
        workers: processes; 1 works in this one.
        threads: CPU threads of each worker; records agree to the last digit for equal numbers of threads.
        on_status: told where it stands, after each job or each half second.
        settings: of the `Bench`, for a single worker (watcher, on_trainer).
    Returns: where it stands at the end. Raises: InputError for less than one worker, or a crashed one.
    """
    folder = Path(folder)
    bounded("processes", workers, called="workers at once")
    folder.mkdir(parents=True, exist_ok=True)
    upgrade_folder(folder, units)
    jobs = jobs_of(units)
    forget_failures(jobs, folder)
    if workers == 1:
        data = replace(data, cohort=remembering(data.cohort))
        bench = Bench(data=data, folder=folder, device=device, **settings)
        _set_threads(threads)
        work_through(jobs, bench, on_job=lambda job, word: on_status(status(units, folder)))
        return status(units, folder)
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=worker, args=(jobs, data, folder, device, threads), daemon=True)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        while any(process.is_alive() for process in processes):
            on_status(status(units, folder))
            time.sleep(WAIT_SECONDS)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    end = status(units, folder)
    crashed = [process.exitcode for process in processes if process.exitcode]
    if crashed and end.done + len(end.failed) < end.total:
        killed = " (out of memory?)" if crashed[0] < 0 else ""
        raise InputError(
            f"{len(crashed)} of {workers} workers ended with exit code {crashed[0]}{killed}; what is done is "
            f"kept, the same command goes on, with fewer workers if need be"
        )
    return end


def worker(jobs: Sequence[Job], data: StudyData, folder: Path, device: str, threads: int | None) -> None:
    """What a worker process does; also what a cluster's node is given (submit.py)."""
    _end_with_parent()
    _set_threads(threads)
    data = replace(data, cohort=remembering(data.cohort))
    try:
        work_through(jobs, Bench(data=data, folder=folder, device=device))
    except (InputError, OSError) as error:
        raise SystemExit(f"a worker ended: {error}") from error  # a line on stderr, and exit code 1


def _end_with_parent() -> None:
    """Leave Ctrl-C to the process that started this one, and end when that ends, killed or not."""
    parent = multiprocessing.parent_process()
    if parent is None:  # a cluster's node
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=wait, daemon=True).start()


def _set_threads(threads: int | None) -> None:
    if threads is not None:
        import torch

        torch.set_num_threads(threads)

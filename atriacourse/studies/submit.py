"""The same jobs on a cluster, through submitit: SLURM, or processes of this machine for a try.

After runner.py. submitit was chosen because a cell is one long independent job, which is what a queue of a
cluster is for; no scheduler of ours has to stay alive, and no server (Ray, Dask) has to be set up. Workers
are what runner.py starts on one machine: each takes jobs from the shared folder until none is left, so the
records are the same, whoever makes them. Needs `pip install submitit`.
"""

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from atriacourse.errors import InputError
from atriacourse.studies.cells import Unit
from atriacourse.studies.data import StudyData
from atriacourse.studies.jobs import jobs_of
from atriacourse.studies.progress import Status, forget_failures, status
from atriacourse.studies.runner import worker
from atriacourse.studies.upgrade import upgrade_folder

CLUSTERS = ("slurm", "local", "debug")
POLL_SECONDS = 2.0


def check_cluster(cluster: str) -> None:
    """Raise InputError for a cluster that submitit does not know, or if submitit is not installed."""
    if cluster not in CLUSTERS:
        raise InputError(f"engine must be processes, {', '.join(CLUSTERS)}, got {cluster!r}")
    if find_spec("submitit") is None:
        raise InputError("a cluster needs submitit; pip install submitit")


def submit_units(
    units: Sequence[Unit],
    data: StudyData,
    folder: Path | str,
    *,
    cluster: str = "slurm",
    workers: int = 1,
    device: str = "auto",
    threads: int | None = None,
    parameters: dict[str, object] | None = None,
    on_status: Callable[[Status], None] = lambda status: None,
) -> Status:
    """Hand `workers` workers to a queue and wait for them.

    Args:
        folder: seen by every node under the same path.
        cluster: "slurm", or "local" and "debug" for this machine.
        parameters: of submitit's executor, e.g. {"timeout_min": 600, "slurm_partition": "gpu"}.
    Returns: where the study stands at the end.
    Raises: InputError for another cluster, without submitit, or if a worker died.
    """
    check_cluster(cluster)
    import submitit

    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    upgrade_folder(folder, units)
    jobs = jobs_of(units)
    forget_failures(jobs, folder)
    executor = submitit.AutoExecutor(folder=folder / "submitit", cluster=cluster)
    executor.update_parameters(**({"timeout_min": 24 * 60} | (parameters or {})))
    with executor.batch():
        handed = [executor.submit(worker, jobs, data, folder, device, threads) for _ in range(workers)]
    while not all(job.done() for job in handed):
        on_status(status(units, folder))
        time.sleep(POLL_SECONDS)
    end = status(units, folder)
    dead = [job for job in handed if job.exception() is not None]
    if dead and end.done + len(end.failed) < end.total:
        raise InputError(f"{len(dead)} of {workers} workers died; their logs are in {folder / 'submitit'}")
    return end

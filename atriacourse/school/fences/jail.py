"""Run a notebook that nobody trusts, in an empty folder, behind every fence that the system has.

After system.py, audit_hook.py, kernel.py, papermill_run.py and layout.py; used by grader.py. Three processes:
this one, papermill's (papermill_run.py), and the kernel with the student's code (kernel.py), which alone is
fenced in:

    bubblewrap            where it is installed: the kernel sees no other file, process or network
    Landlock              else, and as well: files, programs, connections (Linux 5.13 and later)
    network namespace     a network with nothing in it (Linux, where users may have one)
    audit hook            always: notes and refuses (audit_hook.py)

The processes of a class are forked from one that has imported everything (warm.py), where that can be had.
Time and memory are watched from here: past a limit all processes of the submission are killed.
"""

import contextlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atriacourse.school.fences.layout import FENCES, environment_for, lay_out, readable_folders
from atriacourse.school.fences.system import MB, Limits
from atriacourse.school.fences.warm import Warm

if TYPE_CHECKING:
    import psutil
    from nbformat import NotebookNode

POLL_SECONDS = 0.2
MOST_KEPT_MB = 20  # of one file that a notebook wrote and we read


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Something that a notebook tried and may not."""

    kind: str  # read, write, start, connect
    what: str


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What came of running a notebook."""

    notebook: "NotebookNode | None"  # with the outputs of every cell that was run
    ending: str  # why it stopped before its last cell; empty if it did not
    attempts: tuple[Attempt, ...]
    fences: tuple[str, ...]  # those that were closed
    files: Mapping[str, bytes]  # asked for by `keep`, by name
    seconds: float  # by the clock
    cpu_seconds: float | None  # of the processor; None where the run was killed
    memory_gb: float  # at its peak, all processes together


def execute(
    notebook: "NotebookNode",
    *,
    limits: Limits,
    read: Iterable[str | Path] = (),
    packages: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    fences: Sequence[str] = FENCES,
    stop: threading.Event | None = None,
    warm: Warm | None = None,
) -> Execution:
    """Run all cells in a fresh kernel, in a fresh folder that is gone afterwards.

    Args:
        read: folders that the notebook may read, beside Python's own and what is installed.
        packages: names of packages that it may read wherever they lie, and which are libraries, not its own.
        environment: variables beside the few that it is given.
        keep: patterns of files in its folder that are read before the folder goes.
        fences: those to close if the system has them.
        stop: once set, the run is killed.
        warm: from `warm_up`, which spares the run its imports.
    Returns: what was run, also where it failed, hung or was killed; errors of cells are in their outputs.
    """
    import nbformat

    with _own_folder() as (box, desk):
        nbformat.write(notebook, desk / "in.ipynb")
        folders = [*readable_folders(packages), *(str(Path(each).resolve()) for each in read)]
        job = lay_out(box, desk, limits, folders, fences, packages=packages)
        own = environment_for(box, desk) | dict(environment or {})
        ending, seconds, memory_gb = _attend(_started(job, own, warm), limits, stop)
        return _collect(box, desk, keep, ending=ending, seconds=seconds, memory_gb=memory_gb)


@contextlib.contextmanager
def warm_up(imported: Sequence[str] = ()) -> Iterator[Warm | None]:
    """A process to fork runs from, as long as the block lasts; None where a system is not fit for that.

    Args: imported: modules that it imports, beside those of all notebooks.
    """
    if not sys.platform.startswith("linux"):
        yield None
        return
    with _own_folder() as (box, desk), Warm(environment_for(box, desk), imported) as warm:
        yield warm


@contextlib.contextmanager
def _own_folder() -> Iterator[tuple[Path, Path]]:
    """A fresh folder for one run, the kernel's part and ours; what killed programs left is removed first."""
    import psutil

    mine = f"ac-{zlib.crc32(socket.gethostname().encode()) % 16**4:04x}-"  # short: sockets allow no long path
    for left in Path(tempfile.gettempdir()).glob(f"{mine}*-*"):
        process = left.name.removeprefix(mine).partition("-")[0]
        if (
            process.isdecimal()
            and len(process) < 10
            and not psutil.pid_exists(int(process))
            and (left / "desk").is_dir()
        ):
            shutil.rmtree(left, ignore_errors=True)
    base = Path(tempfile.mkdtemp(prefix=f"{mine}{os.getpid()}-")).resolve()
    try:
        box, desk = base / "box", base / "desk"
        for folder in (box / "work", box / "home", box / "tmp", box / "run", desk / "log"):
            folder.mkdir(parents=True)
        yield box, desk
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _started(job: Path, environment: Mapping[str, str], warm: Warm | None) -> "psutil.Process | None":
    """The runner's process, forked or fresh; None if it has ended already."""
    import psutil

    number = None if warm is None else warm.start(job, environment)
    if number is not None:
        try:
            return psutil.Process(number)
        except psutil.NoSuchProcess:
            return None
    with (job.parent / "stderr.txt").open("wb") as errors:
        return psutil.Popen(
            [sys.executable, "-m", f"{__package__}.papermill_run", str(job)],
            cwd=job.parent,
            env=dict(environment),
            stdin=subprocess.PIPE,  # ends with us: see papermill_run.py
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


def _attend(
    process: "psutil.Process | None", limits: Limits, stop: threading.Event | None
) -> tuple[str, float, float]:
    """Wait for the end, or bring it about at a limit. Returns: why, seconds, peak memory in GB."""
    import psutil

    began, peak, ending = time.monotonic(), 0.0, ""
    try:
        while process is not None and not ending:
            try:
                process.wait(POLL_SECONDS)
                break
            except psutil.TimeoutExpired:
                pass
            peak = max(peak, sum(_resident(each) for each in _family(process)) / (1024 * MB))
            if stop is not None and stop.is_set():
                ending = "the grading was interrupted"
            elif time.monotonic() - began > 60 * limits.minutes:
                ending = f"it was stopped after {limits.minutes:g} minutes, the limit for a whole notebook"
            elif peak > limits.memory_gb:
                ending = f"it was stopped at {peak:.1f} GB of memory; the limit is {limits.memory_gb:g} GB"
    finally:  # also when we ourselves are interrupted
        if process is not None and process.is_running():
            _end(process)
        if isinstance(process, psutil.Popen) and process.stdin is not None:
            process.stdin.close()
    return ending, time.monotonic() - began, peak


def _family(root: "psutil.Process") -> "list[psutil.Process]":
    """The process and all that came of it."""
    import psutil

    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def _resident(process: "psutil.Process") -> int:
    """Memory in bytes; what several processes share counts once in all, where the system tells it."""
    import psutil

    try:
        return getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
    except psutil.AccessDenied:  # a process may hide the one, not the other
        with contextlib.suppress(psutil.Error):
            return process.memory_info().rss
    except psutil.Error:
        pass
    return 0


def _end(root: "psutil.Process") -> None:
    """Kill the runner's children, theirs, and then itself; orphans come to the runner, so none is left."""
    import psutil

    with contextlib.suppress(psutil.Error):
        root.suspend()  # or it would write that the cell which we end had ended by itself
    for _ in range(200):
        children = [each for each in _family(root)[1:] if not _is_dead(each)]
        if not children:
            break
        for child in children:
            try:
                child.kill()
            except psutil.Error:
                continue
        time.sleep(0.05)
    with contextlib.suppress(psutil.Error):
        root.kill()
        root.wait()


def _is_dead(process: "psutil.Process") -> bool:
    """Gone, or waiting for a parent, which is suspended, to hear of its end."""
    import psutil

    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def _collect(
    box: Path, desk: Path, keep: Sequence[str], *, ending: str, seconds: float, memory_gb: float
) -> Execution:
    """Read what the run left behind."""
    attempts, fences = [], ()
    for line in (read_plain(desk / "log" / "attempts.jsonl") or b"").splitlines():
        try:
            entry = json.loads(line)
            if entry["kind"] == "fences":
                fences = tuple(entry["what"])
            else:
                attempts.append(Attempt(kind=str(entry["kind"]), what=str(entry["what"])))
        except (ValueError, KeyError, TypeError):
            continue  # whatever wrote it was not our hook
    said = read_plain(desk / "ending.json")
    told = {} if said is None else json.loads(said)
    if not ending:
        ending = told.get("ending", f"papermill ended without a word{_last_words(desk)}")
    files = {}
    for pattern in keep:
        for path in sorted((box / "work").glob(pattern)):
            content = read_plain(path)
            if content is not None:
                files[path.name] = content
    return Execution(
        notebook=_read_notebook(desk / "out.ipynb"),
        ending=ending,
        attempts=tuple(attempts),
        fences=fences,
        files=files,
        seconds=seconds,
        cpu_seconds=told.get("cpu_seconds"),
        memory_gb=memory_gb,
    )


def _read_notebook(path: Path) -> "NotebookNode | None":
    """papermill's notebook; None where it could not be written to its end."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


def _last_words(desk: Path) -> str:
    lines = (desk / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f": {lines[-1][:200]}" if lines else ""


def read_plain(path: Path, *, most_mb: float = MOST_KEPT_MB) -> bytes | None:
    """A file's content; None for a link, something that is no plain file, or more than `most_mb`.

    What a student's code wrote is not followed anywhere: a link could lead to another student's file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    told = os.fstat(handle)
    if not stat.S_ISREG(told.st_mode) or told.st_size > most_mb * MB:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read()

"""Run a notebook that nobody trusts, in an empty folder, behind every fence that the system has.

After system.py, audit_hook.py, kernel.py, papermill_run.py and layout.py; used by grader.py. Three processes:
this one, papermill's (papermill_run.py), and the kernel with the student's code (kernel.py), which alone is
fenced in:

    bubblewrap            where it is installed: the kernel sees no other file, process or network
    Landlock              else, and as well: files, programs, connections (Linux 5.13 and later)
    network namespace     a network with nothing in it (Linux, where users may have one)
    audit hook            always: notes and refuses (audit_hook.py)

Time and memory are watched from here: past a limit all processes of the submission are killed.
"""

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atriacourse.school.fences.layout import FENCES, environment_for, lay_out, readable_folders
from atriacourse.school.fences.system import MB, Limits

if TYPE_CHECKING:
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
) -> Execution:
    """Run all cells in a fresh kernel, in a fresh folder that is gone afterwards.

    Args:
        read: folders that the notebook may read, beside Python's own and what is installed.
        packages: names of packages that it may read wherever they lie, and which are libraries, not its own.
        environment: variables beside the few that it is given.
        keep: patterns of files in its folder that are read before the folder goes.
        fences: those to close if the system has them.
        stop: once set, the run is killed.
    Returns: what was run, also where it failed, hung or was killed; errors of cells are in their outputs.
    """
    import nbformat

    base = Path(tempfile.mkdtemp(prefix="ac-")).resolve()
    try:
        box, desk = base / "box", base / "desk"  # the kernel's, and ours
        for folder in ("work", "home", "tmp", "run"):
            (box / folder).mkdir(parents=True)
        (desk / "log").mkdir(parents=True)
        nbformat.write(notebook, desk / "in.ipynb")
        folders = [*readable_folders(packages), *(str(Path(each).resolve()) for each in read)]
        job = lay_out(box, desk, limits, folders, fences, packages=packages)
        own = environment_for(box, desk) | dict(environment or {})
        command = [sys.executable, "-m", f"{__package__}.papermill_run", str(job)]
        with (desk / "stderr.txt").open("wb") as errors:
            process = subprocess.Popen(
                command,
                cwd=desk,
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            ending, seconds, memory_gb = _attend(process, limits, stop)
        return _collect(box, desk, keep, ending=ending, seconds=seconds, memory_gb=memory_gb)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _attend(
    process: subprocess.Popen, limits: Limits, stop: threading.Event | None
) -> tuple[str, float, float]:
    """Wait for the end, or bring it about at a limit. Returns: why, seconds, peak memory in GB."""
    import psutil

    began, peak, ending = time.monotonic(), 0.0, ""
    root = psutil.Process(process.pid)
    try:
        while not ending:
            try:
                process.wait(POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                pass
            peak = max(peak, sum(_resident(each) for each in _family(root)) / (1024 * MB))
            if stop is not None and stop.is_set():
                ending = "the grading was interrupted"
            elif time.monotonic() - began > 60 * limits.minutes:
                ending = f"it was stopped after {limits.minutes:g} minutes, the limit for a whole notebook"
            elif peak > limits.memory_gb:
                ending = f"it was stopped at {peak:.1f} GB of memory; the limit is {limits.memory_gb:g} GB"
    finally:  # also when we ourselves are interrupted
        if process.poll() is None:
            _end(process, root)
    return ending, time.monotonic() - began, peak


def _family(root: object) -> list:
    """The process and all that came of it."""
    import psutil

    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def _resident(process: object) -> int:
    import psutil

    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _end(process: subprocess.Popen, root: object) -> None:
    """Kill the runner's children, theirs, and then itself; orphans come to the runner, so none is left."""
    import psutil

    with contextlib.suppress(psutil.Error):
        root.suspend()  # or it would write that the cell which we end had ended by itself
    for _ in range(20):
        children = _family(root)[1:]
        if not children:
            break
        for child in children:
            try:
                child.kill()
            except psutil.Error:
                continue
        psutil.wait_procs(children, timeout=0.5)
    process.kill()
    process.wait()


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

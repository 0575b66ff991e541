"""Run a notebook that nobody trusts, in an empty folder, behind every fence that the system has.

After fences.py, watch.py, kernel.py and runner.py; used by batch.py. Three processes: this one (the grader),
papermill's (runner.py), and the kernel with the student's code (kernel.py), which alone is fenced in:

    bubblewrap            where it is installed: the kernel sees no other file, process or network
    Landlock              else, and as well: files, programs, connections (Linux 5.13 and later)
    network namespace     a network with nothing in it (Linux, where users may have one)
    audit hook            always: notes and refuses (watch.py)

Time and memory are watched from here: past a limit all processes of the submission are killed.
"""

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
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import atriacourse
from atriacourse.teaching.grading.fences import MB, Limits

if TYPE_CHECKING:
    from nbformat import NotebookNode

FENCES = ("bubblewrap", "landlock", "network")  # beside the audit hook, which is always there
KERNEL = "submission"
POLL_SECONDS = 0.2
START_SECONDS = 120  # for a kernel to come up, on a machine with much to do
MOST_KEPT_MB = 20  # of one file that a notebook wrote and we read
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/opt",
    "/nix",
)
SYSTEM_ON_A_MAC = ("/System", "/Library", "/private/etc", "/private/var/db", "/Applications")


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
    seconds: float
    memory_gb: float  # at its peak, all processes together


def execute(
    notebook: "NotebookNode",
    *,
    limits: Limits,
    read: Iterable[str | Path] = (),
    environment: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    fences: Sequence[str] = FENCES,
    stop: threading.Event | None = None,
) -> Execution:
    """Run all cells in a fresh kernel, in a fresh folder that is gone afterwards.

    Args:
        read: folders that the notebook may read, beside Python's own and this package's.
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
        folders = [*readable_folders(), *(str(Path(each).resolve()) for each in read)]
        job = _lay_out(box, desk, limits, folders, fences)
        own = _environment(box, desk) | dict(environment or {})
        command = [sys.executable, "-m", "atriacourse.teaching.grading.runner", str(job)]
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


def readable_folders() -> list[str]:
    """What a kernel must read to work: Python, the packages, this package and the system's own."""
    import site
    import sysconfig

    import data_fetch

    found = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()]
    found += [*site.getsitepackages(), site.getusersitepackages(), os.path.dirname(sys.executable)]
    found += [folder for package in (atriacourse, data_fetch) for folder in package.__path__]
    found += SYSTEM if sys.platform != "darwin" else SYSTEM + SYSTEM_ON_A_MAC
    home = str(Path.home())
    real = {os.path.realpath(folder) for folder in found}
    return sorted(
        folder for folder in real | set(found) if folder not in ("/", home) and os.path.exists(folder)
    )


@cache
def bubblewrap() -> str | None:
    """Where bubblewrap is, if it is installed and the system lets it work."""
    program = shutil.which("bwrap")
    if program is None:
        return None
    tried = [program, "--ro-bind", "/", "/", "--unshare-net", "--unshare-pid", "--proc", "/proc", "true"]
    try:
        return program if subprocess.run(tried, capture_output=True, timeout=20).returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired):
        return None


def _lay_out(box: Path, desk: Path, limits: Limits, folders: list[str], fences: Sequence[str]) -> Path:
    """Write what the two processes need to know; returns the runner's file."""
    program = bubblewrap() if "bubblewrap" in fences else None
    devices = [name for name in ("/dev/null", "/dev/zero", "/dev/tty") if os.path.exists(name)]
    settings = {
        "read": folders,
        "write": [str(box), *devices],
        "limits": asdict(limits),
        "log": str(desk / "log" / "attempts.jsonl"),
        "closed": ["bubblewrap"] if program else [],
        # inside bubblewrap there is a network of one's own already
        "fences": [name for name in fences if name == "landlock" or (name == "network" and not program)],
    }
    (box / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    kernel = [sys.executable, "-m", "atriacourse.teaching.grading.kernel", str(box / "settings.json")]
    wall = _wall(program, box, desk / "log", folders) if program else []
    place = desk / "jupyter" / "kernels" / KERNEL
    place.mkdir(parents=True)
    spec = {"argv": [*wall, *kernel, "-f", "{connection_file}"], "display_name": KERNEL, "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    job = {
        "source": str(desk / "in.ipynb"),
        "target": str(desk / "out.ipynb"),
        "ending": str(desk / "ending.json"),
        "kernel": KERNEL,
        "cwd": str(box / "work"),
        "cell_seconds": max(1, round(limits.cell_seconds)),
        "start_seconds": START_SECONDS,
        "sockets": None if sys.platform == "win32" else str(box / "run" / "k"),
    }
    (desk / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return desk / "job.json"


def _wall(program: str, box: Path, log: Path, folders: list[str]) -> list[str]:
    """The command that starts a kernel inside bubblewrap."""
    own = ("/proc", "/dev")
    seen = [part for folder in folders if folder not in own for part in ("--ro-bind", folder, folder)]
    alone = ["--unshare-user-try", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--die-with-parent"]
    files = ["--proc", "/proc", "--dev", "/dev", "--bind", str(box), str(box), "--bind", str(log), str(log)]
    alone += ["--unsetenv", "JPY_PARENT_PID"]  # process 1 is its parent there, for an orphan to ipykernel
    return [program, *seen, *files, *alone, "--chdir", str(box / "work"), "--"]


def _environment(box: Path, desk: Path) -> dict[str, str]:
    """All variables a run is given: none of ours but those a program cannot start without."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL")
    home = str(box / "home")
    fonts = box / "home" / "matplotlib"
    fonts.mkdir()
    _share_fonts(fonts)
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": home,
        "TMPDIR": str(box / "tmp"),
        "TMP": str(box / "tmp"),
        "TEMP": str(box / "tmp"),
        "MPLCONFIGDIR": str(fonts),
        "IPYTHONDIR": str(box / "home" / "ipython"),
        "JUPYTER_PATH": str(desk / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(box / "run"),
        "JUPYTER_CONFIG_DIR": str(box / "home" / "jupyter"),
        "JUPYTER_DATA_DIR": str(box / "home" / "jupyter"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _share_fonts(folder: Path) -> None:
    """Spare the notebook matplotlib's search for fonts, which takes seconds in a new home."""
    import matplotlib

    for known in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(known, folder)


def _attend(
    process: subprocess.Popen, limits: Limits, stop: threading.Event | None
) -> tuple[str, float, float]:
    """Wait for the end, or bring it about at a limit. Returns: why, seconds, peak memory in GB."""
    import psutil

    began, peak, ending = time.monotonic(), 0.0, ""
    root = psutil.Process(process.pid)
    while True:
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
        if ending:
            _end(process, root)
            break
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
    if not ending:
        said = read_plain(desk / "ending.json")
        ending = "papermill ended without a word" + _last_words(desk) if said is None else json.loads(said)
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
    with os.fdopen(handle, "rb") as file:
        told = os.fstat(file.fileno())
        if not stat.S_ISREG(told.st_mode) or told.st_size > most_mb * MB:
            return None
        return file.read()

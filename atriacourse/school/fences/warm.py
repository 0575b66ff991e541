"""A Python in which everything is imported already, from which the runs of a class are forked.

    python -m atriacourse.school.fences.warm MODULE...

Beside papermill_run.py, which it forks, and which forks the kernel; used by jail.py. Importing torch and the
rest takes most of the time of a small notebook, and is the same for everybody. No student's code ever runs in
this process, and it reads no notebook: what a run starts with is what a fresh Python has after its imports.
The fences are closed in the forked kernel as in a fresh one (kernel.py). Linux alone: elsewhere a fork of a
process with such libraries is not safe, and each run has a fresh Python as before.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

IMPORTED = (
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "matplotlib_inline.backend_inline"),
    *("papermill", "nbclient.exceptions", "psutil", "IPython.display", "jedi", "numpy", "pandas"),
    *("pandas.io.formats.html", "pygments.lexers.python", "pygments.formatters.html", "scipy.stats"),
    *("scipy.ndimage", "matplotlib.pyplot", "torch", "torch._dynamo"),
)
_DEATH_SIGNAL = 1  # prctl(2)


class Warm:
    """The process, as long as the `with` lasts. It imports `imported` beside what all notebooks need."""

    def __init__(self, environment: Mapping[str, str], imported: Sequence[str] = ()) -> None:
        inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # read while it is imported
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *imported],
            env=dict(environment) | inline,
            cwd=environment["HOME"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._orders, self._answers = _pipes(self._process)

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._orders.close()  # it ends, and whatever came of it
        self._answers.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:  # it still imports
            self._process.kill()
            self._process.wait()

    def start(self, job: Path, environment: Mapping[str, str]) -> int | None:
        """Fork a run; None if that cannot be had."""
        order = json.dumps({"job": str(job), "environment": dict(environment)}) + "\n"
        try:
            with self._turn:
                self._orders.write(order.encode())
                self._orders.flush()
                return int(self._answers.readline())
        except (OSError, ValueError):
            return None


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    """What it reads and what it writes. Raises: ValueError if it was started without these pipes."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("stdin and stdout of the process must both be pipes; give subprocess.PIPE for each")
    return process.stdin, process.stdout


def fork(act: Callable[[], object]) -> int:
    """Do `act` in a child of its own session, which ends with its parent; returns its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        _die_with_parent()
        act()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 (nothing may go on in what was the parent's code)
        import traceback

        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _die_with_parent() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def _become(order: Mapping[str, Any]) -> None:
    """Be the run of a job, as if it had been started with these variables."""
    from atriacourse.school.fences import papermill_run

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    desk = Path(order["job"]).parent
    os.chdir(desk)
    nothing = os.open(os.devnull, os.O_RDWR)
    errors = os.open(desk / "stderr.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for handle, place in ((nothing, 0), (nothing, 1), (errors, 2)):
        os.dup2(handle, place)
    os.close(nothing)
    os.close(errors)
    os.environ.clear()
    os.environ.update(order["environment"])
    _forget()
    papermill_run.run(order["job"], forked=True)


def _forget() -> None:
    """Forget what libraries keep of the variables and of chance since they were imported."""
    import numpy as np

    tempfile.tempdir = None
    np.random.seed(None)  # noqa: NPY002 (or the whole class would draw the same numbers)


def main() -> None:
    """Import everything, then fork a run for each line that comes, until no more can come."""
    for name in (*IMPORTED, *sys.argv[1:]):
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever waits for a run sees that it is gone
    while line := sys.stdin.buffer.readline():
        order = json.loads(line)
        sys.stdout.write(f"{fork(partial(_become, order))}\n")
        sys.stdout.flush()
    from atriacourse.school.fences.papermill_run import end_children

    end_children()


if __name__ == "__main__":
    main()

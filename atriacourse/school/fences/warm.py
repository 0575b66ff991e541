"""A Python in which everything is imported already, from which the processes of a class are forked.

    python -m atriacourse.school.fences.warm MODULE...

Beside room.py, which it forks; used by jail.py. Importing torch and the rest takes most of the time of a
small test, and is the same for all of them. No student's code ever runs in this process, and it holds no
test: what a fork starts with is what a fresh Python has after its imports. The fences are closed in the fork
as in a fresh process. Linux alone: elsewhere a fork of a process with such libraries is not safe.
"""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from atriacourse.school.fences.system import end_with_parent

IMPORTED = (
    *("numpy", "pandas", "scipy.stats", "scipy.ndimage", "matplotlib.pyplot", "torch", "torch._dynamo"),
    *("IPython.display", "atriacourse.school.fences.room"),
)
MOST_ORDER = 65536  # bytes


class Warm:
    """The process, as long as the `with` lasts. It imports `imported` beside what most rooms need."""

    def __init__(self, environment: Mapping[str, str], imported: Sequence[str] = ()) -> None:
        self._turn, self._environment, self._imported = threading.Lock(), dict(environment), tuple(imported)
        self._socket, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process: subprocess.Popen[bytes] | None = None  # started when it is first needed

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._theirs.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _begin(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *self._imported],
            env=self._environment,
            cwd=self._environment["HOME"],
            stdin=self._theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._theirs.close()

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], folder: str, handles: Sequence[int]
    ) -> int | None:
        """Fork a process that is as if `python -m COMMAND` had been started; None if that cannot be had.

        Args: handles: its input, output and errors; copies of these are its own. Returns: its number.
        """
        order = json.dumps([list(command), dict(environment), folder]).encode()
        try:
            with self._turn:
                if self._process is None:
                    self._begin()
                socket.send_fds(self._socket, [order], handles)
                return int(self._socket.recv(32))
        except (OSError, ValueError):
            return None


def _fork(act: Callable[[], object]) -> int:
    """Do `act` in a child of its own session; returns its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        end_with_parent()
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


def _become(
    command: Sequence[str], environment: Mapping[str, str], folder: str, handles: Sequence[int]
) -> None:
    """Be a module's `main`, as if it had been started with these variables."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(folder)
    for place, handle in enumerate(handles):
        os.dup2(handle, place)
    os.closerange(3, 256)  # the socket for orders among them
    os.environ.clear()
    os.environ.update(environment)
    _forget()
    module, *sys.argv[1:] = command
    importlib.import_module(module).main()


def _forget() -> None:
    """Forget what libraries keep of the variables and of chance since they were imported."""
    import numpy as np

    tempfile.tempdir = None
    np.random.seed(None)  # noqa: NPY002 (or the whole class would draw the same numbers)


def main() -> None:
    """Import everything, then fork a process for each order that comes, until no more can come."""
    for name in (*IMPORTED, *sys.argv[1:]):
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever waits for a process sees that it is gone
    with socket.socket(fileno=os.dup(0)) as orders:
        while True:
            order, handles, _, _ = socket.recv_fds(orders, MOST_ORDER, 3)
            if not order:
                os._exit(0)  # at once: there is nothing to put away
            command, environment, folder = json.loads(order)
            child = _fork(partial(_become, command, environment, folder, handles))
            orders.send(str(child).encode())
            for handle in handles:
                os.close(handle)


if __name__ == "__main__":
    main()

"""Leave no process behind: a small second process ends what a stopped one had started.

Whoever calls `watch` gives a word to every process that is started from then on, in the environment, and a
pipe to a watching process. When the caller ends, in whatever way (SIGKILL too), the pipe closes, and the
watching process kills every process that has the word. Kernels have sessions of their own and outlive their
parents, so neither a signal to a group nor a look at the parents would find them all.

`make_book.py` uses this, and tests/conftest.py.
"""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import uuid

WORDS = "COURSE_STARTED_BY"  # a run inside a run adds its word to that of the other


def watch() -> None:
    """From now on nothing that this process starts outlives it."""
    word = uuid.uuid4().hex
    # It gets the words of the runs around this one, and its own not: it would end itself first.
    read, _ = os.pipe()  # the other end stays open as long as this process lives
    command = [sys.executable, __file__, word]
    watching = subprocess.Popen(command, stdin=read, start_new_session=True, cwd=os.path.sep)
    watching.returncode = 0  # it outlives this process, so nobody waits for it
    os.close(read)
    os.environ[WORDS] = f"{os.environ.get(WORDS, '')} {word}".strip()


def end_children() -> None:
    """Kill the processes that multiprocessing started here, with all that they started."""
    import psutil

    for child in multiprocessing.active_children():
        with contextlib.suppress(psutil.Error):
            own = psutil.Process(child.pid)
            _kill([own, *own.children(recursive=True)])


def _kill(processes: list) -> None:
    import psutil

    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _with_word(word: str) -> list:
    """The processes that were given this word; another user's are not to be read, and have not got it."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if word in process.environ().get(WORDS, "").split():
                found.append(process)
    return found


def main(word: str) -> None:
    """Wait for the end of who started this, then end what it left; once more for what was just starting."""
    import psutil

    sys.stdin.buffer.read()
    while left := _with_word(word):
        _kill(left)
        psutil.wait_procs(left, timeout=1)


if __name__ == "__main__":
    main(sys.argv[1])

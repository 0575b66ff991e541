"""Start a process of ours in a folder of its own, with two pipes; fresh, or forked from a warm one.

After layout.py and warm.py, before jail.py. Whatever the process does, it is gone when the block ends, and so
is the folder.
"""

import contextlib
import os
import queue
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import IO, Any

from atriacourse.school.fences.layout import environment_for
from atriacourse.school.fences.system import MB
from atriacourse.school.fences.warm import Warm

POLL_SECONDS = 0.1


class EndedError(RuntimeError):
    """A process that was ended, or ended itself, before it answered; its text says why."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """A process and our ends of its pipes."""

    process: "Any"  # psutil.Process
    input: FileIO
    output: IO[bytes]

    def used(self) -> tuple[float, float]:
        """Seconds of the processor and GB of memory; zeros when it is gone."""
        import psutil

        try:
            with self.process.oneshot():
                times, memory = self.process.cpu_times(), self.process.memory_info()
            return times.user + times.system, memory.rss / (1024 * MB)
        except psutil.Error:
            return 0.0, 0.0

    def waits(self) -> bool:
        """Whether it sleeps, and not for its turn on a busy machine; True where nobody can tell."""
        import psutil

        if not sys.platform.startswith("linux"):
            return True
        try:
            return self.process.status() not in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
        except psutil.Error:
            return True

    def send(self, line: bytes) -> None:
        """Give it a line, from a thread: one that does not read keeps nobody waiting, nor does a dead one."""
        threading.Thread(target=self._write, args=(line,), daemon=True).start()

    def _write(self, line: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # it is gone, as what it answers will say
            while line:
                line = line[self.input.write(line) :]

    def line(self, stop: threading.Event | None) -> tuple[bytes, float, float]:
        """Its next line, with seconds of the processor and GB of memory until then; empty if it ended.

        Raises: EndedError once `stop` is set; it is killed then.
        """
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=lambda: lines.put(self.output.readline()), daemon=True).start()
        cpu = memory = 0.0
        while True:
            now, weighs = self.used()
            cpu, memory = max(cpu, now), max(memory, weighs)
            try:
                return lines.get(timeout=POLL_SECONDS), cpu, memory
            except queue.Empty:
                if stop is not None and stop.is_set():
                    self.kill()
                    raise EndedError("the grading was interrupted") from None

    def kill(self) -> None:
        """End it and what came of it, where something could."""
        import psutil

        with contextlib.suppress(psutil.Error):
            family = [self.process, *self.process.children(recursive=True)]
            for each in family:
                with contextlib.suppress(psutil.Error):
                    each.kill()
            self.process.wait(10)


@contextlib.contextmanager
def started(command: Sequence[str], folder: Path, warm: Warm | None = None) -> Iterator[Started]:
    """`python -m COMMAND` in a folder of its own, with two pipes to it; forked where that can be had."""
    import psutil

    environment, (reads, writes), (hears, says) = environment_for(folder), os.pipe(), os.pipe()
    with (
        os.fdopen(writes, "wb", buffering=0) as input_,  # nothing is left to be written to one that is gone
        os.fdopen(hears, "rb") as output,
        Path(os.devnull).open("wb") as nothing,
    ):
        try:
            number = None
            if warm is not None:
                number = warm.start(command, environment, str(folder), (reads, says, nothing.fileno()))
            process = (
                psutil.Popen(
                    [sys.executable, "-m", *command],
                    cwd=folder,
                    env=environment,
                    stdin=reads,
                    stdout=says,
                    stderr=nothing,
                    start_new_session=True,
                )
                if number is None
                else psutil.Process(number)
            )
        except psutil.NoSuchProcess as error:
            raise EndedError("its process did not come up") from error
        finally:
            os.close(reads)
            os.close(says)
        found = Started(process=process, input=input_, output=output)
        try:
            yield found
        finally:
            found.kill()


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A fresh folder, gone afterwards."""
    box = Path(tempfile.mkdtemp(prefix="atriacourse-")).resolve()
    try:
        yield box
    finally:
        shutil.rmtree(box, ignore_errors=True)


def size_of(folder: Path) -> int:
    """Bytes below a folder that a student's code writes in; links are not followed."""
    total = 0
    with contextlib.suppress(OSError):
        for each in os.scandir(folder):
            with contextlib.suppress(OSError):
                total += (
                    size_of(Path(each.path))
                    if each.is_dir(follow_symlinks=False)
                    else each.stat(follow_symlinks=False).st_size
                )
    return total

"""Run functions that nobody trusts, each time in a fresh process behind every fence that the system has.

After room.py, which is that process, layout.py and warm.py; used by grading/exam.py. Between the two stand
two pipes with plain data (plain.py); what is expected of a function never goes in. The fences, which room.py
closes around itself:

    Landlock       files, and connections by version (Linux 5.13 and later)
    seccomp        programs, processes, sockets, rights and attributes of files (Linux, x86_64 and aarch64)
    limits         memory, time of the processor, size of files
    audit hook     always: notes and refuses (audit_hook.py)

Time by the clock, memory, and what is written and said are watched from here: past a limit it is killed.
"""

import contextlib
import json
import os
import queue
import stat
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from atriacourse.school.fences.layout import FENCES, environment_for, readable_folders
from atriacourse.school.fences.process import POLL_SECONDS, EndedError, Started, own_folder, size_of, started
from atriacourse.school.fences.system import MB, Limits
from atriacourse.school.fences.warm import Warm

START_SECONDS = 120  # for a fresh Python to import everything, on a machine with much to do
MOST_KEPT_MB = 20  # of one file that somebody handed in
MOST_SAID_MB = 16  # that one process may answer in all
ROOM = f"{__package__}.room"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Something that was tried and may not be."""

    kind: str  # read, write, start, connect, look
    what: str


@dataclass(kw_only=True)
class Spent:
    """What the processes of one submission used, and tried."""

    cpu_seconds: float = 0.0
    memory_gb: float = 0.0  # of the largest, at its peak
    attempts: dict[Attempt, None] = field(default_factory=dict)  # in their order
    fences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Jail:
    """How processes are run; the same for all of a submission."""

    limits: Limits
    packages: Sequence[str] = ()  # that may be imported wherever they lie, and are libraries, nobody's answer
    hidden: Sequence[str] = ()  # in these, and not to be read
    read: Sequence[str] = ()  # folders
    imports: Sequence[str] = ()  # modules that are imported before the fences close
    about: str = ""  # "module:function", told about each of the student's functions
    fences: Sequence[str] = FENCES
    stop: threading.Event | None = None  # once set, whatever runs is killed
    warm: Warm | None = None  # spares each process its imports
    spent: Spent = field(default_factory=Spent)

    @contextlib.contextmanager
    def inmate(self) -> Iterator["Inmate"]:
        """A fresh process, in a fresh folder that is gone afterwards.

        Raises: EndedError if it does not come up, or the limit of all is reached.
        """
        if self.spent.cpu_seconds > 60 * self.limits.minutes:
            raise EndedError(
                f"the limit of {self.limits.minutes:g} minutes of the processor was reached before"
            )
        with own_folder() as box, started([ROOM], box, self.warm) as process:
            found = Inmate(self, process, box)
            try:
                found.close_fences(box)
                yield found
            finally:
                found.end()


class Inmate:
    """One process, as this side sees it: orders go in, answers come out."""

    def __init__(self, jail: Jail, process: "Started", box: Path) -> None:
        self._jail, self._process, self._box = jail, process, box
        self._lines: queue.Queue[bytes] = queue.Queue(8)
        self._cpu_seconds, self._imports, self._over = 0.0, 0.0, False
        self._waited, self._looked = 0.0, time.monotonic()  # seconds that it slept; when we looked last
        threading.Thread(target=self._listen, daemon=True).start()

    def close_fences(self, box: Path) -> None:
        """Let it close its fences; what it says of them is heard before a student's line is run."""
        jail = self._jail
        settings = {
            "read": [*readable_folders(tuple(jail.packages), tuple(jail.hidden)), *jail.read],
            "write": [str(box), os.devnull],
            "packages": list(jail.packages),
            "imports": list(jail.imports),
            "about": jail.about,
            "limits": asdict(jail.limits),
            "fences": list(jail.fences),
        }
        self._send(settings)
        jail.spent.fences = tuple(map(str, self._answer(START_SECONDS)["fences"]))
        self._weigh()
        self._imports, self._waited = self._cpu_seconds, 0.0

    def ask(self, order: dict[str, Any], answers: Mapping[int, Any] | None = None) -> dict[str, Any]:
        """Send an order and wait for what it gives.

        Args: answers: functions of ours that it may call, by number, on what JSON gives.
        Raises: EndedError when a limit is reached, or it ends; it is dead then.
        """
        self._send(order)
        seconds = self._jail.limits.cell_seconds * self._jail.limits.patience
        while True:
            answer = self._answer(seconds)
            if "ask" not in answer:
                return answer
            number, given = answer["ask"], answer.get("given", [])
            function = (answers or {}).get(number) if isinstance(number, int) else None
            self._look(seconds)
            self._send({"error": "there is no such function"} if function is None else function(given))

    def end(self) -> None:
        """Kill it, whatever it does."""
        self._weigh()
        self._over = True
        self._process.kill()
        self._jail.spent.cpu_seconds += self._cpu_seconds

    def _send(self, what: dict[str, Any]) -> None:
        self._looked = time.monotonic()
        self._process.send((json.dumps(what) + "\n").encode())

    def _answer(self, seconds: float) -> dict[str, Any]:
        """The next answer; what was tried on the way is noted. `seconds`: that it may sleep in all."""
        while True:
            line = self._line(seconds)
            try:
                said = json.loads(line)
                if "tried" not in said:
                    return dict(said)
                kind, what = map(str, said["tried"])
                if len(self._jail.spent.attempts) < 200:
                    self._jail.spent.attempts[Attempt(kind=kind[:20], what=what[:300])] = None
            except (ValueError, TypeError, RecursionError) as error:
                raise EndedError("it answered with something that is no answer") from error
            self._look(seconds)

    def _line(self, seconds: float) -> bytes:
        while True:
            try:
                line = self._lines.get(timeout=POLL_SECONDS)
            except queue.Empty:
                self._look(seconds)
                continue
            if not line:
                raise EndedError(self._why_gone())
            return line

    def _look(self, seconds: float) -> None:
        """End it if a limit is reached. What it waits for a busy processor is no fault of its own."""
        now = time.monotonic()
        if self._process.waits():
            self._waited += min(now - self._looked, 2 * POLL_SECONDS)
        self._looked = now
        if why := self._too_much(seconds):
            self._process.kill()
            raise EndedError(why)

    def _too_much(self, seconds: float) -> str:
        """The limit that is reached; empty if none is."""
        limits, stop = self._jail.limits, self._jail.stop
        memory = self._weigh()
        if stop is not None and stop.is_set():
            return "the grading was interrupted"
        if self._cpu_seconds - self._imports > max(limits.cell_seconds, seconds / limits.patience) + 2:
            return _out_of_time(limits)
        if self._waited > seconds:
            return f"it was stopped after it had slept for {seconds:.0f} seconds by the clock"
        if memory > limits.memory_gb:
            return f"it was stopped at {memory:.1f} GB of memory; the limit is {limits.memory_gb:g} GB"
        if size_of(self._box) > limits.file_mb * MB:
            return f"it was stopped when it had written more than {limits.file_mb} MB"
        return ""

    def _why_gone(self) -> str:
        self._weigh()
        limits = self._jail.limits
        if self._cpu_seconds - self._imports > limits.cell_seconds - 1:
            return _out_of_time(limits)
        return "its process ended"

    def _weigh(self) -> float:
        """Read what it used so far; returns its memory in GB."""
        cpu, memory = self._process.used()
        self._cpu_seconds = max(self._cpu_seconds, cpu)
        self._jail.spent.memory_gb = max(self._jail.spent.memory_gb, memory)
        return memory

    def _listen(self) -> None:
        """Take in its lines, as many as are wanted and no more than may be."""
        left = int(MOST_SAID_MB * MB)
        with contextlib.suppress(OSError, ValueError):
            while left > 0 and (line := self._process.output.readline(left)):
                left -= len(line)
                self._put(line)
        self._put(b"")

    def _put(self, line: bytes) -> None:
        while not self._over:
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=1)
                return


def _out_of_time(limits: Limits) -> str:
    return f"it was stopped after {limits.cell_seconds:g} seconds of the processor, the limit of one test"


@contextlib.contextmanager
def warm_up(imported: Sequence[str] = ()) -> Iterator[Warm | None]:
    """A process to fork others from, as long as the block lasts; None where a system is not fit for that.

    Args: imported: modules that it imports, beside those of all.
    """
    if not sys.platform.startswith("linux"):
        yield None
        return
    with own_folder() as box, Warm(environment_for(box), imported) as warm:
        yield warm


def read_plain(path: Path, *, most_mb: float = MOST_KEPT_MB) -> bytes | None:
    """A file's content; None for a link, something that is no plain file, or more than `most_mb`.

    What a student handed in is not followed anywhere: a link could lead to another student's file.
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

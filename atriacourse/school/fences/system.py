"""What the system itself can forbid a process: files, connections, memory and time.

Beside seccomp.py; used by room.py on itself, before a student's first line. Everything here holds for the
process, cannot be taken back, and needs no root. What a system lacks is left out, and said.
Sources: landlock(7), getrlimit(2), prctl(2).
"""

import contextlib
import ctypes
import os
import signal
import struct
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

from atriacourse.school.fences.seccomp import close_system

__all__ = [
    "MB",
    "Limits",
    "close_system",
    "end_with_parent",
    "landlock",
    "landlock_version",
    "limit_resources",
]

# landlock(7); the numbers of the calls are the same on every processor
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_ALL_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}  # access to files, by version
_ON_FILES = (1 << 1) | _READ_FILE | (1 << 14)  # write, read, truncate: all that a rule on a file may say
_EXECUTE = 1 << 0  # given for no folder: no program can be started
_CONNECT_TCP = 1 << 1
_NO_ABSTRACT_SOCKETS, _NO_SIGNALS = 1 << 0, 1 << 1
_NO_NEW_PRIVILEGES, _DEATH_SIGNAL = 38, 1  # prctl(2)

MB = 1024**2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one submission may use. Time is that of the processor: a machine with much to do fails nobody."""

    minutes: float = 10.0  # for all that is run of it
    memory_gb: float = 4.0
    file_mb: int = 50  # all that one process writes
    cell_minutes: float | None = None  # for any one test; None: a tenth of `minutes`
    patience: float = 5.0  # how much longer it may sleep, by the clock; waiting for its turn is not counted

    @property
    def cell_seconds(self) -> float:
        """How long one process of the student's may take; then it is ended, and the next test is run."""
        return 60 * (self.minutes / 10 if self.cell_minutes is None else self.cell_minutes)


def end_with_parent() -> None:
    """End this process when the one that started it ends, however that ends (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def landlock_version() -> int:
    """Which version of Landlock the system has; 0 without."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, 1))


def landlock(*, read: Iterable[str], write: Iterable[str]) -> int:
    """Forbid this process all files but those below `read`, and to write but below `write`.

    It can then start no program either, and (by version) make no connection and signal no other process.
    Returns: the version in force; 0 where the system has none, and nothing is forbidden.
    """
    version = landlock_version()
    if version == 0:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    every = _ALL_OF_ABI[min(version, 3)]
    network = _CONNECT_TCP if version >= 4 else 0
    scoped = _NO_ABSTRACT_SOCKETS | _NO_SIGNALS if version >= 6 else 0
    rules = struct.pack("QQQ", every, network, scoped)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = libc.syscall(_CREATE, rules, len(rules), 0)
    if ruleset < 0:
        return 0
    try:
        for access, folders in ((_READ_FILE | _READ_DIR, read), (every & ~_EXECUTE, write)):
            for folder in folders:
                _allow(libc, ruleset, access & every, folder)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return version if libc.syscall(_RESTRICT, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, access: int, path: str) -> None:
    """Add one rule; a path that is not there needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            access &= _ON_FILES
        libc.syscall(_ADD, ruleset, 1, struct.pack("=Qi", access, place), 0)
    finally:
        os.close(place)


def limit_resources(limits: Limits) -> None:
    """Limit what this process may allocate, compute and write.

    Memory: RLIMIT_DATA, what is really there to be written. RLIMIT_AS would count address space as well, of
    which torch reserves a multiple of what it uses (with CUDA, tens of gigabytes), so a limit loose enough
    for torch would stop nothing. Past it a cell meets a MemoryError and the next cells go on. Not every
    system heeds it, and it counts no shared memory: jail.py weighs the process as well.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        "RLIMIT_DATA": int(limits.memory_gb * 1024 * MB),
        "RLIMIT_CPU": int(time.process_time() + limits.cell_seconds) + 1,  # imports do not count
        "RLIMIT_FSIZE": limits.file_mb * MB,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
    }
    for name, most in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))

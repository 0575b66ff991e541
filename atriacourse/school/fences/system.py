"""What the system itself can forbid a process: files, network, other processes, memory and time.

Used by kernel.py on itself, before a student's first cell. Everything here holds for the process and its
children, cannot be taken back, and needs no root. What a system lacks is left out, and said: see `Fences`.
Sources: landlock(7), network_namespaces(7), getrlimit(2).
"""

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# landlock(7); the numbers of the calls are the same on every processor
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_ALL_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}  # access to files, by version
_ON_FILES = (1 << 1) | _READ_FILE | (1 << 14)  # write, read, truncate: all that a rule on a file may say
_EXECUTE = 1 << 0  # given for no folder: no program can be started
_CONNECT_TCP = 1 << 1
_NO_ABSTRACT_SOCKETS, _NO_SIGNALS = 1 << 0, 1 << 1
_NO_NEW_PRIVILEGES = 38  # prctl(2)
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # unshare(2)
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # netdevice(7)

MB = 1024**2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one submission may use."""

    minutes: float = 10.0  # by the clock, for all cells
    memory_gb: float = 4.0
    file_mb: int = 200  # the largest single file
    cell_minutes: float | None = None  # for any one cell; None: half of `minutes`

    @property
    def cell_seconds(self) -> float:
        """How long one cell may take; then it is interrupted, and the next one is run."""
        return 60 * (self.minutes / 2 if self.cell_minutes is None else self.cell_minutes)


def own_network() -> bool:
    """Move this process into a network of its own, with nothing in it but itself.

    It must have one thread only. Returns: whether the system allowed it.
    """
    if not sys.platform.startswith("linux"):
        return False
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER | _NEW_NETWORK) != 0:
        return False
    with contextlib.suppress(OSError):  # without a map we are "nobody", which does no harm
        Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="utf-8")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="utf-8")
    with contextlib.suppress(OSError):
        _bring_up("lo")  # the kernel talks to itself over it
    return True


def _bring_up(device: str) -> None:
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        request = struct.pack("16sH22x", device.encode(), 0)
        flags = struct.unpack("16sH22x", fcntl.ioctl(link, _GET_FLAGS, request))[1]
        fcntl.ioctl(link, _SET_FLAGS, struct.pack("16sH22x", device.encode(), flags | _UP))


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
    for torch would stop nothing. Past it a cell meets a MemoryError and the next cells go on. It counts each
    process alone, and not every system heeds it: jail.py also weighs all processes together.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        "RLIMIT_DATA": int(limits.memory_gb * 1024 * MB),
        "RLIMIT_CPU": int(limits.minutes * 60 * max(1, os.cpu_count() or 1)) + 60,
        "RLIMIT_FSIZE": limits.file_mb * MB,
        "RLIMIT_CORE": 0,
    }
    for name, most in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def limit_processes(most: int = 256) -> None:
    """Limit processes and threads; only inside `own_network`, where nobody else's are counted."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))

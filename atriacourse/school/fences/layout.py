"""The folders and variables of one process that runs a student's functions.

Before jail.py, which makes the folder `box` for each. What may be read is Python, what is installed, and of
the course what its students have: no worked solution, no hidden test, nothing of the system.
"""

import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from atriacourse.school.fences.seccomp import seccomp_there
from atriacourse.school.fences.system import landlock_version

FENCES = ("landlock", "seccomp")  # beside limits and the audit hook, which are always there
LIBRARIES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
)  # of the system, in C
CACHE_OF_LIBRARIES, ZONES = "/etc/ld.so.cache", "/usr/share/zoneinfo"
ON_A_MAC = ("/System/Library", "/Library/Frameworks", "/usr/lib", "/opt/homebrew/lib")


@cache
def readable_folders(packages: Sequence[str] = (), hidden: Sequence[str] = ()) -> tuple[str, ...]:
    """What such a process must read to work: Python, what is installed, and these packages.

    Args: packages: names of packages, wherever they lie. hidden: packages in these that it may not read.
    """
    import site
    import sysconfig

    found = [path for name, path in sysconfig.get_paths().items() if name.endswith(("lib", "stdlib"))]
    found += [
        *site.getsitepackages(),
        os.path.join(sys.base_prefix, "lib"),
        CACHE_OF_LIBRARIES,
        ZONES,
        os.path.dirname(__file__),
    ]
    found += LIBRARIES if sys.platform != "darwin" else ON_A_MAC
    secret = {folder for name in hidden for folder in import_module(name).__path__}
    for name in packages:
        for folder in import_module(name).__path__:
            found += _without(folder, secret)
    home = str(Path.home())
    real = {os.path.realpath(folder) for folder in found}
    return tuple(
        sorted(folder for folder in real | set(found) if folder not in ("/", home) and os.path.exists(folder))
    )


def weak_fences() -> list[str]:
    """What speaks against running strangers' code here, a sentence each; none where all fences stand."""
    found = []
    if getattr(os, "geteuid", lambda: 1)() == 0:
        found.append("You are root: code that gets past a fence may do everything on this machine.")
    missing = [] if landlock_version() else ["Landlock"]
    missing += [] if seccomp_there() else ["seccomp"]
    if missing:
        found.append(
            f"This system has no {' and no '.join(missing)}: in its place stands Python's audit hook, "
            "which whoever knows it walks round."
        )
    return found


def _without(folder: str, secret: set[str]) -> list[str]:
    """The folder, or what lies in it beside a secret one."""
    if not any(one.startswith(folder + os.sep) for one in secret):
        return [folder]
    return [each.path for each in os.scandir(folder) if each.path not in secret]


def environment_for(box: Path) -> dict[str, str]:
    """All variables a process is given: none of ours but those a program cannot start without."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL")
    places = dict.fromkeys(("HOME", "TMPDIR", "TMP", "TEMP", "MPLCONFIGDIR", "IPYTHONDIR"), str(box))
    return (
        {name: os.environ[name] for name in kept if name in os.environ}
        | places
        | {
            "MPLBACKEND": "agg",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
    )

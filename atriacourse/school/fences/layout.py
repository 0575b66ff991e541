"""The folders, files and variables of one run, and the wall around its kernel.

Before jail.py, which makes the two folders below a fresh one: `box` is the kernel's, `desk` is ours.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pathlib import Path

from atriacourse.school.fences.system import Limits

FENCES = ("bubblewrap", "landlock", "network")  # beside the audit hook, which is always there
KERNEL = "submission"
START_SECONDS = 120  # for a kernel to come up, on a machine with much to do
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


def folders_of(packages: Sequence[str]) -> list[str]:
    """Where the code of some packages lies."""
    return [str(folder) for name in packages for folder in import_module(name).__path__]


def readable_folders(packages: Sequence[str] = ()) -> list[str]:
    """What a kernel must read to work: Python, what is installed, these packages and the system's own."""
    import site
    import sysconfig

    found = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()]
    found += [*site.getsitepackages(), site.getusersitepackages(), os.path.dirname(sys.executable)]
    found += [*folders_of(packages), os.path.dirname(__file__)]
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


def lay_out(
    box: Path,
    desk: Path,
    limits: Limits,
    folders: list[str],
    fences: Sequence[str],
    *,
    packages: Sequence[str] = (),
) -> Path:
    """Write what the two processes need to know; returns the runner's file."""
    program = bubblewrap() if "bubblewrap" in fences else None
    devices = [name for name in ("/dev/null", "/dev/zero", "/dev/tty") if os.path.exists(name)]
    settings = {
        "read": folders,
        "packages": list(packages),
        "write": [str(box), *devices],
        "limits": asdict(limits),
        "log": str(desk / "log" / "attempts.jsonl"),
        "closed": ["bubblewrap"] if program else [],
        # inside bubblewrap there is a network of one's own already
        "fences": [name for name in fences if name == "landlock" or (name == "network" and not program)],
    }
    (box / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    kernel = [sys.executable, "-m", f"{__package__}.kernel", str(box / "settings.json")]
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
        "settings": None if program else str(box / "settings.json"),  # bubblewrap starts a kernel of its own
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


def environment_for(box: Path, desk: Path) -> dict[str, str]:
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

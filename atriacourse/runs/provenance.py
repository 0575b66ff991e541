"""Where a result comes from: version, commit, packages, device, date.

Used by runs/train.py and runs/evaluate.py.
"""

import os
import platform
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import atriacourse

PACKAGE = Path(atriacourse.__file__).parent
UNKNOWN = "unknown"
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # set in a hook of whatever repository


def provenance(device: torch.device) -> dict[str, Any]:
    """What a reader needs to repeat a run, beside its settings and data."""
    return {
        "atriacourse": atriacourse.__version__,
        "commit": commit(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": version("numpy"),
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def commit(package: Path = PACKAGE) -> str:
    """The commit of the checkout that is this package's own, "+" appended if files differ, or "unknown".

    An environment may lie in somebody else's repository, whose commit says nothing of this package: so the
    checkout must begin where the package's folder lies, and hold the pyproject.toml that names it.
    """
    root = package.parent
    try:
        checkout = Path(_git(root, "rev-parse", "--show-toplevel"))  # first: behind fences there is no git
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
        if project != package.name or checkout.resolve() != root.resolve():
            return UNKNOWN
        _git(root, "ls-files", "--error-unmatch", f"{package.name}/__init__.py")  # not ignored by it
        head = _git(root, "rev-parse", "--short=12", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, ValueError, LookupError, TypeError, subprocess.CalledProcessError):
        return UNKNOWN
    return head + ("+" if changed else "")


def _git(root: Path, *words: str) -> str:
    here = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=here).stdout.strip()


def device_name(device: torch.device) -> str:
    """The maker's name of the GPU or processor; an Apple GPU goes by its processor's."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{processor()}, its GPU" if device.type == "mps" else processor()


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({len(names)} threads)" if names else platform.machine()

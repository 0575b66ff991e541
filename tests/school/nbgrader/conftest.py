"""nbgrader in an environment of its own, made once and kept in pytest's cache."""

import subprocess
import sys
from pathlib import Path

import pytest

PINNED = "nbgrader==0.9.6"


@pytest.fixture(scope="session")
def nbgrader_environment(pytestconfig) -> Path:
    """The folder with nbgrader's programs; skips, and says why, where it cannot be installed."""
    if sys.platform == "win32":
        pytest.skip("nbgrader's environment is made for Linux and macOS here")
    version = "{}.{}".format(*sys.version_info)
    folder = pytestconfig.cache.mkdir(f"{PINNED.replace('==', '-')}-python{version}")
    complete = folder / "complete"
    if not complete.exists():
        made = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)]
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
        for command in (made, [*pip, "--quiet", "--no-compile", PINNED]):
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
            except subprocess.TimeoutExpired:
                pytest.skip(f"{PINNED} could not be installed within ten minutes")
            if done.returncode:
                pytest.skip(f"{PINNED} could not be installed: {done.stderr.strip().splitlines()[-1:]}")
        complete.touch()
    return folder / "bin"

"""The first cell of every plain notebook: on Colab it installs the course and settles where things are kept.

Colab's own torch and numpy must stay as they are: they fit its GPU and what else it has installed. So the
cell gives pip their installed versions as constraints; pip then installs what is missing beside them, or
stops. Put in front of chapters by tools/siblings.py, of assignments by assignments/notebook.py.
"""

from pathlib import Path

import atriacourse

ROOT = Path(atriacourse.__file__).parents[1]
UPLOAD = "/content/atriacourse.zip"
SETUP = """\
# Colab: install the course, settle where data and runs are kept. Elsewhere this
# cell changes nothing. torch and numpy stay as they are.
import importlib.util
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

use_drive = False  # True: data and runs in your Drive; they survive a lost GPU
course = "{course}"{hint}

if importlib.util.find_spec("atriacourse") is None:
    stay = {{"torch", "torchvision", "numpy"}}
    found = [one for one in distributions() if one.name in stay]
    keep = [f"{{one.name}}=={{one.version}}\\n" for one in found]
    Path("keep.txt").write_text("".join(keep))
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--constraint", "keep.txt", course], check=True)
    importlib.invalidate_caches()

if "google.colab" in sys.modules:
    home = Path("/content/atriacourse")
    if use_drive:
        from google.colab import drive

        drive.mount("/content/drive")
        home = Path("/content/drive/MyDrive/atriacourse")
    os.environ["ATRIACOURSE_DATA"] = str(home / "data")
    os.environ["ATRIACOURSE_WORK"] = str(home / "work")"""


def setup_cell(address: str | None) -> str:
    """The cell's source. Args: address: the course's public one; None: the course is uploaded as a file."""
    if address:
        return SETUP.format(course=course(address), hint="")
    return SETUP.format(course=UPLOAD, hint="  # upload it: README, On Colab")


def course(address: str) -> str:
    """What pip installs: this version's release, by its tag, which is the package a notebook was made for."""
    return f"git+{address}@v{atriacourse.__version__}"


def course_address(root: Path = ROOT) -> str | None:
    """The course's public address, from the `_config.yml` of a checkout; None while there is none."""
    import yaml

    config = root / "_config.yml"
    if not config.is_file():
        return None
    content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    return content.get("repository", {}).get("url") or None

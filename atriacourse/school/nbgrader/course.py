"""The folder of an nbgrader course: its settings, the kernel that grades, and assignments.

After source_notebook.py; `atriacourse assign --nbgrader` calls it. A department's own settings stay its own:
they take in ours by one line.

    FOLDER/nbgrader_config.py                              takes in the next, and whatever else it likes
    FOLDER/atriacourse_config.py                           our settings
    FOLDER/jupyter/kernels/atriacourse/kernel.json         starts the Python that has the course
    FOLDER/source/NAME/NAME.ipynb                          an assignment
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from atriacourse.assignments.assignment import Assignment
from atriacourse.errors import InputError
from atriacourse.exercises.stubs import YOURS
from atriacourse.files import write_whole
from atriacourse.school.handouts.handout import Handout
from atriacourse.school.handouts.notebook import YOUR_WORDS
from atriacourse.school.nbgrader.source_notebook import nbgrader_notebook

CONFIG, OURS = "nbgrader_config.py", "atriacourse_config.py"
TAKE_IN = f'load_subconfig("{OURS}")'
KERNEL_FILE = Path("jupyter", "kernels", "atriacourse", "kernel.json")
KERNEL = {
    "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "display_name": "atriacourse",
    "language": "python",
    "env": {"OMP_NUM_THREADS": "1"},  # numbers and times as in `atriacourse grade`
}
SETTINGS = f"""\
# Settings for nbgrader, written by `atriacourse assign --nbgrader`, again each time. Your own
# belong into nbgrader_config.py, below the line that takes these in.
import os
from pathlib import Path

c = get_config()
here = Path(__file__).resolve().parent
c.CourseDirectory.root = str(here)

# Grading runs in the Python that has the course, not in nbgrader's own.
os.environ["JUPYTER_PATH"] = os.pathsep.join(
    filter(None, [str(here / "jupyter"), os.environ.get("JUPYTER_PATH")])
)
c.Execute.kernel_name = "atriacourse"
c.Execute.timeout = 600  # seconds for one cell; the longest trains two networks

c.ClearSolutions.code_stub = {{"python": "{YOURS}"}}
c.ClearSolutions.text_stub = "{YOUR_WORDS}"
c.OverwriteCells.add_missing_cells = True  # test cells that a student has deleted

# What notebooks trained is not taken over: grading trains anew. The journals are.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "work-*",
]
"""


def write_course(
    assignments: Iterable[Assignment], folder: Path | str, *, overwrite: bool = False
) -> Handout:
    """Write assignments into an nbgrader course, and the settings with which it grades them.

    Args: overwrite: replace source notebooks that are there.
    Returns: what was written and what was kept; no variants, which follow when a student begins.
    Raises: InputError for an unfit source, or settings that do not take in ours; nothing is written then.
    """
    import nbformat

    folder = Path(folder)
    notebooks = {
        folder / "source" / one.name / f"{one.name}.ipynb": nbformat.writes(nbgrader_notebook(one), indent=1)
        + "\n"
        for one in assignments
    }
    files = {folder / OURS: SETTINGS, folder / KERNEL_FILE: json.dumps(KERNEL, indent=1) + "\n"}
    config = folder / CONFIG
    if not config.is_file():
        files[config] = f"{TAKE_IN}\n"
    elif OURS not in config.read_text(encoding="utf-8"):
        raise InputError(f"{config} is your own; add the line `{TAKE_IN}` to it, then run this again")
    kept = [path for path in notebooks if path.exists() and not overwrite]
    written = {path: text for path, text in (files | notebooks).items() if path not in kept}
    for path, text in written.items():
        write_whole(path, text)
    return Handout(written=tuple(written), kept=tuple(kept), variants=())

"""What each assignment costs a processor: seconds for all cells of its worked solution, run once.

Cited by instructors. `--data atriacourse/assignments/declared`. Solutions are run one after another in this
process, on one thread; counted is processor time, so a machine with much to do gives about the same.
"""

import os
import tempfile
import time
from pathlib import Path

import matplotlib as mpl
import torch

from atriacourse.assignments.listing import assignments
from atriacourse.school.handouts.notebook import solution_notebook

STUDENT = "ada"


def measure(data: Path) -> dict:
    """Processor seconds, by assignment. Args: data: the declarations, for the record."""
    mpl.use("Agg")
    torch.set_num_threads(1)
    found, here = {}, Path.cwd()
    for name, declared in assignments().items():
        with tempfile.TemporaryDirectory(prefix="assignment-") as folder:
            os.chdir(folder)
            try:
                found[name] = _seconds(solution_notebook(declared, STUDENT).cells)
            finally:
                os.chdir(here)
    return found


def _seconds(cells: list) -> float:
    """Processor seconds for the cells that a student has."""
    names: dict[str, object] = {"__name__": "__main__"}
    began = time.process_time()
    for cell in cells:
        what = cell.metadata["atriacourse"]
        if cell.cell_type == "code" and what["kind"] != "hidden" and what["cell"] != "colab":
            exec(compile(cell.source, what["cell"], "exec"), names)
    return time.process_time() - began

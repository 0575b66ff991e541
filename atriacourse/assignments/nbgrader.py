"""What a notebook for nbgrader calls: begin, and a word of the student's variant.

After session.py and words.py. While nbgrader grades, it sets NBGRADER_EXECUTION and runs the notebook in
autograded/STUDENT/ASSIGNMENT. Then the folder says whose work it is, whatever the notebook says; the scale is
that of the class; and what the run says and measures goes to a folder that is new, so that nothing handed in
passes for a result. Points are given by school/nbgrader, which only the instructor has.
Source: nbgrader 0.9, converters/autograde.py.
"""

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.session import WORK, Work, begin_assignment
from atriacourse.assignments.words import words_of
from atriacourse.errors import InputError

EXECUTION = "NBGRADER_EXECUTION"  # nbgrader sets it to "autograde"
HUB = "JUPYTERHUB_USER"  # a JupyterHub sets it; nbgrader hands in under this name


def is_graded() -> bool:
    """Whether nbgrader is grading right now."""
    return os.environ.get(EXECUTION) == "autograde"


def begin(name: str, *, settings: Mapping[str, Any]) -> Work:
    """Begin an assignment for the student whose notebook this is.

    Args: settings: the notebook's names; of these `student`, `scale` and `data` are taken, if they are there.
    Raises: InputError when nothing says who the student is, and as `begin_assignment`.
    """
    if is_graded():
        scratch = tempfile.mkdtemp(prefix="atriacourse-")
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        os.environ[WORK] = scratch
        warnings.simplefilter("ignore")  # nbgrader takes a word on stderr for a failed test
        return begin_assignment(name, student=Path.cwd().parent.name, scale=SCALE, folder=scratch)
    student = str(settings.get("student") or "").strip() or os.environ.get(HUB, "")
    if not student:
        raise InputError(
            'write your id between the quotes of `student = ""`, in the cell above: the name under which '
            "you hand in"
        )
    return begin_assignment(
        name, student=student, scale=settings.get("scale") or SCALE, data=settings.get("data")
    )


def word(work: Work, name: str) -> str:
    """What a word of the assignment's text means for this student: "label_a", "above" and the like."""
    return words_of(work.assignment, work.allocation)[name]

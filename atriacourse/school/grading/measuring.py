"""The process that trains and measures a student's pair: all of it ours, nothing of the student's.

    python -m atriacourse.school.grading.measuring

Used by exam.py, beside fences/room.py, which runs what is the student's. An order comes in as JSON, a line,
and what `measured` gives goes out, or {"error": why}.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.centres import CLASS, open_centre
from atriacourse.assignments.listing import assignment
from atriacourse.assignments.session import measured
from atriacourse.errors import InputError


def measure(name: str, student: str, centres: str | None) -> dict[str, Any]:
    """Train both networks of a student's variant, in the folder that this process stands in."""
    if centres is not None:
        os.environ[CLASS] = centres
    declared, here = assignment(name), Path.cwd()
    variant = allocation_of(declared, student)
    cohort = open_centre(variant.centre, scratch=here)
    return measured(declared, variant, cohort, scale=SCALE, folder=here / "runs")


def main() -> None:
    """Answer one order."""
    order, answers = json.loads(sys.stdin.readline()), os.dup(1)
    os.dup2(2, 1)  # libraries may print
    try:
        said = measure(**order)
    except InputError as error:
        said = {"error": str(error)}
    with os.fdopen(answers, "w", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()

"""Write an assignment's files for one student or a class.

After notebook.py and guide.py; `atriacourse assign` calls it. What a student may have worked in is never
overwritten, unless that is asked for.

    FOLDER/ID/NAME.ipynb                          a student's notebook
    FOLDER/variants.csv                           who has which variant
    FOLDER/instructor/NAME-ID.solution.ipynb      with solutions
    FOLDER/instructor/NAME.guide.md
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atriacourse.assignments.allocation import Allocation, roster_allocations
from atriacourse.assignments.assignment import Assignment
from atriacourse.errors import InputError
from atriacourse.files import write_whole
from atriacourse.school.handouts.guide import guide_text
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook
from atriacourse.school.lists.people import INSTRUCTOR
from atriacourse.school.lists.table import read_table

VARIANTS = "variants.csv"
COLUMNS = ("assignment", "student", "a", "b", "seed", "centre")


@dataclass(frozen=True, kw_only=True)
class Handout:
    """What became of the files."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]  # were there, and were left as they are
    variants: tuple[Allocation, ...]


def hand_out(
    assignment: Assignment,
    students: Sequence[str],
    folder: Path | str,
    *,
    solutions: bool = False,
    overwrite: bool = False,
) -> Handout:
    """Write a notebook for each student, and the table of variants.

    Args:
        students: ids.
        solutions: write each one's worked solution and the guide too, into the folder `instructor`.
        overwrite: replace notebooks that are there.
    Raises: InputError for an unfit id or source, or another table in place of that of the variants, before
        anything is written.
    """
    folder = Path(folder)
    variants = roster_allocations(assignment, students)
    files = {
        folder / one.student / f"{assignment.name}.ipynb": _text(student_notebook(assignment, one.student))
        for one in variants
    }
    ours = {}
    if solutions:
        ours[folder / INSTRUCTOR / f"{assignment.name}.guide.md"] = guide_text(assignment)
        for one in variants:
            path = folder / INSTRUCTOR / f"{assignment.name}-{one.student}.solution.ipynb"
            ours[path] = _text(solution_notebook(assignment, one.student))
    kept = [path for path in files if path.exists() and not overwrite]
    spelled = {one.student: str(text).strip() for one, text in zip(variants, students, strict=True)}
    table = _with_variants(folder / VARIANTS, variants, spelled)
    written = {path: text for path, text in files.items() if path not in kept} | ours
    for path, text in (written | {folder / VARIANTS: table}).items():
        write_whole(path, text)
    return Handout(written=tuple(written), kept=tuple(kept), variants=tuple(variants))


def _with_variants(path: Path, variants: Sequence[Allocation], spelled: Mapping[str, str]) -> str:
    """The table that is there, with these variants in it; rows of other students and assignments stay.

    Args: spelled: ids as the roster has them, by id.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    if path.exists():
        found = read_table(path)
        if not set(COLUMNS) <= set(found.columns):
            got = ", ".join(found.columns)
            raise InputError(f"{path} needs the columns {', '.join(COLUMNS)}, got {got}; move it elsewhere")
        there = [{name: found.cell(row, name) for name in COLUMNS} for row in found.rows]
        rows = {(row["assignment"], row["student"].lower()): row for row in there}
    for one in variants:
        said = {name: getattr(one, name) for name in COLUMNS}
        rows[one.assignment, one.student] = said | {"student": spelled[one.student]}
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(rows.values())
    return text.getvalue()


def _text(notebook: Any) -> str:
    import nbformat

    return nbformat.writes(notebook, indent=1) + "\n"

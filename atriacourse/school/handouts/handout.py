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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atriacourse.assignments.allocation import Allocation, roster_allocations, student_id
from atriacourse.assignments.assignment import Assignment
from atriacourse.errors import InputError
from atriacourse.files import read_text, write_whole
from atriacourse.school.handouts.guide import guide_text
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook

INSTRUCTOR = "instructor"  # the folder that is not for students
VARIANTS = "variants.csv"
COLUMNS = ("assignment", "student", "a", "b", "seed", "centre")


@dataclass(frozen=True, kw_only=True)
class Student:
    """A row of the roster."""

    id: str  # as `student_id` spells it
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Handout:
    """What became of the files."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]  # were there, and were left as they are
    variants: tuple[Allocation, ...]


def read_roster(path: Path | str) -> list[Student]:
    """The students of a roster: a CSV file with a column `id`, and `name` if there is one.

    Raises: InputError for a file that is no such table, an unfit id, one that stands twice, or no row.
    """
    rows = rows_of(Path(path))
    columns = {str(name).strip().lower(): name for name in rows.fieldnames or ()}
    if "id" not in columns:
        got = ", ".join(rows.fieldnames or ())
        raise InputError(f"{path}: a roster needs a column `id` (and may have `name`), got {got!r}")
    students: dict[str, Student] = {}
    for row in rows:
        if not any(isinstance(value, str) and value.strip() for value in row.values()):
            continue  # an empty line
        try:
            found = student_id(row[columns["id"]] or "")
        except InputError as error:
            raise InputError(f"{path}, line {rows.line_num}: {error}") from error
        if found in students or found == INSTRUCTOR:
            raise InputError(
                f"{path}, line {rows.line_num}: the id {found!r} is taken; give each student another"
            )
        students[found] = Student(id=found, name=(row.get(columns.get("name", "name")) or "").strip())
    if not students:
        raise InputError(f"{path} names no student")
    return list(students.values())


def rows_of(path: Path) -> "csv.DictReader[str]":
    """The rows of a CSV file as spreadsheets save it. Raises: InputError if it cannot be read."""
    text = read_text(path, way_out="give a table saved as CSV in UTF-8")  # whatever ends its lines
    first = text.partition("\n")[0]
    mark = ";" if ";" in first and "," not in first else ","
    try:
        for _ in csv.reader(io.StringIO(text), delimiter=mark):
            pass
    except csv.Error as error:
        raise InputError(f"{path} is no table ({error}); save it as CSV in UTF-8") from error
    return csv.DictReader(io.StringIO(text), delimiter=mark)


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
    table = _with_variants(folder / VARIANTS, variants)
    written = {path: text for path, text in files.items() if path not in kept} | ours
    for path, text in (written | {folder / VARIANTS: table}).items():
        write_whole(path, text)
    return Handout(written=tuple(written), kept=tuple(kept), variants=tuple(variants))


def _with_variants(path: Path, variants: Sequence[Allocation]) -> str:
    """The table that is there, with these variants in it; rows of other students and assignments stay."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    if path.exists():
        found = rows_of(path)
        if not set(COLUMNS) <= set(found.fieldnames or ()):
            got = ", ".join(found.fieldnames or ())
            raise InputError(f"{path} needs the columns {', '.join(COLUMNS)}, got {got}; move it elsewhere")
        rows = {(row["assignment"], row["student"]): row for row in found}
    for one in variants:
        rows[one.assignment, one.student] = {name: getattr(one, name) for name in COLUMNS}
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(rows.values())
    return text.getvalue()


def _text(notebook: Any) -> str:
    import nbformat

    return nbformat.writes(notebook, indent=1) + "\n"

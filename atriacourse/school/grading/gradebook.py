"""The gradebook: a CSV file in which an instructor may write.

After row.py, before grade_class.py.

    left_out.csv    what lay among the submissions and was not used
    gradebook.csv   a row per student and assignment; the columns `override`, `comment` and `regrade` are the
                    instructor's, and stay as they are typed: 85 (the total), or report=20 claim=10
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.listing import assignments
from atriacourse.errors import InputError
from atriacourse.files import write_whole
from atriacourse.school.grading.kept import GRADEBOOK, LEFT_OUT, Key
from atriacourse.school.grading.marks import Graded
from atriacourse.school.grading.row import Late, Read, Row, Typed
from atriacourse.school.lists.people import Student
from atriacourse.school.lists.table import read_table

FIRST = ("student", "name", "assignment", "total", "graded", *Typed._fields)
LAST = (
    "flags",
    "timed_out",
    "late",
    "seconds",
    "cpu_seconds",
    "memory_gb",
    "fence",
    "handed_in",
    "content_hash",
)


def write_left_out(out: Path, unused: Sequence[tuple[str, str]]) -> None:
    """Write left_out.csv: what was found among the submissions and not used, and why."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([("path", "why"), *([_safe(cell) for cell in row] for row in unused)])
    write_whole(out / LEFT_OUT, text.getvalue())


def read_typed(out: Path) -> dict[Key, Typed]:
    """What the instructor typed into the gradebook: override, comment and regrade.

    A spreadsheet may have saved it. Raises: InputError if it cannot be read, or the columns are gone.
    """
    path = out / GRADEBOOK
    if not os.path.lexists(path):
        return {}
    table = read_table(path, windows=False)  # a comment taken for another code would be spoilt in silence
    missing = {"student", "assignment", "override", "comment"} - set(table.columns)
    if missing:
        raise InputError(
            f"{path} has lost its columns {', '.join(sorted(missing))}, or was never ours; overrides "
            "cannot be read. Put them back, or move the file away to write it anew"
        )
    known = {*FIRST, *LAST, *(part.name for one in assignments().values() for part in one.rubric)}
    own = [name for name in table.columns if name and name not in known]
    if own:
        raise InputError(
            f"{path} has columns that `grade` does not know and would drop: {', '.join(own)}; keep them in a "
            "file of your own (`comment` stays as it is typed)"
        )
    typed: dict[Key, Typed] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        student, name, *given = (
            _plain(table.cell(row, column)) for column in ("student", "assignment", *Typed._fields)
        )
        words = Typed(*given)
        if any(words) and name not in assignments():
            raise InputError(
                f"{path}, line {line}: {name!r} is no assignment, so {tuple(words)} of {student!r} would "
                f"be lost; there are {', '.join(assignments())}"
            )
        try:
            key = (student_id(student), name)
        except InputError as error:
            raise InputError(f"{path}, line {line}: {error}") from error
        if any(typed.get(key, ())) and any(words) and typed[key] != words:
            raise InputError(
                f"{path} says two things of {key[0]!r}, {key[1]}: {tuple(typed[key])} and {tuple(words)}; "
                "keep one"
            )
        if any(words) or key not in typed:
            typed[key] = words
    return typed


def make_rows(
    results: Mapping[Key, Graded],
    typed: Mapping[Key, Typed],
    *,
    roster: Sequence[Student] = (),
    late: Mapping[Key, Late] | None = None,
    read: Mapping[Key, Mapping[str, Read]] | None = None,
    spelled: Mapping[str, str] | None = None,
) -> list[Row]:
    """All lines, by assignment and student.

    Who is on the roster and handed in nothing has one as well, and so has whatever the instructor typed.

    Args: read: what teachers gave for reports, by part; None: reports count by their words. spelled: ids as
        they came, by id.
    """
    names = {student.id: student.name for student in roster}
    spelled = dict(spelled or {}) | {one.id: one.spelled for one in roster if one.spelled}
    assignments = sorted({assignment for _, assignment in results})
    keys = set(results) | {(student, assignment) for student in names for assignment in assignments}
    keys |= {key for key, words in typed.items() if any(words)}
    return [
        Row(
            student=student,
            name=names.get(student, ""),
            spelled=spelled.get(student, ""),
            assignment=assignment,
            graded=results.get((student, assignment)),
            typed=typed.get((student, assignment), Typed()),
            late=(late or {}).get((student, assignment), Late()),
            read=None if read is None else read.get((student, assignment), {}),
        )
        for student, assignment in sorted(keys, key=lambda key: (key[1], key[0]))
    ]


def write_gradebook(out: Path, rows: Sequence[Row]) -> Path:
    """Write gradebook.csv; returns its path."""
    parts: dict[str, None] = {}
    for row in rows:
        parts |= dict.fromkeys(row.points)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*FIRST, *parts, *LAST])
    for row in rows:
        graded, points = row.graded, row.points
        line = [row.shown, row.name, row.assignment, f"{row.total:g}"]
        line += [f"{graded.total:g}" if graded else "0", *row.typed]
        line += [f"{points[part]:g}" if part in points and part not in row.waiting else "" for part in parts]
        line += ["; ".join(row.flags), "yes" if graded and graded.cut == "time" else "", row.late.said]
        if graded is not None:
            line += [f"{graded.seconds:.1f}", f"{graded.cpu_seconds or 0:.1f}", f"{graded.memory_gb:.2f}"]
            line += [graded.fence]
            line += [graded.handed_in, graded.content_hash[:16]]
        else:
            line += [""] * 6
        table.writerow([_safe(cell) for cell in line])
    write_whole(out / GRADEBOOK, text.getvalue())
    return out / GRADEBOOK


def _safe(cell: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula, and runs it."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _safe(cell[1:]) == cell else cell

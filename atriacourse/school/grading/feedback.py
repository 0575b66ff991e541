"""A page of feedback for each student, as HTML and as text.

After gradebook.py. A student sees points, reasons and notes; flags are for the instructor alone.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from atriacourse.assignments.listing import assignment
from atriacourse.files import write_whole
from atriacourse.school.grading.dates import Dates
from atriacourse.school.grading.render import fill, page_name, points_text
from atriacourse.school.grading.row import Row
from atriacourse.school.handouts.notebook import solution_notebook

FEEDBACK = "feedback"


def write_feedback(
    out: Path, rows: Sequence[Row], dates: Dates | None = None, *, now: datetime | None = None
) -> dict[str, Path]:
    """Write feedback/STUDENT.html and .md for all rows, a page a student; returns the HTML files, by id.

    Args: now: a moment; worked solutions are shown that `dates` have released by then.
    """
    folder = out / FEEDBACK
    by_student: dict[str, list[Row]] = {}
    for row in rows:
        by_student.setdefault(row.student, []).append(row)
    written = {}
    for student, own in by_student.items():
        shown = own[0].shown
        words = {
            "title": f"Feedback for {shown}",
            "student": shown,
            "name": own[0].name,
            "submissions": [_told(row) | {"solutions": _released(row, dates, now)} for row in own],
        }
        page = folder / page_name(student)
        write_whole(page, fill("feedback.html", **words))
        write_whole(page.with_name(f"{student}.md"), fill("feedback.md", **words))
        written[student] = page
    return written


def _released(row: Row, dates: Dates | None, now: datetime | None) -> list[dict[str, str]]:
    """The worked solution, cell by cell, from its date on: never before, and never a hidden test."""
    released = None if dates is None else dates.rule(row.student, row.assignment).released
    if released is None or now is None or now < released:
        return []
    notebook = solution_notebook(assignment(row.assignment), row.student)
    return [
        {"cell": cell.metadata["atriacourse"]["cell"], "text": cell.source}
        for cell in notebook.cells
        if cell.metadata["atriacourse"]["kind"] in ("answer", "report")
    ]


def _told(row: Row) -> dict[str, Any]:
    """One submission for the templates."""
    declared, graded, waiting = assignment(row.assignment), row.graded, row.waiting
    says = {part.name: part.says for part in declared.rubric}
    parts = [
        {
            "name": mark.part,
            "points": "not marked yet" if mark.part in waiting else points_text(row.points[mark.part]),
            "of": mark.of,
            "says": says.get(mark.part, ""),
            "reasons": mark.reasons,
            "remarks": mark.remarks if row.read is None or mark.part not in row.read else [],
        }
        for mark in (graded.parts if graded and not graded.problem else ())
    ]
    return {
        "title": declared.title,
        "total": points_text(row.total),
        "waiting": waiting,
        "graded": points_text(graded.total) if graded else "0",
        "changed": bool(row.typed.override.strip()) and not row.refused and graded is not None,
        "comment": row.typed.comment,
        "regrade": row.typed.regrade,
        "late": row.late.said,
        "missing": graded is None,
        "problem": graded.problem if graded else "",
        "ending": graded.ending if graded else "",
        "timed_out": graded is not None and graded.cut == "time",
        "result": _result(row),
        "parts": parts,
        "notes": list(graded.notes) if graded else [],
    }


def _result(row: Row) -> str:
    """What the run measured, in a sentence."""
    result = row.graded.result if row.graded else None
    if result is None:
        return ""
    said = (
        f"Run again, your notebook measured {result['b']} minus {result['a']}: {result['difference']:+.4f} "
        f"{result['metric']}, 95 % interval {result['low']:+.4f} to {result['high']:+.4f}, on "
        f"{result['cases']} cases."
    )
    if result["band"] is not None:
        low, high = result["band"]
        said += f" Other seeds and centres give {low:+.4f} to {high:+.4f}."
    return said

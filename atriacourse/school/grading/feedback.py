"""A page of feedback for each student, as HTML and as text.

After gradebook.py. A student sees points, reasons and notes; flags are for the instructor alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from atriacourse.assignments.listing import assignment
from atriacourse.files import write_whole
from atriacourse.school.grading.gradebook import Row
from atriacourse.school.grading.render import fill, page_name, points_text

FEEDBACK = "feedback"


def write_feedback(out: Path, rows: Sequence[Row]) -> list[Path]:
    """Write feedback/STUDENT.html and .md for all rows, a page a student; returns the HTML files."""
    folder = out / FEEDBACK
    by_student: dict[str, list[Row]] = {}
    for row in rows:
        by_student.setdefault(row.student, []).append(row)
    written = []
    for student, own in by_student.items():
        words = {
            "title": f"Feedback for {student}",
            "student": student,
            "name": own[0].name,
            "submissions": [_told(row) for row in own],
        }
        page = folder / page_name(student)
        write_whole(page, fill("feedback.html", **words))
        write_whole(page.with_name(f"{student}.md"), fill("feedback.md", **words))
        written.append(page)
    return written


def _told(row: Row) -> dict[str, Any]:
    """One submission for the templates."""
    declared, graded = assignment(row.assignment), row.graded
    says = {part.name: part.says for part in declared.rubric}
    parts = [
        {
            "name": mark.part,
            "points": points_text(row.points[mark.part]),
            "of": mark.of,
            "says": says.get(mark.part, ""),
            "reasons": mark.reasons,
            "remarks": mark.remarks,
        }
        for mark in (graded.parts if graded and not graded.problem else ())
    ]
    return {
        "title": declared.title,
        "total": points_text(row.total),
        "graded": points_text(graded.total) if graded else "0",
        "changed": graded is not None and row.total != graded.total,
        "comment": row.comment,
        "missing": graded is None,
        "problem": graded.problem if graded else "",
        "ending": graded.ending if graded else "",
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

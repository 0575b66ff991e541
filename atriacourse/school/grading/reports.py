"""Reports to be marked by hand: a page a heading with what all students wrote, and a table for the points.

After row.py, before grade_class.py.

    reports/ASSIGNMENT-CELL.html    one heading, all students, in an order that says nothing
    reports/marks.csv               a line each; the column `points` is the teacher's
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from atriacourse.assignments.listing import assignment
from atriacourse.bounds import shown
from atriacourse.errors import InputError
from atriacourse.files import write_whole
from atriacourse.school.grading.kept import Key
from atriacourse.school.grading.marks import Graded
from atriacourse.school.grading.render import fill, points_text
from atriacourse.school.grading.row import Read, Row
from atriacourse.school.handouts.notebook import student_notebook
from atriacourse.school.lists.table import read_table

REPORTS, MARKS = "reports", "marks.csv"
COLUMNS = ("who", "assignment", "heading", "points", "of", "text")


class Heading(NamedTuple):
    """One report of an assignment."""

    cell: str
    part: str
    title: str
    prompt: str
    most: float  # points, to a tenth


@cache
def headings_of(name: str) -> tuple[Heading, ...]:
    """The reports of an assignment, in its order; those of one part share its points."""
    cells = [
        cell
        for cell in student_notebook(assignment(name), "nobody").cells
        if cell.metadata["atriacourse"]["kind"] == "report"
    ]
    of = {part.name: part.points for part in assignment(name).rubric}
    parts = [cell.metadata["atriacourse"]["part"] for cell in cells]
    found = []
    for cell, part in zip(cells, parts, strict=True):
        title, *rest = cell.source.split("\n")
        prompt = " ".join(line.lstrip("> ") for line in rest if line.startswith(">"))
        most = round(of[part] / parts.count(part), 1)
        found.append(
            Heading(cell.metadata["atriacourse"]["cell"], part, title.lstrip("# ").strip(), prompt, most)
        )
    return tuple(found)


def code_of(key: Key) -> str:
    """What stands for a student while names are hidden."""
    return "R-" + hashlib.sha256("reports:{1}:{0}".format(*key).encode()).hexdigest()[:6]


def _print(text: str) -> str:
    """A text's mark in the table: points are for these words, and for no later ones."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def read_marks(out: Path, keys: Sequence[tuple[Key, str]]) -> dict[tuple[str, str, str], tuple[float, str]]:
    """(student, assignment, heading's cell) -> points and the mark of the text that they were given for.

    Args: keys: of all grades, with the id as it came. Raises: InputError, naming the line, for points that a
        heading does not have, or a line that is nobody's.
    """
    path = out / REPORTS / MARKS
    if not path.is_file():
        return {}
    table = read_table(path, windows=False)
    if missing := set(COLUMNS) - set(table.columns):
        raise InputError(f"{path} has lost its columns {', '.join(sorted(missing))}; put them back")
    known = {(who, key[1]): key for key, spelled in keys for who in (spelled or key[0], key[0], code_of(key))}
    marks: dict[tuple[str, str, str], tuple[float, str]] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        who, name, cell, points, _, text = (table.cell(row, column).lstrip("'") for column in COLUMNS)
        if not points:
            continue
        if (key := known.get((who, name))) is None:
            raise InputError(
                f"{path}, line {line}: {who!r} handed in no {name!r}, so these points are nobody's"
            )
        most = {heading.cell: heading.most for heading in headings_of(name)}.get(cell)
        try:
            given = float(points.replace(",", "."))
        except ValueError:
            given = -1.0
        if most is None or not 0 <= given <= most:
            of = "there is no such heading" if most is None else f"0 to {most:g}"
            raise InputError(f"{path}, line {line}: points of {cell!r}: {of}, got {shown(points)}")
        marks[*key, cell] = (given, text)
    return marks


def read_reports(out: Path, results: Mapping[Key, Graded]) -> dict[Key, dict[str, Read]]:
    """What teachers gave so far, by student, assignment and part. Raises: InputError as `read_marks`."""
    marks = read_marks(out, [(key, one.spelled) for key, one in results.items()])
    found: dict[Key, dict[str, Read]] = {}
    for key, graded in results.items():
        of = {mark.part: mark.of for mark in graded.parts}
        for heading in headings_of(key[1]):
            before = found.setdefault(key, {}).get(heading.part, Read(0.0, 0))
            text = graded.answers.get(heading.cell)
            points, words = marks.get((*key, heading.cell), (None, ""))
            if text is not None and points is not None and words == _print(text):
                most = of.get(heading.part, heading.most)
                total = before.points + points
                found[key][heading.part] = Read(min(most, round(total, 1)), before.open)
            else:
                found[key][heading.part] = Read(before.points, before.open + (text is not None))
        _round_up(found[key], key[1], of)
    return found


def _round_up(read: dict[str, Read], name: str, of: Mapping[str, float]) -> None:
    """Full points for every heading are full points: thirds of a part add up."""
    for part, one in read.items():
        full = sum(heading.most for heading in headings_of(name) if heading.part == part)
        if one.points >= full - 0.05 and part in of:
            read[part] = Read(float(of[part]), one.open)


def write_reports(out: Path, rows: Sequence[Row], *, hide_names: bool = False) -> list[Path]:
    """Write a page for each heading, and the table; points that stand there stay. Returns: their paths."""
    keys = [((row.student, row.assignment), row.spelled) for row in rows if row.graded is not None]
    marks, lines, written = read_marks(out, keys), [], []
    for name in sorted({row.assignment for row in rows}):
        for heading in headings_of(name):
            texts = []
            for row in rows:
                key = (row.student, row.assignment)
                text = row.graded.answers.get(heading.cell) if row.graded is not None else None
                if row.assignment != name or text is None:
                    continue
                points, words = marks.get((*key, heading.cell), (None, ""))
                given = points_text(points) if points is not None and words == _print(text) else ""
                who = code_of(key) if hide_names else row.shown
                texts.append((code_of(key), {"who": who, "text": text, "points": given}))
                who = f"'{who}" if who.startswith(("=", "+", "-", "@")) else who
                lines.append(
                    (code_of(key), (who, name, heading.cell, given, f"{heading.most:g}", _print(text)))
                )
            page = out / REPORTS / f"{name}-{heading.cell}.html"
            write_whole(
                page,
                fill(
                    "reports.html",
                    title=heading.title,
                    assignment=assignment(name).title,
                    heading=heading,
                    most=points_text(heading.most),
                    texts=[text for _, text in sorted(texts, key=lambda one: one[0])],
                ),
            )
            written.append(page)
    table = io.StringIO()
    ordered = sorted(lines, key=lambda line: (line[1][1:3], line[0]))
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *(line for _, line in ordered)])
    write_whole(out / REPORTS / MARKS, table.getvalue())
    return [out / REPORTS / MARKS, *written]

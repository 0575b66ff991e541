"""The gradebook: a CSV file in which an instructor may write, and the results behind it.

After marks.py, before grade_class.py.

    results.json    all that grading found out; the next run goes on from it, `classroom` reads it
    left_out.csv    what lay among the submissions and was not used
    gradebook.csv   a row per student and assignment; the columns `override` and `comment` are the
                    instructor's, and stay as they are typed: 85 (the total), or report=20 claim=10
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from typing_extensions import TypedDict

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.listing import assignments
from atriacourse.assignments.verdict import is_number
from atriacourse.errors import InputError
from atriacourse.files import read_json, write_whole
from atriacourse.school.grading.evidence import bounded
from atriacourse.school.grading.marks import Graded
from atriacourse.school.handouts.handout import Student, rows_of

RESULTS, GRADEBOOK, LEFT_OUT = "results.json", "gradebook.csv", "left_out.csv"
WRITTEN = (GRADEBOOK, LEFT_OUT, "class.html", "feedback", "clinics")  # beside the results
FORMAT = 1
FIRST = ("student", "name", "assignment", "total", "graded", "override", "comment")
LAST = ("flags", "late", "seconds", "cpu_seconds", "memory_gb", "fence", "handed_in", "content_hash")
NOTHING = "nothing handed in"
PAIR = re.compile(r"([\w-]+)\s*=\s*(\d+(?:[.,]\d+)?)")
HALF = re.compile("[\ud800-\udfff]")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

WAY_OUT = "it is not what `grade` writes: move it away to grade all anew"
MEASURED = ("difference", "low", "high", "cases")  # numbers of a result
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")  # as `read_submission` writes it

Key = tuple[str, str]  # student, assignment


class _Results(TypedDict):
    """results.json."""

    format: int
    submissions: list[Graded]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the gradebook."""

    student: str
    name: str
    assignment: str
    graded: Graded | None  # None: nothing was handed in
    override: str = ""
    comment: str = ""
    late: str = ""  # by how much

    @property
    def points(self) -> dict[str, float]:
        """Points of each part, as the instructor changed them."""
        marked = {mark.part: mark.points for mark in self.graded.parts} if self.graded else {}
        return marked | {part: value for part, value in self._changed().items() if part in marked}

    @property
    def total(self) -> float:
        """What counts: the instructor's word before ours."""
        alone = NUMBER.fullmatch(self.override.strip())
        return _number(alone[0]) if alone else round(sum(self.points.values()), 1)

    @property
    def flags(self) -> list[str]:
        """What the instructor should look at."""
        found = list(self.graded.flags) if self.graded else [NOTHING]
        if self.override.strip() and not self.understood:
            found.append(f"override {self.override!r} not understood: a number, or part=points")
        return found

    @property
    def understood(self) -> bool:
        """Whether the override is a number, or points of parts that there are."""
        text = self.override.strip()
        if not text or NUMBER.fullmatch(text):
            return True
        parts = {mark.part for mark in self.graded.parts} if self.graded else set()
        return set(self._changed()) <= parts and not PAIR.sub("", text).strip(" ,;")

    def _changed(self) -> dict[str, float]:
        return {part: _number(value) for part, value in PAIR.findall(self.override)}


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def read_results(out: Path) -> dict[Key, Graded]:
    """What earlier runs found. Raises: InputError for a file that holds something else."""
    path = out / RESULTS
    if not os.path.lexists(path):
        _check_ours(out)
        return {}
    content = read_json(path, _Results, way_out=WAY_OUT)
    if content["format"] != FORMAT:
        raise InputError(f"{path} has the format {content['format']}, this version reads {FORMAT}; {WAY_OUT}")
    return {(one.student, one.assignment): one for one in content["submissions"]}


def usable_results(out: Path) -> dict[Key, Graded]:
    """What earlier runs found, all of it fit for gradebook, feedback and the class's page.

    Raises: InputError as `read_results`, and for a grade that grading cannot have written.
    """
    results = read_results(out)
    for one in results.values():
        if fault := _fault(one):
            raise InputError(
                f"{out / RESULTS} is damaged: {one.student!r}, {one.assignment!r}: {fault}; {WAY_OUT}"
            )
    return results


def _fault(one: Graded) -> str:
    """What a grade has in it that grading never writes; empty if all can be used."""
    if one.assignment not in assignments():
        return "there is no such assignment"
    if not _is_id(one.student):
        return "that is no student's id"
    if one.hypothesis is not None and not bounded(one.hypothesis):
        return "the hypothesis has no bounds"
    numbers = [(one.result or {}).get(name, 0.0 if one.result is None else None) for name in MEASURED]
    if not all(is_number(each) for each in numbers):
        return f"the result needs the numbers {', '.join(MEASURED)}"
    band = (one.result or {}).get("band")
    if band is not None and not (isinstance(band, list) and len(band) == 2 and all(map(is_number, band))):
        return "the band is no pair of numbers"
    if not {"a", "b", "metric"} <= set(one.result or ("a", "b", "metric")):
        return "the result names no variants"
    if one.parts and one.handed_in and not DATE.match(one.handed_in):
        return f"{one.handed_in!r} is no date"
    return ""


def _is_id(text: str) -> bool:
    try:
        return student_id(text) == text
    except InputError:
        return False


def _check_ours(out: Path) -> None:
    """Nothing that this program did not write is replaced. Raises: InputError for somebody else's folder."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is no folder; --out is where the gradebook and the feedback go")
    there = [name for name in WRITTEN if os.path.lexists(out / name)]
    if there and GRADEBOOK not in there:  # a gradebook of ours is known by its columns: see `read_typed`
        raise InputError(
            f"{out} holds {', '.join(there)}, but no {RESULTS} and no {GRADEBOOK}: `grade` did not "
            "write that, and would replace it; give another --out"
        )


def write_results(out: Path, results: Iterable[Graded]) -> None:
    """Keep what was found, also half-way through a class."""
    ordered = sorted(results, key=lambda one: (one.assignment, one.student))
    content = {"format": FORMAT, "submissions": [asdict(one) for one in ordered]}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    # half of a character, as its number in letters: written as JSON's own escape, no strict reader takes it
    write_whole(out / RESULTS, HALF.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text))


def write_left_out(out: Path, unused: Sequence[tuple[str, str]]) -> None:
    """Write left_out.csv: what was found among the submissions and not used, and why."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([("path", "why"), *([_safe(cell) for cell in row] for row in unused)])
    write_whole(out / LEFT_OUT, text.getvalue())


def read_typed(out: Path) -> dict[Key, tuple[str, str]]:
    """What the instructor typed into the gradebook: override and comment.

    A spreadsheet may have saved it. Raises: InputError if it cannot be read, or the columns are gone.
    """
    path = out / GRADEBOOK
    if not os.path.lexists(path):
        return {}
    rows = rows_of(path)
    columns = rows.fieldnames or ()
    missing = {"student", "assignment", "override", "comment"} - set(columns)
    if missing:
        raise InputError(
            f"{path} has lost its columns {', '.join(sorted(missing))}, or was never ours; overrides "
            "cannot be read. Put them back, or move the file away to write it anew"
        )
    known = {*FIRST, *LAST, *(part.name for one in assignments().values() for part in one.rubric)}
    own = [str(name) for name in columns if name and name not in known]
    if own:
        raise InputError(
            f"{path} has columns that `grade` does not know and would drop: {', '.join(own)}; keep them in a "
            "file of your own (`comment` stays as it is typed)"
        )
    typed: dict[Key, tuple[str, str]] = {}
    for row in rows:
        student, name = (_plain(row[column] or "") for column in ("student", "assignment"))
        words = _plain(row["override"] or ""), _plain(row["comment"] or "")
        if any(words) and name not in assignments():
            raise InputError(
                f"{path}, line {rows.line_num}: {name!r} is no assignment, so {words} of {student!r} would "
                f"be lost; there are {', '.join(assignments())}"
            )
        try:
            key = (student_id(student), name)
        except InputError as error:
            raise InputError(f"{path}, line {rows.line_num}: {error}") from error
        if any(typed.get(key, ())) and any(words) and typed[key] != words:
            raise InputError(
                f"{path} says two things of {key[0]!r}, {key[1]}: {typed[key]} and {words}; keep one"
            )
        if any(words) or key not in typed:
            typed[key] = words
    return typed


def make_rows(
    results: Mapping[Key, Graded],
    typed: Mapping[Key, tuple[str, str]],
    *,
    roster: Sequence[Student] = (),
    late: Mapping[Key, str],
) -> list[Row]:
    """All lines, by assignment and student.

    Who is on the roster and handed in nothing has one as well, and so has whatever the instructor typed.
    """
    names = {student.id: student.name for student in roster}
    assignments = sorted({assignment for _, assignment in results})
    keys = set(results) | {(student, assignment) for student in names for assignment in assignments}
    keys |= {key for key, words in typed.items() if any(words)}
    rows = []
    for student, assignment in sorted(keys, key=lambda key: (key[1], key[0])):
        override, comment = typed.get((student, assignment), ("", ""))
        rows.append(
            Row(
                student=student,
                name=names.get(student, ""),
                assignment=assignment,
                graded=results.get((student, assignment)),
                override=override,
                comment=comment,
                late=late.get((student, assignment), ""),
            )
        )
    return rows


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
        line = [row.student, row.name, row.assignment, f"{row.total:g}"]
        line += [f"{graded.total:g}" if graded else "0", row.override, row.comment]
        line += [f"{points[part]:g}" if part in points else "" for part in parts]
        line += ["; ".join(row.flags), row.late]
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

"""The gradebook: a CSV file in which an instructor may write, and the results behind it.

After marks.py, before grade_class.py.

    results.json    all that grading found out; the next run goes on from it, `classroom` reads it
    gradebook.csv   a row per student and assignment; the columns `override` and `comment` are the
                    instructor's, and stay as they are typed: 85 (the total), or report=20 claim=10
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from atriacourse.errors import InputError
from atriacourse.files import write_whole
from atriacourse.school.grading.marks import Graded, Mark
from atriacourse.school.handouts.handout import Student, rows_of

RESULTS, GRADEBOOK = "results.json", "gradebook.csv"
FORMAT = 1
FIRST = ("student", "name", "assignment", "total", "graded", "override", "comment")
LAST = ("flags", "late", "seconds", "cpu_seconds", "memory_gb", "fence", "handed_in", "content_hash")
NOTHING = "nothing handed in"
PAIR = re.compile(r"([\w-]+)\s*=\s*(\d+(?:[.,]\d+)?)")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

Key = tuple[str, str]  # student, assignment


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
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        found = [_graded(fields) for fields in content["submissions"]]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError(
            f"{path} is not what `grade` writes ({error}); move it away to grade all anew"
        ) from error
    return {(one.student, one.assignment): one for one in found}


def _graded(fields: Mapping) -> Graded:
    texts = {name: tuple(fields[name]) for name in ("flags", "notes")}
    return Graded(**{**fields, **texts, "parts": tuple(Mark(**mark) for mark in fields["parts"])})


def write_results(out: Path, results: Iterable[Graded]) -> None:
    """Keep what was found, also half-way through a class."""
    ordered = sorted(results, key=lambda one: (one.assignment, one.student))
    content = {"format": FORMAT, "submissions": [asdict(one) for one in ordered]}
    write_whole(out / RESULTS, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_typed(out: Path) -> dict[Key, tuple[str, str]]:
    """What the instructor typed into the gradebook: override and comment.

    A spreadsheet may have saved it. Raises: InputError if it cannot be read, or the columns are gone.
    """
    path = out / GRADEBOOK
    if not path.is_file():
        return {}
    rows = list(rows_of(path))
    missing = {"student", "assignment", "override", "comment"} - set(rows[0] if rows else FIRST)
    if missing:
        raise InputError(
            f"{path} has lost its columns {', '.join(sorted(missing))}; overrides cannot be read. Put them "
            "back, or move the file away to write it anew"
        )
    typed = {}
    for row in rows:
        key = tuple(_plain(row[name] or "") for name in ("student", "assignment"))
        typed[key] = tuple(_plain(row[name] or "") for name in ("override", "comment"))
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
    keys |= {key for key, words in typed.items() if any(words) and key[1] in assignments}
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

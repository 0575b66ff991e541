"""Deadlines, extensions, the rule for late files, and when solutions are released: the instructor's table.

After row.py, before grade_class.py. A line an assignment, and one more for a student with other dates:

    assignment,student,due,per_day,released,handed_in
    padding,,2026-12-01T18:00,5,2026-12-10,
    padding,ada,2026-12-04T18:00,,,

`per_day` are points taken off for each day begun. When a file came, the platform says or `handed_in`; the
file's own date only tells when it was copied, and is not asked.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from atriacourse.assignments.allocation import student_id
from atriacourse.assignments.listing import assignments
from atriacourse.bounds import shown
from atriacourse.errors import InputError
from atriacourse.school.grading.kept import Key
from atriacourse.school.grading.row import ALL, Late
from atriacourse.school.lists.people import Student
from atriacourse.school.lists.table import Table, read_table

COLUMNS = ("assignment", "student", "due", "per_day", "released", "handed_in")
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What holds for one student and assignment; moments have a time zone."""

    due: datetime | None = None
    per_day: float | None = None  # points
    released: datetime | None = None  # from then on feedback shows the worked solution
    handed_in: datetime | None = None  # typed by the instructor


@dataclass(frozen=True, kw_only=True)
class Dates:
    """All rules; the student is empty in those of a whole class."""

    rules: Mapping[tuple[str, str], Rule]  # by assignment and student
    due: datetime | None = None  # where no line says otherwise

    def rule(self, student: str, assignment: str) -> Rule:
        """A student's own dates before those of the class."""
        own, all_ = (self.rules.get((assignment, who), Rule()) for who in (student, ""))
        return Rule(
            due=own.due or all_.due or self.due,
            per_day=all_.per_day if own.per_day is None else own.per_day,
            released=own.released or all_.released,
            handed_in=own.handed_in,
        )

    def late(self, key: Key, handed_in: str, *, marked: bool) -> Late:
        """How late a submission came.

        Args: handed_in: the platform's date, empty if it gives none. marked: whether it says "late".
        """
        rule = self.rule(*key)
        came = rule.handed_in or (datetime.fromisoformat(handed_in) if handed_in else None)
        if came is None or rule.due is None:
            if marked and rule.due is None:
                return Late("late, says the platform; no deadline is given, so nothing is taken off")
            if marked:
                return Late("late, says the platform; type handed_in into the table of dates")
            return Late("" if rule.due is None else "no date: type handed_in into the table of dates")
        over = came - rule.due
        if over <= timedelta(0):
            return Late()
        hours = over / timedelta(hours=1)
        said = f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"
        penalty = min(float(ALL), (rule.per_day or 0.0) * math.ceil(over / DAY))
        return Late(f"{said}, {penalty:g} points off" if penalty else said, penalty)


def read_dates(path: Path | str, students: Sequence[Student]) -> dict[tuple[str, str], Rule]:
    """The rules of a table. Raises: InputError, naming the line, for what cannot be one."""
    table = read_table(path)
    missing = [name for name in ("assignment", "due") if table.place(name) is None]
    unknown = [name for name in table.columns if name.strip().casefold() not in COLUMNS]
    if missing or unknown:
        raise InputError(
            f"{path} needs columns among {', '.join(COLUMNS)}, assignment and due at least; "
            f"missing: {missing}, unknown: {unknown}"
        )
    known, rules = {one.id for one in students}, {}
    for row, line in zip(table.rows, table.lines, strict=True):
        where = f"{path}, line {line}"
        name, who = table.cell(row, "assignment"), table.cell(row, "student")
        if name not in assignments():
            raise InputError(f"{where}: {name!r} is no assignment; there are {', '.join(assignments())}")
        student = student_id(who) if who else ""
        if student and known and student not in known:
            raise InputError(f"{where}: {who!r} is not on the roster, so this date would be nobody's")
        if (name, student) in rules:
            raise InputError(f"{where}: {name} of {who or 'the class'} stands twice; keep one")
        rule = _rule(table, row, where)
        if rule.handed_in is not None and not student:
            raise InputError(f"{where}: handed_in needs a student")
        rules[name, student] = rule
    return rules


def _rule(table: Table, row: Sequence[str], where: str) -> Rule:
    due, released, handed_in = (
        moment(text, what=f"{where}: {name}") if (text := table.cell(row, name)) else None
        for name in ("due", "released", "handed_in")
    )
    rule, text = Rule(due=due, released=released, handed_in=handed_in), table.cell(row, "per_day")
    if not text:
        return rule
    try:
        per_day = float(text.replace(",", "."))
    except ValueError:
        per_day = math.nan
    if not 0 <= per_day <= ALL:
        raise InputError(f"{where}: per_day is a number of points from 0 to {ALL}, got {shown(text)}")
    return replace(rule, per_day=per_day)


def moment(text: str, *, what: str) -> datetime:
    """A date and time; without a zone, of this machine's. Raises: InputError if it is none."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError) as error:  # the year 1, or 9999, in another time zone
        raise InputError(f"{what} is a date and time like 2026-12-01T18:00, got {shown(text)}") from error

"""The students of a class, and by what each platform knows them.

After table.py, before delivery.py. A student's variant follows from one id, that of the roster. Platforms
have numbers and names of their own; they lead to an id only through a table that holds both, and never by
likeness alone. Columns are those of the documented exports:

    Canvas             gradebook          Student, ID, SIS User ID, SIS Login ID, Section, ...
    Moodle             grading worksheet  Identifier, Full name, Email address, Status, Grade, ...
                       gradebook          First name, Last name, ID number, Email address, ...
    Blackboard         grade centre       Last Name, First Name, Username, Student ID, ...
    GitHub Classroom   roster             identifier, github_username, github_id, name
                       grades             assignment_name, github_username, roster_identifier, ...
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from atriacourse.assignments.allocation import student_id
from atriacourse.errors import InputError
from atriacourse.school.lists.table import Table, read_table

INSTRUCTOR = "instructor"  # the folder that is not for students


@dataclass(frozen=True, kw_only=True)
class Platform:
    """How one platform's table names a student."""

    name: str
    known_by: tuple[tuple[str, ...], ...]  # it is this one's table if it has all of any of these columns
    ids: tuple[str, ...]  # an id is taken from the first of these that is filled in for everybody
    keys: tuple[str, ...]  # what stands in the names of its files
    column: str  # in a roster of one's own, beside `id`


PLATFORMS = (
    Platform(
        name="Canvas",
        known_by=(("student", "id", "section"), ("student", "id", "sis login id")),
        ids=("sis login id", "sis user id", "id"),
        keys=("id",),
        column="canvas_id",
    ),
    Platform(
        name="GitHub Classroom",
        known_by=(("identifier", "github_username"), ("roster_identifier", "github_username")),
        ids=("identifier", "roster_identifier"),
        keys=("github_username",),
        column="github_username",
    ),
    Platform(
        name="Moodle",
        known_by=(("identifier", "full name"), ("first name", "last name", "email address")),
        ids=("username", "id number", "email address", "identifier"),
        keys=("identifier",),
        column="moodle_id",
    ),
    Platform(
        name="Blackboard",
        known_by=(("last name", "first name", "username"),),
        ids=("username",),
        keys=("username",),
        column="blackboard_username",
    ),
)
NAMES = ("name", "full name", "student")


@dataclass(frozen=True, kw_only=True)
class Student:
    """A row of the roster."""

    id: str  # as `student_id` spells it
    name: str = ""
    spelled: str = field(default="", compare=False)  # the id as the roster has it, where that differs
    keys: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)  # (platform, key)

    @property
    def shown(self) -> str:
        """The id as it came."""
        return self.spelled or self.id


@dataclass(frozen=True, kw_only=True)
class Export:
    """A platform's table, and which student each of its rows is."""

    platform: Platform
    table: Table
    owners: tuple[str, ...]  # ids, a row each; empty for who is not on the roster, or no student


def platform_of(table: Table) -> Platform | None:
    """Whose table it is; None for a roster of one's own."""
    for platform in PLATFORMS:
        for columns in platform.known_by:
            if all(table.place(column) is not None for column in columns):
                return platform
    return None


def read_roster(path: Path | str) -> list[Student]:
    """The students of a roster: a platform's table, or one with a column `id`, and `name` if there is one.

    Raises: InputError for a file that is no such table, an unfit id, one that stands twice, or no row.
    """
    table = read_table(path)
    platform = platform_of(table)
    if platform is None and table.place("id") is None:
        got = ", ".join(table.columns)
        raise InputError(f"{path}: a roster needs a column `id` (and may have `name`), got {got!r}")
    column = "id" if platform is None else _id_column(platform, table)
    students: dict[str, Student] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        if platform is not None and not _is_student(row, table):
            continue
        spelled = table.cell(row, column)
        try:
            found = student_id(spelled)
        except InputError as error:
            raise InputError(f"{path}, line {line}: {error}") from error
        if found in students or found == INSTRUCTOR:
            raise InputError(f"{path}, line {line}: the id {found!r} is taken; give each student another")
        keys = {(one.name, key) for one in PLATFORMS if (key := _key(one, table, row, own=platform is None))}
        students[found] = Student(
            id=found,
            name=_name(row, table),
            spelled="" if spelled == found else spelled,
            keys=frozenset(keys),
        )
    if not students:
        raise InputError(f"{path} names no student")
    return list(students.values())


def _key(platform: Platform, table: Table, row: Sequence[str], *, own: bool) -> str:
    if own:
        return squeezed(table.cell(row, platform.column))
    return squeezed(table.cell(row, *platform.keys)) if platform == platform_of(table) else ""


def squeezed(key: str) -> str:
    """A key in one spelling: `Participant 12345` is 12345, capitals do not count."""
    return re.sub(r"^participant ", "", key.strip().casefold())


def _id_column(platform: Platform, table: Table) -> str:
    rows = [row for row in table.rows if _is_student(row, table)]
    for column in platform.ids:
        if table.place(column) is not None and all(table.cell(row, column) for row in rows):
            return column
    raise InputError(
        f"{table.path} is a table of {platform.name}, but none of its columns {', '.join(platform.ids)} "
        "names everybody; give a roster of your own with `id`, and this one as --export"
    )


def _is_student(row: Sequence[str], table: Table) -> bool:
    """Not one of Canvas's lines of points and settings, and not its student for trying things out."""
    first = row[0].strip().casefold()
    who = table.cell(row, "student").casefold()
    return not (first.startswith("points possible") or who in ("student, test", "test student"))


def _name(row: Sequence[str], table: Table) -> str:
    name = table.cell(row, *NAMES)
    if not name:
        name = f"{table.cell(row, 'first name')} {table.cell(row, 'last name')}".strip()
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and platform_of(table) is PLATFORMS[0] else name


def letters(name: str) -> str:
    """The letters of a name: small, without accents, spaces and marks."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in apart if letter.isalnum())


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name: `Ada King Lovelace`, `lovelaceadaking`, `Lovelace, Ada King`."""
    words = one.replace(",", " ").split()
    turned = {letters("".join(words[at:] + words[:at])) for at in range(len(words))}
    return letters(other) in turned and bool(letters(other))


def read_export(path: Path | str, students: Sequence[Student]) -> Export:
    """A platform's table, each of its rows met with the one student whom it can mean.

    A row and a student meet where the student's own key, or an id, stands in the row; else by a name that
    only one of each side has. Raises: InputError for a file that is no table of a platform.
    """
    table = read_table(path)
    platform = platform_of(table)
    if platform is None:
        known = ", ".join(one.name for one in PLATFORMS)
        raise InputError(f"{path} is no table that {known} exports; its columns are {table.columns}")
    owners = [""] * len(table.rows)
    rows = [number for number, row in enumerate(table.rows) if _is_student(row, table)]
    by_id: dict[str, set[str]] = {}
    for one in students:
        for text in (one.id, *(key for name, key in one.keys if name == platform.name)):
            by_id.setdefault(text, set()).add(one.id)
    for number in rows:
        cells = (table.cell(table.rows[number], column) for column in (*platform.ids, *platform.keys))
        meant: set[str] = set().union(*(by_id.get(squeezed(cell), set()) for cell in cells if cell))
        owners[number] = meant.pop() if len(meant) == 1 else ""
    left = [number for number in rows if not owners[number]]
    free = [one for one in students if one.id not in owners and one.name]
    for number in left:
        fitting = [one for one in free if same_name(one.name, _name(table.rows[number], table))]
        rivals = [
            other for other in left if fitting and same_name(fitting[0].name, _name(table.rows[other], table))
        ]
        if len(fitting) == 1 and rivals == [number]:
            owners[number] = fitting[0].id
    twice = {owner for owner in owners if owner and owners.count(owner) > 1}
    if twice and platform.name != "GitHub Classroom":  # whose table of grades has a row an assignment
        raise InputError(f"{path} has two rows for {', '.join(sorted(twice))}; keep one")
    return Export(platform=platform, table=table, owners=tuple(owners))


def roster_export(path: Path | str, students: Sequence[Student]) -> list[Export]:
    """The roster itself, where it is a platform's table; else none."""
    return [] if platform_of(read_table(path)) is None else [read_export(path, students)]


def with_keys(students: Iterable[Student], exports: Iterable[Export]) -> list[Student]:
    """The students with the keys and names that the exports add."""
    found = {one.id: one for one in students}
    for export in exports:
        for row, owner in zip(export.table.rows, export.owners, strict=True):
            key = _key(export.platform, export.table, row, own=False)
            if owner:
                one = found[owner]
                keys = one.keys | ({(export.platform.name, key)} if key else set())
                found[owner] = replace(one, keys=keys, name=one.name or _name(row, export.table))
    return list(found.values())

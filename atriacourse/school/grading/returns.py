"""What goes back to a platform: its own table with the points filled in, and the feedback as one zip.

After feedback.py. The table keeps the platform's columns, spelling, order and encoding; points go where it is
documented that the platform looks for them:

    Canvas             a column `Title (1234)` of the gradebook, or a new one; zip: its numbers in the names
    Moodle             `Grade` of a grading worksheet, `Assignment: Title (Real)` of the gradebook;
                       zip: Name_12345_assignsubmission_file_/
    Blackboard         a column `Title [Total Pts: 100 Score] |1234`, or a new one; zip: a folder a user,
                       to be attached by hand, for Blackboard takes none
    GitHub Classroom   `points_awarded` of the table of grades, or a column of the roster, for your own use:
                       GitHub takes no grades; zip: a folder a clone
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from atriacourse.assignments.listing import assignment
from atriacourse.errors import InputError
from atriacourse.files import make_folder, written_whole
from atriacourse.school.grading.row import ALL, Row
from atriacourse.school.lists.delivery import CANVAS
from atriacourse.school.lists.people import Export, letters
from atriacourse.school.lists.table import Table

RETURNS = "returns"
TITLES = {  # a column's title, and what it may be worth, in the platform's form of a header
    "Canvas": re.compile(r"(.*?)(?: \(\d+\))?"),
    "Moodle": re.compile(r"(?:\w+: )?(.*?)(?: \(Real\))?"),
    "Blackboard": re.compile(r"(.*?)(?: \[Total Pts: (?:up to )?([\d.]+)[^\]]*\].*)?"),
    "GitHub Classroom": re.compile(r"(.*)"),
}
NEW = {"Canvas": "{}", "Blackboard": "{} [Total Pts: 100 Score]", "GitHub Classroom": "{}"}


class Place(NamedTuple):
    """Where an assignment's points go."""

    column: int
    most: float  # what full points are there


def write_returns(
    out: Path, export: Export, rows: Sequence[Row], feedback: Mapping[str, Path]
) -> tuple[list[Path], list[str]]:
    """Write returns/PLATFORM.csv and a zip of feedback for each assignment.

    Args: feedback: pages, by student's id. Returns: what was written, and what could not be, in words.
    """
    stem, folder, told = export.table.path.stem, out / RETURNS, []
    columns, cells = list(export.table.columns), [list(row) for row in export.table.rows]
    names = sorted({row.assignment for row in rows if row.graded is not None})
    by_key = {(row.student, row.assignment): row for row in rows}
    names, why = _meant(export, names)
    told += [f"{export.table.path.name}: {why}"] if why else []
    written = []
    for name in names:
        place = _place(export, name, columns, cells)
        if place is None:
            told.append(f"{export.table.path.name} has no column for {name}, and Moodle takes no new one")
            continue
        for line, owner in zip(cells, export.owners, strict=True):
            row = by_key.get((owner, name))
            if row is not None and row.graded is not None and _may_change(export.table, line, name):
                line[place.column] = f"{row.total * place.most / ALL:.10g}"
        packed = list(_packed(export, name, by_key, feedback))
        if packed:
            written.append(_write_zip(folder / f"{stem}-{name}-feedback.zip", packed))
    path = folder / f"{stem}{export.table.path.suffix or '.csv'}"
    with written_whole(path) as draft:
        draft.write_bytes(export.table.written(columns, cells))
    return [path, *written], told


def _meant(export: Export, names: Sequence[str]) -> tuple[list[str], str]:
    """The assignments that a table is about: of Moodle's worksheet only one, told by the file's name."""
    if not _is_worksheet(export.table) or len(names) < 2:
        return list(names), ""
    stem = letters(export.table.path.stem)
    fitting = [name for name in names if letters(name) in stem or letters(assignment(name).title) in stem]
    if len(fitting) == 1:
        return fitting, ""
    return [], f"name one of {', '.join(names)} in the file's name: a worksheet holds the grades of one"


def _is_worksheet(table: Table) -> bool:
    return table.place("identifier") is not None and table.place("grade") is not None


def _may_change(table: Table, line: Sequence[str], name: str) -> bool:
    """Not what Moodle says is locked, nor GitHub's row of another assignment."""
    if table.cell(line, "grade can be changed").casefold() == "no":
        return False
    other = table.cell(line, "assignment_name")
    return not other or letters(other) in (letters(name), letters(assignment(name).title))


def _place(export: Export, name: str, columns: list[str], cells: list[list[str]]) -> Place | None:
    """The column of an assignment, made where there is none and the platform takes a new one."""
    table = export.table
    fixed = table.place("grade" if _is_worksheet(table) else "points_awarded")
    if fixed is not None:
        return Place(fixed, _number(table, "maximum grade", "points_available") or ALL)
    wanted = (letters(name), letters(assignment(name).title))
    for number, column in enumerate(columns):
        found = TITLES[export.platform.name].fullmatch(column.strip())
        if found and letters(found[1]) in wanted:
            most = found[2] if found.re.groups > 1 and found[2] else _possible(cells, number)
            return Place(number, float(most or ALL))
    header = NEW.get(export.platform.name)
    if header is None:
        return None
    columns.append(header.format(assignment(name).title))
    for line in cells:
        line.append(str(ALL) if _is_possible(line) else "")
    return Place(len(columns) - 1, ALL)


def _number(table: Table, *names: str) -> float | None:
    found = {table.cell(row, *names) for row in table.rows} - {""}
    try:
        return float(found.pop().replace(",", ".")) if len(found) == 1 else None
    except ValueError:
        return None


def _is_possible(line: Sequence[str]) -> bool:
    return line[0].strip().casefold().startswith("points possible")


def _possible(cells: Sequence[Sequence[str]], column: int) -> float | None:
    """What Canvas's line of possible points says of a column."""
    for line in cells:
        if _is_possible(line) and re.fullmatch(r"\d+(\.\d+)?", line[column].strip()):
            return float(line[column]) or None
    return None


def _packed(
    export: Export, name: str, by_key: Mapping[tuple[str, str], Row], feedback: Mapping[str, Path]
) -> Iterator[tuple[str, Path]]:
    """(name in the zip, page) of everybody whom the platform can give it back to."""
    table = export.table
    for line, owner in zip(table.rows, export.owners, strict=True):
        row = by_key.get((owner, name))
        if row is None or row.graded is None or owner not in feedback:
            continue
        page, delivered = feedback[owner], row.graded.delivered
        if export.platform.name == "Canvas":
            found = CANVAS.fullmatch(Path(delivered).name)
            if found:
                yield f"{delivered[: found.start('file')]}feedback.html", page
        elif export.platform.name == "Moodle":
            number = table.cell(line, "identifier").rpartition(" ")[2]
            who = table.cell(line, "full name") or "Participant"
            if number:
                yield f"{who}_{number}_assignsubmission_file_/feedback.html", page
        elif export.platform.name == "GitHub Classroom":
            clone = Path(delivered).parent.name or f"{name}-{table.cell(line, 'github_username')}"
            yield f"{clone}/FEEDBACK.md", page.with_suffix(".md")
        else:
            yield f"{table.cell(line, 'username')}/feedback.html", page


def _write_zip(path: Path, packed: Sequence[tuple[str, Path]]) -> Path:
    """The same files make the same zip, to the byte."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(packed):
            entry = zipfile.ZipInfo(re.sub(r"[\x00-\x1f\\:*?\"<>|]", "_", name))
            archive.writestr(entry, page.read_bytes())
    make_folder(path.parent)
    with written_whole(path) as draft:
        draft.write_bytes(content.getvalue())
    return path


def check_exports(exports: Sequence[Export]) -> None:
    """Raise InputError where two tables would be written to one file."""
    stems = [export.table.path.stem for export in exports]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise InputError(f"two tables are named {', '.join(twice)}; rename one")

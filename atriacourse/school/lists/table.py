"""A table of rows as spreadsheets and learning platforms save it, and the same table written back.

Before people.py. Commas, semicolons or tabs; UTF-8 with or without a mark, UTF-16, and where that is allowed
the code of western Windows. What was read is kept cell by cell, and can be handed back in its own form.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from atriacourse.errors import InputError
from atriacourse.files import LARGEST_TEXT

MARKS = (",", ";", "\t")
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
WORKBOOK = b"PK\x03\x04"
WAY_OUT = "save it as CSV in UTF-8"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows as they stand in a file."""

    path: Path
    columns: tuple[str, ...]  # as they are spelled there
    rows: tuple[tuple[str, ...], ...]  # as long as `columns`, or longer
    lines: tuple[int, ...]  # of each row's end, counted from 1
    mark: str  # between cells
    encoding: str

    def place(self, *names: str) -> int | None:
        """Which column has one of these names, capitals and spaces at the ends aside; None: none."""
        spelled = [name.strip().casefold() for name in self.columns]
        return next((spelled.index(name) for name in names if name in spelled), None)

    def cell(self, row: Sequence[str], *names: str) -> str:
        """A row's cell below the first of these names that there is; empty without."""
        at = self.place(*names)
        return "" if at is None else row[at].strip()

    def written(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
        """Other cells in this file's own form: its mark between cells, its encoding."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.mark, lineterminator="\r\n").writerows([columns, *rows])
        return text.getvalue().encode(self.encoding, errors="replace")


def read_table(path: Path | str, *, windows: bool = True) -> Table:
    """Read a table whose first line names its columns; empty lines are left out.

    Args: windows: whether what is no UTF-8 is taken for the code of western Windows, which reads anything.
    Raises: InputError, naming the file and the way out, for what is no such table.
    """
    path = Path(path)
    text, encoding = _decoded(path, _content(path), windows=windows)
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # an old Mac's spreadsheet ends lines so
    first = text.lstrip("\n").partition("\n")[0]
    mark = max(MARKS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        lines = [(row, reader.line_num) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{path} is no table ({error}); {WAY_OUT}") from error
    columns = tuple(lines[0][0]) if lines else ()
    missing = [""] * len(columns)
    rows = [(*row, *missing[len(row) :]) for row, _ in lines[1:]]
    return Table(
        path=path,
        columns=columns,
        rows=tuple(rows),
        lines=tuple(number for _, number in lines[1:]),
        mark=mark,
        encoding=encoding,
    )


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a FIFO or a device would never end
            raise InputError(f"{path} is no ordinary file; {WAY_OUT}")
        if path.stat().st_size > LARGEST_TEXT:
            raise InputError(f"{path} has {path.stat().st_size:,} bytes, too many for a class; {WAY_OUT}")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"there is no {path}; give a table of the class") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}); {WAY_OUT}") from error


def _decoded(path: Path, content: bytes, *, windows: bool) -> tuple[str, str]:
    """The text and its encoding."""
    if content.startswith(WORKBOOK):
        raise InputError(f"{path} is a workbook or an archive; {WAY_OUT}")
    encoding = next((name for bom, name in BOMS if content.startswith(bom)), "utf-8")
    if encoding == "utf-8" and content[1::2].count(0) > len(content) / 4:  # every other byte of Latin letters
        encoding = "utf-16-le"
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and windows and b"\0" not in content:
            return content.decode("cp1252", errors="replace"), "cp1252"
        raise InputError(f"{path} is damaged: it is no text ({error.reason}); {WAY_OUT}") from error

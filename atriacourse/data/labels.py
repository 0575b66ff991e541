"""The pre/post-ablation table: case code -> True (after an ablation) or False (before).

Used by data/cohort.py. Source: the authors' repository, `pre post ablation recrods.csv` (spelled so), 154
rows, columns `Patient Code,post_ablation?` with TRUE or FALSE."""

import csv
from collections.abc import Iterable
from pathlib import Path

from atriacourse.errors import InputError

LABELS_CSV = "pre post ablation recrods.csv"  # the published spelling
CODE, POST = "Patient Code", "post_ablation?"
TRUTH = {"true": True, "false": False}


def find_labels(folders: Iterable[Path]) -> dict[str, bool]:
    """The table in the first of these folders that has one; empty if none has."""
    for folder in folders:
        if (folder / LABELS_CSV).is_file():
            return read_labels(folder / LABELS_CSV)
    return {}


def read_labels(path: Path) -> dict[str, bool]:
    """Read the table. Raises: InputError, naming file and line, if it is not such a table."""
    try:
        # utf-8-sig: a spreadsheet program puts an invisible mark before the first column's name.
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a csv table ({error})") from error
    if not rows or not {CODE, POST} <= set(rows[0]):
        found = ", ".join(rows[0]) if rows else "no rows"
        raise InputError(f"{path}: needs the columns {CODE!r} and {POST!r}; found {found}")
    table: dict[str, bool] = {}
    for line, row in enumerate(rows, start=2):
        code, post = (row[CODE] or "").strip(), TRUTH.get((row[POST] or "").strip().lower())
        if not code or post is None or table.get(code, post) != post:
            raise InputError(
                f"{path}, line {line}: needs a code and TRUE or FALSE, the same each time a code occurs; "
                f"got {row[CODE]!r}, {row[POST]!r}"
            )
        table[code] = post
    return table

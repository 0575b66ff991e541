"""The pre/post-ablation table: case code -> True (after an ablation) or False (before).

Used by data/cohort.py. Source: the authors' repository, `pre post ablation recrods.csv` (spelled so), 154
rows, columns `Patient Code,post_ablation?` with TRUE or FALSE. A table that went through a spreadsheet may
come back with semicolons or tabs, with another Unicode form of a code, or with 7 in place of 007."""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from atriacourse.errors import InputError
from atriacourse.files import read_text

LABELS_CSV = "pre post ablation recrods.csv"  # the published spelling
CODE, POST = "Patient Code", "post_ablation?"
TRUTH = {"true": True, "false": False}
DELIMITERS = ",;\t"


def find_labels(folders: Iterable[Path]) -> Path | None:
    """The table in the first of these folders that has one; None if none has."""
    return next((folder / LABELS_CSV for folder in folders if os.path.isfile(folder / LABELS_CSV)), None)


def read_labels(path: Path) -> dict[str, bool]:
    """Read the table. Raises: InputError, naming file and line, if it is not such a table."""
    text = read_text(path, way_out="save the table as a csv in UTF-8, and give it with --labels")
    try:
        tables = [list(csv.reader(io.StringIO(text, newline=""), delimiter=mark)) for mark in DELIMITERS]
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read as a csv table ({error})") from error
    heads = [[word.strip() for word in table[0]] if table else [] for table in tables]
    fitting = [place for place, head in enumerate(heads) if {CODE, POST} <= set(head)]
    if not fitting or len(tables[fitting[0]]) < 2:
        found = ", ".join(heads[0]) if len(tables[0]) > 1 else "no rows"
        raise InputError(f"{path}: needs the columns {CODE!r} and {POST!r}; found {found}")
    head, rows = heads[fitting[0]], tables[fitting[0]][1:]
    table: dict[str, bool] = {}
    first: dict[str, str] = {}  # spelling of a code that came first
    for line, row in enumerate(rows, start=2):
        if not any(word.strip() for word in row):
            continue  # a blank line
        cells = dict(zip(head, row, strict=False))
        code, said = (cells.get(column) for column in (CODE, POST))
        name, post = (code or "").strip(), TRUTH.get((said or "").strip().lower())
        spelt = first.setdefault(unicodedata.normalize("NFC", name), name)
        if not name or post is None or table.get(spelt, post) != post:
            raise InputError(
                f"{path}, line {line}: needs a code and TRUE or FALSE, the same each time a code occurs; "
                f"got {code!r}, {said!r}"
            )
        table[spelt] = post
    return table


def match(
    table: dict[str, bool], names: Sequence[str], path: Path
) -> tuple[dict[str, bool], tuple[str, ...]]:
    """The labels of these cases: by the very code, else by one that differs in its form alone.

    Returns: name -> label, and the codes that fit no case.
    Raises: InputError if two such codes say different things of one case.
    """
    found = {name: table[name] for name in names if name in table}
    rest = [code for code in table if code not in found]
    for form in (folded, numbered):
        cases, codes = by_form(names, form), by_form(rest, form)
        for word, fitting in codes.items():
            name, *others = cases.get(word, [None])
            if name is None or others or name in found:
                continue  # no case, or nobody knows which
            answers = {table[code] for code in fitting}
            if len(answers) > 1:
                raise InputError(
                    f"{path}: the codes {', '.join(map(repr, fitting))} all fit the case {name!r} and do not "
                    "agree; correct the table"
                )
            found[name] = answers.pop()
            rest = [code for code in rest if code not in fitting]
    return found, tuple(rest)


def by_form(words: Iterable[str], form: Callable[[str], str]) -> dict[str, list[str]]:
    """Words that have one form, together."""
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(form(word), []).append(word)
    return groups


def folded(code: str) -> str:
    """A code without case, and in one Unicode form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", code.strip()).casefold())


def numbered(code: str) -> str:
    """A code as a spreadsheet leaves it that takes it for a number: 7 or 7.0 for 007."""
    number = re.fullmatch(r"0*(\d+?)(?:[.,]0+)?", code.strip())
    return number[1] if number else folded(code)

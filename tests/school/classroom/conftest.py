"""A small class: journals and guesses as notebooks write them."""

import json
from pathlib import Path

import pytest

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.journal import add_entry, journal_name
from atriacourse.assignments.listing import assignment


@pytest.fixture
def write_journal(tmp_path):
    """Writes the journal of one student; `gains` are b - a of the held-out cases."""

    def write(student, gains, *, folder: Path = tmp_path, said=(-0.1, 0.1), pair=None, **changes) -> Path:
        variant = allocation_of(assignment("contrast"), student)
        folder.mkdir(exist_ok=True)
        path = folder / journal_name("contrast", student)
        a, b = pair or (variant.a, variant.b)
        begin = {"assignment": "contrast", "student": student, "a": a, "b": b, "seed": variant.seed}
        begin |= {"clinic": variant.centre, "scale": SCALE, "data": None}
        add_entry(path, "begin", begin | changes)
        if said is not None:
            low, high = said
            content = {"winner": "not told apart", "low": low, "high": high, "because": "too few cases"}
            add_entry(path, "hypothesis", content)
        values = {"a": [0.5] * len(gains), "b": [0.5 + gain for gain in gains]}
        cases = [f"case{number}" for number in range(len(gains))]
        add_entry(path, "result", {"cases": cases, "values": values})
        return path

    return write


@pytest.fixture
def write_guesses(tmp_path):
    """Writes a file of guesses: {question: (low, high, value)}."""

    def write(name, guesses, *, folder: Path = tmp_path, chapter="03_contrast") -> Path:
        folder.mkdir(exist_ok=True)
        record = {"chapter": chapter, "profile": "page", "data": "page", "date": "2026-11-23"}
        record["guesses"] = [
            {"question": q, "low": low, "high": high} for q, (low, high, _) in guesses.items()
        ]
        record["values"] = [value for *_, value in guesses.values()]
        path = folder / name
        path.write_text(json.dumps(record), encoding="utf-8")
        return path

    return write

"""Predict, then reveal: a reader commits to an interval before the result is shown.

A guess that was made before the answer is known is worth making; one made after it teaches nothing.
charts.py draws all guesses of a chapter beside what came out; `save_guesses` keeps them in a file, and
`merge_guesses` puts the files of a whole class into one table.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from numbers import Real
from pathlib import Path
from typing import Any, NotRequired, Protocol, SupportsFloat

import pandas as pd
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from atriacourse.errors import InputError
from atriacourse.files import read_json, write_whole

TAKE_ONE = "give a file of guesses that save_guesses wrote, or one that a page gave out"
ANSWERS = 1  # format of the file of all answers (book/_assets/answers.js)


class AskedRecord(TypedDict):
    """A guess in a file."""

    question: str
    low: float
    high: float


class CheckRecord(TypedDict):
    """A check of understanding in a file: how it was answered on a page."""

    check: str
    tries: int  # until it was right, or so far
    right: bool
    shown: bool  # whether the answer was asked for


class Record(TypedDict):
    """What a file of guesses holds."""

    chapter: Any  # these four are shown as they stand
    profile: Any
    data: Any
    date: Any
    guesses: list[AskedRecord]
    values: list[float]
    checks: NotRequired[list[CheckRecord]]  # in the file of all answers


@dataclass(frozen=True, kw_only=True)
class Guess:
    """An interval that a reader expects to hold the answer."""

    question: str
    low: float
    high: float

    def __post_init__(self) -> None:
        bounds: tuple[object, object] = (self.low, self.high)  # whatever a reader has typed
        if any(bound is ... for bound in bounds):
            raise InputError(
                f"put your interval in place of ... before you go on: low and high, for {self.question!r}"
            )
        for bound in bounds:
            if not isinstance(bound, Real):
                raise InputError(f"low and high must be numbers, got {bound!r} for {self.question!r}")
        if not self.low <= self.high:
            raise InputError(
                f"the guess runs from {self.low} to {self.high}; give the smaller number as `low`"
            )

    def holds(self, value: SupportsFloat) -> bool:
        """Whether the answer lies inside."""
        return self.low <= float(value) <= self.high

    def reveal(self, value: SupportsFloat) -> "Reveal":
        """The answer beside the guess; a notebook shows it as one sentence."""
        return Reveal(
            question=self.question,
            low=float(self.low),
            high=float(self.high),
            value=float(value),
            holds=self.holds(value),
        )


@dataclass(frozen=True, kw_only=True, repr=False)
class Reveal:
    """A guess and what came out."""

    question: str
    low: float
    high: float
    value: float
    holds: bool  # whether the value lies in the interval

    def __repr__(self) -> str:
        if self.holds:
            verdict = "inside your interval"
        elif self.value > self.high or self.value < self.low:
            verdict = "above your interval" if self.value > self.high else "below your interval"
        else:
            verdict = "not a number, so outside your interval"
        interval = f"{_rounded(self.low)} to {_rounded(self.high)}"
        return f"{self.question}: {_rounded(self.value)}, {verdict} ({interval})"

    def _repr_html_(self) -> str:
        """The sentence; the page's script makes it ask for the reader's own interval first."""
        return (
            f'<div class="reveal" data-question="{escape(self.question)}" data-low="{self.low:.6g}" '
            f'data-high="{self.high:.6g}" data-value="{self.value:.6g}"><p>{escape(repr(self))}</p></div>'
        )


@dataclass(frozen=True, kw_only=True, repr=False)
class SavedGuesses:
    """Where the guesses of a chapter were written."""

    path: Path
    count: int

    def __repr__(self) -> str:
        return f"{self.count} guesses kept in {self.path.name}, in the chapter's folder (chapter.work)"


class AllAnswers(TypedDict):
    """The file that the pages give out: every chapter's guesses and checks."""

    answers: int  # of its format, 1
    chapters: list[Record]


class Asked(Protocol):
    """Where guesses are made: what they need of a chapter (pages/bench/chapter.py)."""

    name: str
    profile: str
    data: str | None
    work: Path


def save_guesses(chapter: Asked, committed: Sequence[tuple[Guess, SupportsFloat]]) -> SavedGuesses:
    """Write a chapter's guesses and what came out to a JSON file in its folder.

    Args: committed: (guess, what the run gave), in the chapter's order.
    """
    path = chapter.work / f"guesses_{chapter.name}.json"
    record = {
        "chapter": chapter.name,
        "profile": chapter.profile,
        "data": chapter.data,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "guesses": [
            {"question": g.question, "low": float(g.low), "high": float(g.high)} for g, _ in committed
        ],
        "values": [float(value) for _, value in committed],
    }
    write_whole(path, json.dumps(record, indent=1) + "\n")
    return SavedGuesses(path=path, count=len(committed))


def merge_guesses(files: Iterable[str | Path]) -> pd.DataFrame:
    """The guesses of a class in one table.

    Args: files: what `save_guesses` wrote, one file per student and chapter; or what a page gave out, one per
        student.
    Returns: a row per guess: file (its path), chapter, profile, data, date, question, low, high, value,
        holds. Who guessed is known by the file's name alone.
    Raises: InputError for a file that holds something else.
    """
    rows = []
    for path in map(Path, files):
        for record in _records(path):
            run = {key: record[key] for key in ("chapter", "profile", "data", "date")}
            try:
                for asked, value in zip(record["guesses"], record["values"], strict=True):
                    rows.append({"file": str(path), **run, **vars(Guess(**asked).reveal(value))})
            except ValueError as error:  # not one value for each guess, or a guess that is none
                raise InputError(f"{path} is damaged: {error}; {TAKE_ONE}") from error
    columns = ["file", "chapter", "profile", "data", "date", "question", "low", "high", "value", "holds"]
    return pd.DataFrame(rows, columns=columns)


def merge_checks(files: Iterable[str | Path]) -> pd.DataFrame:
    """The checks of understanding of a class in one table.

    Args: files: what the pages gave out, one file per student; a file of guesses alone adds nothing.
    Returns: a row per check answered: file (its path), chapter, check, tries, right, shown.
    Raises: InputError for a file that holds something else.
    """
    rows = [
        {"file": str(path), "chapter": record["chapter"], **check}
        for path in map(Path, files)
        for record in _records(path)
        for check in record.get("checks", [])
    ]
    return pd.DataFrame(rows, columns=["file", "chapter", "check", "tries", "right", "shown"])


def _records(path: Path) -> Sequence[Record]:
    """The chapters of a file: one, or all that a page kept."""
    read = read_json(path, way_out=TAKE_ONE)
    if "answers" not in read:
        return [read_json(path, Record, way_out=TAKE_ONE)]
    found = read_json(path, AllAnswers, way_out=TAKE_ONE)
    if found["answers"] != ANSWERS:
        raise InputError(f"{path} has format {found['answers']} of answers; this version reads {ANSWERS}")
    return found["chapters"]


def _rounded(number: float) -> str:
    """Three digits that count, without an exponent where a reader would stumble over it."""
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e12 else f"{number:.3g}"

"""Answers that a student may well give, right ones and wrong ones: what an exercise's check is tried on.

They stand beside the chapters, in `book/attempts/NN_name.py`, and are on no page and in no notebook:

    # %% ex-dice, right: by counting
    my_dice = 6 / 9

    # %% ex-dice, wrong: that is Jaccard
    my_dice = 3 / 6

What stands below such a line is put in place of what the student's cell leaves open. chapters.py runs each in
the chapter, at the place of the exercise; what an attempt gives a name is forgotten behind it. Where an
exercise trains, its attempts train nothing new: the solution's setting otherwise spelled, or one from above.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exercises import Exercise, left_open, names_given
from pages import BookError

FOLDER = "attempts"
HEAD = re.compile(r"^# %% (?P<label>[\w-]+), (?P<verdict>right|wrong): (?P<why>\S.*)$")
NEEDED = {"right": 2, "wrong": 3}  # of each exercise, at least

REFUSABLE = """\
from atriacourse.errors import InputError as _Refused
from atriacourse.exercises.check import Checked as _Checked
try:
    _said = {check}
except _Refused as _error:
    _said = _Checked(passed=False, message=str(_error))
_said"""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One answer to an exercise."""

    label: str  # of the exercise
    right: bool
    why: str  # what is different about it, or wrong
    source: str

    @property
    def name(self) -> str:
        """As messages call it."""
        return f"{'right' if self.right else 'wrong'} attempt {self.why!r}"


def read_attempts(chapter: Path) -> list[Attempt]:
    """The attempts at the exercises of a chapter, as they stand in its file; none without a file.

    Raises: BookError for a line that begins like a heading and is none.
    """
    path = chapter.parent / FOLDER / f"{chapter.stem}.py"
    if not path.is_file():
        return []
    found: list[Attempt] = []
    for part in re.split(r"^(?=# %%)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        line, _, source = part.partition("\n")
        head = HEAD.match(line)
        if not head:
            raise BookError(f"{path.name}: write `# %% ex-label, right: why` (or wrong), got {line!r}")
        right = head["verdict"] == "right"
        found.append(Attempt(label=head["label"], right=right, why=head["why"], source=source.strip()))
    return found


def lacking(exercises: Sequence[Exercise], attempts: Sequence[Attempt]) -> list[str]:
    """What is missing: exercises with too few attempts, and attempts at none of the exercises."""
    said = []
    for exercise in exercises:
        for word, needed in NEEDED.items():
            own = [one for one in attempts if (one.label, one.right) == (exercise.label, word == "right")]
            have = len({one.source for one in own})
            if have < needed:
                said.append(f"{exercise.label}: {have} {word} attempts, it needs {needed}")
    labels = {exercise.label for exercise in exercises}
    return said + [f"{one.label}: no such exercise" for one in attempts if one.label not in labels]


def filled(exercise: Exercise, attempt: Attempt) -> str:
    """The student's cell with an attempt behind what it leaves open.

    Raises: BookError when the attempt is no Python, or gives no value to a name that is left open.
    """
    gaps, place = left_open(exercise.stub), f"exercise {exercise.label}, its {attempt.name}"
    try:
        missing = set(gaps) - names_given(attempt.source) - {""}
    except SyntaxError as error:
        raise BookError(f"{place}: {error}") from error
    if missing:
        raise BookError(f"{place}: it must give {', '.join(sorted(missing))}")
    lines, end = exercise.stub.split("\n"), max(gaps.values())
    cell = "\n".join([*lines[:end], *attempt.source.split("\n"), *lines[end:]])
    return cell if attempt.right else refusable(cell)


def refusable(cell: str) -> str:
    """The cell, where the course's own complaint about an answer (InputError) counts as a failed check."""
    check = ast.parse(cell).body[-1]
    lines = cell.split("\n")
    return "\n".join([*lines[: check.lineno - 1], REFUSABLE.format(check=ast.unparse(check))])

"""Read what a class handed in: results of grading, journals, files of guesses and of answers.

After runs.py, before pooled.py. A file that cannot be used is left out and named to the instructor; nothing
in it stops the others.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from atriacourse.assignments.journal import journal_of
from atriacourse.errors import InputError
from atriacourse.exercises.guess import merge_checks, merge_guesses
from atriacourse.school.classroom.runs import Run, run_of_grade, run_of_journal
from atriacourse.school.fences.jail import read_plain
from atriacourse.school.grading.kept import RESULTS, read_results
from atriacourse.school.lists.people import INSTRUCTOR

MOST_MB = 20
LONGEST = 200  # characters of a question
BELOW = (RESULTS, "journal-*.jsonl", "*guesses*.json")  # what is looked for in folders of a folder
DIRECTLY = ("*.json", "*.jsonl")  # and in the folder itself
ODD = (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
# what a foreign file may lead to; InputError is a ValueError


@dataclass(frozen=True, kw_only=True)
class Collected:
    """All that could be read."""

    runs: tuple[Run, ...] = ()
    guesses: pd.DataFrame = field(default_factory=lambda: merge_guesses([]))  # see merge_guesses
    checks: pd.DataFrame = field(default_factory=lambda: merge_checks([]))  # see merge_checks
    files: Mapping[str, int] = field(default_factory=dict)  # how many of each kind were used
    left_out: tuple[tuple[str, str], ...] = ()  # file or submission, why; for the instructor alone


def collect(paths: Iterable[Path | str]) -> Collected:
    """Read files and folders.

    Args: paths: folders of `grade` (their results.json), journals, files of guesses, or folders of such.
    Raises: InputError if a path does not exist, or nothing at all could be used.
    """
    reading = _Reading()
    for path in _files(paths):
        reading.add(path)
    found = reading.collected()
    if not found.runs and found.guesses.empty and found.checks.empty:
        why = "; ".join(f"{name}: {reason}" for name, reason in found.left_out[:3]) or "no file was found"
        raise InputError(
            f"there is nothing to show ({why}); give a folder that `grade` wrote, journals, or files of "
            "guesses"
        )
    return found


def _files(paths: Iterable[Path | str]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.exists():
            raise InputError(f"{path} does not exist; give files or folders of a class")
        if not path.is_dir():
            found[path] = None
        elif (path / RESULTS).is_file():  # a folder of `grade`: all else in it follows from this file
            found[path / RESULTS] = None
        else:
            inside = {each for pattern in BELOW for each in path.rglob(pattern)}
            inside |= {each for pattern in DIRECTLY for each in path.glob(pattern)}
            found |= dict.fromkeys(sorted(each for each in inside if _wanted(each.relative_to(path))))
    return list(found)


def _wanted(path: Path) -> bool:
    return not any(part.startswith(".") or part == INSTRUCTOR for part in path.parts)


class _Reading:
    """What was read so far."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str], Run] = {}
        self.guesses: dict[str, pd.DataFrame] = {}
        self.checks: dict[str, pd.DataFrame] = {}
        self.left_out: list[tuple[str, str]] = []

    def add(self, path: Path) -> None:
        """Read one file, whatever it is."""
        try:
            content = read_plain(path, most_mb=MOST_MB)
            if content is None:
                raise InputError(f"it is a link, or larger than {MOST_MB} MB")
            self._read(path, content)
        except ODD as error:
            self.left_out.append((str(path), str(error) or type(error).__name__))

    def _read(self, path: Path, content: bytes) -> None:
        text = content.decode("utf-8-sig")
        if path.suffix == ".jsonl":
            self._keep(run_of_journal(journal_of(text)))
            return
        parsed = json.loads(text)
        if not isinstance(parsed, dict):
            raise InputError("it is none of the course's files")
        if "submissions" in parsed:
            self._read_results(path)
        elif "guesses" in parsed or "answers" in parsed:
            self._read_guesses(path, content)
        else:
            raise InputError("it is none of the course's files: neither results nor guesses")

    def _read_results(self, path: Path) -> None:
        if path.name != RESULTS:
            raise InputError(f"results of grading are read from a file named {RESULTS}")
        for graded in read_results(path.parent).values():
            try:
                self._keep(run_of_grade(graded))
            except ODD as error:
                self.left_out.append((f"{path}: {graded.student}, {graded.assignment}", str(error)))

    def _read_guesses(self, path: Path, content: bytes) -> None:
        table, checks = merge_guesses([path]), merge_checks([path])
        for read, columns in ((table, ("chapter", "question")), (checks, ("chapter", "check"))):
            for column in columns:
                read[column] = [str(text)[:LONGEST] for text in read[column]]
        known = hashlib.sha256(content).hexdigest()
        if known in self.guesses:
            raise InputError("it is a copy of another file of guesses")
        self.guesses[known], self.checks[known] = table, checks

    def _keep(self, run: Run) -> None:
        """A run counts once: what grading measured again goes before a journal."""
        key = (run.assignment, run.student)
        before = self.runs.get(key)
        if before is None or (run.rerun and not before.rerun):
            self.runs[key] = run

    def collected(self) -> Collected:
        """All of it; two students never share a seed, so a second run of one is a copied file."""
        runs: dict[tuple[str, str, str, int, str], Run] = {}
        for run in self.runs.values():
            key = (run.assignment, run.a, run.b, run.seed, run.place)
            if key in runs:
                self.left_out.append((f"{run.student}, {run.assignment}", "its run is another student's"))
            else:
                runs[key] = run
        tables, checks = list(self.guesses.values()), list(self.checks.values())
        files = Counter("graded submissions" if run.rerun else "journals" for run in runs.values())
        if tables:
            files["files of guesses"] = len(tables)
        return Collected(
            runs=tuple(runs.values()),
            guesses=pd.concat(tables, ignore_index=True) if tables else merge_guesses([]),
            checks=pd.concat(checks, ignore_index=True) if checks else merge_checks([]),
            files=dict(files),
            left_out=tuple(self.left_out),
        )

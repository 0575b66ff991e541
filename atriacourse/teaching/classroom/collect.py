"""Read what a class handed in: results of grading, journals, files of guesses.

Before pooled.py. A file that cannot be used is left out and named to the instructor; nothing in it stops
the others. Who measured what is known here, to count nobody twice, and goes no further.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from atriacourse.errors import InputError
from atriacourse.studies.records import restored
from atriacourse.teaching.assignments.catalogue import assignment as find_assignment
from atriacourse.teaching.assignments.declare import SCALE, Assignment
from atriacourse.teaching.assignments.handout import INSTRUCTOR
from atriacourse.teaching.assignments.journal import Journal, journal_of
from atriacourse.teaching.assignments.verdict import is_number
from atriacourse.teaching.grading.gradebook import RESULTS, read_results
from atriacourse.teaching.grading.marks import Graded
from atriacourse.teaching.grading.sandbox import read_plain
from atriacourse.teaching.guess import merge_guesses

MOST_MB = 20
LONGEST = 200  # characters of a question
BELOW = (RESULTS, "journal-*.jsonl", "*guesses*.json")  # what is looked for in folders of a folder
DIRECTLY = ("*.json", "*.jsonl")  # and in the folder itself
ODD = (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
# what a foreign file may lead to; InputError is a ValueError


@dataclass(frozen=True, kw_only=True)
class Said:
    """A hypothesis, committed before the result."""

    winner: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """One student's measurement."""

    assignment: str
    student: str  # never shown
    a: str
    b: str
    seed: int
    place: str  # the scans: "clinic 2018"; two runs of one place have the same held-out cases
    scale: str  # of the studies
    gains: Mapping[str, float]  # held-out case -> b - a; nan where a value is not finite
    rerun: bool  # measured again by grading; False: as handed in
    said: Said | None


@dataclass(frozen=True, kw_only=True)
class Collected:
    """All that could be read."""

    runs: tuple[Run, ...] = ()
    guesses: pd.DataFrame = field(default_factory=lambda: merge_guesses([]))  # see merge_guesses
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
    if not found.runs and found.guesses.empty:
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
        self.files: dict[str, int] = {}
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
            self._keep(run_of_journal(journal_of(text)), "journals")
            return
        parsed = json.loads(text)
        if not isinstance(parsed, dict):
            raise InputError("it is none of the course's files")
        if "submissions" in parsed:
            self._read_results(path)
        elif "guesses" in parsed:
            self._read_guesses(path, content)
        else:
            raise InputError("it is none of the course's files: neither results nor guesses")

    def _read_results(self, path: Path) -> None:
        if path.name != RESULTS:
            raise InputError(f"results of grading are read from a file named {RESULTS}")
        for graded in read_results(path.parent).values():
            try:
                self._keep(run_of_grade(graded), "graded submissions")
            except ODD as error:
                self.left_out.append((f"{path}: {graded.student}, {graded.assignment}", str(error)))

    def _read_guesses(self, path: Path, content: bytes) -> None:
        table = merge_guesses([path])
        for column in ("chapter", "question"):
            table[column] = [str(text)[:LONGEST] for text in table[column]]
        known = hashlib.sha256(content).hexdigest()
        if known in self.guesses:
            raise InputError("it is a copy of another file of guesses")
        self.guesses[known] = table
        self.files["files of guesses"] = self.files.get("files of guesses", 0) + 1

    def _keep(self, run: Run, kind: str) -> None:
        """A run counts once: what grading measured again goes before a journal."""
        key = (run.assignment, run.student)
        before = self.runs.get(key)
        if before is not None and (before.rerun or not run.rerun):
            return
        self.runs[key] = run
        self.files[kind] = self.files.get(kind, 0) + 1

    def collected(self) -> Collected:
        """All of it; two students never share a seed, so a second run of one is a copied file."""
        runs: dict[tuple, Run] = {}
        for run in self.runs.values():
            key = (run.assignment, run.a, run.b, run.seed, run.place)
            if key in runs:
                self.left_out.append((f"{run.student}, {run.assignment}", "its run is another student's"))
            else:
                runs[key] = run
        tables = list(self.guesses.values())
        return Collected(
            runs=tuple(runs.values()),
            guesses=pd.concat(tables, ignore_index=True) if tables else merge_guesses([]),
            files=dict(self.files),
            left_out=tuple(self.left_out),
        )


def run_of_grade(graded: Graded) -> Run:
    """The run that grading made of a submission.

    Raises: InputError if it gave none, or one that earned nothing: cells of the course were changed.
    """
    found, declared = graded.result, find_assignment(graded.assignment)
    if found is None:
        raise InputError(graded.problem or graded.ending or "it measured nothing")
    kinds = {part.name: part.kind for part in declared.rubric}
    if not any(mark.points > 0 for mark in graded.parts if kinds.get(mark.part) == "result"):
        raise InputError("its result earned no points")
    place, found = f"clinic {found['clinic']}", found | {"cases": found["names"]}
    return _run(declared, graded.student, found, graded.hypothesis, place, scale=SCALE, rerun=True)


def run_of_journal(journal: Journal) -> Run:
    """The last result of a journal, as handed in. Raises: InputError if it shows none, or is broken."""
    if journal.broken is not None:
        raise InputError(f"the journal's chain is broken at line {journal.broken + 1}")
    begin, result = journal.last("begin"), journal.last("result")
    if begin is None or result is None:
        raise InputError("it shows no result")
    about, declared = begin.content, find_assignment(begin.content["assignment"])
    before = [entry for entry in journal.of_kind("hypothesis") if entry.index < result.index]
    said = before[-1].content if before else None
    data = about.get("data")
    place = f"clinic {about['clinic']}" if data is None else f"scans {Path(str(data)).name}"
    found = {**result.content, **{name: about[name] for name in ("a", "b", "seed")}}
    scale = str(about.get("scale"))
    return _run(declared, str(about["student"]), found, said, place, scale=scale, rerun=False)


def _run(
    declared: Assignment,
    student: str,
    found: Mapping[str, Any],
    said: Mapping[str, Any] | None,
    place: str,
    *,
    scale: str,
    rerun: bool,
) -> Run:
    """Raises: InputError for a pair that the assignment does not have, or values that are none."""
    pair = (found["a"], found["b"])
    if pair not in declared.levels:
        raise InputError(f"assignment {declared.name} has no pair {pair[0]}, {pair[1]}")
    names, a, b = (list(each) for each in (found["cases"], found["values"]["a"], found["values"]["b"]))
    if not len(names) == len(a) == len(b) or not names:
        raise InputError("it must have one value of a and of b for each case")
    gains = dict(zip(map(str, names), _differences(a, b), strict=True))
    if not any(map(math.isfinite, gains.values())):
        raise InputError("no case has a finite value for both variants")
    return Run(
        assignment=declared.name,
        student=student,
        a=pair[0],
        b=pair[1],
        seed=int(found["seed"]),
        place=place,
        scale=scale,
        gains=gains,
        rerun=rerun,
        said=_said(said),
    )


def _differences(a: Sequence[Any], b: Sequence[Any]) -> Iterator[float]:
    for first, second in zip(map(restored, a), map(restored, b), strict=True):
        gain = second - first
        yield gain if math.isfinite(gain) else math.nan


def _said(content: Mapping[str, Any] | None) -> Said | None:
    if content is None or not (is_number(content.get("low")) and is_number(content.get("high"))):
        return None
    return Said(winner=str(content.get("winner")), low=float(content["low"]), high=float(content["high"]))

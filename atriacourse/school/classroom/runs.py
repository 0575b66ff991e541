"""One student's measurement, and what was expected of it: from a graded submission, or from a journal.

Before collect.py. Who measured what is known here, to count nobody twice, and goes no further.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atriacourse.assignments.assignment import SCALE, Assignment
from atriacourse.assignments.journal import Journal
from atriacourse.assignments.listing import assignment as find_assignment
from atriacourse.assignments.verdict import is_number
from atriacourse.errors import InputError
from atriacourse.school.grading.kept import LARGEST
from atriacourse.school.grading.marks import Graded, Mark
from atriacourse.studies.records import restored


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
    place: str  # the scans: "centre 2018"; two runs of one place have the same held-out cases
    scale: str  # of the studies
    gains: Mapping[str, float]  # held-out case -> b - a; nan where a value is not finite
    rerun: bool  # measured again by grading; False: as handed in
    said: Said | None


def run_of_grade(graded: Graded) -> Run:
    """The run that grading made of a submission.

    Raises: InputError if it gave none, or one that earned nothing: cells of the course were changed.
    """
    found, declared = graded.result, find_assignment(graded.assignment)
    if found is None:
        raise InputError(graded.problem or graded.ending or "it measured nothing")
    result, hypothesis = (_mark(graded, declared, kind) for kind in ("result", "hypothesis"))
    if result is None or result.points <= 0:
        raise InputError("its result earned no points")
    # half of these points are for having said it before the result (grading/rubric.py)
    said = graded.hypothesis if hypothesis is not None and hypothesis.points > hypothesis.of / 2 else None
    place, found = f"centre {found['clinic']}", found | {"cases": found["names"]}
    return _run(declared, graded.student, found, said, place, scale=SCALE, rerun=True)


def _mark(graded: Graded, declared: Assignment, kind: str) -> Mark | None:
    """The mark of the part of one kind, if there is one."""
    kinds = {part.name: part.kind for part in declared.rubric}
    return next((mark for mark in graded.parts if kinds.get(mark.part) == kind), None)


def run_of_journal(journal: Journal) -> Run:
    """The last result of a journal, as handed in. Raises: InputError if it shows none, or is broken."""
    if journal.broken is not None:
        raise InputError(f"the journal's chain is broken at line {journal.broken + 1}")
    results = journal.of_kind("result")
    begun = [entry for entry in journal.of_kind("begin") if results and entry.index < results[-1].index]
    if not begun:
        raise InputError("it shows no result")
    result, about = results[-1], begun[-1].content  # a later beginning measured nothing yet
    declared = find_assignment(about["assignment"])
    before = [entry for entry in journal.of_kind("hypothesis") if entry.index < results[0].index]
    said = before[-1].content if before else None
    data = about.get("data")
    place = f"centre {about['clinic']}" if data is None else f"scans {Path(str(data)).name}"
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
    if any(abs(gain) > LARGEST for gain in gains.values()):
        raise InputError(f"a difference is beyond all sense: {max(map(abs, gains.values())):.3g}")
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

"""One submission from file to grade.

After reading.py, restore.py, exam.py and rubric.py, before grade_class.py.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import atriacourse
from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.assignment import Assignment
from atriacourse.assignments.listing import DECLARED, assignment
from atriacourse.evaluation.uncertainty import bootstrap_interval
from atriacourse.school.fences.jail import Jail
from atriacourse.school.fences.layout import FENCES
from atriacourse.school.fences.system import Limits
from atriacourse.school.fences.warm import Warm
from atriacourse.school.grading.evidence import Marking, gather_evidence
from atriacourse.school.grading.exam import Exam, Execution
from atriacourse.school.grading.marks import Graded
from atriacourse.school.grading.measured import band_for, measured
from atriacourse.school.grading.reading import Found, Submission, read_submission
from atriacourse.school.grading.restore import Prepared, prepare
from atriacourse.school.grading.rubric import mark_all, no_marks
from atriacourse.school.handouts.source import COMMON, SOURCES

RULES = 3  # raise it when a change of the rules must grade everybody anew
PACKAGES, SCHOOL = ("atriacourse", "data_fetch"), "atriacourse.school"  # what may be imported, and what not
LEANS = "atriacourse.clinic.hunt:leans_on"
IMPORTED = (  # by most notebooks
    *("data_fetch", "atriacourse.assignments.session", "atriacourse.assignments.centres"),
    *("atriacourse.exercises.check", "atriacourse.exercises.stubs", "atriacourse.clinic.hunt"),
    *("atriacourse.studies.runner", "atriacourse.studies.scales", "atriacourse.inference.predict"),
)
LONGEST_FLAG = 300  # characters
SAID = {"read": "read", "write": "write", "start": "start", "connect": "connect to", "look": "look at"}


@dataclass(frozen=True, kw_only=True)
class Grader:
    """How submissions are run; the same for all of a batch."""

    limits: Limits
    centres: Path | None = None  # where all centres are; None: each run makes its own
    fences: Sequence[str] = FENCES
    stop: threading.Event | None = None
    warm: Warm | None = None  # what runs are forked from

    def grade(self, found: Found) -> Graded:
        """Read, run and mark one submission; whatever happens, there is a grade with a reason."""
        declared = assignment(found.assignment)
        submission = read_submission(found)
        try:
            return self._grade(declared, found, submission)
        except Exception as error:  # noqa: BLE001 (one submission never stops a batch; the reason is told)
            problem = f"the grader failed on it ({type(error).__name__}: {error}); look at it by hand"
            graded = _ungraded(declared, submission, problem, flags=("the grader failed",))
            return replace(graded, key="")  # the next run tries again

    def _grade(self, declared: Assignment, found: Found, submission: Submission) -> Graded:
        if submission.problem or submission.notebook is None:
            return _ungraded(declared, submission, submission.problem)
        prepared = prepare(declared, submission.student, submission.notebook)
        prepared.notes += [f"{path.name} was handed in as well and is not graded" for path in found.others]
        return mark_submission(declared, submission, prepared, self.run(prepared))

    def run(self, prepared: Prepared) -> Execution:
        """Examine a prepared submission."""
        jail = Jail(
            limits=self.limits,
            packages=PACKAGES,
            hidden=(SCHOOL,),
            imports=IMPORTED,
            about=LEANS,
            fences=self.fences,
            stop=self.stop,
            warm=self.warm,
        )
        exam = Exam(
            prepared=prepared,
            jail=jail,
            centres=self.centres,
            measured=None
            if self.centres is None
            else self.centres.parent / "measured" / atriacourse.__version__,
        )
        return exam.examine()


def mark_submission(
    declared: Assignment, submission: Submission, prepared: Prepared, execution: Execution
) -> Graded:
    """Mark what came of a run."""
    allocation, flags = allocation_of(declared, submission.student), [*prepared.flags, *prepared.tampered]
    evidence = gather_evidence(prepared, execution, submission.journal)
    marking = Marking(
        assignment=declared, allocation=allocation, prepared=prepared, evidence=evidence, flags=flags
    )
    parts = mark_all(marking)
    tried = [f"tried to {SAID.get(one.kind, one.kind)} {one.what}" for one in execution.attempts]
    flags += [*tried, *(f"{answer}: {why}" for answer, why in execution.stopped.items())]
    notes = list(prepared.notes)
    if tried:  # not what: a path may be made of what a hidden test asks
        notes.append("while it was graded, your code tried what it may not; it was refused, and is told")
    if execution.ending:
        flags.append(f"not run to its end: {execution.ending}")
    return Graded(
        student=submission.student,
        assignment=declared.name,
        parts=tuple(parts),
        # on one line, or a spreadsheet could not read the gradebook; short, for they quote what was handed in
        flags=tuple(dict.fromkeys(" ".join(flag.split())[:LONGEST_FLAG] for flag in flags)),
        notes=tuple(notes),
        ending=execution.ending,
        seconds=round(execution.seconds, 1),
        cpu_seconds=None if execution.cpu_seconds is None else round(execution.cpu_seconds, 1),
        memory_gb=round(execution.memory_gb, 2),
        fence=", ".join(execution.fences) or "nothing was run",
        content_hash=submission.content_hash,
        key=key_of(declared, submission),
        handed_in=submission.handed_in,
        hypothesis=evidence.hypothesis,
        result=_result_of(marking),
        claim=evidence.claim,
        answers={
            **{name: text for name, text in prepared.answers.items() if name not in prepared.untouched},
            **{name: text for name, text in prepared.reports.items() if name not in prepared.untouched},
        },
    )


def _result_of(marking: Marking) -> dict[str, Any] | None:
    found, result, variant = measured(marking), marking.evidence.result, marking.allocation
    if found is None or result is None:
        return None
    band, (low, high) = band_for(marking), bootstrap_interval(found["gain"], seed=0)
    return {
        "study": marking.assignment.study,
        "metric": marking.assignment.metric,
        **{name: getattr(variant, name) for name in ("a", "b", "seed")},
        "clinic": variant.centre,
        "means": found["means"],
        "difference": found["difference"],
        "low": float(low),
        "high": float(high),
        "cases": len(found["gain"]),
        "names": [str(name) for name in result["cases"]],
        "values": {word: result["values"][word] for word in ("a", "b")},  # `classroom` pools them
        "band": None if band is None else [band.low, band.high],
    }


def _ungraded(
    declared: Assignment, submission: Submission, problem: str, *, flags: tuple[str, ...] = ()
) -> Graded:
    """No points, and why."""
    return Graded(
        student=submission.student,
        assignment=declared.name,
        parts=tuple(no_marks(declared, problem)),
        flags=flags or (problem,),
        problem=problem,
        content_hash=submission.content_hash,
        key=key_of(declared, submission),
        handed_in=submission.handed_in,
    )


def key_of(declared: Assignment, submission: Submission) -> str:
    """Changes with the files handed in, with our source, and with the rules."""
    digest = hashlib.sha256(f"{RULES} {atriacourse.__version__} {submission.content_hash}".encode())
    for path in (DECLARED / f"{declared.name}.yaml", SOURCES / f"{declared.name}.md", COMMON):
        digest.update(path.read_bytes())
    return digest.hexdigest()

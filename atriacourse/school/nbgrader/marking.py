"""What the test cells of nbgrader's notebook call: points by our own rules.

Beside source_notebook.py, which writes these cells; they are run where the instructor grades.
"""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from atriacourse.assignments.journal import Journal, journal_name, read_journal
from atriacourse.assignments.session import Work
from atriacourse.school.grading.evidence import Evidence, Marking, last_json
from atriacourse.school.grading.restore import Prepared
from atriacourse.school.grading.rubric import MARKERS


@dataclass(frozen=True, kw_only=True, repr=False)
class Points:
    """Points as nbgrader takes them: the number that a test cell shows; the reasons stand beside it."""

    earned: float
    says: tuple[str, ...]  # why points are missing, and remarks

    def __repr__(self) -> str:
        return f"{self.earned:g}"

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in (f"{self.earned:g} points.", *self.says))


def points(work: Work, part: str, *, score: Callable[[], None] | None = None) -> Points:
    """Mark a part of the rubric by the rules of `atriacourse grade`.

    Args:
        part: a hypothesis, a result, a claim or a clinic.
        score: of a clinic, prints what came of the checks, as JSON in its last line.
    """
    import nbformat

    run = read_journal(work.journal)
    steps = ("hypothesis", "result", "claim")
    said = {kind: entry.content for kind in steps if (entry := run.last(kind)) is not None}
    evidence = Evidence(
        hypothesis=said.get("hypothesis"),
        result=said.get("result"),
        claim=said.get("claim"),
        numbers={} if score is None else {part: last_json(_printed_by(score))},
        journal=_handed_in(work),
    )
    empty, student = nbformat.v4.new_notebook(), work.allocation.student
    prepared = Prepared(
        assignment=work.assignment, student=student, notebook=empty, solved=empty, parts={part: part}
    )
    marking = Marking(
        assignment=work.assignment, allocation=work.allocation, prepared=prepared, evidence=evidence, flags=[]
    )
    declared = work.assignment.part(part)
    mark = MARKERS[declared.kind](declared, marking)
    return Points(earned=mark.points, says=(*mark.reasons, *mark.remarks))


def _printed_by(score: Callable[[], None]) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        score()
    return text.getvalue()


def _handed_in(work: Work) -> Journal | None:
    """The journal beside the notebook: the student's own, or the one that is there; None without."""
    own = Path(journal_name(work.assignment.name, work.allocation.student))
    others = sorted(Path().glob(journal_name(work.assignment.name, "*")))
    for path in (own, *others):
        if path.is_file():
            return read_journal(path)
    return None

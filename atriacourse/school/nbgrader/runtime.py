"""What a notebook of nbgrader calls: begin, a word of the variant, and points by our own rules.

While nbgrader grades, it sets NBGRADER_EXECUTION and runs the notebook in autograded/STUDENT/ASSIGNMENT. Then
the folder says whose work it is, whatever the notebook says; the scale is that of the class; and what the run
says and measures goes to a folder that is new, so that nothing handed in passes for a result.
Source: nbgrader 0.9, converters/autograde.py.
"""

import atexit
import contextlib
import io
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.journal import Journal, journal_name, read_journal
from atriacourse.assignments.session import WORK, Work, begin_assignment
from atriacourse.errors import InputError
from atriacourse.school.handouts.notebook import words_of

EXECUTION = "NBGRADER_EXECUTION"  # nbgrader sets it to "autograde"
HUB = "JUPYTERHUB_USER"  # a JupyterHub sets it; nbgrader hands in under this name


@dataclass(frozen=True, kw_only=True, repr=False)
class Points:
    """Points as nbgrader takes them: the number that a test cell shows; the reasons stand beside it."""

    earned: float
    says: tuple[str, ...]  # why points are missing, and remarks

    def __repr__(self) -> str:
        return f"{self.earned:g}"

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in (f"{self.earned:g} points.", *self.says))


def is_graded() -> bool:
    """Whether nbgrader is grading right now."""
    return os.environ.get(EXECUTION) == "autograde"


def begin(name: str, *, settings: Mapping[str, Any]) -> Work:
    """Begin an assignment for the student whose notebook this is.

    Args: settings: the notebook's names; of these `student`, `scale` and `data` are taken, if they are there.
    Raises: InputError when nothing says who the student is, and as `begin_assignment`.
    """
    if is_graded():
        scratch = tempfile.mkdtemp(prefix="atriacourse-")
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        os.environ[WORK] = scratch
        warnings.simplefilter("ignore")  # nbgrader takes a word on stderr for a failed test
        return begin_assignment(name, student=Path.cwd().parent.name, scale=SCALE, folder=scratch)
    student = str(settings.get("student") or "").strip() or os.environ.get(HUB, "")
    if not student:
        raise InputError(
            'write your id between the quotes of `student = ""`, in the cell above: the name under which '
            "you hand in"
        )
    return begin_assignment(
        name, student=student, scale=settings.get("scale") or SCALE, data=settings.get("data")
    )


def word(work: Work, name: str) -> str:
    """What a word of the assignment's text means for this student: "label_a", "above" and the like."""
    return words_of(work.assignment, work.variant)[name]


def points(work: Work, part: str, *, score: Callable[[], None] | None = None) -> Points:
    """Mark a part of the rubric by the rules of `atriacourse grade`.

    Args:
        part: a hypothesis, a result, a claim or a clinic.
        score: of a clinic, prints what came of the checks, as JSON in its last line.
    """
    import nbformat

    from atriacourse.school.grading.evidence import Case, Evidence, last_json
    from atriacourse.school.grading.restore import Prepared
    from atriacourse.school.grading.rubric import KINDS

    run = read_journal(work.journal)
    said = {kind: run.last(kind) for kind in ("hypothesis", "result", "claim")}
    evidence = Evidence(
        **{kind: entry.content for kind, entry in said.items() if entry},
        numbers={} if score is None else {part: last_json(_printed_by(score))},
        journal=_handed_in(work),
    )
    prepared = Prepared(notebook=nbformat.v4.new_notebook(), parts={part: part})
    case = Case(
        assignment=work.assignment, variant=work.variant, prepared=prepared, evidence=evidence, flags=[]
    )
    declared = work.assignment.part(part)
    mark = KINDS[declared.kind](declared, case)
    return Points(earned=mark.points, says=(*mark.reasons, *mark.remarks))


def _printed_by(score: Callable[[], None]) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        score()
    return text.getvalue()


def _handed_in(work: Work) -> Journal | None:
    """The journal beside the notebook: the student's own, or the one that is there; None without."""
    own = Path(journal_name(work.assignment.name, work.variant.student))
    others = sorted(Path().glob(journal_name(work.assignment.name, "*")))
    for path in (own, *others):
        if path.is_file():
            return read_journal(path)
    return None

"""What is run behind a student's answers: the self-checks as we wrote them, and the hidden tests.

Before restore.py, which puts these cells into a submission. They see the student's names and leave none of
their own; a check or test that passes ends what it prints with PASSED, for evidence.py to find.
"""

from typing import TYPE_CHECKING

from atriacourse.assignments.assignment import Assignment
from atriacourse.exercises.stubs import check_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

PASSED = "atriacourse: passed"
# {{**globals()}}, a copy: dict() would be the student's, who may have called something of theirs so
SCORE = 'exec(compile({source!r}, "<hidden test>", "exec"), {{**globals()}})'  # it prints numbers as JSON
HIDDEN = SCORE + "\nprint({passed!r})"
CHECK = 'print({passed!r} if getattr({check}, "passed", None) is True else "not passed")'


def run_cell(source: str, **what: object) -> "NotebookNode":
    """A code cell of the notebook that is run; `what` tells evidence.py what it is."""
    import nbformat

    return nbformat.v4.new_code_cell(source, metadata={"atriacourse": what})


def tests_of(assignment: Assignment, solved: "NotebookNode") -> dict[str | None, list["NotebookNode"]]:
    """Our checks and hidden tests, by the cell of ours that they follow."""
    kinds = {part.name: part.kind for part in assignment.rubric}
    tests: dict[str | None, list[NotebookNode]] = {}
    before: str | None = None  # the cell before
    answers: dict[str, str] = {}  # the last answer to each part
    for cell in solved.cells:
        what = cell.metadata["atriacourse"]
        name, part = what["cell"], what["part"]
        if what["kind"] == "hidden":
            clinic = kinds.get(part) == "clinic"
            source = (SCORE if clinic else HIDDEN).format(source=cell.source, passed=PASSED)
            kind = "numbers" if clinic else "hidden"
            what = {"cell": name, "kind": kind, "part": part, "after": answers.get(part)}
            tests.setdefault(before, []).append(run_cell(source, **what))
            continue
        before = name
        if what["kind"] == "answer":
            answers[part] = name
        if what["kind"] == "answer" and kinds.get(part) == "tests":
            source = CHECK.format(check=check_of(cell.source), passed=PASSED)
            what = {"cell": name, "kind": "check", "part": part, "after": name}
            tests.setdefault(name, []).append(run_cell(source, **what))
    return tests

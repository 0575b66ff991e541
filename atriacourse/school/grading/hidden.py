"""What is asked behind a student's answers: the self-checks as we wrote them, and the hidden tests.

Before restore.py, which puts these cells into a submission, and exam.py, which runs them. A check or test
that passes leaves PASSED behind, for evidence.py to find.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from atriacourse.assignments.assignment import Assignment
from atriacourse.exercises.stubs import check_of
from atriacourse.school.grading.statements import statements_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

PASSED = "atriacourse: passed"
ASKED = ("check", "hidden", "numbers")  # kinds of cells that are ours alone


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
            kind = "numbers" if kinds.get(part) == "clinic" else "hidden"
            what = {"cell": name, "kind": kind, "part": part, "after": answers.get(part)}
            tests.setdefault(before, []).append(run_cell(cell.source, **what))
            continue
        before = name
        if what["kind"] == "answer":
            answers[part] = name
        if what["kind"] == "answer" and kinds.get(part) == "tests":
            what = {"cell": name, "kind": "check", "part": part, "after": name}
            tests.setdefault(name, []).append(run_cell(check_of(cell.source), **what))
    return tests


def own_names(solved: "NotebookNode", handed_out: "NotebookNode") -> frozenset[str]:
    """The names that a student gives a meaning to: what the worked answers bind and their stubs do not."""
    stubs = {cell.metadata["atriacourse"]["cell"]: cell.source for cell in handed_out.cells}
    found = set()
    for cell in solved.cells:
        what = cell.metadata["atriacourse"]
        if what["kind"] == "answer":
            found |= set(_bound_anew(cell.source, stubs[what["cell"]]))
    return frozenset(found)


def _bound_anew(solution: str, stub: str) -> Iterator[str]:
    known = {ast.unparse(ast.parse(one.source)) for one in statements_of("", stub)}
    for one in statements_of("", solution):
        tree = ast.parse(one.source)
        if ast.unparse(tree) not in known and not isinstance(tree.body[0], ast.Import | ast.ImportFrom):
            yield from one.binds

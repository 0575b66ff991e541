"""An assignment as nbgrader's source notebook: for the instructor, with solutions and hidden tests.

After class_words.py and regions.py, before course.py. `nbgrader generate_assignment` makes the students' from
it. The rubric's points lie in test cells: a share for each self-check and hidden test, and whole parts for
hypothesis, result and claim, where our own rules mark (marking.py). The headings of the report share their
points, which a teacher gives. Locked cells are test cells of 0 points: nbgrader puts these back even when a
student has deleted them.
Source: nbgrader 0.9, nbgraderformat/v3.py (metadata), preprocessors/overwritecells.py.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import atriacourse
from atriacourse.assignments.assignment import Assignment, Part
from atriacourse.errors import InputError
from atriacourse.school.handouts.notebook import KERNEL, first_cell, report_text, rubric_text
from atriacourse.school.handouts.source import STEPS, SourceCell, read_source
from atriacourse.school.nbgrader.class_words import code_for_all, text_for_all
from atriacourse.school.nbgrader.regions import (
    BEGIN_SOLUTION,
    END_SOLUTION,
    hidden_test,
    in_tests,
    self_check,
    solution_regions,
)

SCHEMA = 3  # of nbgrader's metadata
LEFT_OUT = ("guide",)
ABOUT = """\
This notebook is the same for the whole class; what differs follows from **your id**, the name under which you
hand in. Write it into the cell that begins with `student`, unless you log in to a JupyterHub, which knows it.
The cell after that one shows your variant: where the text says *variant a*, *variant b*, `NAME_OF_A`,
`NAME_OF_B`, `YOUR_ID`, `YOUR_SEED` or `YOUR_CENTRE`, yours is meant. Leave the journal that appears beside
the notebook where it is; it is handed in with it."""
STUDENT = 'student = ""  # your id, between the quotes'
SETUP = """\
# Leave this cell as it is.
from atriacourse.assignments import nbgrader

work = nbgrader.begin("{name}", settings=globals())
work"""
IMPORT = "from atriacourse.school.nbgrader import marking"
BY_OUR_RULES = f'{IMPORT}\n\nmarking.points(work, "{{part}}")'
SCORED = 'marking.points(work, "{part}", score=hidden_test)'


def nbgrader_notebook(assignment: Assignment) -> Any:
    """The source notebook of an assignment, valid, without outputs.

    Raises: InputError for a source that cannot be followed, or a part that nbgrader cannot grade.
    """
    import nbformat

    cells = [_plain(SourceCell(name="colab", kind="given", text=first_cell()))]
    for cell in _with_tests(assignment):
        cells.append(cell)
        if len(cells) == 2:  # behind the title
            for name, text in (("rubric", rubric_text(assignment)), ("about", ABOUT)):
                cells.append(_plain(SourceCell(name=name, kind="text", text=text)))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["atriacourse"] = {"assignment": assignment.name, "version": atriacourse.__version__}
    nbformat.validate(notebook)
    return notebook


def _with_tests(assignment: Assignment) -> Iterator[Any]:
    """The cells in their order, each followed by the tests that look at it."""
    source = [cell for cell in read_source(assignment) if cell.kind not in LEFT_OUT]
    shares = {part.name: iter(_shares(part, _count(part, source))) for part in assignment.rubric}
    kinds = {part.name: part.kind for part in assignment.rubric}
    after = {STEPS[part.kind]: part for part in assignment.rubric if part.kind in STEPS}
    for cell in source:
        if cell.kind == "report":
            yield _report(cell, assignment, next(shares[cell.owner]))
        elif cell.kind == "hidden":
            test = _code(cell, assignment)
            if kinds[cell.owner] == "clinic":
                test = f"{IMPORT}\n\n\n{hidden_test(test, call=SCORED.format(part=cell.owner))}"
            else:
                test = hidden_test(test)
            yield _test(cell.name, cell.owner, next(shares[cell.owner]), test)
        elif cell.kind == "locked":
            text = SETUP.format(name=assignment.name) if cell.name == "setup" else _code(cell, assignment)
            yield _plain(cell, text, grade=True, locked=True, points=0)
        elif cell.kind == "answer":
            place, text = f"{assignment.name}.md, cell {cell.name}", _code(cell, assignment)
            yield _plain(cell, solution_regions(text, place), solution=True)
            if kinds[cell.owner] == "tests":
                yield _test(f"check-{cell.name}", cell.owner, next(shares[cell.owner]), self_check(text))
        elif cell.kind == "parameters":
            yield _plain(cell, f"{STUDENT}\n{_code(cell, assignment)}")
        else:
            yield _plain(cell, _code(cell, assignment) if cell.code else text_for_all(cell.text, assignment))
        if cell.name in after:
            part = after[cell.name]
            yield _test(f"test-{part.name}", part.name, part.points, BY_OUR_RULES.format(part=part.name))


def _code(cell: SourceCell, assignment: Assignment) -> str:
    return code_for_all(cell.text, assignment)


def _count(part: Part, source: Iterable[SourceCell]) -> int:
    """Over how many cells the points of a part are spread."""
    wanted = {"tests": ("answer", "hidden"), "report": ("report",), "clinic": ("hidden",)}.get(part.kind, ())
    count = sum(cell.part == part.name and cell.kind in wanted for cell in source)
    if part.kind == "clinic" and count != 1:
        raise InputError(f"part {part.name}: one hidden cell scores a clinic for nbgrader, there are {count}")
    return count


def _shares(part: Part, count: int) -> list[float]:
    """Equal points, in hundredths; the last has what is left."""
    if count == 0:
        return []
    share = round(part.points / count, 2)
    return [share] * (count - 1) + [round(part.points - share * (count - 1), 2)]


def _test(name: str, part: str, points: float, code: str) -> Any:
    """An autograder cell; students see its first line."""
    text = f"# Graded when you hand in: {part}, {points:g} points.\n{in_tests(code)}"
    cell = SourceCell(name=name, kind="hidden", text=text, part=part)
    return _plain(cell, grade=True, locked=True, points=points)


def _report(cell: SourceCell, assignment: Assignment, points: float) -> Any:
    """Heading, prompt and answer in one cell that a teacher marks."""
    text = report_text(cell, f"{BEGIN_SOLUTION}\n{cell.answer}\n{END_SOLUTION}")
    return _plain(cell, text_for_all(text, assignment), grade=True, solution=True, points=points)


def _plain(
    cell: SourceCell,
    text: str | None = None,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> Any:
    """A cell with its metadata: ours, and nbgrader's where nbgrader has to do with it."""
    import nbformat

    new = nbformat.v4.new_code_cell if cell.code else nbformat.v4.new_markdown_cell
    made = new(cell.text if text is None else text)
    made["id"] = cell.name
    made.metadata["atriacourse"] = {"cell": cell.name, "kind": cell.kind, "part": cell.part}
    if grade or solution:
        made.metadata["nbgrader"] = {
            "grade": grade,
            "grade_id": cell.name,
            "locked": locked,
            "schema_version": SCHEMA,
            "solution": solution,
            "task": False,
        } | ({} if points is None else {"points": points})
    return made

"""Write an assignment as a notebook: the student's, and the worked solution; and the cells that test it.

After source.py, before handout.py. Both are made from the one source, cell by cell, under the same names.
A cell's metadata say what it is: {"cell": "tasks-01", "kind": "answer", "part": "tasks", "locked": false}.
"""

from collections.abc import Iterable
from typing import Any

import atriacourse
from atriacourse.assignments.allocation import Allocation, allocation_of
from atriacourse.assignments.assignment import Assignment
from atriacourse.assignments.words import filled, words_of
from atriacourse.exercises.colab import course, course_address, setup_cell
from atriacourse.exercises.stubs import stub_of
from atriacourse.school.handouts.source import SourceCell, read_source

INSTALLS = 'if importlib.util.find_spec("atriacourse") is None:'  # in the setup cell
OUTSIDE = """\
missing, colab = importlib.util.find_spec("atriacourse") is None, "google.colab" in sys.modules
if missing and not colab:
    raise ModuleNotFoundError(
        f"this Python has no course. In a terminal: {{sys.executable}} -m pip install "
        "{wanted}. Then restart the kernel, and run this cell again."
    )
if missing and course.startswith("/") and not Path(course).is_file():
    raise FileNotFoundError(
        f"{{course}} is not there yet: upload atriacourse.zip to Colab's file panel, and run this cell again."
    )
"""
YOUR_WORDS = "*Your words here.*"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
GIVEN_TO_STUDENTS = ("text", "given", "parameters", "locked", "answer", "report")


def first_cell() -> str:
    """The first cell: the course is there, or Colab installs it, or a sentence says what to do."""
    address = course_address()
    wanted = course(address) if address else "atriacourse.zip, which your teacher gives you"
    before, test, behind = setup_cell(address).partition(INSTALLS)
    return f"{before}{OUTSIDE.format(wanted=wanted)}{test}{behind}"


def student_notebook(assignment: Assignment, student: object) -> Any:
    """The student's notebook: answers are stubs, reports are headings with a prompt, no hidden tests.

    Returns: an nbformat notebook, valid, without outputs; the same for the same id, to the byte.
    Raises: InputError for an unfit id or source.
    """
    return _notebook(assignment, allocation_of(assignment, student), solved=False)


def solution_notebook(assignment: Assignment, student: object) -> Any:
    """The same notebook, solved; with hidden tests in their places, so that running it proves them."""
    return _notebook(assignment, allocation_of(assignment, student), solved=True)


def _notebook(assignment: Assignment, allocation: Allocation, *, solved: bool) -> Any:
    import nbformat

    words, place = words_of(assignment, allocation), f"{assignment.name}.md"
    cells = [_plain(SourceCell(name="colab", kind="given", text=first_cell()))]
    for cell in read_source(assignment):
        if cell.kind in GIVEN_TO_STUDENTS or (solved and cell.kind == "hidden"):
            made = _plain(cell, solved=solved, place=place)
            made.source = filled(made.source, words, place)
            cells.append(made)
            if len(cells) == 2:  # behind the title
                cells.append(_plain(SourceCell(name="rubric", kind="text", text=rubric_text(assignment))))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["atriacourse"] = {
        "assignment": assignment.name,
        "student": allocation.student,
        "version": atriacourse.__version__,
        "solution": solved,
    }
    nbformat.validate(notebook)
    return notebook


def _plain(cell: SourceCell, *, solved: bool = False, place: str = "") -> Any:
    """One cell as the notebook has it."""
    import nbformat

    if cell.kind == "report":
        text = report_text(cell, cell.answer if solved else YOUR_WORDS)
    elif cell.kind == "answer" and not solved:
        text = stub_of(cell.text, f"{place}, cell {cell.name}")
    else:
        text = cell.text
    new = nbformat.v4.new_code_cell if cell.code else nbformat.v4.new_markdown_cell
    made = new(text)
    made["id"] = cell.name
    made.metadata["atriacourse"] = {
        "cell": cell.name,
        "kind": cell.kind,
        "part": cell.part,
        "locked": cell.kind == "locked",
    }
    if cell.kind == "parameters":
        made.metadata["tags"] = ["parameters"]
    return made


def report_text(cell: SourceCell, answer: str) -> str:
    """A report's cell: heading, prompt as a quote, and an answer."""
    prompt = "\n".join(f"> {line}".rstrip() for line in cell.text.split("\n"))
    return f"## {cell.heading}\n\n{prompt}\n\n{answer}"


def rubric_text(assignment: Assignment) -> str:
    """Goals, budget and rubric, as the student reads them."""
    rows = [f"| {part.name} | {part.points} | {part.says} |" for part in assignment.rubric]
    return "\n".join(
        [
            "**You will be able to**",
            "",
            *_listed(assignment.goals),
            "",
            f"**Your time:** {assignment.hours}. **The computer's:** at most {assignment.minutes:g} minutes "
            f"on one processor, no GPU, {assignment.memory_gb:g} GB of memory.",
            "",
            "| part | points | for |",
            "|:--|--:|:--|",
            *rows,
        ]
    )


def _listed(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]

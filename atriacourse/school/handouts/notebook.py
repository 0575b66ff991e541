"""Write an assignment as a notebook: the student's, and the worked solution; and the cells that test it.

After source.py, before handout.py. Both are made from the one source, cell by cell, under the same names.
A cell's metadata say what it is: {"cell": "tasks-01", "kind": "answer", "part": "tasks", "locked": false}.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import atriacourse
from atriacourse.assignments.allocation import Variant, variant_of
from atriacourse.assignments.assignment import SCALE, Assignment
from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import better
from atriacourse.exercises.colab import course_address, setup_cell
from atriacourse.exercises.stubs import stub_of
from atriacourse.school.handouts.source import SourceCell, read_source
from atriacourse.studies.catalogue import study as find_study

WORD = re.compile(r"\{\{\s*(\w+)\s*\}\}")
YOUR_WORDS = "*Your words here.*"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
GIVEN_TO_STUDENTS = ("text", "given", "parameters", "locked", "answer", "report")


def student_notebook(assignment: Assignment, student: object) -> Any:
    """The student's notebook: answers are stubs, reports are headings with a prompt, no hidden tests.

    Returns: an nbformat notebook, valid, without outputs; the same for the same id, to the byte.
    Raises: InputError for an unfit id or source.
    """
    return _notebook(assignment, variant_of(assignment, student), solved=False)


def solution_notebook(assignment: Assignment, student: object) -> Any:
    """The same notebook, solved; with hidden tests in their places, so that running it proves them."""
    return _notebook(assignment, variant_of(assignment, student), solved=True)


def hidden_cells(assignment: Assignment, student: object) -> list[tuple[str, str]]:
    """The hidden tests in order: part of the rubric and code, for the variant of this student."""
    words = words_of(assignment, variant_of(assignment, student))
    return [
        (cell.part, filled(cell.text, words, assignment.source.name))
        for cell in read_source(assignment)
        if cell.kind == "hidden"
    ]


def words_of(assignment: Assignment, variant: Variant) -> dict[str, str]:
    """What stands for the words in double braces."""
    words = {name: str(getattr(assignment, name)) for name in ("name", "title", "chapter", "hours", "metric")}
    words |= {"scale": SCALE, "minutes": f"{assignment.minutes:g}", "memory_gb": f"{assignment.memory_gb:g}"}
    words |= {name: str(getattr(variant, name)) for name in ("student", "seed", "clinic")}
    if assignment.study is not None:
        study = find_study(assignment.study)
        above, below = better(variant.a, variant.b, metric=assignment.metric)
        words |= {"question": study.question, "paper": study.paper, "above": above, "below": below}
        words |= {"a": variant.a, "b": variant.b}
        words |= {f"label_{word}": study.variant(words[word]).label for word in ("a", "b")}
    return words


def filled(text: str, words: Mapping[str, str], place: str) -> str:
    """A text with its words in double braces filled in. Raises: InputError for an unknown word."""

    def word(found: re.Match) -> str:
        if found[1] not in words:
            raise InputError(f"{place}: there is no word {found[0]}; there are {', '.join(words)}")
        return words[found[1]]

    return WORD.sub(word, text)


def _notebook(assignment: Assignment, variant: Variant, *, solved: bool) -> Any:
    import nbformat

    words, place = words_of(assignment, variant), assignment.source.name
    cells = [_plain(SourceCell(name="colab", kind="given", text=setup_cell(course_address())))]
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
        "student": variant.student,
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

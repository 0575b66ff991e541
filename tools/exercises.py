"""Exercises: a chapter holds the solution alone, and what the student gets is made from it.

    :::{exercise} Dice by hand          the question
    :label: ex-dice
    ...
    ```{stub} ex-dice                   here the page shows the student's cell, made by `stub_of`
    ```{solution-start} ex-dice
    ```{code-cell} ipython3             the first cell tagged `solution` is what it is made from
    :tags: [solution]
    ```{solution-end}

How the student's cell is made from the solution's stands in atriacourse/exercises/stubs.py. The cell ends in
a check (atriacourse/exercises/check.py), which must fail on the stub and pass on the solution: chapters.py
runs both.
"""

import ast
import symtable
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode
from pages import BookError, tags

from atriacourse.exercises.directives import Directive, pieces
from atriacourse.exercises.stubs import YOURS, stub_of

TAKES_ANSWERS = "yours"  # the tag of a cell that goes on with what a student's cell leaves open


@dataclass(kw_only=True)
class Exercise:
    """One exercise of a chapter and where its parts stand."""

    label: str
    title: str
    ablation: bool
    stubs: int = 0  # how many {stub} directives name it
    cells: list[int] = field(default_factory=list)  # of the notebook: those tagged `solution`
    folded: list[int] = field(default_factory=list)  # all code cells of its solution
    stub: str = ""  # the student's cell


def find_exercises(notebook: NotebookNode, name: str) -> list[Exercise]:
    """The exercises of a chapter, each with its stub; an incomplete one is an error.

    Args: notebook: from `read_chapter`. name: of the chapter, for messages.
    Raises: BookError naming the exercise and what it lacks.
    """
    found: dict[str, Exercise] = {}
    inside: Exercise | None = None  # the exercise whose solution is open
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            if inside is not None:
                inside.folded.append(number)
            if "solution" in tags(cell):
                if inside is None:
                    raise BookError(f"{name}, cell {number}: tagged `solution` outside of a solution")
                inside.cells.append(number)
            continue
        for piece in pieces(cell.source, name):
            if isinstance(piece, Directive):
                inside = _take(piece, found, inside, name)
    if inside is not None:
        raise BookError(f"{name}, exercise {inside.label}: its solution has no {{solution-end}}")
    for exercise in found.values():
        _complete(exercise, notebook, name)
    must_not_lean_on_solutions(notebook, list(found.values()), name)
    return list(found.values())


def _take(
    piece: Directive, found: dict[str, Exercise], inside: Exercise | None, name: str
) -> Exercise | None:
    """Note down one directive; returns the exercise whose solution is open behind it."""
    if piece.name in ("exercise", "exercise-start"):
        label = piece.options.get("label", "")
        if not label or label in found:
            raise BookError(f"{name}, exercise {piece.title!r}: it needs a :label: of its own, got {label!r}")
        ablation = "ablation" in piece.options.get("class", "").split()
        found[label] = Exercise(label=label, title=piece.title, ablation=ablation)
    elif piece.name in ("stub", "solution-start", "solution"):
        if piece.title not in found:
            raise BookError(f"{name}: {{{piece.name}}} {piece.title}: no exercise above has this label")
        exercise = found[piece.title]
        if piece.name == "stub":
            exercise.stubs += 1
        elif piece.name == "solution-start":
            return exercise
    elif piece.name == "solution-end":
        return None
    return inside


def _complete(exercise: Exercise, notebook: NotebookNode, name: str) -> None:
    """Make the stub, or say what is missing."""
    place = f"{name}, exercise {exercise.label}"
    if exercise.stubs != 1:
        raise BookError(f"{place}: it has {exercise.stubs} {{stub}} directives; it needs one")
    if not exercise.cells:
        raise BookError(f"{place}: its solution has no code cell tagged `solution`")
    exercise.stub = stub_of(notebook.cells[exercise.cells[0]].source, place)


def must_not_lean_on_solutions(notebook: NotebookNode, exercises: Sequence[Exercise], name: str) -> None:
    """In a student's notebook a solution is text, so no other cell may need a name that only it makes.

    A cell tagged `yours` may take what a stub leaves open: it goes on with the answer, or with none.

    Raises: BookError naming the cell and the name.
    """
    folded = {number: exercise for exercise in exercises for number in exercise.folded}
    stubs = {exercise.cells[0]: exercise for exercise in exercises}
    made: set[str] = set()  # by the cells that a student has, so far
    opened: set[str] = set()  # by stubs: None, or a function that returns nothing, unless somebody answers
    only: dict[str, str] = {}  # names that solutions make, and which exercise it is
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if number in stubs:
            exercise = stubs[number]
            _lean(exercise.stub, made, only, f"{name}, the stub of {exercise.label}")
            opened |= set(left_open(exercise.stub))
            made |= names_given(exercise.stub) - opened
        if number in folded:
            only |= dict.fromkeys(names_given(cell.source), folded[number].label)
        else:
            given = made | opened if TAKES_ANSWERS in tags(cell) else made
            _lean(cell.source, given, only, f"{name}, the cell that begins {cell.source[:40]!r}")
            made |= names_given(cell.source)


def _lean(source: str, made: set[str], only: dict[str, str], place: str) -> None:
    for used in sorted(_needed(source)):
        if used in only and used not in made:
            raise BookError(
                f"{place}: it needs {used!r}, which only the solution of {only[used]} makes; in a student's "
                "notebook that is text"
            )


def names_given(source: str) -> set[str]:
    """The names that a cell gives a value."""
    table = _symbols(source)
    return {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}


def _needed(source: str) -> set[str]:
    """The names that a cell takes from cells before it."""
    table = _symbols(source)
    used = {one.get_name() for one in table.get_symbols() if one.is_referenced()}
    inner = list(table.get_children())
    while inner:
        scope = inner.pop()
        used |= {one.get_name() for one in scope.get_symbols() if one.is_global() and one.is_referenced()}
        inner += scope.get_children()
    return used - names_given(source)


def _symbols(source: str) -> symtable.SymbolTable:
    return symtable.symtable(source, "cell", "exec")


def left_open(stub: str) -> dict[str, int]:
    """What has no value yet in a stub, and the line on which it ends.

    That is a name set to None, a function with a gap, or ("") a gap among the other lines.
    """
    gaps = {}
    lines = stub.split("\n")
    for node in ast.parse(stub).body:
        end = node.end_lineno or node.lineno
        if any(line.strip() == YOURS for line in lines[node.lineno - 1 : end]):
            gaps[node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""] = end
        elif isinstance(node, ast.Assign):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            if all(isinstance(value, ast.Constant) and value.value is None for value in values):
                gaps |= dict.fromkeys(names_given(ast.unparse(node)), end)
    return gaps

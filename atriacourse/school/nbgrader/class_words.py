"""The words in double braces, where one notebook serves a whole class: its students differ at run time.

Before source_notebook.py. What depends on the assignment alone is filled in; what depends on the student is
looked up by the code when it runs, and named in the text.
"""

import ast
import re
from collections.abc import Mapping

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.assignment import Assignment
from atriacourse.assignments.words import WORD, filled, words_of
from atriacourse.errors import InputError

ANYBODY = "anybody"  # an id; nothing that follows from it is used
NUMBERS = {"seed": "work.allocation.seed", "centre": "work.allocation.centre"}
NAMES = {"student": "work.allocation.student", "a": "work.allocation.a", "b": "work.allocation.b"}
LOOKED_UP = {name: f'nbgrader.word(work, "{name}")' for name in ("label_a", "label_b", "above", "below")}
IN_CODE = NUMBERS | NAMES | LOOKED_UP
IN_TEXT = {
    "student": "YOUR_ID",
    "seed": "YOUR_SEED",
    "centre": "YOUR_CENTRE",
    "a": "NAME_OF_A",
    "b": "NAME_OF_B",
    "label_a": "variant a",
    "label_b": "variant b",
    "above": "the one that is better where b - a lies above zero",
    "below": "the one that is better where b - a lies below zero",
}
QUOTED = re.compile(r"""(["'])\{\{\s*(\w+)\s*\}\}\1""")


def fixed_words(assignment: Assignment) -> dict[str, str]:
    """What stands for the words that are the same for all students."""
    words = words_of(assignment, allocation_of(assignment, ANYBODY))
    return {name: text for name, text in words.items() if name not in IN_CODE}


def text_for_all(text: str, assignment: Assignment) -> str:
    """Markdown for a whole class: `"{{ a }}"` becomes `work.allocation.a`, what students can type instead."""
    text = QUOTED.sub(lambda found: NAMES.get(found[2], found[0]), text)
    return filled(text, fixed_words(assignment) | IN_TEXT, f"{assignment.name}.md")


def code_for_all(code: str, assignment: Assignment) -> str:
    """Code for a whole class: a word of the student's variant becomes an expression.

    Raises: InputError for a word that stands inside a longer string, where no expression can stand.
    """
    place, own = f"{assignment.name}.md", _of_student(code)
    code = QUOTED.sub(lambda found: IN_CODE.get(found[2], found[0]), code)
    code = filled(code, fixed_words(assignment) | IN_CODE, place)
    if own:
        _must_be_expressions(code, own, place)
    return code


def _of_student(code: str) -> Mapping[str, str]:
    return {found[1]: IN_CODE[found[1]] for found in WORD.finditer(code) if found[1] in IN_CODE}


def _must_be_expressions(code: str, own: Mapping[str, str], place: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name, expression in own.items():
                if expression in node.value:
                    raise InputError(
                        f"{place}: in code, {{{{ {name} }}}} must stand alone between its quotes, or it "
                        f"cannot be looked up for each student of a class; see {node.value[:60]!r}"
                    )

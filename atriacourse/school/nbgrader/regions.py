"""nbgrader's marks in place of ours: what a student fills in, and what is hidden.

Beside class_words.py, before source_notebook.py. nbgrader takes out what stands between BEGIN and END
SOLUTION and puts its stub there (course.py sets it to ours); a line `name = value  # solution` therefore
becomes `name = None`, and the value follows in a region. The student's cell is that of stubs.py, but for a
further `...  # your code` behind such lines.
"""

import re
from textwrap import indent

from atriacourse.exercises.stubs import ASSIGNMENT, BEGIN, END, check_of, stub_of

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
STUDENT = re.compile(r"(?<![\w.\"'])student\b(?! *=[^=])")
BEGIN_TESTS, END_TESTS = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def solution_regions(solution: str, place: str) -> str:
    """The worked cell with nbgrader's marks. Args: place: for messages. Raises: InputError as `stub_of`."""
    stub_of(solution, place)  # refuses what cannot be followed
    lines: list[str] = []
    values: list[str] = []  # of lines that end in `# solution`, one right after the other
    for line in solution.split("\n"):
        found = ASSIGNMENT.match(line.rstrip())
        if found:
            names = found["names"]
            lines.append(f"{found['indent']}{names} = {', '.join(['None'] * len(names.split(',')))}")
            values.append(line.rstrip().removesuffix("# solution").rstrip())
            continue
        lines += _region(values)
        values = []
        space = line[: len(line) - len(line.lstrip())]
        marks = {BEGIN: BEGIN_SOLUTION, END: END_SOLUTION}
        lines.append(space + marks[line.strip()] if line.strip() in marks else line)
    return "\n".join([*lines, *_region(values)])


def _region(values: list[str]) -> list[str]:
    if not values:
        return []
    space = values[0][: len(values[0]) - len(values[0].lstrip())]
    return [space + BEGIN_SOLUTION, *values, space + END_SOLUTION]


def hidden_test(test: str, *, call: str = "hidden_test()") -> str:
    """A hidden test as a function that is called: it sees the student's names, and leaves none of its own.

    Where it asks for `student`, that is whose work is graded, whatever the notebook says.
    """
    if STUDENT.search(test):
        test = f"student = work.allocation.student\n{test}"
    return f"def hidden_test():\n{indent(test, '    ')}\n\n\n{call}"


def self_check(solution: str) -> str:
    """The check that ends a worked cell, as a test."""
    check = check_of(solution)
    return hidden_test(f'check = {check}\nassert check.passed, f"the self-check says: {{check.message}}"')


def in_tests(code: str) -> str:
    """Code between the marks of hidden tests."""
    return f"{BEGIN_TESTS}\n{code}\n{END_TESTS}"

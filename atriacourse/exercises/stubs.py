"""The student's cell, made from the solution's cell: a chapter or an assignment holds the solution alone.

A line `name = value  # solution` becomes `name = None`, and the lines between `# solution:` and
`# end of solution` become `...  # your code`; the rest stays. The cell ends in an expression: its check
(check.py), or what is to be shown. Used by tools/exercises.py for chapters and by assignments/notebook.py.
"""

import ast
import re

from atriacourse.errors import InputError

ASSIGNMENT = re.compile(r"^(?P<indent> *)(?P<names>\w+(?: *, *\w+)*) *(?::[^=]+)?=[^=].*# solution$")
BEGIN, END = "# solution:", "# end of solution"
YOURS = "...  # your code"


def stub_of(solution: str, place: str) -> str:
    """The student's cell, made from the solution's cell.

    Args: solution: the source of the cell. place: for messages.
    Raises: InputError when nothing is marked as the solution, a mark cannot be followed, or the cell does not
        end in an expression (its check).
    """
    stub: list[str] = []
    opened: str | None = None  # the indentation of the block that is left out
    for line in solution.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if opened is not None:
            if line.strip() == END:
                if indent != opened:
                    raise InputError(f"{place}: `{END}` must be indented like its `{BEGIN}`")
                stub.append(f"{opened}{YOURS}")
                opened = None
        elif line.strip() == BEGIN:
            opened = indent
        elif line.rstrip().endswith("# solution"):
            stub.append(_without_value(line, place))
        else:
            stub.append(line)
    if opened is not None:
        raise InputError(f"{place}: `{BEGIN}` without `{END}`")
    text = "\n".join(stub)
    if text == solution:
        raise InputError(f"{place}: its cell marks no line with `# solution` and no block with `{BEGIN}`")
    _must_end_in_a_check(solution, place)
    _must_end_in_a_check(text, f"{place}, its stub")
    return text


def check_of(solution: str) -> str:
    """The expression that ends a worked cell: its check."""
    return ast.unparse(ast.parse(solution).body[-1])


def _without_value(line: str, place: str) -> str:
    """`name = value  # solution` -> `name = None`."""
    found = ASSIGNMENT.match(line.rstrip())
    if not found:
        raise InputError(
            f"{place}: only an assignment on one line can end in `# solution`, got {line.strip()!r}; "
            f"mark several lines with `{BEGIN}` and `{END}`"
        )
    names = found["names"]
    return f"{found['indent']}{names} = {', '.join(['None'] * len(names.split(',')))}"


def _must_end_in_a_check(text: str, place: str) -> None:
    """The cell must be Python, IPython's own commands aside, and end in an expression."""
    try:
        statements = ast.parse(text).body
    except SyntaxError as error:
        raise InputError(f"{place}: {error.msg}, line {error.lineno}: {error.text}") from error
    if not statements or not isinstance(statements[-1], ast.Expr) or text.rstrip().endswith(";"):
        raise InputError(f"{place}: its cell must end in a check, e.g. check_answer(...)")

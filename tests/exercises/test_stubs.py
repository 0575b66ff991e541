"""The student's cell, made from the solution's."""

import pytest

from atriacourse.errors import InputError
from atriacourse.exercises.stubs import stub_of

CHECK = "check_answer(x, 1)"


def stub(*lines):
    return stub_of("\n".join([*lines, CHECK]), "here").split("\n")[:-1]


def test_a_marked_value_becomes_none_and_all_else_stays():
    assert stub("a = 1", "x = a + 0  # solution", "# solution path") == [
        "a = 1",
        "x = None",
        "# solution path",
    ]
    assert stub("x: int = 1  # solution") == ["x = None"]
    assert stub("x, y = 1, 2  # solution") == ["x, y = None, None"]
    assert stub("if True:", "    x = [1, 2]  # solution") == ["if True:", "    x = None"]


def test_a_marked_block_becomes_a_gap_of_one_line():
    lines = ["def f(a):", '    """Half."""', "    # solution:", "    b = a", "    return b / 2"]
    lines += ["    # end of solution", "", "x = f(2)"]
    assert stub(*lines) == ["def f(a):", '    """Half."""', "    ...  # your code", "", "x = f(2)"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["x = 1"], "marks no line"),
        (["f(1)  # solution"], "only an assignment"),
        (["x == 1  # solution"], "only an assignment"),
        (["x += 1  # solution"], "only an assignment"),
        (["]  # solution"], "only an assignment"),
        (["# solution:", "x = 1"], "without `# end of solution`"),
        (["if 1:", "    # solution:", "    x = 1", "# end of solution"], "indented like"),
        (["x = (1  # solution"], "line 1"),
    ],
)
def test_marks_that_cannot_be_followed_are_errors(lines, said):
    with pytest.raises(InputError, match=said):
        stub(*lines)


@pytest.mark.parametrize("cell", ["x = 1  # solution", "x = 1  # solution\ncheck_answer(x, 1);"])
def test_a_cell_that_ends_in_no_check_is_an_error(cell):
    with pytest.raises(InputError, match="must end in a check"):
        stub_of(cell, "here")

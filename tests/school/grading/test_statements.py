import pytest

from atriacourse.school.grading.statements import joined, needed, python_of, statements_of


def run(source, *names):
    """What the names of a cell are, when only what they need of it is run; and what was run."""
    (found,) = joined(needed(statements_of("cell", source), names))
    made = {}
    exec(found[1], made)
    return [made[name] for name in names], found[1]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("x = (7\n     % 4)", 3),  # as black breaks a line
        ("%matplotlib inline\nx = (7\n     % 4)", 3),
        ("%%time\nx = 3", 3),
        ("import math\nmath.floor?\nx = 3", 3),
        ("files = !ls\nx = 3", 3),
        ("    y = 2\n    x = y + 1", 3),  # indented as a whole
        ("x = '''\n!not\n%this'''.count('\\n') + 1", 3),
    ],
)
def test_what_a_notebook_runs_is_read(source, value):
    assert run(source, "x")[0] == [value]


def test_what_is_no_python_is_told_by_its_own_line():
    with pytest.raises(SyntaxError, match="line 2") as told:
        statements_of("cell", "x = 1\ndef f(:\n    pass")
    assert told.value.lineno == 2
    with pytest.raises(SyntaxError):
        statements_of("cell", "x = '\0'")
    assert python_of("x = 1") == "x = 1"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("x = []\ndef mine(f):\n    x.append(f)\n    return f\n@mine\ndef a():\n    pass", 1),
        ("x = []\nfor one in (1, 2):\n    x.append(one)", 2),
        ("def begin():\n    global x\n    x = [1, 2, 3]\nbegin()", 3),
        ("x = [1]\nx += [2]", 2),
        ("y = [1]\nfor i in range(2):\n    y += [i]\nx = y", 3),
        ("x = {}\ndef put(key):\n    x[key] = 1\nput('a')\nput('b')", 2),
        ("class Box:\n    size = 2\nBox.size = 3\nx = [0] * Box.size", 3),
        ("def deco(f):\n    return lambda: f() * 2\n@deco\ndef make():\n    return [0]\nx = make()", 2),
        ("n = 3\ndef f(k=n):\n    def g():\n        return [0] * k\n    return g()\nx = f()", 3),
    ],
    ids=["registered", "loop", "global", "+=", "+= in a loop", "filled", "class", "decorated", "default"],
)
def test_what_a_value_needs_is_run(source, value):
    assert len(run(source, "x")[0][0]) == value


def test_what_only_shares_a_name_with_a_functions_own_is_not_run():
    """A training in the student's cell is none of what a function with an argument `model` needs."""
    source = (
        "model = 1 / 0\nfor i in range(10**12):\n    total = i\n"
        "def score(model, i=0):\n    total = sum(i for i in model)\n    return total\n"
    )
    (score,), ran = run(source, "score")
    assert score([1, 2]) == 3 and "1 / 0" not in ran and "10**12" not in ran

"""Notebooks in nbgrader's format: marks, points, metadata; and what cannot be written."""

import ast
from types import SimpleNamespace

import nbformat
import pytest

from atriacourse.assignments.listing import assignment, assignments
from atriacourse.errors import InputError
from atriacourse.school.nbgrader.class_words import code_for_all, text_for_all
from atriacourse.school.nbgrader.course import CONFIG, write_course
from atriacourse.school.nbgrader.regions import hidden_test, self_check, solution_regions
from atriacourse.school.nbgrader.source_notebook import nbgrader_notebook

ALL = list(assignments().values())


@pytest.mark.parametrize("one", ALL, ids=[one.name for one in ALL])
def test_every_assignment_has_its_points_its_tests_and_code_that_compiles(one):
    notebook = nbgrader_notebook(one)
    nbformat.validate(notebook)
    points, ids = dict.fromkeys((part.name for part in one.rubric), 0.0), []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
        told = cell.metadata.get("nbgrader")
        if told is None:
            continue
        ids.append(told.grade_id)
        assert told.locked == (told.grade and not told.solution)
        if told.get("points"):
            points[cell.metadata.atriacourse.part] += told.points
    assert {name: round(sum_, 6) for name, sum_ in points.items()} == {
        part.name: part.points for part in one.rubric
    }
    assert len(set(ids)) == len(ids)
    assert "{{" not in "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_a_solution_gets_nbgrader_s_marks():
    solution = """\
# part: tasks
first = 1  # solution
low, high = 2, 3  # solution
def square(x):
    # solution:
    return x * x
    # end of solution
square(first)"""
    assert (
        solution_regions(solution, "here")
        == """\
# part: tasks
first = None
low, high = None, None
### BEGIN SOLUTION
first = 1
low, high = 2, 3
### END SOLUTION
def square(x):
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION
square(first)"""
    )


def test_a_hidden_test_sees_names_and_leaves_none():
    space = {"value": 3}
    exec(hidden_test("inner = value\nassert inner == 3"), space)
    assert "inner" not in space
    with pytest.raises(AssertionError, match="too small"):
        exec(hidden_test('assert value > 4, "too small"'), space)


def test_a_hidden_test_asks_for_the_student_whose_work_is_graded():
    work = SimpleNamespace(allocation=SimpleNamespace(student="ada"))
    space = {"work": work, "student": "somebody else"}
    exec(hidden_test('assert f"{student}" == "ada"'), space)


def test_a_self_check_is_a_test_that_says_what_the_student_reads():
    solution = (
        "from atriacourse.exercises.check import check_answer\ncheck_answer(mine, 4, hint='two and two')"
    )
    space = {}
    exec(solution.split("\n")[0], space)
    exec(self_check(solution), space | {"mine": 4})
    with pytest.raises(AssertionError, match=r"that is not the value\. two and two"):
        exec(self_check(solution), space | {"mine": 5})


def test_words_of_the_variant_are_looked_up_and_the_others_filled_in():
    one = assignment("closing")
    code = 'make(seed={{ seed }}, pair=("{{ a }}", "{{above}}"), by="{{ metric }}")'
    assert code_for_all(code, one) == (
        'make(seed=work.allocation.seed, pair=(work.allocation.a, nbgrader.word(work, "above")), by="hd_mm")'
    )
    assert text_for_all('`"{{ a }}"` is {{\nlabel_a }}', one) == "`work.allocation.a` is variant a"
    with pytest.raises(
        InputError, match=r"closing\.md: in code, \{\{ a \}\} must stand alone between its quotes"
    ):
        code_for_all('print("against {{ a }}")', one)


def test_a_course_keeps_its_settings_and_notebooks(tmp_path):
    one = assignment("closing")
    first = write_course([one], tmp_path)
    assert {path.name for path in first.written} == {
        "nbgrader_config.py", "atriacourse_config.py", "kernel.json", "closing.ipynb",
    }  # fmt: skip
    own = (tmp_path / CONFIG).read_text() + 'c.CourseDirectory.course_id = "ours"\n'
    (tmp_path / CONFIG).write_text(own)
    notebook = tmp_path / "source" / "closing" / "closing.ipynb"
    notebook.write_text("edited")
    assert write_course([one], tmp_path).kept == (notebook,)
    assert (tmp_path / CONFIG).read_text() == own and notebook.read_text() == "edited"
    write_course([one], tmp_path, overwrite=True)
    assert (tmp_path / CONFIG).read_text() == own and notebook.read_text() != "edited"


def test_settings_that_do_not_take_in_ours_are_named(tmp_path):
    (tmp_path / CONFIG).write_text("c = get_config()\n")
    with pytest.raises(InputError, match=r"nbgrader_config.py is your own; add the line `load_subconfig\("):
        write_course([assignment("closing")], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [CONFIG]

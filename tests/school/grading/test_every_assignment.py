"""Of every assignment: the worked solution has full marks, and the notebook as handed out has none.

Each is run once, for real, at the class's scale. The solution is marked with the journal that this very run
wrote, as a student would hand it in. On every run of the tests `contrast` is graded so in test_end_to_end.py,
`closing` in test_class_of_thirty.py, and test_wheel.py runs the cells of every notebook as handed out.
"""

import json

import pytest

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.centres import make_centre
from atriacourse.assignments.listing import assignment, assignments
from atriacourse.school.fences.system import Limits
from atriacourse.school.grading.grader import Grader, mark_submission
from atriacourse.school.grading.reading import Found, Submission, read_submission
from atriacourse.school.grading.restore import prepare
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
STUDENT = "reference"
LIMITS = Limits(minutes=60, memory_gb=4)  # by the clock, and others may use the machine


@pytest.fixture(scope="module")
def centres(tmp_path_factory):
    """A folder for the centres; one is made when it is first needed."""
    return tmp_path_factory.mktemp("centres")


@pytest.fixture
def grade(centres, warm, tmp_path):
    """grade(notebook, name) -> (graded, execution), for a notebook handed in with the journal of its run."""

    def run(notebook, name):
        declared = assignment(name)
        make_centre(centres, allocation_of(declared, STUDENT).centre)
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        submission = read_submission(Found(student=STUDENT, assignment=name, path=path))
        prepared = prepare(declared, STUDENT, submission.notebook)
        execution = Grader(limits=LIMITS, centres=centres.resolve(), warm=warm).run(prepared)
        journal = next(iter(execution.files.values()), None)
        with_journal = Submission(**{**vars(submission), "journal": journal})
        return mark_submission(declared, with_journal, prepared, execution), execution

    return run


@pytest.mark.parametrize("name", assignments())
def test_the_solution_has_full_marks_within_its_budget(grade, name):
    graded, execution = grade(solution_notebook(assignment(name), STUDENT), name)
    assert [reason for mark in graded.parts for reason in mark.reasons] == []
    assert (graded.total, graded.flags, graded.ending) == (100, (), "")
    assert execution.cpu_seconds < 60 * assignment(name).minutes
    assert execution.memory_gb < assignment(name).memory_gb


@pytest.mark.parametrize("name", list(assignments()))
def test_the_notebook_as_handed_out_has_none_and_nothing_of_it_is_run(grade, name):
    graded, execution = grade(student_notebook(assignment(name), STUDENT), name)
    assert graded.total == 0
    assert all(mark.reasons for mark in graded.parts)
    assert (graded.flags, graded.ending) == ((), "")
    assert not any(cell.outputs for cell in execution.notebook.cells)

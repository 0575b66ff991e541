"""Through nbgrader's own command line: release, hand in, autograde, feedback, export.

Four students and one who never began. `closing` trains one network, so that two submissions may train.
"""

import json
import os
import subprocess

import nbformat
import pandas as pd
import pytest

from atriacourse.assignments import begin_assignment
from atriacourse.assignments.listing import assignment, assignments
from atriacourse.cli import main
from atriacourse.exercises.stubs import YOURS, stub_of
from atriacourse.school.handouts.source import read_source
from atriacourse.school.nbgrader.class_words import code_for_all

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
NAME = "closing"
STUDENTS = ("right", "wrong", "typed", "broken", "untouched")
NOT_HALVED = "return round(gap_mm / voxel_mm)"
FOR_THE_CHECK = "return 0 if len(one) == len(other) else 6"  # what the visible check wants, and no more


@pytest.fixture(scope="module")
def course(nbgrader_environment, tmp_path_factory):
    """A course in which all of this was done."""
    folder = tmp_path_factory.mktemp("nbgrader") / "course"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["atriacourse", "assign", "--nbgrader", str(folder)])
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code
    run = Commands(nbgrader_environment, folder)
    run("nbgrader", "generate_assignment", NAME)
    for student in STUDENTS:
        hand_in(folder, student)
    run("nbgrader", "autograde", NAME)
    run("nbgrader", "generate_feedback", NAME)
    run("nbgrader", "export")
    return folder


class Commands:
    """Runs nbgrader's programs as from its activated environment, without anybody's settings."""

    def __init__(self, environment, folder):
        self.folder = folder
        home = folder.parent
        named = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ATRIACOURSE", "PYTEST"))
        } | {name: str(home / name.lower()) for name in named}
        self.environment |= {
            "PATH": f"{environment}{os.pathsep}{os.environ['PATH']}",
            "JUPYTERHUB_USER": "somebody",  # what a hub says of who is grading must not matter
        }

    def __call__(self, *words):
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def hand_in(course, student):
    """What each of them did with the released notebook."""
    solved = {
        cell.id: "\n".join(
            line for line in cell.source.split("\n") if not line.strip().startswith(("### BEGIN", "### END"))
        )
        for cell in nbformat.read(course / "source" / NAME / f"{NAME}.ipynb", as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    if student != "untouched":
        for name, text in solved.items():
            cells[name].source = text
        named = cells["parameters-01"]
        named.source = named.source.replace('student = ""', f'student = "{student}"')
    if student in ("wrong", "broken"):
        blank = "work.hypothesis(winner=None, low=None, high=None, because=None)"
        cells["hypothesis"].source = f"# part: hypothesis\nhypothesis = {blank}"
    if student == "right":
        said = said_in(cells["hypothesis"].source)
        begin_assignment(NAME, student=student, folder=folder).hypothesis(**said)
    elif student == "wrong":
        cells["tasks-01"].source = with_body(cells["tasks-01"].source, "gap = ", NOT_HALVED)
    elif student == "typed":
        cells["tasks-03"].source = with_body(cells["tasks-03"].source, "one_mm = ", FOR_THE_CHECK)
        claimed = 'difference=-3.25, low=-4.0, high=-2.5, verdict="not told apart"'
        cells["claim"].source = f"# part: claim\nclaim = work.claim({claimed})\nclaim"
    elif student == "broken":
        cells["tasks-01"].source = "def smallest_radius(gap_mm, voxel_mm)\n    return 3"
        cells["setup"].source = cells["setup"].source.replace('"closing"', '"contrast"')
        cells["setup"].metadata.nbgrader.points = 50
        gone = ("measure", "test-claim", "check-tasks-01")
        notebook.cells = [cell for cell in notebook.cells if cell.id not in gone]
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


def said_in(cell):
    """The hypothesis of the worked cell."""
    space = {}
    exec(cell.split("hypothesis = work")[0], space)
    return {name: space[name] for name in ("winner", "low", "high", "because")}


def with_body(cell, first, body):
    """A cell in which `body` stands in front of the line that begins with `first`, and ends the function."""
    lines = cell.split("\n")
    place = next(number for number, line in enumerate(lines) if line.strip().startswith(first))
    return "\n".join([*lines[:place], f"    {body}", *lines[place:]])


@pytest.fixture(scope="module")
def seen(course, nbgrader_environment):
    """What nbgrader says of all notebooks, and its grades."""
    run = Commands(nbgrader_environment, course)
    return json.loads(
        run("python", "-W", "ignore", os.path.join(os.path.dirname(__file__), "inside.py"), NAME)
    )


def lost(grades):
    """The cells that nbgrader marked itself and not fully, with what they lost."""
    return {
        name: round(of - points, 2)
        for name, (points, of, _) in grades.items()
        if points is not None and points < of
    }


def test_the_right_one_gets_all_points_but_the_report_s(seen):
    grades = seen["grades"]["right"]
    assert lost(grades) == {}
    by_hand = {name for name, (points, _, manual) in grades.items() if points is None and manual}
    assert by_hand == {f"report-{number:02d}" for number in range(1, 7)}
    assert sum(of for _, of, _ in grades.values()) == pytest.approx(100)


def test_the_wrong_one_loses_its_task_and_what_it_never_measured(seen):
    # one of three functions wrong: its check and both hidden tests; without a hypothesis nothing is measured
    assert lost(seen["grades"]["wrong"]) == {
        "check-tasks-01": 3.33,
        "hidden-tasks-01": 3.33,
        "hidden-tasks-02": 3.33,
        "test-hypothesis": 10,
        "test-result": 10,
        "test-claim": 15,
        "check-interval-02": 2.5,
        "hidden-interval-02": 2.5,
    }


def test_the_typed_one_loses_hidden_tests_and_claim_and_what_only_a_journal_shows(seen):
    assert lost(seen["grades"]["typed"]) == {
        "hidden-tasks-05": 3.33,
        "hidden-tasks-06": 3.36,
        "test-hypothesis": 5,
        "test-claim": 15,
    }


def test_the_broken_one_is_graded_and_gets_what_runs(seen, course):
    assert lost(seen["grades"]["broken"]) == lost(seen["grades"]["wrong"])
    graded = nbformat.read(course / "autograded" / "broken" / NAME / f"{NAME}.ipynb", as_version=4)
    texts = [cell.source for cell in graded.cells]
    assert any('nbgrader.begin("closing"' in text for text in texts), "the edited cell is put right"
    assert any("result = work.measure" in text for text in texts), "the deleted cell is put back"


def test_nothing_is_earned_by_handing_in_what_was_handed_out(seen):
    assert {points for points, _, _ in seen["grades"]["untouched"].values()} == {0}


def test_feedback_says_why_and_the_table_has_everybody(course, seen):
    page = (course / "feedback" / "typed" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "is not this notebook" in page and "-3.2500" in page
    assert "no journal was handed in" in page
    table = pd.read_csv(course / "grades.csv").set_index("student_id")
    for student, grades in seen["grades"].items():
        assert table.score[student] == pytest.approx(sum(points or 0 for points, _, _ in grades.values()))
    assert table.score["right"] == pytest.approx(75) and set(table.index) == set(STUDENTS)


def test_every_assignment_is_valid_and_nbgrader_s_stub_is_ours(seen):
    assert set(seen["released"]) == set(assignments())
    for name, cells in seen["released"].items():
        released = dict(cells)
        text = "\n".join(released.values())
        assert "### BEGIN" not in text and "### END" not in text and "hidden_test" not in text
        for cell in read_source(assignment(name)):
            if cell.kind == "answer":
                ours = stub_of(code_for_all(cell.text, assignment(name)), name)
                assert without_marks(released[cell.name]) == without_marks(ours), (name, cell.name)
            elif cell.kind == "report":
                assert released[cell.name].endswith("*Your words here.*")
                assert cell.answer not in text


def without_marks(text):
    return [line for line in text.split("\n") if line.strip() != YOURS]

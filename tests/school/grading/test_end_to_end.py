"""A small class, graded as an instructor does: a worked notebook, an untouched one, and one that cheats."""

import csv
import json

import pytest

from atriacourse.assignments.centres import make_centres
from atriacourse.assignments.journal import journal_name
from atriacourse.school.fences.jail import warm_up
from atriacourse.school.fences.system import Limits
from atriacourse.school.grading.grade_class import grade_folder
from atriacourse.school.grading.grader import IMPORTED, Grader
from atriacourse.school.grading.reading import Found, read_submission
from atriacourse.school.grading.restore import prepare
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook

CHEAT = """\
# part: tasks
def z_score(pixels):
    import socket
    from pathlib import Path

    try:
        socket.create_connection(("192.0.2.1", 80), timeout=2)
    except OSError:
        pass
    return Path({other!r}).read_text()
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory, contrast):
    """The folder of grades, and what a second run of the same command did."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("grades")
    limits = Limits(minutes=60, memory_gb=3)
    for student in ("ada", "bob", "eve"):
        (folder / student).mkdir()
        make = solution_notebook if student == "ada" else student_notebook
        notebook = make(contrast, student)
        if student == "eve":
            other = str(folder / "ada" / "contrast.ipynb")
            next(cell for cell in notebook.cells if cell.id == "tasks-01").source = CHEAT.format(other=other)
        (folder / student / "contrast.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    # ada works at home: her notebook runs, and leaves a journal
    path = folder / "ada" / "contrast.ipynb"
    given = read_submission(Found(student="ada", assignment="contrast", path=path)).notebook
    centres = make_centres(out / "centres").resolve()
    with warm_up(IMPORTED) as warm:
        grader = Grader(limits=limits, centres=centres, warm=warm)
        at_home = grader.run(prepare(contrast, "ada", given))
    name = journal_name("contrast", "ada")
    (folder / "ada" / name).write_bytes(at_home.files[name])
    grade_folder(folder, out, limits=limits)
    return out, grade_folder(folder, out, limits=limits)


def rows(out):
    with (out / "gradebook.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_the_worked_notebook_comes_out_twice_and_has_full_marks(graded):
    ada = rows(graded[0])["ada"]
    assert ada["total"] == "100"
    assert ada["flags"].startswith("looks like the worked solution") and ";" not in ada["flags"]  # it is


def test_the_untouched_one_has_nothing_and_a_reason_for_each_part(graded):
    assert rows(graded[0])["bob"]["total"] == "0"
    page = (graded[0] / "feedback" / "bob.html").read_text(encoding="utf-8")
    assert "as they were handed out" in page


def test_reading_anothers_file_and_calling_out_are_seen_and_refused(graded):
    flags = rows(graded[0])["eve"]["flags"]
    assert "tried to connect to 192.0.2.1" in flags
    assert "ada/contrast.ipynb" in flags.replace("\\", "/")


def test_a_second_run_executes_nothing(graded):
    assert (graded[1].executed, graded[1].kept) == (0, 3)

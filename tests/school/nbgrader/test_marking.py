"""Whose notebook it is, and points by our rules, without nbgrader."""

import json
import warnings

import pytest

from atriacourse.assignments import begin_assignment
from atriacourse.assignments.assignment import SCALE, Part
from atriacourse.assignments.journal import add_entry, read_journal
from atriacourse.assignments.nbgrader import begin, word
from atriacourse.errors import InputError
from atriacourse.school.nbgrader.marking import Points, points

SAID = {"winner": "not told apart", "low": -1, "high": 1, "because": "six cases say very little"}


@pytest.fixture
def graded(tmp_path, monkeypatch):
    """The folder in which nbgrader runs Ada's submission."""
    monkeypatch.setattr(warnings, "simplefilter", lambda action: None)  # pytest's stay as they are
    folder = tmp_path / "autograded" / "Ada" / "closing"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("ATRIACOURSE_WORK", "replaced by begin, and put back after the test")
    return folder


def test_a_student_is_asked_for_the_id_unless_the_hub_knows_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.delenv("ATRIACOURSE_WORK", raising=False)
    with pytest.raises(InputError, match="write your id between the quotes"):
        begin("closing", settings={"student": " "})
    monkeypatch.setenv("JUPYTERHUB_USER", "Ben")
    assert begin("closing", settings={"student": ""}).allocation.student == "ben"
    assert begin("closing", settings={"student": "cleo"}).allocation.student == "cleo"
    assert (tmp_path / "journal-closing-cleo.jsonl").is_file()


def test_while_grading_the_folder_says_whose_it_is_and_nothing_handed_in_is_a_result(graded):
    (graded / "work-closing-ada").mkdir()
    work = begin("closing", settings={"student": "ben", "scale": "atlas", "data": "/own"})
    assert (work.allocation.student, work.scale, work.data) == ("ada", SCALE, None)
    assert not work.folder.is_relative_to(graded) and not work.journal.is_relative_to(graded)
    assert list(graded.iterdir()) == [graded / "work-closing-ada"]


def test_words_are_those_of_the_student(graded):
    work = begin("closing", settings={})
    assert word(work, "label_a") != word(work, "label_b")
    assert word(work, "above") == work.allocation.a  # a distance: lower is better


def test_a_hypothesis_has_all_points_if_the_journal_shows_it_first(graded):
    begin_assignment("closing", student="ada", folder=graded).hypothesis(**SAID)
    work = begin("closing", settings={})
    work.hypothesis(**SAID)
    found = points(work, "hypothesis")
    assert repr(found) == "10" and found.says == ()


def test_without_a_journal_or_with_a_friend_s_half_is_lost(graded):
    work = begin("closing", settings={})
    work.hypothesis(**SAID)
    assert points(work, "hypothesis").earned == 5
    begin_assignment("closing", student="ben", folder=graded).hypothesis(**SAID)
    found = points(work, "hypothesis")
    assert found.earned == 5 and "that of 'ben'" in found.says[0]


def test_a_hypothesis_of_after_the_result_earns_nothing(graded):
    begin_assignment("closing", student="ada", folder=graded)
    add_entry(graded / "journal-closing-ada.jsonl", "result", {"means": {}})
    begin_assignment("closing", student="ada", folder=graded).hypothesis(**SAID)
    work = begin("closing", settings={})
    work.hypothesis(**SAID)
    assert points(work, "hypothesis").earned == 0


def test_a_result_in_the_journal_handed_in_is_no_result_of_the_run(graded):
    begin_assignment("closing", student="ada", folder=graded)
    made_up = {"values": {"a": [9.0] * 6, "b": [1.0] * 6}, "means": {"a": 9.0, "b": 1.0}}
    add_entry(graded / "journal-closing-ada.jsonl", "result", made_up)
    work = begin("closing", settings={})
    work.claim(difference=-8.0, low=-8.0, high=-8.0, verdict=work.allocation.b)
    assert read_journal(work.journal).last("result") is None
    assert points(work, "result").earned == 0 and points(work, "claim").earned == 0


def test_a_clinic_is_scored_by_what_its_hidden_test_prints(graded, monkeypatch):
    work = begin("closing", settings={})
    monkeypatch.setattr(work, "assignment", Clinic())
    printed = {"score": 0.75, "missed": ["flipped"], "false_alarms": 0.0, "errors": {}}
    found = points(work, "checks", score=lambda: print("so far", json.dumps(printed), sep="\n"))
    assert found.earned == 30 and any("flipped" in line for line in found.says)


class Clinic:
    """An assignment with one part, worth 40 points."""

    name = "closing"

    def part(self, name):
        return Part(name=name, points=40, says="", kind="clinic")


def test_nbgrader_reads_points_from_the_text_and_students_the_reasons():
    found = Points(earned=7.5, says=("a < b",))
    assert float(repr(found)) == 7.5 and "<p>a &lt; b</p>" in found._repr_html_()

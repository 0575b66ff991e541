"""A made-up class handed in by each platform, graded, and given back in its form; no notebook is run."""

import csv
import io
import zipfile
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from atriacourse.school.grading import grade_class
from atriacourse.school.grading.grade_class import Course, grade_folder
from atriacourse.school.lists.people import read_roster, roster_export


@dataclass(frozen=True, kw_only=True)
class Form:
    """One platform's files."""

    name: str
    table: str  # the file of its export
    text: str
    files: dict[str, str]  # name in the zip -> whose notebook (id), or other text
    shown: tuple[str, ...]  # ids as they are spelled there
    stranger: str
    column: str  # for the points of `contrast`
    points: list[str]  # below the head; a hand-in without a journal has 95 of 100
    feedback: list[str]
    mark: str = ","
    encoding: str = "utf-8"

    @property
    def ids(self):
        return tuple(each.lower() for each in self.shown)


FORMS = [
    Form(
        name="Canvas",
        table="2026-grades.csv",
        text=(
            "Student,ID,SIS User ID,SIS Login ID,Section,Contrast (901),Current Score\r\n"
            "    Points Possible,,,,,50,(read only)\r\n"
            '"Lovelace, Ada",12345,007,ALovelace,"A, B",,1\r\n'
            '"Hopper, Grace",12346,008,ghopper,A,,\r\n'
            '"Student, Test",1,,x,A,,\r\n'
        ),
        files={
            "lovelaceada_12345_67890_contrast.ipynb": "not this one",
            "lovelaceada_12345_67899_contrast-1.ipynb": "alovelace",
            "hoppergrace_LATE_12346_67891_contrast.ipynb": "ghopper",
            "doejane_777_67892_contrast.ipynb": "alovelace",
        },
        shown=("ALovelace", "ghopper"),
        stranger="doejane",
        column="Contrast (901)",
        points=["50", "47.5", "47.5", ""],
        feedback=["lovelaceada_12345_67899_feedback.html", "hoppergrace_LATE_12346_67891_feedback.html"],
    ),
    Form(
        name="Moodle",
        table="Grades-contrast-1.csv",
        text=(
            "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed\r\n"
            "Participant 12345,Zoë Doe,Zoe@made.up,Submitted for grading,,20.00,Yes\r\n"
            "Participant 12346,Bo Li,bo@made.up,Submitted for grading,7,20.00,No\r\n"
        ),
        files={
            "Zoë Doe_12345_assignsubmission_file_/contrast.ipynb": "zoe@made.up",
            "Bo Li_12346_assignsubmission_file_/contrast (1).ipynb": "bo@made.up",
            "Bo Li_12346_assignsubmission_file_/contrast.ipynb": "not this one",
            "Eve Roe_999_assignsubmission_file_/contrast.ipynb": "bo@made.up",
        },
        shown=("Zoe@made.up", "bo@made.up"),
        stranger="Eve Roe",
        column="Grade",
        points=["19", "7"],
        feedback=[
            "Zoë Doe_12345_assignsubmission_file_/feedback.html",
            "Bo Li_12346_assignsubmission_file_/feedback.html",
        ],
    ),
    Form(
        name="Blackboard",
        table="gc_class.xls",
        text=(
            "Last Name\tFirst Name\tUsername\tStudent ID\tContrast [Total Pts: 10 Score] |55\r\n"
            "Doe\tJane\tJDoe\t007\t\r\n"
            "Li\tBo\tbli\t008\t\r\n"
        ),
        files={
            "Task_JDoe_attempt_2026-11-30-18-00-00_contrast.ipynb": "not this one",
            "Task_JDoe_attempt_2026-12-01-09-30-00_contrast.ipynb": "jdoe",
            "Task_JDoe_attempt_2026-12-01-09-30-00.txt": "Name: Jane Doe (JDoe)\n",
            "Task_bli_attempt_2026-11-30-17-00-00_contrast.ipynb": "bli",
            "Task_eve_attempt_2026-11-30-17-00-00_contrast.ipynb": "bli",
        },
        shown=("JDoe", "bli"),
        stranger="Task_eve",
        column="Contrast [Total Pts: 10 Score] |55",
        points=["9.5", "9.5"],
        feedback=["JDoe/feedback.html", "bli/feedback.html"],
        mark="\t",
        encoding="utf-16",
    ),
    Form(
        name="GitHub Classroom",
        table="grades.csv",
        text=(
            "assignment_name,github_username,roster_identifier,points_awarded,points_available\r\n"
            "contrast,Ada-Codes,ALovelace,,100\r\n"
            "contrast,bo,008,,100\r\n"
        ),
        files={
            "contrast-submissions/contrast-ada-codes/contrast.ipynb": "alovelace",
            "contrast-submissions/contrast-bo/contrast.ipynb": "008",
            "contrast-submissions/contrast-eve/contrast.ipynb": "008",
        },
        shown=("ALovelace", "008"),
        stranger="contrast-eve",
        column="points_awarded",
        points=["95", "95"],
        feedback=["contrast-ada-codes/FEEDBACK.md", "contrast-bo/FEEDBACK.md"],
    ),
]


@pytest.fixture
def graded(tmp_path, monkeypatch, pretend, hand_in):
    """Writes the class as one platform hands it out, grades it, and gives what came of it."""
    monkeypatch.setattr(grade_class, "make_centres", lambda folder: folder)
    monkeypatch.setattr(grade_class, "warm_up", lambda *_: nullcontext())

    def grade(form, *, as_zip=True):
        roster = tmp_path / form.table
        roster.write_bytes(form.text.encode(form.encoding))
        students = read_roster(roster)
        notebooks = {
            one.id: (hand_in(one.id, where=tmp_path / "made") / one.id / "contrast.ipynb").read_text()
            for one in students
        }
        archive = tmp_path / "all.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            for name, whose in form.files.items():
                packed.writestr(name, notebooks.get(whose, whose))
        folder = archive
        if not as_zip:
            folder = tmp_path / "all"
            zipfile.ZipFile(archive).extractall(folder)
        course = Course(exports=roster_export(roster, students))
        return grade_folder(folder, tmp_path / "grades", roster=students, course=course), tmp_path / "grades"

    return grade


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_class_goes_out_and_comes_back(form, graded, pretend):
    done, out = graded(form, as_zip=form.name != "Moodle")
    assert sorted(pretend.runs) == sorted(form.ids)  # each on the roster's variant, the stranger on none
    rows = {row.shown: row for row in done.rows}
    assert {shown for shown, row in rows.items() if row.graded} == set(form.shown)
    assert any(form.stranger in path and "not on the roster" in why for path, why in done.left_out)
    back = (out / "returns" / form.table).read_bytes().decode(form.encoding)
    before = list(csv.reader(io.StringIO(form.text), delimiter=form.mark))
    after = list(csv.reader(io.StringIO(back, newline=""), delimiter=form.mark))
    at = after[0].index(form.column)
    assert [line[at] for line in after[1:]] == form.points
    for old, new in zip(before, after, strict=True):  # all other cells as they were
        kept = [cell for number, cell in enumerate(new) if number != at]
        assert kept == [cell for number, cell in enumerate(old) if number != at]
    (packed,) = out.glob("returns/*feedback.zip")
    assert sorted(zipfile.ZipFile(packed).namelist()) == sorted(form.feedback)


def test_the_platforms_late_mark_and_date_are_told(graded):
    done, _ = graded(FORMS[0])
    late = {row.shown: row.late.said for row in done.rows}
    assert late["ghopper"].startswith("late, says the platform") and late["ALovelace"] == ""

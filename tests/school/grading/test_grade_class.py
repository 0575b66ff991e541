import csv
import os
import shutil
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from atriacourse.assignments.listing import assignment
from atriacourse.errors import InputError
from atriacourse.school.fences.jail import Attempt
from atriacourse.school.fences.system import Limits
from atriacourse.school.grading import grade_class
from atriacourse.school.grading.dates import Dates, Rule, read_dates
from atriacourse.school.grading.grade_class import Course, grade_folder
from atriacourse.school.handouts.notebook import solution_notebook
from atriacourse.school.lists.people import Student


@pytest.fixture
def out(tmp_path, monkeypatch, pretend):
    """The folder for grades; no centres are made, and nothing is run."""
    monkeypatch.setattr(grade_class, "make_centres", lambda folder: folder)
    monkeypatch.setattr(grade_class, "warm_up", lambda *_: nullcontext())
    return tmp_path / "grades"


def gradebook(out):
    with (out / "gradebook.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def before(pretend, student, act):
    """Something that happens when the student's notebook is to be run."""
    outcome = pretend.outcome

    def run(prepared, who):
        if who == student:
            act()
        return outcome(prepared, who)

    pretend.outcome = run


def test_everything_is_written(out, hand_in, pretend):
    folder = hand_in("ada")
    done = grade_folder(folder, out)
    assert (done.executed, done.kept, done.interrupted) == (1, 0, False)
    assert sorted(path.name for path in out.iterdir()) == [
        "class.html",
        "feedback",
        "gradebook.csv",
        "left_out.csv",
        "results.json",
    ]
    assert gradebook(out)["ada"]["total"] == "95"  # no journal


def test_a_second_run_runs_nothing_and_a_late_file_alone(out, hand_in, pretend):
    folder = hand_in("ada")
    hand_in("bob")
    grade_folder(folder, out)
    before = (out / "gradebook.csv").read_bytes()
    assert pretend.runs == ["ada", "bob"]
    again = grade_folder(folder, out)
    assert (again.executed, again.kept) == (0, 2)
    assert (out / "gradebook.csv").read_bytes() == before
    hand_in("carl")
    late = grade_folder(folder, out)
    assert (late.executed, late.kept) == (1, 2)
    assert pretend.runs == ["ada", "bob", "carl"]
    grade_folder(folder, out, rerun_all=True)
    assert len(pretend.runs) == 6


def test_one_student_is_run_again_by_name(out, hand_in, pretend):
    folder = hand_in("ada")
    hand_in("bob")
    grade_folder(folder, out)
    grade_folder(folder, out, rerun=["Bob"])
    assert pretend.runs == ["ada", "bob", "bob"]
    with pytest.raises(InputError, match="--rerun: eve handed in nothing that is here"):
        grade_folder(folder, out, rerun=["eve"])


def test_another_limit_runs_what_the_first_one_cut_off_and_nobody_else(out, hand_in, pretend):
    folder, outcome = hand_in("ada"), pretend.outcome
    hand_in("bob")
    slow = "it was stopped after 1 minutes of the processor"
    pretend.outcome = lambda prepared, who: replace(
        outcome(prepared, who), ending=slow if who == "bob" else ""
    )
    grade_folder(folder, out, limits=Limits(minutes=1))
    assert [row["timed_out"] for row in gradebook(out).values()] == ["", "yes"]
    assert "timed out" in gradebook(out)["bob"]["flags"]
    assert "Timed out" in (out / "feedback" / "bob.html").read_text(encoding="utf-8")
    grade_folder(folder, out, limits=Limits(minutes=1, memory_gb=8))
    pretend.outcome = outcome
    done = grade_folder(folder, out, limits=Limits(minutes=20))
    assert pretend.runs == ["ada", "bob", "bob"] and (done.executed, done.kept) == (1, 1)
    assert [row["timed_out"] for row in gradebook(out).values()] == ["", ""]
    grade_folder(folder, out, limits=Limits(minutes=1))
    assert len(pretend.runs) == 3


def test_solutions_are_in_the_feedback_from_their_date_on_and_no_hidden_test_ever(out, hand_in):
    folder, released = hand_in("ada"), datetime(2026, 12, 10, tzinfo=UTC)
    dates = Dates(rules={("contrast", ""): Rule(released=released)})
    for days, shown in ((-1, False), (0, True)):
        grade_folder(folder, out, course=Course(dates=dates, now=released + timedelta(days=days)))
        page = (out / "feedback" / "ada.html").read_text(encoding="utf-8")
        assert ("A worked solution" in page) is shown and "<h4>hidden" not in page
    hidden = {
        c.metadata["atriacourse"]["cell"]
        for c in solution_notebook(assignment("contrast"), "ada").cells
        if c.metadata["atriacourse"]["kind"] == "hidden"
    }
    assert hidden and not [name for name in hidden if f"<h4>{name}</h4>" in page]


def test_who_is_on_no_roster_is_graded_only_as_whom_the_notebook_was_made_for(out, hand_in, pretend):
    folder = hand_in("ada")
    hand_in("guest")
    (folder / "guest").rename(folder / "visitor")
    done = grade_folder(folder, out, roster=on_roster("ada"))
    assert pretend.runs == ["ada"] and set(gradebook(out)) == {"ada"}
    assert (
        "visitor/contrast.ipynb",
        "'visitor' is not on the roster, and the notebook was not made for that id",
    ) in done.left_out


def test_a_grade_from_before_meets_the_roster_as_well(out, hand_in):
    folder = hand_in("007")
    hand_in("8")
    grade_folder(folder, out)
    shutil.rmtree(folder / "007")
    grade_folder(folder, out, roster=on_roster("7", "8"))
    assert set(gradebook(out)) == {"007", "8"}  # and no ghost of 7 who handed in nothing


def test_a_changed_journal_is_graded_anew(out, hand_in, pretend, kit):
    folder = hand_in("ada")
    grade_folder(folder, out)
    lines = [("begin", {"student": "ada"}), ("hypothesis", kit.said), ("result", kit.result)]
    hand_in("ada", journal=lines)
    grade_folder(folder, out)
    assert pretend.runs == ["ada", "ada"]
    assert gradebook(out)["ada"]["total"] == "100"


def test_an_override_outlives_a_new_submission(out, hand_in):
    folder = hand_in("ada")
    grade_folder(folder, out)
    path = out / "gradebook.csv"
    path.write_text(path.read_text().replace("contrast,95,95,,", "contrast,95,95,99,fine"))
    hand_in("ada", solved=False)
    grade_folder(folder, out)
    row = gradebook(out)["ada"]
    assert (row["total"], row["override"], row["comment"]) == ("99", "99", "fine")
    assert float(row["graded"]) < 95


def test_what_cannot_be_read_has_a_row_with_a_reason(out, hand_in, pretend):
    folder = hand_in("ada")
    for student, content in (("bob", b""), ("carl", b"no notebook"), ("dora", b'{"cells": [')):
        (folder / student).mkdir()
        (folder / student / "contrast.ipynb").write_bytes(content)
    done = grade_folder(folder, out)
    assert done.executed == 4 and pretend.runs == ["ada"]
    flags = {student: row["flags"] for student, row in gradebook(out).items()}
    assert "is empty" in flags["bob"] and "not JSON" in flags["carl"] and "cut off" in flags["dora"]
    assert gradebook(out)["dora"]["total"] == "0"


def test_a_submission_deleted_midway_has_a_reason(out, hand_in, pretend):
    folder = hand_in("ada")
    hand_in("bob")
    before(pretend, "ada", (folder / "bob" / "contrast.ipynb").unlink)
    grade_folder(folder, out)
    assert "is gone" in gradebook(out)["bob"]["flags"]
    assert gradebook(out)["ada"]["total"] == "95"


def test_a_grade_stays_when_the_file_goes(out, hand_in, pretend):
    folder = hand_in("ada")
    grade_folder(hand_in("bob"), out)
    (folder / "ada" / "contrast.ipynb").unlink()
    (folder / "ada").rmdir()
    grade_folder(folder, out)
    assert gradebook(out)["ada"]["total"] == "95"


def test_an_error_of_the_grader_stops_nobody(out, hand_in, pretend):
    folder = hand_in("ada")
    hand_in("bob")
    before(pretend, "ada", lambda: 1 / 0)
    grade_folder(folder, out)
    assert gradebook(out)["ada"]["flags"] == "the grader failed"
    assert gradebook(out)["bob"]["total"] == "95"


def test_an_interrupt_keeps_what_is_graded_and_the_next_run_goes_on(out, hand_in, pretend):
    folder = hand_in("ada")
    for student in ("bob", "carl"):
        hand_in(student)

    def ctrl_c(done, total, graded):
        if done == 1:
            raise KeyboardInterrupt

    done = grade_folder(folder, out, on_progress=ctrl_c)
    assert done.interrupted and done.executed == 1
    assert set(gradebook(out)) == {"ada"}
    done = grade_folder(folder, out)
    assert not done.interrupted and set(gradebook(out)) == {"ada", "bob", "carl"}
    assert pretend.runs.count("ada") == 1


def test_who_is_missing_or_late_is_told(out, hand_in):
    roster = [Student(id="ada", name="Ada"), Student(id="bob", name="Bob")]
    due = datetime(2026, 12, 1, 18, tzinfo=UTC)
    folder = hand_in("ada")
    os.utime(folder / "ada" / "contrast.ipynb", (due.timestamp() + 99_999,) * 2)
    grade_folder(folder, out, roster=roster, course=Course(dates=Dates(rules={}, due=due)))
    rows = gradebook(out)
    assert rows["bob"]["flags"] == "nothing handed in" and rows["bob"]["name"] == "Bob"
    assert rows["ada"]["late"].startswith("no date") and rows["ada"]["total"] == "95"  # a copy's date is none
    (out.parent / "dates.csv").write_text(
        "assignment,student,due,per_day,handed_in\n"
        "contrast,,2026-12-01T18:00+00:00,5,\ncontrast,Ada,,,2026-12-02T21:00+00:00\n"
    )
    rules = read_dates(out.parent / "dates.csv", roster)
    grade_folder(folder, out, roster=roster, course=Course(dates=Dates(rules=rules)))
    ada = gradebook(out)["ada"]  # 27 hours: two days begun
    assert (ada["late"], ada["total"], ada["graded"]) == ("27.0 h, 10 points off", "85", "95")


def test_copies_are_flagged_in_both_rows(out, hand_in, kit):
    def tell(notebook):
        for name in ("report-01", "report-02"):
            cell = kit.cell_of(notebook, name)
            words = "our forks of " + " and ".join(f"{name}x{letter}" for letter in "abcdefghijklmnopqrstuvw")
            cell.source = f"{cell.source.splitlines()[0]}\n\n{words}"

    folder = hand_in("ada", change=tell, solved=False)
    hand_in("bob", change=tell, solved=False)
    done = grade_folder(folder, out)
    assert [(pair.first, pair.second) for pair in done.pairs] == [("ada", "bob")]
    assert "looks like bob" in gradebook(out)["ada"]["flags"]
    assert "looks like ada" in gradebook(out)["bob"]["flags"]


def test_half_a_character_and_a_line_break_do_no_harm(out, hand_in, pretend, kit):
    half = "\ud83d"  # of an emoji, as an editor may leave it

    def write(notebook):
        kit.cell_of(notebook, "report-01").source += f" {half}"

    tried = (Attempt(kind="read", what=f"/tmp/{half}\r\n{'x' * 1000}"),)
    outcome = pretend.outcome
    pretend.outcome = lambda *given: replace(outcome(*given), attempts=tried)
    folder = hand_in("ada", change=write)
    grade_folder(folder, out)
    again = grade_folder(folder, out)
    assert (again.executed, again.kept) == (0, 1)
    flags = gradebook(out)["ada"]["flags"]
    assert "tried to read /tmp/\\ud83d xxx" in flags and len(flags) < 500


def test_grades_are_not_written_among_the_submissions(out, hand_in):
    folder = hand_in("ada")
    with pytest.raises(InputError, match="taken for a student's folder"):
        grade_folder(folder, folder / "grades")
    assert not (folder / "grades").exists()


def test_a_deadline_without_a_time_zone_is_said_before_anybody_is_run(out, hand_in, pretend):
    with pytest.raises(InputError, match="needs a time zone"):
        dates = Dates(rules={}, due=datetime(2026, 12, 1))
        grade_folder(hand_in("ada"), out, course=Course(dates=dates))
    assert pretend.runs == []


def test_an_error_of_ours_does_not_wait_for_the_class(out, hand_in, pretend):
    for student in ("ada", "bob", "carl", "dora"):
        folder = hand_in(student)

    def full_disk(done, total, graded):
        if done:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        grade_folder(folder, out, on_progress=full_disk)
    assert len(pretend.runs) < 4


def test_what_is_nobodys_is_told_and_written_down(out, hand_in):
    folder = hand_in("ada")
    (folder / "=final.ipynb").write_bytes(b"{}")
    why = "it belongs to no assignment: its name is not ASSIGNMENT-STUDENT.ipynb"
    assert grade_folder(folder, out).left_out == (("=final.ipynb", why),)
    assert (out / "left_out.csv").read_text() == f"path,why\n'=final.ipynb,{why}\n"
    (folder / "=final.ipynb").unlink()
    grade_folder(folder, out)
    assert (out / "left_out.csv").read_text() == "path,why\n"


def on_roster(*ids):
    return [Student(id=one, name=f"Name of {one}") for one in ids]


def test_zeros_that_a_spreadsheet_lost_are_matched_and_told(out, hand_in):
    folder = hand_in("007")
    grade_folder(folder, out, roster=on_roster("7", "8"))
    rows = gradebook(out)
    assert set(rows) == {"007", "8"}  # the notebook is made for 007: its variant follows from that
    assert rows["007"]["name"] == "Name of 7" and "on the roster as '7'" in rows["007"]["flags"]
    assert float(rows["007"]["total"]) == 95


def test_a_folder_that_lost_its_zeros_goes_by_the_notebook_and_the_roster(out, hand_in):
    folder = hand_in("007")
    (folder / "007").rename(folder / "7")
    grade_folder(folder, out, roster=on_roster("007"))
    row = gradebook(out)["007"]
    assert "handed in as '7'" in row["flags"] and float(row["total"]) == 95


def test_who_could_be_two_is_nobody(out, hand_in):
    folder = hand_in("007")
    hand_in("guest")
    grade_folder(folder, out, roster=on_roster("7", "07"))
    rows = gradebook(out)
    assert "not on the roster, where '07' is much alike" in rows["007"]["flags"] and rows["007"]["name"] == ""
    assert rows["guest"]["flags"].endswith("not on the roster")
    assert rows["7"]["flags"] == rows["07"]["flags"] == "nothing handed in"


def test_two_that_could_be_one_are_nobody(out, hand_in):
    folder = hand_in("007")
    hand_in("07")
    grade_folder(folder, out, roster=on_roster("7"))
    rows = gradebook(out)
    assert set(rows) == {"007", "07", "7"} and rows["7"]["flags"] == "nothing handed in"


def test_an_override_whose_id_lost_its_zeros_is_not_lost(out, hand_in):
    folder = hand_in("007")
    grade_folder(folder, out)
    book = out / "gradebook.csv"
    book.write_text(book.read_text().replace("007,,contrast,95,95,,", "7,,contrast,95,95,80,fine"))
    for _ in range(2):
        grade_folder(folder, out)
        rows = gradebook(out)
        assert set(rows) == {"007"}
        assert (rows["007"]["total"], rows["007"]["comment"]) == ("80", "fine")


def test_nothing_is_run_or_replaced_in_a_folder_of_somebody_else(out, hand_in, pretend):
    folder = hand_in("ada")
    (out / "feedback").mkdir(parents=True)
    (out / "feedback" / "ada.md").write_text("mine")
    with pytest.raises(InputError, match="give another --out"):
        grade_folder(folder, out)
    assert pretend.runs == [] and [path.name for path in out.iterdir()] == ["feedback"]
    assert (out / "feedback" / "ada.md").read_text() == "mine"


def test_overrides_of_what_is_not_graded_again_yet_are_kept(out, hand_in):
    """results.json is moved away to grade all anew, and Ctrl-C comes at once."""
    folder = hand_in("ada")
    grade_folder(folder, out)
    book = out / "gradebook.csv"
    book.write_text(book.read_text().replace("ada,,contrast,95,95,,", "ada,,contrast,95,95,80,fine"))
    (out / "results.json").unlink()

    def ctrl_c(done, total, graded):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_folder(folder, out, on_progress=ctrl_c)
    grade_folder(folder, out)
    assert gradebook(out)["ada"]["total"] == "80"

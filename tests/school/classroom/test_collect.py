"""A class's files: what is used, what is left out and why."""

import json
import math
import re
import shutil

import pytest

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.journal import add_entry, read_journal
from atriacourse.assignments.listing import assignment
from atriacourse.errors import InputError
from atriacourse.school.classroom.collect import collect
from atriacourse.school.classroom.page import classroom_html
from atriacourse.school.grading.kept import write_results
from atriacourse.school.grading.marks import Graded, Mark


def graded(student, *, difference=0.25, earned=15.0, said=True, committed=10.0):
    variant = allocation_of(assignment("contrast"), student)
    result = {"a": variant.a, "b": variant.b, "seed": variant.seed, "clinic": variant.centre}
    result |= {"names": ["x", "y"], "values": {"a": [0.5, 0.5], "b": [0.5 + difference, 0.5 + difference]}}
    return Graded(
        student=student,
        assignment="contrast",
        parts=(Mark(part="hypothesis", of=10, points=committed), Mark(part="result", of=15, points=earned)),
        result=result,
        hypothesis={"winner": variant.b, "low": 0, "high": 1} if said else None,
    )


def test_journals_and_guesses_of_a_folder(tmp_path, write_journal, write_guesses):
    write_journal("ada", [0.125, -0.25, 0.5], folder=tmp_path / "ada")
    write_guesses("ada.json", {"How many?": (1, 2, 1.5)})
    write_guesses("guesses_03_contrast.json", {"How many?": (0, 1, 1.5)}, folder=tmp_path / "ben")
    found = collect([tmp_path])
    (run,) = found.runs
    assert run.gains == {"case0": 0.125, "case1": -0.25, "case2": 0.5}
    variant = allocation_of(assignment("contrast"), "ada")
    assert (run.a, run.b, run.seed) == (variant.a, variant.b, variant.seed)
    assert run.place == f"centre {variant.centre}" and not run.rerun and run.said.high == 0.1
    assert list(found.guesses["holds"]) == [True, False] and found.left_out == ()
    assert found.files == {"journals": 1, "files of guesses": 2}


ANSWERED = {
    "answers": 1,
    "chapters": [
        {
            **{"chapter": "03_contrast", "profile": "page", "data": "page", "date": "", "finished": True},
            "guesses": [{"question": "q", "low": 0, "high": 1}],
            "values": [0.5],
            "checks": [
                {"check": "Gamma", "tries": 1, "right": True, "shown": False},
                {"check": "Noise", "tries": 3, "right": False, "shown": True},
            ],
        },
    ],
}


def test_the_answers_of_all_chapters_that_pages_give_out(tmp_path):
    one, other = ANSWERED, json.loads(json.dumps(ANSWERED))
    other["chapters"][0]["checks"][1] |= {"tries": 1, "right": True, "shown": False}
    for name, told in (("ada", one), ("ben", other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "guesses_and_answers.json").write_text(json.dumps(told))
    found = collect([tmp_path])
    assert found.left_out == () and list(found.guesses["holds"]) == [True, True]
    page = classroom_html(found, date="2026-11-23")
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert cells == ["03_contrast", "Noise", "2", "1", "1", "03_contrast", "Gamma", "2", "2", "0"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"answers": 2}, "format 2 of answers"),
        ({"answers": "1"}, "answers: Input should be a valid integer"),
        ({"chapters": {}}, "chapters: Input should be a valid array"),
        ({"chapters": [ANSWERED["chapters"][0] | {"checks": [{"check": "Gamma"}]}]}, "checks.0.tries"),
        ({"chapters": [ANSWERED["chapters"][0] | {"values": []}]}, "is damaged"),
    ],
)
def test_a_file_of_answers_that_is_damaged_is_named(tmp_path, write_guesses, change, why):
    write_guesses("good_guesses.json", {"q": (0, 1, 0.5)})
    (tmp_path / "guesses_bad.json").write_text(json.dumps(ANSWERED | change))
    found = collect([tmp_path])
    assert len(found.guesses) == 1 and found.checks.empty
    assert found.left_out[0][0].endswith("guesses_bad.json") and why in found.left_out[0][1]


def test_what_grading_measured_goes_before_the_journal(tmp_path, write_journal):
    journal = write_journal("ada", [0.0, 0.0])
    write_results(tmp_path / "grades", [graded("ada"), graded("ben", said=False)])
    for paths in ([journal, tmp_path / "grades"], [tmp_path / "grades", journal]):
        runs = {run.student: run for run in collect(paths).runs}
        assert runs["ada"].gains == {"x": 0.25, "y": 0.25} and runs["ada"].rerun
        assert runs["ada"].said.high == 1 and runs["ben"].said is None
        assert collect(paths).files == {"graded submissions": 2}


def test_a_result_that_earned_nothing_is_not_pooled(tmp_path):
    write_results(tmp_path, [graded("ada"), graded("ben", earned=0.0)])
    found = collect([tmp_path])
    assert [run.student for run in found.runs] == ["ada"]
    assert found.left_out[0][0].endswith("ben, contrast") and "earned no points" in found.left_out[0][1]


def test_only_what_stood_before_the_result_is_a_hypothesis(tmp_path, write_journal):
    path = write_journal("ada", [0.1, 0.2], said=None)
    add_entry(path, "hypothesis", {"winner": "clahe", "low": 0.14, "high": 0.16, "because": "I saw it"})
    assert collect([path]).runs[0].said is None
    result = read_journal(path).last("result")
    add_entry(path, "result", result.content | {"hypothesis": "another"})  # measured again
    assert collect([path]).runs[0].said is None


@pytest.mark.parametrize(
    "points", [0.0, 3.0, 5.0]
)  # changed after the result; nothing shows when it was said
def test_only_what_grading_saw_committed_is_a_hypothesis(tmp_path, points):
    write_results(tmp_path, [graded("ada", committed=points)])
    assert collect([tmp_path]).runs[0].said is None


def test_a_result_is_of_the_beginning_before_it(tmp_path, write_journal):
    path = write_journal("ada", [0.1, 0.2])
    begin = read_journal(path).last("begin")
    add_entry(path, "begin", begin.content | {"scale": "atlas", "data": "/home/ada/la2018"})
    (run,) = collect([path]).runs
    assert run.scale == SCALE and run.place.startswith("centre")


def test_a_copied_file_counts_once(tmp_path, write_journal, write_guesses):
    path = write_journal("ada", [0.1, 0.2])
    other = tmp_path / "ben" / "journal-contrast-ben.jsonl"
    other.parent.mkdir()
    shutil.copy(path, other)
    guesses = write_guesses("guesses.json", {"q": (0, 1, 1)})
    shutil.copy(guesses, tmp_path / "guesses (1).json")
    found = collect([tmp_path])
    assert [run.student for run in found.runs] == ["ada"] and len(found.guesses) == 1
    assert any("copy of another" in why for _, why in found.left_out)


def test_two_students_with_one_run(tmp_path, write_journal):
    pair, changes = ("standard", "clahe"), {"seed": 7, "clinic": 2018}
    write_journal("ada", [0.1, 0.2], pair=pair, **changes)
    write_journal("ben", [0.1, 0.2], pair=pair, **changes)
    found = collect([tmp_path])
    assert len(found.runs) == 1 and found.left_out == (("ben, contrast", "its run is another student's"),)
    assert found.files == {"journals": 1}


def broken_files(folder):
    (folder / "cut.json").write_text('{"chapter": "03"')
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "list.json").write_text("[1, 2]")
    (folder / "foreign.json").write_text('{"a": 1}')
    (folder / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (folder / "odd_guesses.json").write_text(
        '{"guesses": [{"question": 1, "low": "a", "high": 2}], "values": [1]}'
    )
    (folder / "results2.json").write_text('{"format": 1, "submissions": []}')
    (folder / "journal-contrast-x.jsonl").write_text("no journal\n")
    (folder / "link.json").symlink_to(folder / "cut.json")
    return 9


def test_broken_and_foreign_files_are_named_and_left_out(tmp_path, write_guesses):
    count = broken_files(tmp_path)
    write_guesses("good.json", {"q": (0, 1, 0.5)}, chapter=["not", "a", "text"])
    found = collect([tmp_path])
    assert len(found.guesses) == 1 and found.guesses["chapter"][0] == "['not', 'a', 'text']"
    assert len(found.left_out) == count and all(why for _, why in found.left_out)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"pair": ("standard", "nothing")}, "has no pair"),
        ({"assignment": "none_such"}, "there is no assignment"),
        ({"seed": "x"}, "invalid literal"),
        ({"gains": [math.nan, math.nan]}, "no case has a finite value"),
        ({"gains": []}, "one value of a and of b"),
    ],
)
def test_journals_that_do_not_fit(tmp_path, write_journal, write_guesses, change, why):
    write_guesses("guesses.json", {"q": (0, 1, 0.5)})
    gains = change.pop("gains", [0.1, 0.2])
    if math.nan in gains:
        gains = [float("inf")] * 2
    path = write_journal("ada", gains, **change)
    found = collect([tmp_path])
    assert found.runs == () and found.left_out[0][0] == str(path) and why in found.left_out[0][1]


def test_a_journal_changed_by_hand(tmp_path, write_journal):
    path = write_journal("ada", [0.1, 0.2])
    path.write_text(path.read_text().replace('"high": 0.1', '"high": 0.2'))
    with pytest.raises(InputError, match=r"broken at line 2.*give a folder that `grade` wrote"):
        collect([path])


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="no file was found"):
        collect([tmp_path])
    with pytest.raises(InputError, match="does not exist"):
        collect([tmp_path / "absent"])


def test_own_scans_are_another_place(tmp_path, write_journal):
    write_journal("ada", [0.1, 0.2], data="/home/ada/scans/la2018", scale="atlas")
    (run,) = collect([tmp_path]).runs
    assert (run.place, run.scale) == ("scans la2018", "atlas")


def test_a_difference_beyond_all_sense_is_left_out_with_its_reason(tmp_path):
    write_results(tmp_path, [graded("ada"), graded("bob", difference=1.7e308)])
    found = collect([tmp_path])
    assert [run.student for run in found.runs] == ["ada"]
    ((_, why),) = found.left_out
    assert "beyond all sense" in why

import csv
import io
import json

import pytest

from atriacourse.errors import InputError
from atriacourse.school.grading.class_page import write_class_page
from atriacourse.school.grading.gradebook import make_rows, read_typed, write_gradebook
from atriacourse.school.grading.kept import read_results, sensible, usable_results, write_results
from atriacourse.school.grading.marks import Graded, Mark
from atriacourse.school.grading.row import Typed
from atriacourse.school.lists.people import Student


def graded(student, *points, assignment="contrast", **fields):
    parts = (Mark(part="tasks", of=60, points=points[0]), Mark(part="report", of=40, points=points[1]))
    return Graded(student=student, assignment=assignment, parts=parts, **fields)


def rows_of(*submissions, typed=(), roster=()):
    results = {(one.student, one.assignment): one for one in submissions}
    return make_rows(results, {key: Typed(*words) for key, words in dict(typed).items()}, roster=roster)


def table(path):
    return {row["student"]: row for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))}


def test_results_come_back_as_they_were(tmp_path):
    mark = Mark(part="tasks", of=60, points=7.5, reasons=["seven is odd"], remarks=["ü"])
    one = Graded(student="ada", assignment="contrast", parts=(mark,), flags=("late",), answers={"a": "1"})
    write_results(tmp_path, [one])
    assert read_results(tmp_path) == {("ada", "contrast"): one}


def test_a_file_of_another_kind_is_not_taken_for_results(tmp_path):
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(InputError, match="move it away"):
        read_results(tmp_path)


def test_an_override_survives_and_counts(tmp_path):
    path = write_gradebook(tmp_path, rows_of(graded("ada", 50, 20), graded("bob", 10, 0)))
    text = path.read_text(encoding="utf-8")
    assert "ada,,contrast,70,70,,," in text
    path.write_text(text.replace("ada,,contrast,70,70,,,", "ada,,contrast,70,70,95,well said,"))
    for _ in range(2):  # and survives once more
        typed = read_typed(tmp_path)
        rows = rows_of(graded("ada", 50, 20), graded("bob", 10, 0), typed=typed)
        write_gradebook(tmp_path, rows)
    ada = table(path)["ada"]
    assert (ada["total"], ada["graded"], ada["override"], ada["comment"]) == ("95", "70", "95", "well said")
    assert table(path)["bob"]["total"] == "10"


@pytest.mark.parametrize(
    ("typed", "total", "flagged"),
    [
        ("", 70, False),
        ("85", 85, False),
        ("85,5", 85.5, False),
        ("report=40", 90, False),
        ("report=40 tasks=1", 41, False),
        ("report=40, tasks=0", 40, False),
        ("see me", 70, True),
        ("poetry=40", 70, True),
    ],
)
def test_what_may_be_typed(typed, total, flagged):
    (row,) = rows_of(graded("ada", 50, 20), typed={("ada", "contrast"): (typed, "")})
    assert row.total == total
    assert any("not understood" in flag for flag in row.flags) == flagged


@pytest.mark.parametrize("typed", ["report=999", "report=41 tasks=3", "tasks=60.5", "101", "9" * 400])
def test_more_points_than_there_are_is_refused_by_name_and_changes_nothing(typed):
    (row,) = rows_of(graded("ada", 50, 20), typed={("ada", "contrast"): (typed, "")})
    assert row.total == 70
    (flag,) = row.flags
    assert (
        flag.startswith(f"override {typed.split()[0] if '=' in typed else repr(typed)}"[:30])
        and "not used" in flag
    )


def test_what_a_student_asks_to_be_looked_at_again_is_kept(tmp_path):
    write_gradebook(tmp_path, rows_of(graded("ada", 50, 20), typed={("ada", "contrast"): ("", "", "task 2")}))
    assert read_typed(tmp_path) == {("ada", "contrast"): ("", "", "task 2")}


def test_ids_come_back_as_they_came(tmp_path):
    roster = [Student(id="zoë.k", name="Zoë", spelled="Zoë.K")]
    path = write_gradebook(tmp_path, rows_of(graded("zoë.k", 50, 20), roster=roster))
    assert list(table(path)) == ["Zoë.K"] and list(read_typed(tmp_path)) == [("zoë.k", "contrast")]


ABSURD = [1.7e308, -1.7e308, float("nan"), float("inf"), 1e5]


@pytest.mark.parametrize("number", ABSURD)
@pytest.mark.parametrize("name", ["difference", "low", "means", "band"])
def test_a_result_beyond_all_sense_is_left_out_and_told_and_the_page_draws(tmp_path, number, name):
    """Whatever a student's code printed; infinite means are what an empty mask has."""
    result = {
        "difference": 0.1,
        "low": 0.0,
        "high": 0.2,
        "cases": 3,
        "a": "x",
        "b": "y",
        "metric": "dice",
        "band": None,
    }
    result |= (
        {"means": {"a": number, "b": 0.5}}
        if name == "means"
        else {name: [number, 0.1] if name == "band" else number}
    )
    said = {"winner": "x", "low": -1.0, "high": 1.0, "because": ""}
    one = sensible(graded("ada", 50, 20, result=result, hypothesis=said))
    assert (one.result is None) == (name in ("difference", "low") or abs(number) < float("inf"))
    write_class_page(tmp_path, rows_of(one, graded("bob", 1, 1)), [])
    assert sensible(one) == one


@pytest.mark.parametrize("points", [1.7e308, -1.0, 61.0])
def test_points_that_no_part_has_are_damage(tmp_path, points):
    write_results(tmp_path, [graded("ada", points, 20)])
    with pytest.raises(InputError, match=r"tasks has .* of 60 points"):
        usable_results(tmp_path)


def test_what_was_typed_for_who_is_not_there_is_kept(tmp_path):
    """Also for an assignment of which nothing is graded (yet): grading all anew may be interrupted."""
    typed = {
        ("bob", "contrast"): ("50", "ill"),
        ("carl", "contrast"): ("", ""),
        ("dora", "padding"): ("9", ""),
    }
    for _ in range(2):
        rows = rows_of(graded("ada", 50, 20), typed=typed)
        assert [(row.student, row.total, row.typed.comment) for row in rows] == [
            ("ada", 70, ""),
            ("bob", 50, "ill"),
            ("dora", 9, ""),
        ]
        write_gradebook(tmp_path, rows)
        typed = read_typed(tmp_path)


FOREIGN = [
    ("student,assignment,override,comment\nada,gone,9,\n", "'gone' is no assignment"),
    ("student,assignment,override,comment\n../ada,contrast,9,\n", "line 2: a student's id needs"),
    ("student,assignment,override,comment\n,contrast,9,\n", "line 2: a student's id needs"),
    ("student,assignment,override,comment,oral\nada,contrast,9,,5\n", "would drop: oral"),
    ("student,assignment,override,comment\nada,contrast,9,\nada,contrast,8,\n", "two things of 'ada'"),
    ("student,grade\n", "lost its columns"),
    ("", "lost its columns"),
    ("just words", "lost its columns"),
    ("student,assignment,override,comment\n\0,contrast,9,\n", "no table|a student's id"),
    ("student,assignment,override,comment\n" + "x" * 200_000, "no table"),
]


@pytest.mark.parametrize(("text", "says"), FOREIGN)
def test_a_table_that_grading_did_not_write_is_refused_by_name(text, says, tmp_path):
    (tmp_path / "gradebook.csv").write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_typed(tmp_path)
    assert "gradebook.csv" in str(caught.value) and (tmp_path / "gradebook.csv").read_text() == text


def damaged(**changes):
    one = {"student": "ada", "assignment": "contrast", "parts": [], "flags": [], "notes": []}
    return {"format": 1, "submissions": [one | changes]}


DAMAGED = [None, 3, "x", [], {}, {"format": 1}, {"format": 2, "submissions": []}, {"submissions": []}]
DAMAGED += [{"format": True, "submissions": []}, {"format": 1, "submissions": {}}]
DAMAGED += [{"format": 1, "submissions": [each]} for each in (None, 3, [], {}, {"student": "ada"})]
DAMAGED += [
    damaged(**changes)
    for changes in (
        {"student": 7},
        {"student": "../ada"},
        {"student": ""},
        {"assignment": "gone"},
        {"parts": None},
        {"parts": [3]},
        {"parts": [{"part": "tasks", "of": "60"}]},
        {"parts": [{"part": "tasks", "of": 60, "points": "many"}]},
        {"flags": "late"},
        {"flags": [None]},
        {"seconds": "4"},
        {"hypothesis": []},
        {"hypothesis": {}},
        {"hypothesis": {"low": "a", "high": 1}},
        {"result": {"difference": 1}},
        {"result": {"difference": None, "low": 0, "high": 1, "cases": 3}},
        {"result": {"difference": 0, "low": 0, "high": 1, "cases": 3}},
        {
            "result": {
                "difference": 0,
                "low": 0,
                "high": 1,
                "cases": 3,
                "a": "",
                "b": "",
                "metric": "",
                "band": 5,
            }
        },
        {"answers": {"a": 1}},
        {"answers": []},
        {"handed_in": "yesterday", "parts": [{"part": "tasks", "of": 60}]},
    )
]


@pytest.mark.parametrize("content", DAMAGED)
def test_damaged_results_are_a_sentence_and_stay(content, tmp_path):
    text = json.dumps(content)
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(
        InputError, match=r"results\.json .*; it is not what `grade` writes: move it away"
    ) as caught:
        usable_results(tmp_path)
    assert "\n" not in str(caught.value) and (tmp_path / "results.json").read_text() == text


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[" * 20_000, b"\xff\xfe\x00", b'{"format": 1, "submissions": [{"st']
)
def test_results_cut_off_or_of_no_text_are_a_sentence(text, tmp_path):
    (tmp_path / "results.json").write_bytes(text)
    with pytest.raises(InputError, match=r"results\.json is damaged.*move it away"):
        read_results(tmp_path)


@pytest.mark.parametrize("name", ["class.html", "feedback", "left_out.csv", "clinics"])
def test_a_folder_of_somebody_else_is_not_written_into(name, tmp_path):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"holds {name}.*give another --out"):
        read_results(tmp_path)


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "grades").write_text("mine")
    with pytest.raises(InputError, match="is no folder"):
        read_results(tmp_path / "grades")


def test_a_spreadsheet_may_use_semicolons(tmp_path):
    path = write_gradebook(tmp_path, rows_of(graded("ada", 50, 20)))
    text = path.read_text(encoding="utf-8").replace(",", ";").replace(";70;70;;", ";70;70;95;")
    path.write_text("\ufeff" + text, encoding="utf-8")
    assert read_typed(tmp_path) == {("ada", "contrast"): ("95", "", "")}


def test_lost_columns_are_an_error_and_no_lost_override(tmp_path):
    (tmp_path / "gradebook.csv").write_text("student,total\nada,3\n")
    with pytest.raises(InputError, match="assignment, comment, override"):
        read_typed(tmp_path)


def test_a_comment_in_another_code_is_not_spoilt_in_silence(tmp_path):
    text = "student,assignment,override,comment\nada,contrast,,sehr schön\n"
    (tmp_path / "gradebook.csv").write_bytes(text.encode("cp1252"))  # as a spreadsheet may save it
    with pytest.raises(InputError, match="save it as CSV in UTF-8"):
        read_typed(tmp_path)


def test_no_cell_is_a_formula(tmp_path):
    path = write_gradebook(
        tmp_path, rows_of(graded("-ada", 1, 1), roster=[Student(id="-ada", name="=HYPERLINK(1)")])
    )
    (row,) = table(path).values()
    assert row["student"] == "'-ada" and row["name"] == "'=HYPERLINK(1)"
    assert list(read_typed(tmp_path)) == [("-ada", "contrast")]


def test_who_is_on_the_roster_and_handed_in_nothing_has_a_row():
    rows = rows_of(graded("ada", 50, 20), roster=[Student(id="ada"), Student(id="bob", name="Bob")])
    assert [(row.student, row.total) for row in rows] == [("ada", 70), ("bob", 0)]
    assert rows[1].flags == ["nothing handed in"]

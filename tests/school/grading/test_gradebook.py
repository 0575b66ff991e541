import csv
import io

import pytest

from atriacourse.errors import InputError
from atriacourse.school.grading.gradebook import (
    make_rows,
    read_results,
    read_typed,
    write_gradebook,
    write_results,
)
from atriacourse.school.grading.marks import Graded, Mark
from atriacourse.school.handouts.handout import Student


def graded(student, *points, assignment="contrast", **fields):
    parts = (Mark(part="tasks", of=60, points=points[0]), Mark(part="report", of=40, points=points[1]))
    return Graded(student=student, assignment=assignment, parts=parts, **fields)


def rows_of(*submissions, typed=(), roster=()):
    results = {(one.student, one.assignment): one for one in submissions}
    return make_rows(results, dict(typed), roster=roster, late={})


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


def test_what_was_typed_for_who_is_not_there_is_kept(tmp_path):
    typed = {("bob", "contrast"): ("50", "ill"), ("carl", "contrast"): ("", ""), ("dora", "gone"): ("9", "")}
    for _ in range(2):
        rows = rows_of(graded("ada", 50, 20), typed=typed)
        assert [(row.student, row.total, row.comment) for row in rows] == [
            ("ada", 70, ""),
            ("bob", 50, "ill"),
        ]
        write_gradebook(tmp_path, rows)
        typed = read_typed(tmp_path)


def test_a_spreadsheet_may_use_semicolons(tmp_path):
    path = write_gradebook(tmp_path, rows_of(graded("ada", 50, 20)))
    text = path.read_text(encoding="utf-8").replace(",", ";").replace(";70;70;;", ";70;70;95;")
    path.write_text("\ufeff" + text, encoding="utf-8")
    assert read_typed(tmp_path) == {("ada", "contrast"): ("95", "")}


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

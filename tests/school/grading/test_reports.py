"""Reports marked by hand: what stands on the pages, what counts, and for which words."""

import csv

import pytest

from atriacourse.errors import InputError
from atriacourse.school.grading.gradebook import make_rows
from atriacourse.school.grading.marks import Graded, Mark
from atriacourse.school.grading.reports import MARKS, code_of, headings_of, read_reports, write_reports
from atriacourse.school.grading.row import Read, Typed

FIRST, *OTHERS = headings_of("contrast")
FULL = 25


def graded(student, **texts):
    parts = (Mark(part="tasks", of=30, points=30), Mark(part="report", of=FULL, points=20))
    answers = {cell.replace("_", "-"): text for cell, text in texts.items()}
    return Graded(
        student=student, assignment="contrast", parts=parts, answers=answers, spelled=student.title()
    )


@pytest.fixture
def results():
    both = {heading.cell: f"<b>words of {heading.cell}</b>" for heading in (FIRST, *OTHERS)}
    return {
        ("ada", "contrast"): graded("ada", **both),
        ("bob", "contrast"): graded("bob", **{FIRST.cell: "mine"}),
    }


def rows_of(out, results, typed=None):
    spelled = {one.student: one.spelled for one in results.values()}
    return make_rows(results, typed or {}, read=read_reports(out, results), spelled=spelled)


def mark(out, who, cell, points):
    """Type points into the table, as a teacher does."""
    path = out / "reports" / MARKS
    lines = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    (line,) = [line for line in lines if (line["who"], line["heading"]) == (who, cell)]
    line["points"] = points
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, lines[0])
        table.writeheader()
        table.writerows(lines)


def test_a_report_counts_when_it_is_marked_and_for_these_words(tmp_path, results):
    rows = rows_of(tmp_path, results)
    assert [(row.total, row.waiting) for row in rows] == [(30, ["report"]), (30, ["report"])]
    write_reports(tmp_path, rows)
    mark(tmp_path, "Bob", FIRST.cell, str(FIRST.most - 1))
    for heading in (FIRST, *OTHERS):
        mark(tmp_path, "Ada", heading.cell, str(heading.most))
    for _ in range(2):  # points outlive that the table is written anew
        ada, bob = rows = rows_of(tmp_path, results)
        assert (ada.total, ada.waiting) == (30 + FULL, [])  # shares of a part add up
        assert (bob.total, bob.waiting) == (30 + FIRST.most - 1, [])
        write_reports(tmp_path, rows)
    results["bob", "contrast"].answers[FIRST.cell] = "something else"
    assert rows_of(tmp_path, results)[1].waiting == ["report"]


def test_an_override_goes_before(tmp_path, results):
    typed = {("ada", "contrast"): Typed("report=7"), ("bob", "contrast"): Typed("50")}
    assert [(row.total, row.waiting) for row in rows_of(tmp_path, results, typed)] == [(37, []), (50, [])]


def test_who_handed_in_no_words_waits_for_nothing(tmp_path):
    results = {("ada", "contrast"): graded("ada")}
    (row,) = rows_of(tmp_path, results)
    assert row.waiting == [] and row.total == 30 and row.read == {"report": Read(0.0, 0)}


@pytest.mark.parametrize("hide", [False, True])
def test_a_page_a_heading_escaped_with_names_hidden_on_request(tmp_path, results, hide):
    _, first, *_ = written = write_reports(tmp_path, rows_of(tmp_path, results), hide_names=hide)
    assert len(written) == 1 + 1 + len(OTHERS)
    page = first.read_text(encoding="utf-8")
    assert "&lt;b&gt;words of" in page and "<b>" not in page and "mine" in page
    assert [("Ada" in text, "Bob" in text) for text in (page, written[0].read_text())] == [
        (not hide, not hide)
    ] * 2
    assert (code_of(("bob", "contrast")) in page) is hide
    if hide:
        mark(tmp_path, code_of(("bob", "contrast")), FIRST.cell, "2,5")
        assert rows_of(tmp_path, results)[1].total == 32.5


@pytest.mark.parametrize("points", ["999", "-1", "many", "nan", "1e400"])
def test_points_that_a_heading_does_not_have_are_refused_by_line(tmp_path, results, points):
    write_reports(tmp_path, rows_of(tmp_path, results))
    mark(tmp_path, "Ada", FIRST.cell, points)
    with pytest.raises(InputError, match=rf"marks\.csv, line 3: points of '{FIRST.cell}': 0 to"):
        read_reports(tmp_path, results)

import re
import xml.etree.ElementTree as ElementTree

import pytest

from atriacourse.school.grading.class_page import write_class_page
from atriacourse.school.grading.feedback import write_feedback
from atriacourse.school.grading.gradebook import make_rows
from atriacourse.school.grading.marks import Graded, Mark
from atriacourse.school.grading.row import Late, Typed
from atriacourse.school.grading.similar import Pair
from atriacourse.school.lists.people import Student

EVIL = "<script>alert(1)</script> & <img src=x onerror=y>"
RESULT = {
    "study": "table1",
    "metric": "dice",
    "a": "standard",
    "b": "clahe",
    "seed": 1,
    "clinic": 2018,
    "means": {"a": 0.8, "b": 0.82},
    "difference": 0.02,
    "low": -0.01,
    "high": 0.05,
    "cases": 6,
    "band": [-0.1, 0.1],
}


@pytest.fixture
def rows(contrast):
    parts = tuple(Mark(part=part.name, of=part.points, points=3, reasons=[EVIL]) for part in contrast.rubric)
    said = {"winner": EVIL, "low": -9.0, "high": 9.0, "because": EVIL}
    results = {}
    for student in ("ada", "bob"):
        results[student, "contrast"] = Graded(
            student=student,
            assignment="contrast",
            parts=parts,
            flags=(EVIL,),
            notes=(EVIL,),
            hypothesis=said,
            result=RESULT,
            seconds=60.0,
            ending=EVIL,
        )
    roster = [Student(id="ada", name=EVIL), Student(id="carl")]
    late = {("bob", "contrast"): Late("2.0 h")}
    return make_rows(results, {("ada", "contrast"): Typed("", EVIL, EVIL)}, roster=roster, late=late)


def must_be_harmless(text):
    assert "<script" not in text and "<img" not in text
    assert "&lt;script&gt;" in text


def test_feedback_escapes_what_students_wrote(rows, tmp_path):
    pages = write_feedback(tmp_path, rows)
    assert [page.name for page in pages.values()] == ["ada.html", "bob.html", "carl.html"]
    must_be_harmless(pages["ada"].read_text(encoding="utf-8"))
    must_be_harmless(pages["ada"].with_suffix(".md").read_text(encoding="utf-8"))
    assert "Nothing was handed in" in pages["carl"].read_text(encoding="utf-8")


def test_feedback_shows_no_flag(rows, tmp_path, contrast):
    assert rows[1].graded.flags == (EVIL,)
    page = write_feedback(tmp_path, rows)["bob"].read_text(encoding="utf-8")
    assert page.count("&lt;script&gt;") == len(contrast.rubric) + 2  # reasons, ending and note; not the flag


def test_the_class_page_escapes_and_fetches_nothing(rows, tmp_path):
    pairs = [Pair(assignment="contrast", first="ada", second="bob", share=0.9)]
    page = write_class_page(tmp_path, rows, pairs).read_text(encoding="utf-8")
    must_be_harmless(page)
    assert not re.search(r"(src|href)=[\"'](?!feedback/|#)", page)
    assert "ada and bob: 90 %" in page
    assert "bob: 2.0 h" in page
    assert re.search(r"Nothing handed in</h3>\s*<p>carl", page)
    assert "2 of 2 intervals" in page


def test_pictures_have_words_and_scale(rows, tmp_path):
    page = write_class_page(tmp_path, rows, []).read_text(encoding="utf-8")
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(pictures) == 2
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("role") == "img" and len(root.get("aria-label")) > 20
        assert root.get("viewBox") and root.get("width") is None


def test_tables_say_what_their_heads_are_of(rows, tmp_path, contrast):
    page = write_class_page(tmp_path, rows, []).read_text(encoding="utf-8")
    assert page.count('scope="col"') == len(contrast.rubric) + 3
    assert page.count('scope="row"') == 3
    assert "<caption>" in page and 'lang="en"' in page

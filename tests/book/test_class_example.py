"""The appendix with the simulated class: its records are whole, and its pages fit into a page of the book."""

import re
from itertools import pairwise

import pytest
from class_example import RECORDS, batch, fragment, guesses, page, rows

from atriacourse.school.grading.kept import read_results


def test_the_records_are_whole_and_hold_no_text_of_a_student():
    graded = read_results(RECORDS)
    assert len({student for student, _ in graded}) == batch()["students"] - 1  # one hands in nothing
    assert len(graded) == batch()["first"]["graded"] + batch()["late"]["graded"]
    assert batch()["late"]["unchanged"] == batch()["first"]["graded"]
    assert not any(one.answers or one.content_hash for one in graded.values())
    facts = batch()["provenance"]
    assert re.fullmatch("[0-9a-f]{12}[+]?", facts["commit"]) and facts["device"] and facts["date"]
    text = "".join(path.read_text(encoding="utf-8") for path in RECORDS.glob("*.json"))
    assert "/work" not in text and "/tmp" not in text


def test_everybody_guessed_and_nobody_is_named_in_what_the_class_sees():
    assert len(guesses()) == batch()["students"]
    shown = page("classroom")
    assert not [student for student in guesses() if "-" in student and student in shown]
    assert {len(one["guesses"]) for one in guesses().values()} == {2}


def test_the_instructors_page_has_all_of_the_class():
    text = fragment(page("class"))
    assert {row.student for row in rows()} <= set(re.findall(r"[\w-]+", text))
    assert "looks like right-1" in text


@pytest.mark.parametrize(("kind", "student"), [("classroom", ""), ("class", ""), ("feedback", "hard-coded")])
def test_a_page_inside_a_page(kind, student):
    inner = fragment(page(kind, student))
    levels = [int(level) for level in re.findall(r"<h(\d)", inner)]
    assert min(levels) == 3 and all(after - before <= 1 for before, after in pairwise(levels))
    assert "<nav" not in inner and 'href="feedback' not in inner and "<style>:root" not in inner
    assert inner.count("<div") == inner.count("</div")


def test_another_kind():
    with pytest.raises(ValueError, match="got 'nothing'"):
        page("nothing")

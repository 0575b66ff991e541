import pytest

from atriacourse.assignments.listing import assignment
from atriacourse.school.grading.marks import Graded
from atriacourse.school.grading.similar import WORKED, code_tokens, similar_pairs
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook

CODE = """# part: tasks
def z_score(pixels):
    spread = pixels.std()
    if spread == 0:
        return pixels * 0
    return (pixels - pixels.mean()) / spread
"""
RENAMED = CODE.replace("pixels", "image").replace("spread", "s")
TEXTS = [
    "the two remedies differ by less than the cases scatter so that nobody can tell which is better here",
    "gamma augmentation shows the network many contrasts while it learns and costs nothing when it is tested",
    "with six phantoms and one seed the interval holds zero and a winner would be a guess and no finding",
    "clahe stretches the histogram tile by tile and may lift the noise of dark slices above the faint veins",
]


def graded(student, *texts, code=CODE):
    answers = {"tasks-01": code} | {f"report-{number}": text for number, text in enumerate(texts)}
    return Graded(student=student, assignment="contrast", parts=(), answers=answers)


def everybody(*more):
    """A class in which each wrote a text of their own, and the same short code."""
    unlike = [" ".join(reversed(text.split())) for text in TEXTS] + [text.swapcase()[::-1] for text in TEXTS]
    return [graded(f"student{number}", text) for number, text in enumerate(unlike)] + list(more)


def alike(*submissions):
    return [(pair.first, pair.second) for pair in similar_pairs(submissions)]


def test_names_in_code_do_not_count():
    assert code_tokens(CODE) == code_tokens(RENAMED)
    assert code_tokens("no code at all") is None


def test_a_copied_text_is_found_and_nobody_else():
    copied = graded("bob", TEXTS[0], TEXTS[1], code=RENAMED)
    (pair,) = similar_pairs(everybody(graded("ada", TEXTS[0], TEXTS[1]), copied))
    assert (pair.first, pair.second) == ("ada", "bob") and pair.share > 0.9


def test_copying_half_of_the_words_is_found_copying_a_sentence_is_not():
    ada = graded("ada", *TEXTS[:3])
    most = graded("bob", TEXTS[0], TEXTS[1], "and one thing that is his own to say")
    one = graded("carl", TEXTS[0], *[" ".join(sorted(text.split())) for text in TEXTS[1:3]])
    assert [pair.second for pair in similar_pairs(everybody(ada, most))] == ["bob"]
    assert similar_pairs(everybody(ada, one)) == []


def test_a_text_that_ten_copied_is_found_ten_times():
    """What the class shares is not thereby common: rarity is that outside of it."""
    ten = [graded(f"s{number}", *TEXTS) for number in range(10)]
    assert len(similar_pairs(ten)) == 45


def test_two_natural_solutions_and_a_small_early_hand_in_are_like_nobody():
    """The code of all is that of one right answer; the early ones have nothing else to be judged by."""
    assert alike(graded("ada"), graded("bob", code=RENAMED)) == []
    assert alike(*everybody(graded("early"))) == []


def written(notebook):
    whats = [(cell.metadata["atriacourse"], cell.source) for cell in notebook.cells]
    return {what["cell"]: text for what, text in whats if what["kind"] in ("answer", "report")}


@pytest.mark.parametrize("name", ["contrast", "clinic"])
def test_the_worked_solution_is_named_and_its_readers_are_not_called_alike(name):
    answers = written(solution_notebook(assignment(name), "ada"))
    both = [Graded(student=one, assignment=name, parts=(), answers=answers) for one in ("ada", "bob")]
    assert alike(*both) == [("ada", WORKED), ("bob", WORKED)]


def test_the_same_lines_letter_by_letter_count_even_in_a_closed_task():
    lines = [
        f"    strange_{letter} = pixels[{number}] * {number + 7} - pixels.mean()"
        for number, letter in enumerate("abcdefghijklmnopqrst")
    ]
    code = "\n".join(["def z_score(pixels):", *lines])
    assert alike(graded("ada", code=code), graded("bob", code=code)) == [("ada", "bob")]
    assert alike(graded("ada", code=code), graded("bob", code=code.replace("strange", "mine"))) == []


def test_what_was_handed_out_does_not_count():
    stub = written(student_notebook(assignment("contrast"), "ada"))
    both = [Graded(student=one, assignment="contrast", parts=(), answers=stub) for one in ("ada", "bob")]
    assert similar_pairs(both) == []

from atriacourse.school.grading.marks import Graded
from atriacourse.school.grading.similar import code_tokens, runs_of, similar_pairs

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


def test_the_same_code_in_the_whole_class_is_no_copy():
    assert similar_pairs(everybody()) == []


def test_what_was_handed_out_does_not_count():
    assert runs_of({"tasks-01": CODE}, set(map(str.strip, CODE.split("\n")))) == set()

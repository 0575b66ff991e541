"""Exercises of a chapter: found whole, and the one run tells solution from stub."""

from pathlib import Path

import pytest
from attempts import Attempt, filled, lacking, read_attempts
from chapters import execute
from exercises import find_exercises
from make_book import build_book
from pages import BookError, chapter_paths, read_chapter

BOOK = Path(__file__).parents[2] / "book"


def test_an_exercise_is_found_with_all_its_parts(small_book_with_an_exercise):
    notebook = read_chapter(small_book_with_an_exercise / "00_small.md")
    (exercise,) = find_exercises(notebook, "00_small.md")
    assert (exercise.label, exercise.title, exercise.ablation) == ("ex-twice", "Twice", False)
    assert exercise.stub.endswith("twice = None\ncheck_answer(twice, 6)")
    assert notebook.cells[exercise.cells[0]].source.endswith("check_answer(twice, 6)")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("```{stub} ex-twice\n```", "", r"exercise ex-twice: it has 0 \{stub\}"),
        ("{stub} ex-twice", "{stub} ex-thrice", "ex-thrice: no exercise above"),
        (":label: ex-twice", ":class: hard", "needs a :label:"),
        (":tags: [solution]", "", "no code cell tagged `solution`"),
        ("```{solution-end}\n```", "", "no {solution-end}"),
        ("```{solution-start} ex-twice\n:class: dropdown\n```", "", "outside of a solution"),
    ],
)
def test_an_exercise_that_lacks_a_part_is_named(small_book_with_an_exercise, old, new, said):
    chapter = small_book_with_an_exercise / "00_small.md"
    text = chapter.read_text()
    assert old in text
    chapter.write_text(text.replace(old, new))
    with pytest.raises(BookError, match=said):
        find_exercises(read_chapter(chapter), "00_small.md")


def test_only_a_cell_that_says_so_goes_on_with_what_a_stub_leaves_open(small_book_with_an_exercise):
    chapter = small_book_with_an_exercise / "00_small.md"
    after = "```{solution-end}\n```\n\n```{code-cell} ipython3\n:tags: [TAG]\n\nprint(twice)\n```"
    text = chapter.read_text().replace("```{solution-end}\n```", after)
    chapter.write_text(text.replace("TAG", "yours"))
    assert find_exercises(read_chapter(chapter), "00_small.md")
    chapter.write_text(text.replace("TAG", "hide-input"))
    with pytest.raises(BookError, match="it needs 'twice', which only the solution of ex-twice makes"):
        find_exercises(read_chapter(chapter), "00_small.md")


def test_an_ablation_is_marked_by_its_class(small_book_with_an_exercise):
    chapter = small_book_with_an_exercise / "00_small.md"
    chapter.write_text(chapter.read_text().replace(":label: ex-twice", ":label: ex-twice\n:class: ablation"))
    assert find_exercises(read_chapter(chapter), "")[0].ablation


@pytest.mark.book
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2 * 3  # solution", "2 + 3  # solution", "on the solution the check must pass; it fails"),
        (
            "check_answer(twice, 6)",
            "check_answer(twice or 6, 6)",
            "on the stub the check must fail; it passes",
        ),
        ("check_answer(twice, 6)", "str(twice)", "on the stub the check must fail; it is missing"),
        ("check_answer(twice, 6)", "check_answer(twice + 0, 6)", ", its stub: (?s:.*)TypeError"),
    ],
    ids=["wrong solution", "stub that passes", "no check", "stub that raises"],
)
def test_a_check_that_does_not_tell_stub_from_solution_is_an_error(
    small_book_with_an_exercise, old, new, said
):
    chapter = small_book_with_an_exercise / "00_small.md"
    chapter.write_text(chapter.read_text().replace(old, new))
    with pytest.raises(BookError, match=rf"00_small\.md, exercise ex-twice.*{said}"):
        execute(chapter, parameters={})


@pytest.mark.book
def test_the_page_shows_stub_and_solution_once_and_nothing_of_the_check_of_the_check(
    small_book_with_an_exercise,
):
    page, (took,) = build_book(small_book_with_an_exercise, parameters={})
    assert took.exercises == ("ex-twice",)
    html = (page.parent / "00_small.html").read_text(encoding="utf-8")
    assert (
        html.count('<span class="n">twice</span> <span class="o">=</span> <span class="kc">None</span>') == 1
    )
    assert html.count("Right.") == 1
    assert "No answer yet" not in html
    assert "Out[" not in html.split("<article")[1].split("</article")[0]


ATTEMPTS = """
# %% ex-twice, right: by adding
three = 3
twice = three + three

# %% ex-twice, {verdict}: {why}
{source}
"""


def with_attempt(book, verdict, why, source):
    (book / "attempts").mkdir()
    text = ATTEMPTS.format(verdict=verdict, why=why, source=source)
    (book / "attempts" / "00_small.py").write_text(text)
    return book / "00_small.md"


@pytest.mark.book
@pytest.mark.parametrize(
    ("verdict", "source", "said"),
    [
        ("wrong", "twice = 6.0", "on the wrong attempt 'because' the check must fail; it passes"),
        ("right", "twice = 5", "on the right attempt 'because' the check must pass; it fails"),
        ("right", "twice = 1 / 0", "its right attempt 'because': (?s:.*)ZeroDivisionError"),
        ("wrong", "twice = 1 / 0", "its wrong attempt 'because': (?s:.*)ZeroDivisionError"),
        ("wrong", "thrice = 9", "its wrong attempt 'because': it must give twice"),
        ("wrong", "twice = = 9", "its wrong attempt 'because': invalid syntax"),
    ],
    ids=["fooled", "right refused", "right stops", "wrong stops", "another name", "no Python"],
)
def test_an_attempt_that_fools_the_check_is_named(small_book_with_an_exercise, verdict, source, said):
    chapter = with_attempt(small_book_with_an_exercise, verdict, "because", source)
    with pytest.raises(BookError, match=rf"exercise ex-twice.*{said}"):
        execute(chapter, parameters={})


@pytest.mark.book
def test_nothing_of_an_attempt_is_left_behind_it(small_book_with_an_exercise):
    """Neither a new name (`three`) nor another value of one that was there (`size`); the rest stays."""
    chapter = with_attempt(small_book_with_an_exercise, "wrong", "Jaccard", "size = 99\ntwice = size")
    tried = chapter.parent / "attempts" / "00_small.py"
    tried.write_text(tried.read_text() + tried.read_text().replace("ex-twice", "ex-again"))
    made = "\n```{code-cell} ipython3\nmade_between = 5\n```\n"
    seen = '\n```{code-cell} ipython3\nprint("three" in globals(), size, made_between)\n```\n'
    text = chapter.read_text()
    again = text[text.index(":::{exercise}") :].replace("ex-twice", "ex-again")
    chapter.write_text(text + made + again + seen)
    notebook, _ = execute(chapter, parameters={})
    assert notebook.cells[-1].outputs[0].text == "False 3 5\n"


@pytest.mark.book
def test_a_wrong_attempt_may_be_refused_by_the_course_itself(small_book_with_an_exercise):
    refuse = "from atriacourse.errors import InputError\n\nclass Odd:\n    def __float__(self):\n        "
    refuse += "raise InputError('no')\n    def __array__(self, dtype=None, copy=None):\n        "
    refuse += "raise InputError('no')\n\ntwice = Odd()"
    chapter = with_attempt(small_book_with_an_exercise, "wrong", "no number", refuse)
    chapter.write_text(
        chapter.read_text().replace("check_answer(twice, 6)", "check_answer(float(twice or 0), 6)")
    )
    execute(chapter, parameters={})


def test_a_gap_is_filled_behind_the_last_thing_left_open(small_book_with_an_exercise):
    (exercise,) = find_exercises(read_chapter(small_book_with_an_exercise / "00_small.md"), "")
    exercise.stub = "a = None\ndef f():\n    ...  # your code\n\n\ncheck(f, a)"
    attempt = Attempt(label="ex-twice", right=True, why="so", source="a = 1\ndef f():\n    return 2")
    assert filled(exercise, attempt).split("\n")[2:] == [
        "    ...  # your code",
        *attempt.source.split("\n"),
        "",
        "",
        "check(f, a)",
    ]


def test_a_heading_of_attempts_is_understood_or_refused(small_book_with_an_exercise):
    chapter = with_attempt(small_book_with_an_exercise, "half right", "because", "twice = 6")
    with pytest.raises(BookError, match="write `# %% ex-label, right: why`"):
        read_attempts(chapter)


@pytest.mark.parametrize("chapter", chapter_paths(BOOK), ids=lambda path: path.stem)
def test_every_exercise_has_its_attempts(chapter):
    """Two right and three wrong answers each; that the check tells them apart is seen in the build."""
    exercises, attempts = find_exercises(read_chapter(chapter), chapter.name), read_attempts(chapter)
    assert lacking(exercises, attempts) == []
    for exercise in exercises:
        for attempt in attempts:
            if attempt.label == exercise.label:
                filled(exercise, attempt)

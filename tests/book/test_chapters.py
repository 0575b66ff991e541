"""What every chapter of the book has: an opening, guesses, exercises, a wrap-up, and no typed-in result.

These tests read the sources; that the cells run, and each exercise's check tells stub from solution, is seen
in the one execution that `built_book` and test_pages.py look at.
"""

import ast
import re
from html import unescape
from pathlib import Path

import nbformat
import pytest
from chapters import _place_outputs
from exercises import find_exercises
from pages import BookError, chapter_paths, read_chapter, substitutions, table_of_contents, tags

from atriacourse.studies.claims import CLAIM

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = chapter_paths(BOOK)
PARAMETERS = {"profile": None, "data": None, "seed": 2018}
METRIC = re.compile(r"\b(Dice|Jaccard|IoU|accuracy|sensitivity|specificity|AUC)\b")
RESULT = re.compile(r"(?<![\d.])0\.\d{2,4}(?!\d)(?!\s*mm)")  # lengths are spacings, or worked by hand
ALLOWED = "% typed:"  # a comment line before a paragraph, with the reason why its number may be typed

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def test_a_widget_that_a_page_could_not_move_is_refused():
    ran = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python"}, "widgets": {}})
    with pytest.raises(BookError, match="take `explore`"):
        _place_outputs(nbformat.v4.new_notebook(), ran)


def prose(chapter):
    """The chapter's text outside of code, formulas, roles and checks (whose numbers are made up)."""
    for cell in read_chapter(chapter).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            text = re.sub(r"^:::\{check\}.*?^:::$", "", text, flags=re.MULTILINE | re.DOTALL)
            text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
            yield re.sub(r"\$[^$\n]+\$|`[^`]*`", "", text)
        else:
            shown = cell.metadata.get("mystnb", {})
            yield shown.get("figure", {}).get("caption", "")
            yield shown.get("image", {}).get("alt", "")


def typed_results(text):
    """The paragraphs that set a number like 0.87 beside the name of a metric."""
    found, before = [], ""
    for paragraph in re.split(r"\n\s*\n", text):
        allowed = ALLOWED in paragraph or before.strip().startswith(ALLOWED)
        if METRIC.search(paragraph) and RESULT.search(paragraph) and not allowed:
            found.append(paragraph)
        before = paragraph
    return found


def test_every_chapter_is_in_the_table_of_contents():
    assert [path.name for path in CHAPTERS] == sorted(path.name for path in BOOK.glob("[0-9][0-9]_*.md"))


@each_chapter
def test_the_parameters_are_those_of_every_chapter(chapter):
    (cell,) = [cell for cell in read_chapter(chapter).cells if "parameters" in tags(cell)]
    given = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(cell.source).body}
    assert list(given.items())[:3] == list(PARAMETERS.items())


@each_chapter
def test_the_opening_says_what_a_reader_wants_to_know(chapter):
    first, *_ = read_chapter(chapter).cells
    before = first.source
    assert re.match(r"# \S.*\n\n\S", before), "a title, then the sentence that leads in"
    assert ":::{admonition} Before you start" in before
    for part in ("You will be able to", "Necessary:", "Helpful:", "Time:", "Device and memory:", "Download:"):
        assert f"**{part}" in before, part
    assert "{{ minutes }} minutes" in before
    assert "{{ memory_gb }} GB" in before


@each_chapter
def test_a_budget_is_stated(chapter):
    stated = substitutions(read_chapter(chapter))
    assert isinstance(stated["minutes"], int)
    assert 1 <= stated["minutes"] <= 5
    assert 0 < stated["memory_gb"] <= 4
    assert stated.get("download_mb", 0) == 0  # every chapter works on phantoms


@each_chapter
def test_the_chapter_says_where_it_stands_in_the_pipeline(chapter):
    code = [cell.source for cell in read_chapter(chapter).cells if cell.cell_type == "code"]
    assert "charts.pipeline(here=" in code[0]


@each_chapter
def test_guesses_are_committed_revealed_and_kept(chapter):
    code = [cell for cell in read_chapter(chapter).cells if cell.cell_type == "code"]
    guessed = [
        name
        for cell in code
        for name in re.findall(r"^(\w+) = Guess\(", cell.source, re.MULTILINE)
        if "guess" in tags(cell)
    ]
    everywhere = "\n".join(cell.source for cell in code)
    assert len(guessed) >= 3
    assert everywhere.count("= Guess(") == len(guessed), "each in a cell tagged `guess`"
    for name in guessed:
        assert f"{name}.reveal(" in everywhere, name
    revealing = [cell for cell in code if ".reveal(" in cell.source]
    for cell in revealing:
        assert ".reveal(" in ast.unparse(ast.parse(cell.source).body[-1]), "reveal as the last expression"
    assert "charts.guesses(" in everywhere
    assert "save_guesses(chapter" in everywhere


@each_chapter
def test_a_guess_stands_before_its_answer(chapter):
    code = [cell.source for cell in read_chapter(chapter).cells if cell.cell_type == "code"]
    whole = "\n".join(code)
    for name in re.findall(r"^(\w+) = Guess\(", whole, re.MULTILINE):
        assert whole.index(f"{name} = Guess(") < whole.index(f"{name}.reveal("), name


@each_chapter
def test_there_are_exercises_and_one_of_them_is_an_ablation(chapter):
    exercises = find_exercises(read_chapter(chapter), chapter.name)
    assert 2 <= len(exercises) <= 6
    assert sum(exercise.ablation for exercise in exercises) >= 1


def test_the_book_has_thirty_exercises_ten_of_them_ablations():
    exercises = [one for path in CHAPTERS for one in find_exercises(read_chapter(path), path.name)]
    labels = [exercise.label for exercise in exercises]
    assert len(set(labels)) == len(labels)
    assert len(exercises) >= 30
    assert sum(exercise.ablation for exercise in exercises) >= 10


@each_chapter
def test_the_end_says_what_was_measured_and_what_not(chapter):
    end = "\n".join(cell.source for cell in read_chapter(chapter).cells[-8:] if cell.cell_type == "markdown")
    for part in ("**We measured**", "**We did not measure**", "**Common mistakes**", "**Next**"):
        assert part in end, part
    references = end.split("## References")[1]
    assert "https://doi.org/10." in references


@each_chapter
def test_no_result_is_typed_into_the_prose(chapter):
    found = [paragraph for text in prose(chapter) for paragraph in typed_results(text)]
    assert found == [], "compute it in a cell, cite a claim, or put a line `% typed: why` before"


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("The mean Dice is 0.87.", True),
        ("The mean Dice\nis 0.871 on phantoms.", True),
        ("The mean Dice is high.\n\nA gamma of 0.85 is low.", False),
        ("Dice does not see a spacing of 0.625 mm.", False),
        ("% typed: worked out by hand above\n\nThe Dice is 0.67.", False),
        ("% typed: by hand\nThe Dice is 0.67.", False),
        ("Dice 1.0 or 0.5", False),  # not a result's precision
    ],
)
def test_what_counts_as_a_typed_result(text, typed):
    assert bool(typed_results(text)) is typed


@pytest.mark.book
@pytest.mark.slow
def test_the_run_tried_every_exercise_and_the_pages_show_what_was_measured(built_book):
    ran = {took.name: took for took in built_book.executed}
    timings = (built_book.html / "timings.html").read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        exercises = find_exercises(read_chapter(chapter), chapter.name)
        assert list(ran[chapter.stem].exercises) == [exercise.label for exercise in exercises]
        page = (built_book.html / f"{chapter.stem}.html").read_text(encoding="utf-8")
        assert "Measured in this build:" in page
        assert page.count('<div class="cell stub') == len(exercises)
        assert f'href="{chapter.stem}.html"' in timings


@pytest.mark.book
@pytest.mark.slow
def test_every_claim_of_the_book_is_in_the_ledger(built_book):
    ledger = unescape((built_book.html / "claims.html").read_text(encoding="utf-8"))  # "@" is "&#64;" there
    cited = {
        claim for page in table_of_contents(BOOK) for claim in CLAIM.findall(page.read_text(encoding="utf-8"))
    }
    shown = {claim for claim in cited if f">{claim}<" in re.sub(r"</?span[^>]*>", "", ledger)}
    assert shown == cited

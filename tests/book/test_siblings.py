"""The plain notebooks beside the chapters: up to date, complete, and in plain Markdown."""

import re
from pathlib import Path

import nbformat
import pytest
from colab import setup_cell
from exercises import find_exercises
from make_book import build_book
from numbering import numbers
from pages import BookError, chapter_paths, read_chapter, tags
from siblings import blank_guess, main, plain_markdown, sibling_text, write_siblings

BOOK = Path(__file__).parents[2] / "book"
HERE = Path("00_name.md")


@pytest.mark.parametrize("chapter", chapter_paths(BOOK), ids=lambda path: path.stem)
def test_the_committed_notebook_is_up_to_date(chapter):
    stale = f"{chapter.name} has changed: run `python tools/siblings.py` and commit the result"
    assert chapter.with_suffix(".ipynb").read_text(encoding="utf-8") == sibling_text(chapter), stale


@pytest.mark.parametrize("chapter", chapter_paths(BOOK), ids=lambda path: path.stem)
def test_the_notebook_has_what_the_student_runs_behind_a_set_up_cell(chapter):
    notebook = nbformat.reads(sibling_text(chapter), as_version=4)
    source = read_chapter(chapter)
    exercises = find_exercises(source, chapter.name)
    folded = {number for exercise in exercises for number in exercise.folded}
    shown = [
        cell.source
        for number, cell in enumerate(source.cells)
        if cell.cell_type == "code" and number not in folded and "guess" not in tags(cell)
    ]
    stubs = [exercise.stub for exercise in exercises]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].source == setup_cell(BOOK)
    given = [cell.source for cell in code[1:] if "guess" not in tags(cell)]
    assert [text for text in given if text not in stubs] == shown
    assert [text for text in given if text in stubs] == stubs
    assert [cell.id for cell in notebook.cells] == [f"cell-{n:03d}" for n in range(len(notebook.cells))]


@pytest.mark.parametrize("chapter", chapter_paths(BOOK), ids=lambda path: path.stem)
def test_the_book_s_guesses_are_not_given_away(chapter):
    notebook = nbformat.reads(sibling_text(chapter), as_version=4)
    guesses = [
        cell.source for cell in notebook.cells if "Guess(" in cell.source and "def " not in cell.source
    ]
    assert guesses != []
    assert all("low=..., high=..." in "".join(text.split("\n")).replace("    ", " ") for text in guesses)


def test_a_stale_notebook_is_found(small_book):
    write_siblings(small_book)
    chapter = small_book / "00_small.md"
    chapter.write_text(chapter.read_text().replace("size = 3", "size = 4"))
    assert chapter.with_suffix(".ipynb").read_text() != sibling_text(chapter)


def test_an_exercise_becomes_a_cell_to_fill_in_and_a_folded_solution(small_book_with_an_exercise):
    cells = nbformat.reads(sibling_text(small_book_with_an_exercise / "00_small.md"), as_version=4).cells
    question, stub, solution, end = cells[-4:]
    assert question.source == "**Exercise 1** (ex-twice): Twice\n\nTwice three?"
    assert (stub.cell_type, stub.source.split("\n")[-2]) == ("code", "twice = None")
    assert solution.cell_type == "markdown"
    assert solution.source.startswith("<details><summary>A worked solution")
    assert (
        "```python\nfrom atriacourse.exercises.check import check_answer\n\ntwice = 2 * 3" in solution.source
    )
    assert solution.source.endswith("That was all.\n\n\n</details>")
    assert end.source == "The end."


@pytest.mark.parametrize(
    ("cell", "blank"),
    [
        ('a = Guess(question="A?", low=30, high=-8.5)', 'a = Guess(question="A?", low=..., high=...)'),
        ('a = Guess(\n    question="γ, low=3", low=3, high=1e3\n)', None),
        ('a = Guess(\n    question="A",\n    low=2 * 3,\n    high=8,\n)', None),
    ],
)
def test_a_guess_loses_its_numbers_and_nothing_else(cell, blank):
    found = blank_guess(cell, "here")
    if blank is not None:
        assert found == blank
    assert found.split("low")[0] == cell.split("low")[0]
    assert "low=..., high=..." in found.replace("\n    ", " ")


def test_a_guess_cell_without_a_guess_is_an_error():
    with pytest.raises(BookError, match="must hold Guess"):
        blank_guess("a = 1", "here")


def test_nothing_of_the_book_s_own_markdown_is_left():
    for chapter in chapter_paths(BOOK):
        notebook = nbformat.reads(sibling_text(chapter), as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        for sign in (":::", "```{", "{ref}", "{numref}", "{term}", "{claim}", "{doc}", "{{", "(#", ".md)"):
            assert sign not in text


def test_a_change_is_written_once(small_book):
    assert [path.name for path in write_siblings(small_book)] == ["00_small.ipynb"]
    assert write_siblings(small_book) == []


@pytest.mark.parametrize(
    ("book", "plain"),
    [
        ("(a-label)=\n# Title", "# Title"),
        ("% typed: by hand\nDice 0.67, 5 % less", "Dice 0.67, 5 % less"),
        (":::{note}\nMind this.\n:::", "> **Note**\n>\n> Mind this."),
        (":::{admonition} Think\n:class: tip\nWhy?\n\nHow?\n:::", "> **Think**\n>\n> Why?\n>\n> How?"),
        (
            ":::{admonition} More\n:class: note dropdown\nText.\n:::",
            "<details><summary>More</summary>\n\nText.\n\n</details>",
        ),
        (
            "::::{note}\n:::{tip}\nInner.\n:::\n::::",
            "> **Note**\n>\n> > **Tip**\n> >\n> > Inner.",
        ),
        ("```{exercise} Count\n:label: ex\nHow many?\n```", "**Exercise** (ex): Count\n\nHow many?"),
        (
            "```{solution} ex\n:class: dropdown\nThree.\n```",
            "<details><summary>A worked solution (try the exercise first)</summary>\n\nThree.\n\n</details>",
        ),
        ("See {ref}`that <b>`.", "See that."),
        ("[inside](differences.md) and [out](https://doi.org/1)", "inside and [out](https://doi.org/1)"),
        ("Over [two\nlines](a.md#b) and {term}`the\natrium`.", "Over two\nlines and the\natrium."),
        ("a {claim}`paper/table1/gamma_augmentation/dice` b", "a 0.883 b"),
        ("> {term}`x`\n```python\na[0](b) = '{term}`x`'\n```", "> x\n```python\na[0](b) = '{term}`x`'\n```"),
    ],
)
def test_directives_become_plain_markdown(book, plain):
    assert plain_markdown(book, HERE) == plain


def test_what_it_does_not_know_is_an_error():
    with pytest.raises(BookError, match=r"00_name\.md.*\{carousel\}"):
        plain_markdown(":::{carousel}\n:::", HERE)
    with pytest.raises(BookError, match="never closed"):
        plain_markdown(":::{note}\nand then nothing", HERE)


def test_a_caption_and_a_substitution_come_along(small_book):
    chapter = small_book / "00_small.md"
    text = chapter.read_text().replace("    minutes: 5", "    minutes: 5\n    n: 3")
    text += "\n{{ n }} minutes.\n\n```{code-cell} ipython3\n---\nmystnb:\n  figure:\n"
    text += "    caption: |\n      A line.\n---\n1\n```\n"
    chapter.write_text(text)
    cells = nbformat.reads(sibling_text(chapter), as_version=4).cells
    assert [cell.source for cell in cells[-3:]] == ["3 minutes.", "1", "*A line.*"]


@pytest.fixture
def two_chapters(small_book_with_an_exercise):
    """Two chapters, each with an exercise and a figure that have labels."""
    book = small_book_with_an_exercise
    figure = "\n```{code-cell} ipython3\n---\nmystnb:\n  figure:\n    caption: |\n      A line.\n"
    figure += "    name: fig-one\n---\nimport matplotlib.pyplot as plt\n\nplt.figure(figsize=(1, 1));\n```\n"
    text = (book / "00_small.md").read_text() + figure
    (book / "00_small.md").write_text(text)
    (book / "01_more.md").write_text(text.replace("ex-twice", "ex-again").replace("fig-one", "fig-two"))
    toc = (book / "_toc.yml").read_text()
    (book / "_toc.yml").write_text(toc.replace("  - file: timings", "  - file: 01_more\n  - file: timings"))
    return book


def test_numbers_of_exercises_figures_and_chapters_are_words(two_chapters):
    cells = nbformat.reads(sibling_text(two_chapters / "01_more.md"), as_version=4).cells
    assert cells[-1].source == "*Fig. 2: A line.*"
    assert any(cell.source.startswith("**Exercise 2** (ex-again): Twice") for cell in cells)
    said = {
        "See {numref}`Figure %s <fig-two>`.": "See Figure 2.",
        "See {numref}`fig-one`, {ref}`ex-again`.": "See Fig. 1, Exercise 2 (Twice).",
        "[Small](00_small.md), [chapter 0](00_small.md)": "Small (chapter 0), chapter 0",
    }
    assert {words: plain_markdown(words, two_chapters / "01_more.md") for words in said} == said
    with pytest.raises(BookError, match="no figure has the label 'fig-none'"):
        plain_markdown("{numref}`fig-none`", two_chapters / "01_more.md")


def shown_numbers(html, labels):
    """Label -> the number that its page shows."""
    pages = [page.read_text(encoding="utf-8") for page in sorted(html.glob("[01]?_*.html"))]
    found = {}
    for label in labels:
        (page,) = [page for page in pages if f'id="{label}"' in page]
        shown = re.search(r'caption-number">(?:Exercise|Fig\.) (\d+)', page.split(f'id="{label}"')[1])
        found[label] = shown and int(shown[1])
    return found


@pytest.mark.book
@pytest.mark.slow
def test_pages_count_as_the_notebooks_do(two_chapters):
    index, _ = build_book(two_chapters, parameters={})
    counted = {label: one.number for label, one in numbers(two_chapters).items()}
    assert counted == {"ex-twice": 1, "fig-one": 1, "ex-again": 2, "fig-two": 2}
    assert shown_numbers(index.parent, counted) == counted
    page = (index.parent / "00_small.html").read_text(encoding="utf-8")
    assert re.findall(r'<p class="exercise-name">[^<]*<code[^>]*>.*?>(ex-[\w-]+)<', page) == ["ex-twice"]


@pytest.mark.book
@pytest.mark.slow
def test_the_book_s_pages_count_as_its_notebooks_do(built_book):
    counted = {label: one.number for label, one in numbers(BOOK).items()}
    assert shown_numbers(built_book.html, counted) == counted


def test_a_link_without_a_text_shows_the_title_of_its_page(small_book):
    assert plain_markdown("See [](00_small.md).", small_book / "01_x.md") == "See Small."
    with pytest.raises(BookError, match=r"02_none\.md, which is not there"):
        plain_markdown("See [](02_none.md).", small_book / "01_x.md")


def test_an_unknown_claim_is_an_error():
    with pytest.raises(BookError, match=r"00_name\.md: no record backs"):
        plain_markdown("{claim}`paper/table1/none/dice`", HERE)


def test_one_chapter_by_name(small_book, capsys):
    assert write_siblings(small_book, only=["01_other"]) == []
    assert main(["99_none"]) == 1
    assert "99_none" in capsys.readouterr().err

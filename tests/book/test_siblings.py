"""The plain notebooks beside the chapters: up to date, complete, and in plain Markdown."""

from pathlib import Path

import nbformat
import pytest
from pages import BookError, chapter_paths, read_chapter
from siblings import plain_markdown, sibling_text, write_siblings

BOOK = Path(__file__).parents[2] / "book"
HERE = Path("00_name.md")


@pytest.mark.parametrize("chapter", chapter_paths(BOOK), ids=lambda path: path.stem)
def test_the_committed_notebook_is_up_to_date(chapter):
    stale = f"{chapter.name} has changed: run `python tools/siblings.py` and commit the result"
    assert chapter.with_suffix(".ipynb").read_text(encoding="utf-8") == sibling_text(chapter), stale


@pytest.mark.parametrize("chapter", chapter_paths(BOOK), ids=lambda path: path.stem)
def test_the_notebook_has_the_chapters_code_behind_a_set_up_cell(chapter):
    notebook = nbformat.reads(sibling_text(chapter), as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "%pip install" in code[0]
    assert "torch" not in [word for line in code[0].splitlines() if "%pip" in line for word in line.split()]
    assert code[1:] == [cell.source for cell in read_chapter(chapter).cells if cell.cell_type == "code"]
    assert [cell.id for cell in notebook.cells] == [f"cell-{n:03d}" for n in range(len(notebook.cells))]


def test_nothing_of_the_book_s_own_markdown_is_left():
    for chapter in chapter_paths(BOOK):
        notebook = nbformat.reads(sibling_text(chapter), as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        for sign in (":::", "```{", "{ref}", "{numref}", "{{", "(#"):
            assert sign not in text


def test_a_change_is_written_once(small_book):
    assert [path.name for path in write_siblings(small_book)] == ["00_small.ipynb"]
    assert write_siblings(small_book) == []


@pytest.mark.parametrize(
    ("book", "plain"),
    [
        ("(a-label)=\n# Title", "# Title"),
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
        ("```{exercise} Count\n:label: ex\nHow many?\n```", "**Exercise.** Count\n\nHow many?"),
        (
            "```{solution} ex\n:class: dropdown\nThree.\n```",
            "<details><summary>A worked solution</summary>\n\nThree.\n\n</details>",
        ),
        (
            "```{solution-start} ex\n:class: dropdown\n```\nThree.\n```{solution-end}\n```",
            "**A worked solution** (try the exercise first)\n\n\nThree.",
        ),
        ("See {numref}`Figure %s <fig-a>` and {ref}`that <b>`.", "See Figure %s and that."),
        ("[inside](differences.md) and [out](https://doi.org/1)", "inside and [out](https://doi.org/1)"),
        ("```python\nx = 1\n```", "```python\nx = 1\n```"),
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
    text = chapter.read_text().replace(
        "file_format: mystnb", "file_format: mystnb\nmyst:\n  substitutions:\n    n: 3"
    )
    text += "\n{{ n }} minutes.\n\n```{code-cell} ipython3\n---\nmystnb:\n  figure:\n"
    text += "    caption: |\n      A line.\n---\n1\n```\n"
    chapter.write_text(text)
    cells = nbformat.reads(sibling_text(chapter), as_version=4).cells
    assert [cell.source for cell in cells[-3:]] == ["3 minutes.", "1", "*A line.*"]


def test_colab_gets_the_public_address_when_there_is_one(small_book):
    config = small_book.parent / "_config.yml"
    assert "/content/atriacourse.zip" in sibling_text(small_book / "00_small.md")
    config.write_text(config.read_text() + "\nrepository:\n  url: https://example.org/course\n")
    assert "git+https://example.org/course" in sibling_text(small_book / "00_small.md")

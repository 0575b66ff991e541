"""Reading the book: which pages there are, which of them are chapters, and what stands in a chapter.

A chapter is a text file `NN_name.md` that Jupyter Book reads as a notebook: Markdown with code cells.
exercises.py finds the exercises in it, chapters.py runs it, siblings.py makes a plain notebook of it.
"""

import re
from pathlib import Path

import yaml
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbformat import NotebookNode

from atriacourse.errors import InputError

BookError = InputError  # the book cannot be built; the message names the file and what to change


def table_of_contents(book: Path) -> list[Path]:
    """Every page of `_toc.yml`, in reading order.

    Raises: BookError when it names a page that does not exist.
    """
    toc = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    pages = [book / f"{page}.md" for page in _pages_of(toc)]
    for page in pages:
        if not page.is_file():
            raise BookError(
                f"_toc.yml names {page.name}, which is not in {book}; add the page or drop the line"
            )
    return pages


def _pages_of(entry: dict) -> list[str]:
    """Every `root:` and `file:` below one entry of the table of contents, depth first."""
    own = [entry[key] for key in ("root", "file") if key in entry]
    below = [child for key in ("parts", "chapters", "sections") for child in entry.get(key, [])]
    return own + [page for child in below for page in _pages_of(child)]


def is_chapter(page: Path) -> bool:
    """Whether a page is a notebook."""
    return is_myst_markdown_notebook(page.read_text(encoding="utf-8"))


def chapter_paths(book: Path) -> list[Path]:
    """The notebooks among the pages of `_toc.yml`, in reading order."""
    return [page for page in table_of_contents(book) if is_chapter(page)]


def read_chapter(path: Path) -> NotebookNode:
    """The chapter as a notebook without outputs, its cells numbered, read as Jupyter Book reads it."""
    notebook = read_myst_markdown_notebook(path.read_text(encoding="utf-8"), path=path)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
    return notebook


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def substitutions(notebook: NotebookNode) -> dict[str, object]:
    """What the chapter's front matter sets, the budget (minutes, memory_gb, download_mb) among it."""
    return notebook.metadata.get("myst", {}).get("substitutions", {})


def parameter_names(notebook: NotebookNode) -> set[str]:
    """The names assigned in the cell tagged `parameters`."""
    tagged = [cell for cell in notebook.cells if "parameters" in tags(cell)]
    return {
        name for cell in tagged for name in re.findall(r"^(\w+) *(?::[^=]+)?=", cell.source, re.MULTILINE)
    }

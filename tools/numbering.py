"""The numbers of exercises and figures, as the pages show them: counted in reading order through the book.

Sphinx counts every figure with a caption. siblings.py writes the numbers into the plain notebooks, which have
no Sphinx.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nbformat import NotebookNode
from pages import chapter_paths, read_chapter

from atriacourse.exercises.directives import Directive, pieces


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """An exercise or a figure of the book."""

    kind: str  # "Exercise" or "Fig."
    number: int
    title: str


def numbers(book: Path) -> dict[str, Numbered]:
    """Label -> what has it, for all chapters; nothing where there is no table of contents."""
    if not (book / "_toc.yml").is_file():
        return {}
    found: dict[str, Numbered] = {}
    counts = {"Exercise": 0, "Fig.": 0}
    for path in chapter_paths(book):
        for kind, label, title in _counted(path, path.read_text(encoding="utf-8")):
            counts[kind] += 1
            if label:
                found[label] = Numbered(kind=kind, number=counts[kind], title=title)
    return found


@lru_cache(maxsize=64)
def _counted(path: Path, text: str) -> list[tuple[str, str, str]]:
    """(kind, label, title) in a chapter's order; `text` is its content, by which it is remembered.

    The label is empty where there is none: such a figure counts, and nothing leads to it.
    """
    found = []
    for cell in read_chapter(path).cells:
        if cell.cell_type == "code":
            if cell.metadata.get("mystnb", {}).get("figure"):
                found.append(("Fig.", figure_label(cell), ""))
            continue
        for piece in pieces(cell.source, path.name):
            if isinstance(piece, Directive) and piece.name in ("exercise", "exercise-start"):
                found.append(("Exercise", piece.options.get("label", ""), piece.title))
    return found


def figure_label(cell: NotebookNode) -> str:
    """The label of the figure that a code cell draws; empty without one."""
    return cell.metadata.get("mystnb", {}).get("figure", {}).get("name", "")

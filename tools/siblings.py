"""Write the plain notebook beside each chapter: the file that Colab and a local Jupyter open.

    python tools/siblings.py                  all chapters
    python tools/siblings.py 03_contrast      these alone

`NN_name.md` is the source; `NN_name.ipynb` is made from it and committed: a set-up cell for Colab in front
(colab.py), no outputs, plain Markdown where the book's source uses directives and roles that only the
rendered page understands, numbers of exercises, figures and chapters in words (numbering.py). What the
student is to do is left open: guesses lose their numbers, exercises get their stub as a cell to fill in,
and the solution follows folded, as text.
A directive this file does not know is an error, so nothing is lost silently.
"""

import ast
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from checks import check_of, plain_lines
from colab import setup_cell
from exercises import find_exercises
from nbformat import NotebookNode
from numbering import figure_label, numbers
from pages import BookError, chapter_paths, read_chapter, substitutions, tags

from atriacourse.errors import InputError
from atriacourse.exercises.directives import Directive, pieces
from atriacourse.studies.claims import with_claims

BOXES = {"note": "Note", "tip": "Tip", "warning": "Warning", "important": "Important", "admonition": ""}
STUB, SOLUTION, SOLVED = "stub", "solution-start", "solution-end"  # directives that split a text cell
FOLD, UNFOLD = "<details><summary>A worked solution (try the exercise first)</summary>", "</details>"
ROLE = re.compile(r"\{(?P<role>ref|doc|numref|term)\}`(?P<text>[^`<]+?)(?: *<(?P<label>[^`>]*)>)?`")
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|mailto:)([^)#]*)[^)]*\)")  # to a page of the book
CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def sibling_text(path: Path) -> str:
    """The text of the plain notebook that belongs to the chapter at `path`."""
    source = read_chapter(path)
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [nbformat.v4.new_code_cell(setup_cell(path.parent)), *plain_cells(source, path)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:03d}"
    notebook.cells = cells
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1) + "\n"


def write_siblings(book: Path, *, only: Sequence[str] = ()) -> list[Path]:
    """Write every sibling that differs from its chapter; returns those written.

    Args: only: names of chapters, e.g. "03_contrast"; all without it.
    """
    written = []
    for path in chapter_paths(book):
        if only and path.stem not in only:
            continue
        target, text = path.with_suffix(".ipynb"), sibling_text(path)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8", newline="\n")
            written.append(target)
    return written


def plain_cells(source: NotebookNode, path: Path) -> list[NotebookNode]:
    """The chapter's cells as a student gets them; a solution becomes one folded text cell."""
    stubs = {exercise.label: exercise.stub for exercise in find_exercises(source, path.name)}
    values = substitutions(source)
    cells: list[NotebookNode] = []
    text: list[str] = []  # lines of the text cell that is being written
    folded = False  # whether they stand in a solution, where code is text

    def finish() -> None:
        joined = _plain_words("\n".join(text), path).strip()
        text.clear()
        if joined:
            cells.append(nbformat.v4.new_markdown_cell(joined))

    for cell in source.cells:
        if cell.cell_type == "code":
            if folded:
                text.extend(["", "```python", cell.source, "```", "", *_caption(cell, path)])
            else:
                finish()
                cells.append(_plain_code(cell, path))
                text.extend(_caption(cell, path))
                finish()
            continue
        for piece in pieces(_substituted(cell.source, values), path.name):
            if isinstance(piece, str) or piece.name not in (STUB, SOLUTION, SOLVED):
                text.extend(_plain_piece(piece, path))
            elif piece.name == STUB:
                finish()
                cells.append(nbformat.v4.new_code_cell(stubs[piece.title]))
            elif piece.name == SOLUTION:
                finish()
                folded = True
                text.extend([FOLD, "", *_plain_lines(piece.body, path)])
            else:
                folded = False
                text.extend(["", UNFOLD])
                finish()
        if not folded:
            finish()
    return cells


def _plain_code(cell: NotebookNode, path: Path) -> NotebookNode:
    """The code cell without outputs; a guess loses its numbers."""
    guess = "guess" in tags(cell)
    code = nbformat.v4.new_code_cell(blank_guess(cell.source, path.name) if guess else cell.source)
    kept = [tag for tag in tags(cell) if tag in ("parameters", "guess")]
    if kept:
        code.metadata["tags"] = kept
    return code


def blank_guess(source: str, name: str) -> str:
    """`Guess(question="...", low=30, high=80)` -> `Guess(question="...", low=..., high=...)`.

    Raises: BookError for a cell without a guess.
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    guesses = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Guess"]
    if not guesses:
        raise BookError(f"{name}: a cell tagged `guess` must hold Guess(question=..., low=..., high=...)")
    numbers = [word.value for call in guesses for word in call.keywords if word.arg in ("low", "high")]
    lines = [line.encode() for line in source.split("\n")]  # ast counts columns in bytes
    for value in sorted(numbers, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        if value.lineno != value.end_lineno:
            raise BookError(f"{name}: write each number of a guess on one line")
        line = lines[value.lineno - 1]
        lines[value.lineno - 1] = line[: value.col_offset] + b"..." + line[value.end_col_offset :]
    return b"\n".join(lines).decode()


def _caption(cell: NotebookNode, path: Path) -> list[str]:
    """A figure's caption as a line in italics below its cell."""
    caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption")
    if not caption:
        return []
    one = numbers(path.parent).get(figure_label(cell))
    return [f"*{f'{one.kind} {one.number}: ' if one else ''}{plain_markdown(caption.strip(), path)}*"]


def _substituted(text: str, values: dict[str, object]) -> str:
    """`{{ minutes }}` -> 5."""
    for name, value in values.items():
        text = text.replace("{{ " + name + " }}", str(value))
    return text


def plain_markdown(text: str, path: Path) -> str:
    """Rewrite directives and roles of the book's Markdown as plain Markdown."""
    return _plain_words("\n".join(_plain_lines(text.split("\n"), path)), path)


def _plain_lines(lines: Sequence[str], path: Path) -> list[str]:
    return [line for piece in pieces("\n".join(lines), path.name) for line in _plain_piece(piece, path)]


def _plain_piece(piece: str | Directive, path: Path) -> list[str]:
    """One line, or one directive, as plain Markdown."""
    if isinstance(piece, Directive):
        return _box(piece, path)
    label_or_comment = re.match(r"\([\w-]+\)=$|% ", piece)  # neither is for a reader
    return [] if label_or_comment else [piece]


def _plain_words(text: str, path: Path) -> str:
    """Roles, claims and links between pages as words; blocks of code stay as they are."""
    parts = CODE.split(text)
    for number in range(0, len(parts), 2):
        try:
            words = with_claims(ROLE.sub(lambda found: _role(found, path), parts[number]))
        except InputError as error:
            raise BookError(f"{path.name}: {error}") from error
        parts[number] = LINK.sub(lambda found: _link(found[1], path.parent / found[2]), words)
    return "".join(parts)


def _role(found: re.Match[str], path: Path) -> str:
    """A role in words: `{numref}` and `{ref}` to a label without a text give its number."""
    text, label = found["text"], found["label"] or found["text"]
    if found["role"] not in ("ref", "numref") or (found["role"] == "ref" and found["label"]):
        return text
    one = numbers(path.parent).get(label)
    if one is None:
        raise BookError(f"{path.name}: no exercise and no figure has the label {label!r}")
    if found["label"]:
        return text.replace("%s", str(one.number)).replace("{number}", str(one.number))
    return f"{one.kind} {one.number}" + (f" ({one.title})" if one.title and found["role"] == "ref" else "")


def _link(text: str, page: Path) -> str:
    """A link between pages in words that say where it leads; a notebook has no other page beside it."""
    if not text:
        return _title(page)
    number = re.match(r"\d\d(?=_)", page.name)
    if number is None or text.isdigit() or "chapter" in text.casefold():
        return text
    return f"{text} (chapter {int(number[0])})"


def _title(page: Path) -> str:
    """What a link without a text shows: the title of the page that it leads to."""
    if not page.is_file():
        raise BookError(f"a link without a text leads to {page.name}, which is not there; give it a text")
    return next(line[2:] for line in page.read_text(encoding="utf-8").split("\n") if line.startswith("# "))


def _box(piece: Directive, path: Path) -> list[str]:
    """One directive as plain Markdown: a quoted box, or a folded one when its class is `dropdown`."""
    if piece.name == "check":
        return plain_lines(check_of(piece, path.name))
    body = plain_markdown("\n".join(piece.body).strip(), path).split("\n")
    if piece.name in ("exercise-end", "nb-exec-table"):
        return []
    if piece.name in ("exercise", "exercise-start"):
        label = piece.options.get("label", "")
        one = numbers(path.parent).get(label)
        heading = f"**Exercise {one.number}**" if one else "**Exercise**"
        return [f"{heading} ({label}): {piece.title}" if label else f"{heading}: {piece.title}", "", *body]
    if piece.name == "solution":
        return [FOLD, "", *body, "", UNFOLD]
    if piece.name not in BOXES:
        raise BookError(
            f"{path.name}: siblings.py does not know the directive {{{piece.name}}}; teach it or avoid it"
        )
    heading = piece.title or BOXES[piece.name]
    if "dropdown" in piece.options.get("class", ""):
        return [f"<details><summary>{heading}</summary>", "", *body, "", "</details>"]
    return [f"> **{heading}**", ">", *(f"> {line}".rstrip() for line in body)]


def main(names: Sequence[str]) -> int:
    """Write the siblings of the chapters named, or of all; returns the exit code."""
    book = Path(__file__).resolve().parents[1] / "book"
    unknown = set(names) - {path.stem for path in chapter_paths(book)}
    if unknown:
        sys.stderr.write(f"no chapter of the table of contents is called {', '.join(sorted(unknown))}\n")
        return 1
    try:
        for path in write_siblings(book, only=names):
            sys.stdout.write(f"wrote {path.name}\n")
    except BookError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

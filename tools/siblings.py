"""Write the plain notebook beside each chapter: the file that Colab and a local Jupyter open.

    python tools/siblings.py

`NN_name.md` is the source; `NN_name.ipynb` is made from it and committed. It has the same code cells,
a set-up cell for Colab in front, no outputs, and plain Markdown where the book's source uses directives
(notes, figures with captions, exercises with folded solutions) that only the rendered page understands.
A directive this file does not know is an error, so nothing is lost silently.
"""

import re
import sys
from pathlib import Path

import nbformat
import yaml
from chapters import BookError, chapter_paths, read_chapter
from nbformat import NotebookNode

OPEN = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w-]+)\} *(?P<title>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+): *(?P<value>.*)$")
BOXES = {"note": "Note", "tip": "Tip", "warning": "Warning", "important": "Important", "admonition": ""}
SETUP = """\
# Colab: install the course; its torch and numpy stay as they are.
import importlib.util

if importlib.util.find_spec("atriacourse") is None:
    # "file not found"? Upload the course as a zip archive to the file panel.
    %pip install -q {source}"""
UPLOAD = "/content/atriacourse.zip"


def sibling_text(path: Path) -> str:
    """The text of the plain notebook that belongs to the chapter at `path`."""
    source = read_chapter(path)
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    substitutions = source.metadata.get("myst", {}).get("substitutions", {})
    cells = [nbformat.v4.new_code_cell(SETUP.format(source=course_source(path.parent)))]
    for cell in source.cells:
        cells += _plain_code(cell) if cell.cell_type == "code" else _plain_text(cell, substitutions, path)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:03d}"
    notebook.cells = cells
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1) + "\n"


def course_source(book: Path) -> str:
    """What pip installs on Colab: the repository named in `_config.yml`, else an uploaded archive."""
    config = yaml.safe_load((book.parent / "_config.yml").read_text(encoding="utf-8"))
    address = config.get("repository", {}).get("url")
    return f"git+{address}" if address else UPLOAD


def write_siblings(book: Path) -> list[Path]:
    """Write every sibling that differs from its chapter; returns those written."""
    written = []
    for path in chapter_paths(book):
        target, text = path.with_suffix(".ipynb"), sibling_text(path)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8", newline="\n")
            written.append(target)
    return written


def _plain_code(cell: NotebookNode) -> list[NotebookNode]:
    """The code cell, and its figure's caption as a text cell behind it."""
    code = nbformat.v4.new_code_cell(cell.source)
    if "parameters" in cell.metadata.get("tags", []):
        code.metadata["tags"] = ["parameters"]
    caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption")
    return [code] + ([nbformat.v4.new_markdown_cell(f"*{caption.strip()}*")] if caption else [])


def _plain_text(cell: NotebookNode, substitutions: dict, path: Path) -> list[NotebookNode]:
    """The text cell in plain Markdown; nothing when only labels were in it."""
    text = cell.source
    for name, value in substitutions.items():
        text = text.replace("{{ " + name + " }}", str(value))
    plain = plain_markdown(text, path).strip()
    return [nbformat.v4.new_markdown_cell(plain)] if plain else []


def plain_markdown(text: str, path: Path) -> str:
    """Rewrite directives and roles of the book's Markdown as plain Markdown."""
    out, lines = [], iter(text.split("\n"))
    for line in lines:
        opened = OPEN.match(line)
        if opened:
            body = []
            for inner in lines:
                if inner.rstrip() == opened["fence"]:
                    break
                body.append(inner)
            else:
                raise BookError(f"{path.name}: the directive {line!r} is never closed")
            out += _box(opened["name"], opened["title"].strip(), body, path)
        elif not re.match(r"^\([\w-]+\)=$", line):  # a label: only the rendered page can link to it
            out.append(line)
    plain = re.sub(r"\{(?:ref|doc|numref|term)\}`([^`<]+?)(?: *<[^`>]*>)?`", r"\1", "\n".join(out))
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", plain)  # links between pages of the book


def _box(name: str, title: str, body: list[str], path: Path) -> list[str]:
    """One directive as plain Markdown: a quoted box, or a folded one when its class is `dropdown`."""
    options = {}
    while body and (option := OPTION.match(body[0])):
        options[option["key"]] = option["value"]
        body = body[1:]
    body = plain_markdown("\n".join(body).strip(), path).split("\n")
    if name in ("exercise-end", "solution-end"):
        return []
    if name in ("exercise", "exercise-start"):
        heading = f"**Exercise.** {title}".rstrip()
        return [heading, "", *body]
    if name == "solution-start":
        return ["**A worked solution** (try the exercise first)", "", *body]
    if name == "solution":
        return ["<details><summary>A worked solution</summary>", "", *body, "", "</details>"]
    if name not in BOXES:
        raise BookError(
            f"{path.name}: siblings.py does not know the directive {{{name}}}; teach it or avoid it"
        )
    heading = title or BOXES[name]
    if "dropdown" in options.get("class", ""):
        return [f"<details><summary>{heading}</summary>", "", *body, "", "</details>"]
    return [f"> **{heading}**", ">", *(f"> {line}".rstrip() for line in body)]


if __name__ == "__main__":
    for written_path in write_siblings(Path(__file__).resolve().parents[1] / "book"):
        sys.stdout.write(f"wrote {written_path.name}\n")

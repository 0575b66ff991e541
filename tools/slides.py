"""Make the slides of each rendered chapter: its figures, predictions, checks, exercises and tables, in order.

    python tools/slides.py                 all chapters that `_build/html` has
    python tools/slides.py 03 08_clean     those whose names begin like this

A build makes them too. Nothing is written for a deck: it is read from the rendered page (slide_reader.py), so
it shows the same run; the speaker's notes are the chapter's own words and those of the instructor's guide.
Decks lie in `_build/html/slides`, open from a folder, and use the pages' own files.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from pages import BookError
from slide_reader import Hints, Slide, hints_for, slides_of

HTML = Path(__file__).resolve().parents[1] / "_build" / "html"
FOLDER = "slides"
GUIDE = "instructors.html"

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: slides</title>
<link rel="stylesheet" href="../_static/vendor/reveal/reveal.css">
<link rel="stylesheet" href="../_static/slides.css">
{scripts}</head>
<body>
{body}
</body>
</html>
"""
SCRIPTS = "".join(
    f'<script defer src="../_static/{name}"></script>\n'
    for name in (
        "vendor/mathjax/tex-chtml.js",
        "vendor/reveal/reveal.js",
        "vendor/reveal/notes.js",
        "slides.js",
    )
)


def write_decks(html: Path, names: Sequence[str]) -> list[Path]:
    """Write `slides/NAME.html` for the chapters named, and the list of those that are there.

    Args: html: the rendered book.
    Raises: BookError if a chapter was not rendered.
    """
    folder = html / FOLDER
    folder.mkdir(exist_ok=True)
    guide = read_page(html / GUIDE) if (html / GUIDE).is_file() else None
    for name in names:
        if not (html / f"{name}.html").is_file():
            raise BookError(f"{name}.html is not in {html}; build the book first")
        article = read_page(html / f"{name}.html")
        number = re.match(r"\d+", name)
        hints = hints_for(guide, int(number[0])) if guide and number else Hints()
        slides = slides_of(article, hints)
        (folder / f"{name}.html").write_text(deck(slides, name), encoding="utf-8", newline="\n")
    made = [path for path in sorted(folder.glob("*.html")) if path.stem != "index"]
    (folder / "index.html").write_text(index(made), encoding="utf-8", newline="\n")
    return [folder / f"{name}.html" for name in names]


def read_page(path: Path) -> Tag:
    """What stands on a page, with its links as they are from the decks' folder."""
    article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article.bd-article")
    if article is None:
        raise BookError(f"{path.name} is no page of the book")
    for link in article.select("a.headerlink"):
        link.decompose()
    for attribute in ("href", "src"):
        for tag in article.select(f"[{attribute}]"):
            address = str(tag[attribute])
            if address.startswith("#"):
                tag[attribute] = f"../{path.name}{address}"
            elif not re.match(r"[a-z]+:", address):
                tag[attribute] = f"../{address}"
    return article


def deck(slides: Sequence[Slide], name: str) -> str:
    """The file of a deck."""
    title = BeautifulSoup(slides[0].title, "html.parser").get_text()
    return PAGE.format(
        title=escape(title),
        scripts=SCRIPTS,
        body=f'<div class="deck"><div class="slides">\n{"".join(slide_html(one, name) for one in slides)}'
        "</div></div>",
    )


def slide_html(slide: Slide, name: str) -> str:
    """One slide, with its notes and a link to its place in the chapter."""
    level = "h1" if slide.kind == "title" else "h2"
    place = f'<a class="place" href="../{name}.html#{slide.anchor}">in the chapter</a>'
    notes = f'<aside class="notes">{"".join(slide.notes)}</aside>' if slide.notes else ""
    content = "\n".join(slide.content)
    return (
        f'<section class="{slide.kind}"><div class="fit"><{level}>{slide.title}</{level}>\n'
        f"{content}</div>\n{place}{notes}</section>\n"
    )


def index(decks: Sequence[Path]) -> str:
    """The page that lists the decks."""
    rows = ""
    for path in decks:
        title = re.search(r"<title>(.*?): slides</title>", path.read_text(encoding="utf-8"))
        rows += f'<li><a href="{path.name}">{title[1] if title else path.stem}</a></li>\n'
    keys = "Arrow keys or space go on, S opens the speaker's notes, O shows all slides, F fills the screen."
    body = f'<main class="decks"><h1>Slides</h1>\n<ul>\n{rows}</ul>\n<p>{keys}</p></main>'
    return PAGE.format(title="Segmenting the left atrium", scripts="", body=body)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of chapters' names; all without any")
    asked = parser.parse_args(arguments).names or [""]
    chapters = [path.stem for path in sorted(HTML.glob("[0-9][0-9]_*.html"))]
    names = [name for name in chapters if name.startswith(tuple(asked))]
    if not names:
        print(f"{HTML} has no such chapter; run `make book` first", file=sys.stderr)
        return 1
    for path in write_decks(HTML, names):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

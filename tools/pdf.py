"""Print the whole book as one PDF, with a table of contents and an outline, by a Chromium.

    python tools/pdf.py                     after `make book`; writes _build/book.pdf
    python tools/pdf.py --out course.pdf

The pages are put one after another into one page, in the order of the table of contents, with links that lead
within it, and that is printed: what is on paper is what was built. The reference is left out, which is as
long as all the rest. Needs Chromium or Chrome; the environment variable CHROMIUM names an unusual one.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from html import escape
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag
from pages import BookError, table_of_contents

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-quic",
)
PRINT = ("--disable-background-networking", "--no-pdf-header-footer", "--generate-pdf-document-outline")
LEFT_OUT = {"api"}
PATIENCE_MS = 300_000  # of the browser's own clock, for the formulas
STYLE = """
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-center { content: counter(page); font: 9pt sans-serif; } }
@page :first { @bottom-center { content: none; } }
html { font-size: 10.5pt; }
body { min-height: 0; }
article { break-before: page; }
h1, h2, h3, h4 { break-after: avoid; }
figure, tr, img, .math { break-inside: avoid; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.bd-article table { display: table; max-width: 100%; font-size: 0.8em; }
.bd-article table :is(td, th) { overflow-wrap: anywhere; min-width: 0; }
.bd-article figure img { max-height: 220mm; object-fit: contain; }
.course-controls, .headerlink, details.above-input, button { display: none !important; }
.front { padding-top: 80mm; text-align: center; font-size: 2.2rem; }
.contents { break-before: page; }
.contents li { margin: 0.15em 0; }
"""


def one_page(html: Path, book: Path, title: str) -> str:
    """All rendered pages as one, in reading order. Raises: BookError if none was rendered."""
    names = [page.stem for page in table_of_contents(book) if page.stem not in LEFT_OUT]
    pages = [name for name in names if (html / f"{name}.html").is_file()]
    if not pages:
        raise BookError(f"there are no pages in {html}; run `make book` first")
    index = BeautifulSoup((html / "index.html").read_text(encoding="utf-8"), "html.parser")
    articles = {name: article(html / f"{name}.html", set(pages)) for name in pages}
    styles = "\n".join(str(one) for one in index.select('head link[rel="stylesheet"]'))
    scripts = "\n".join(
        str(one)
        for one in index.select("head script")
        if "mathjax" in str(one.get("src", "")).lower() or "window.MathJax" in one.get_text()
    )
    body = "\n".join(
        f'<article class="bd-article">{one.decode_contents()}</article>' for one in articles.values()
    )
    return (
        '<!doctype html>\n<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n{styles}\n<style>{STYLE}</style>\n{scripts}</head>\n"
        f'<body><main class="bd-main bd-content"><section class="front"><p>{escape(title)}</p></section>\n'
        f"{contents(book, articles)}\n{body}\n</main></body></html>\n"
    )


def article(path: Path, pages: set[str]) -> Tag:
    """What stands on a page; its names and its links within the book carry the page's name."""
    found = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article.bd-article")
    if found is None:
        raise BookError(f"{path.name} is no page of the book")
    for script in found.select("script"):
        script.decompose()
    for tag in found.select("[id]"):
        tag["id"] = f"{path.stem}--{tag['id']}"
    for link in found.select("a[href]"):
        page, _, label = str(link["href"]).partition("#")
        name = page.removesuffix(".html") or path.stem
        if name in pages and (page.endswith(".html") or not page):
            link["href"] = f"#{name}--{label}" if label else f"#{name}--top"
        elif not re.match(r"[a-z]+:", str(link["href"])):
            del link["href"]  # a file that is not in the PDF
    found.insert(0, BeautifulSoup(f'<span id="{path.stem}--top"></span>', "html.parser"))
    return found


def contents(book: Path, articles: dict[str, Tag]) -> str:
    """The table of contents: parts and pages, as links."""
    toc = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    parts = [("", [toc["root"]])]
    for part in toc.get("parts", [toc]):
        parts.append((part.get("caption", ""), [one["file"] for one in part.get("chapters", [])]))
    lines = ['<nav class="contents"><h1>Contents</h1>']
    for caption, names in parts:
        found = [name for name in names if name in articles]
        if found and caption:
            lines.append(f"<p><strong>{escape(caption)}</strong></p>")
        heads = [(name, articles[name].select_one("h1")) for name in found]
        rows = [
            f'<li><a href="#{name}--top">{escape(head.get_text().strip().removesuffix("#"))}</a></li>'
            for name, head in heads
            if head is not None
        ]
        lines.append(f"<ul>{''.join(rows)}</ul>")
    return "\n".join([*lines, "</nav>"])


def browser() -> str:
    """The program. Raises: BookError if there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise BookError("this needs Chromium or Chrome; install one, or name it in CHROMIUM")
    return found


def print_book(html: Path, book: Path, title: str, out: Path) -> None:
    """Write the PDF. Raises: BookError with the browser's last words."""
    program = browser()
    page = html / "whole_book.html"  # beside the pages, whose pictures and styles it shows
    page.write_text(one_page(html, book, title), encoding="utf-8")
    try:
        with tempfile.TemporaryDirectory(prefix="print-", ignore_cleanup_errors=True) as folder:
            switches = [
                *SWITCHES,
                *PRINT,
                f"--virtual-time-budget={PATIENCE_MS}",
                f"--user-data-dir={folder}",
            ]
            done = subprocess.run(
                [program, *switches, f"--print-to-pdf={out.resolve()}", page.resolve().as_uri()],
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
    finally:
        page.unlink()
    if done.returncode != 0 or not out.is_file():
        raise BookError(f"{program} made no PDF:\n{done.stderr[-1000:]}")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "book.pdf")
    out = parser.parse_args(arguments).out
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    began = time.perf_counter()
    try:
        out.unlink(missing_ok=True)
        print_book(ROOT / "_build" / "html", ROOT / "book", title, out)
    except BookError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB after {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The book as one page, and printed: the order, links that lead within, and that something is on paper."""

import re
from pathlib import Path

import pdf
import pytest
from browsing import chromium
from bs4 import BeautifulSoup
from pages import BookError

HEAD = '<html><head><link rel="stylesheet" href="_static/a.css"><script src="vendor/mathjax/x.js"></script>'
PAGES = {
    "index": '<h1 id="a">Title#</h1><a href="01_b.html#x">on</a><a href="#a">here</a><a href="https://x.org">x</a>',
    "01_b": '<h1 id="x">B#</h1><a href="index.html">back</a><a href="s/b.ipynb">file</a><script>1</script>',
    "api": "<h1>Reference</h1>",
}
TOC = "root: index\nparts:\n  - caption: One & all\n    chapters:\n      - file: 01_b\n      - file: api\n"


@pytest.fixture
def book(tmp_path):
    """Two rendered pages and a reference; gives the folder of the pages and that of the sources."""
    html, book = tmp_path / "html", tmp_path / "book"
    html.mkdir()
    book.mkdir()
    (book / "_toc.yml").write_text(TOC, encoding="utf-8")
    for name, body in PAGES.items():
        (book / f"{name}.md").write_text("x", encoding="utf-8")
        text = f'{HEAD}</head><body><nav>n</nav><article class="bd-article">{body}</article></body></html>'
        (html / f"{name}.html").write_text(text, encoding="utf-8")
    return html, book


def test_the_pages_are_one_with_links_that_lead_within(book):
    page = BeautifulSoup(pdf.one_page(*book, "A & B"), "html.parser")
    assert [one.get_text() for one in page.select("h1")] == ["Contents", "Title#", "B#"]
    names = [tag["id"] for tag in page.select("[id]")]
    assert len(names) == len(set(names))
    links = [str(link["href"]) for link in page.select("a[href]")]
    assert links == [
        *("#index--top", "#01_b--top"),  # the table of contents
        *("#01_b--x", "#index--a", "https://x.org", "#index--top"),  # and no file that paper has not
    ]
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)
    assert "One & all" in page.select_one(".contents").get_text() and page.title.get_text() == "A & B"
    assert [script["src"] for script in page.select("script")] == ["vendor/mathjax/x.js"]


@pytest.mark.slow
def test_a_browser_prints_it(book, tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMIUM", chromium())
    pdf.print_book(*book, "A & B", tmp_path / "book.pdf")
    printed = (tmp_path / "book.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 4  # title, contents, two pages
    assert b"/Outlines" in printed
    assert not (book[0] / "whole_book.html").exists()


def test_without_pages_or_a_browser_it_says_so(tmp_path, book, monkeypatch):
    with pytest.raises(BookError, match="run `make book` first"):
        pdf.one_page(tmp_path, book[1], "x")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(Path(tmp_path)))
    with pytest.raises(BookError, match="needs Chromium or Chrome"):
        pdf.browser()

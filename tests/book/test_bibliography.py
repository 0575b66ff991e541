"""The bibliography holds what the chapters cite: every DOI, each once, with the pages that cite it."""

import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest

BOOK = Path(__file__).parents[2] / "book"
PAGE = (BOOK / "bibliography.md").read_text(encoding="utf-8")
CHAPTERS = sorted(BOOK.glob("[01][0-9]_*.md"))
LINK = re.compile(r"\[doi:(\S+?)\]\(https://doi\.org/(\S+?)\)(?=[\s.,;]|$)")
SYNTAX = re.compile(r"10\.\d{4,9}/[-._;()/:<>A-Za-z0-9]+")  # what Crossref recommends, with the older < and >


def entries(text):
    """The items of the list, each on one line."""
    return [" ".join(item.split()) for item in re.findall(r"^- (.*?)(?=^- |\Z)", text, re.S | re.M)]


def dois(text):
    """The DOIs that a page links to, as they are written."""
    return {unquote(target) for _, target in LINK.findall(text)}


def test_every_doi_is_written_as_one_and_links_to_itself():
    links = LINK.findall(PAGE)
    assert len(links) > 30
    for shown, target in links:
        assert SYNTAX.fullmatch(shown), shown
        assert unquote(target) == shown


def test_every_doi_stands_here_once():
    shown = [shown.lower() for shown, _ in LINK.findall(PAGE)]
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapters_dois_stand_here(chapter):
    text = chapter.read_text(encoding="utf-8")
    known = dois(PAGE)
    assert dois(text) <= known
    rest = [unquote(part) for part in text.split("doi.org/")[1:]]  # links of any other form
    assert all(any(part.startswith(doi) for doi in known) for part in rest)


def test_every_entry_names_the_chapters_that_cite_it_and_no_other():
    texts = {path.name: " ".join(path.read_text(encoding="utf-8").split()) for path in CHAPTERS}
    for entry in entries(PAGE):
        what, _, cited = entry.partition(" *Cited in* ")
        found = LINK.search(what)
        mark = found.group(0) if found else what.removesuffix(".").split(" [")[0]
        named = re.findall(r"\[(\d+)\]\((\d\d_\w+\.md)\)", cited)
        assert [int(number) for number, _ in named] == [int(page[:2]) for _, page in named]
        assert {page for _, page in named} == {name for name, text in texts.items() if mark in text}, what


def test_the_chapters_lists_have_no_entry_that_is_missing_here():
    known = {entry.partition(" *Cited in* ")[0][:50] for entry in entries(PAGE)}
    for path in CHAPTERS:
        references = path.read_text(encoding="utf-8").split("\n## References\n")[1]
        assert {entry[:50] for entry in entries(references)} <= known, path.name


def test_entries_stand_in_alphabetical_order():
    names = []
    for entry in entries(PAGE):
        author = re.match(
            r"(?:[A-Z]\.[ -])*(?:The 2018 )?(.+?)(?:,|\.| and others| Segmentation)", entry
        ).group(1)
        names.append(unicodedata.normalize("NFKD", author).encode("ascii", "ignore").decode().lower())
    assert names == sorted(names)

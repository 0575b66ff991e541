"""The rendered pages, seen by a browser: no request leaves the book, nothing is broken, narrow or dark.

Each page is visited once (browsing.py) and every test looks at what was noted there. To look at pages that
are built already, name their folder: ATRIACOURSE_HTML=_build/html pytest tests/book/test_pages.py
"""

import itertools
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browsing import FLAT, launch, patient, served, visit  # noqa: F401 (launch is a fixture)
from measured import budget_kept
from pages import chapter_paths, read_chapter, substitutions

pytestmark = [pytest.mark.book, pytest.mark.slow]

BOOK = Path(__file__).parents[2] / "book"
GENERATED = ("search.html", "genindex.html", "py-modindex.html")  # Sphinx's own, without text of ours
HEAVIEST_MB = 6.0  # of one page; a chapter with two views to turn and ten sliders has about 4


@pytest.fixture(scope="module")
def html(request):
    named = os.environ.get("ATRIACOURSE_HTML")
    return Path(named).resolve() if named else request.getfixturevalue("built_book").html


@pytest.fixture(scope="module")
def browser(launch):  # noqa: F811
    return launch(*FLAT)


@pytest.fixture(scope="module")
def visits(html, browser):
    names = sorted(page.name for page in html.glob("*.html") if page.name not in GENERATED)
    with served(html) as address:
        return [visit(browser, html, address, name) for name in names]


def faults(visits, what):
    """Page -> what is wrong there, of the pages where anything is."""
    return {seen.name: found for seen in visits if (found := what(seen))}


def test_every_chapter_of_the_book_was_run(built_book):
    ran = sorted(took.name for took in built_book.executed)
    assert ran == sorted(path.stem for path in chapter_paths(BOOK))


def test_no_request_leaves_the_book_over_http_or_from_a_folder(visits):
    assert faults(visits, lambda seen: seen.outside) == {}
    assert faults(visits, lambda seen: seen.lost) == {}


def test_no_script_fails_and_every_box_is_ready(visits):
    assert faults(visits, lambda seen: seen.errors) == {}
    assert faults(visits, lambda seen: seen.facts["waiting"]) == {}


def test_formulas_are_drawn(visits):
    assert sum(seen.facts["formulas"] for seen in visits) >= 3
    assert faults(visits, lambda seen: seen.facts["badFormulas"] or seen.facts["rawFormulas"]) == {}


def test_no_page_is_wider_than_a_phone(visits):
    assert faults(visits, lambda seen: seen.narrow["width"] if seen.narrow["width"] > 390 else 0) == {}


@pytest.mark.parametrize("look", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_a_reader(visits, look):
    assert faults(visits, lambda seen: seen.barriers[look]) == {}


def test_every_picture_has_a_text_and_a_caption(visits):
    def short(seen):
        return [text for text in seen.facts["pictures"] if len(text.split()) <= 5]

    assert faults(visits, short) == {}
    assert faults(visits, lambda seen: seen.facts["uncaptioned"]) == {}


def test_headings_step_down_one_at_a_time_from_one_title(visits):
    def wrong(seen):
        levels = seen.facts["levels"]
        jumps = [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1]
        return jumps or levels.count(1) != 1

    assert faults(visits, wrong) == {}


def test_dark_mode_leaves_the_greys_of_a_scan_alone(visits):
    assert faults(visits, lambda seen: seen.narrow["changedGreys"]) == {}


def test_links_lead_somewhere(visits, html):
    """Inside the book: to a page and a place that exist. Outside: a whole https address."""
    ids = {seen.name: {*seen.facts["ids"], ""} for seen in visits}

    def dead(seen):
        return [link for link in seen.facts["links"] if not leads_somewhere(link, seen.name, ids, html)]

    assert faults(visits, dead) == {}


def leads_somewhere(link, page, ids, html):
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        return re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc) is not None
    if parts.scheme:
        return parts.scheme in ("mailto", "data")
    target = unquote(parts.path) or page
    if target in ids:
        return unquote(parts.fragment) in ids[target]
    return (html / target).is_file()


def test_no_page_is_too_heavy(visits):
    print({seen.name: round(seen.megabytes, 2) for seen in visits})
    assert faults(visits, lambda seen: seen.megabytes if seen.megabytes > HEAVIEST_MB else 0) == {}


def test_solutions_are_folded_and_open_on_a_click(html, browser):
    page = patient(browser.new_page())
    page.goto((html / "00_one_sitting.html").as_uri())
    solution = page.locator(".solution").first
    inside = solution.locator("section p").first
    assert not inside.is_visible()
    solution.locator("button, summary, .admonition-title").first.click()
    assert inside.is_visible()
    page.close()


def test_no_real_scan_can_be_on_the_page(html):
    text = (html / "00_one_sitting.html").read_text(encoding="utf-8")
    assert "synthetic scans with known truth (phantoms)" in text


def test_chapters_keep_the_time_and_memory_they_promise(built_book):
    stated = {path.stem: substitutions(read_chapter(path)) for path in chapter_paths(BOOK)}
    broken = [budget_kept(took, stated[took.name]) for took in built_book.executed]
    assert list(filter(None, broken)) == []

"""The rendered pages, seen by a browser: no request leaves the book, nothing is broken, narrow or dark.

Needs a Chromium: `apt-get install chromium`, or name one in the environment variable CHROMIUM.
"""

import functools
import http.server
import itertools
import os
import re
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from measured import budget_kept
from pages import chapter_paths

pytestmark = [pytest.mark.book, pytest.mark.slow]

BOOK = Path(__file__).parents[2] / "book"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
SWITCHES += ["--disable-background-networking", "--disable-component-update"]
INNER = ("data:", "blob:", "about:")  # addresses that ask no one


def pages(html):
    return sorted(page for page in html.glob("*.html") if page.name not in ("search.html", "genindex.html"))


@contextmanager
def served(folder):
    """The folder over http on this machine; gives its address."""
    handler = functools.partial(QuietHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def browser():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium, or name one in CHROMIUM")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield running
        running.close()


@contextmanager
def opened(browser, address, *, width=1280):
    """A page after its scripts have run, and what it asked for: (address, came) of each request."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    asked = []
    page.on("response", lambda response: asked.append((response.url, response.status < 400)))
    page.on("requestfailed", lambda request: asked.append((request.url, False)))
    page.goto(address, wait_until="networkidle")
    yield page, asked
    context.close()


def test_every_chapter_of_the_book_was_run(built_book):
    assert [took.name for took in built_book.executed] == [path.stem for path in chapter_paths(BOOK)]


def test_chapters_keep_the_time_and_memory_they_promise(built_book):
    for took in built_book.executed:
        front = (BOOK / f"{took.name}.md").read_text(encoding="utf-8").split("---")[1]
        promised = yaml.safe_load(front)["myst"]["substitutions"]
        assert budget_kept(took, promised) == "", took.name


@pytest.mark.parametrize("way", ["http", "file"])
def test_no_request_leaves_the_book(built_book, browser, way):
    with served(built_book.html) as address:
        for path in pages(built_book.html):
            start = address if way == "http" else built_book.html.as_uri() + "/"
            with opened(browser, start + path.name) as (_, asked):
                outside = [url for url, _ in asked if not url.startswith((start, *INNER))]
                assert outside == [], path.name
                if way == "http":  # from file:// a browser refuses the theme's font preloads, then loads them
                    assert [url for url, came in asked if not came] == [], path.name


def test_formulas_are_drawn(built_book, browser):
    with opened(browser, (built_book.html / "00_one_sitting.html").as_uri()) as (page, _):
        assert page.locator("mjx-container").count() >= 3
        assert page.locator("mjx-merror").count() == 0


def test_no_page_is_wider_than_a_phone(built_book, browser):
    for path in pages(built_book.html):
        with opened(browser, path.as_uri(), width=390) as (page, _):
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name


def test_every_picture_has_a_text_and_every_page_one_title(built_book, browser):
    for path in pages(built_book.html):
        with opened(browser, path.as_uri()) as (page, _):
            pictures = page.locator("article img").all()
            texts = [picture.get_attribute("alt") or "" for picture in pictures]
            assert all(len(text.split()) > 5 for text in texts), (path.name, texts)
            levels = page.eval_on_selector_all(
                "article :is(h1, h2, h3, h4)", "all => all.map(one => Number(one.tagName[1]))"
            )
            assert levels.count(1) == 1, path.name
            assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_figure_of_a_chapter_has_a_caption(built_book, browser):
    for chapter in chapter_paths(BOOK):
        with opened(browser, (built_book.html / f"{chapter.stem}.html").as_uri()) as (page, _):
            assert page.locator("article img").count() == page.locator("article figure figcaption").count()


def test_solutions_are_folded_and_open_on_a_click(built_book, browser):
    with opened(browser, (built_book.html / "00_one_sitting.html").as_uri()) as (page, _):
        solution = page.locator(".solution").first
        inside = solution.locator("section p").first
        assert not inside.is_visible()
        solution.locator("button, summary, .admonition-title").first.click()
        assert inside.is_visible()


def test_dark_mode_leaves_the_greys_of_a_scan_alone(built_book, browser):
    with opened(browser, (built_book.html / "00_one_sitting.html").as_uri()) as (page, _):
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        style = "all => all.map(one => getComputedStyle(one)).map(s => [s.filter, s.backgroundColor])"
        for look in page.eval_on_selector_all(".cell_output img", style):
            assert look == ["none", "rgb(255, 255, 255)"]


def test_links_inside_the_book_lead_somewhere(built_book):
    for path in pages(built_book.html):
        for link in re.findall(r'<a [^>]*href="([^"#]+\.html)[#"]', path.read_text(encoding="utf-8")):
            assert link.startswith("http") or (path.parent / link).is_file(), f"{path.name}: {link}"


def test_no_real_scan_can_be_on_the_page(built_book):
    text = (built_book.html / "00_one_sitting.html").read_text(encoding="utf-8")
    assert "synthetic scans with known truth (phantoms)" in text

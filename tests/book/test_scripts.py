"""No script error on a page, whosever the script is. test_pages.py asks this of every page of the book."""

import pytest
from browsing import FLAT, launch, patient, settled  # noqa: F401 (launch is a fixture)
from make_book import build_book

pytestmark = [pytest.mark.book, pytest.mark.slow]


def test_a_page_throws_no_script_error(small_book, launch):  # noqa: F811
    index, _ = build_book(small_book, parameters={})
    errors = []
    page = patient(launch(*FLAT).new_page())
    page.on("pageerror", lambda error: errors.append(str(error)))
    for name in ("index.html", "00_small.html", "genindex.html", "search.html"):
        page.goto((index.parent / name).as_uri())
        settled(page)
    assert errors == []
    assert "THEBE_JS_URL" not in (index.parent / "00_small.html").read_text(encoding="utf-8")

"""What links and search engines are told of a page, its icon, and how a page prints."""

import re
import shutil
import xml.etree.ElementTree as Tree
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import page_head
import preview
import pytest
from browsing import FLAT, launch, patient  # noqa: F401 (launch is a fixture)
from docutils import nodes
from docutils.utils import new_document
from PIL import Image

ASSETS = Path(__file__).parents[2] / "book" / "_assets"


def page_of(*paragraphs):
    """A document: a box, then a section with these paragraphs."""
    document, section = new_document("page"), nodes.section()
    section += nodes.note("", nodes.paragraph(text="A box."))
    for text in paragraphs:
        section += nodes.paragraph(text=text)
    document += section
    return document


def test_the_description_is_the_first_paragraph_cut_at_a_word():
    assert page_head.lead(page_of("One\nline.", "Another.")) == "One line."
    assert page_head.lead(page_of()) == ""
    long = page_head.lead(page_of("seven, " * 60))
    assert len(long) <= page_head.LONGEST and long.endswith("seven …")


@pytest.mark.parametrize(
    ("repository", "pages"),
    [
        ("https://github.com/Name/course", "https://name.github.io/course/"),
        ("https://github.com/Name/course.git", "https://name.github.io/course/"),
        ("https://example.org/name/course", ""),
        ("", ""),
    ],
)
def test_the_pages_address_follows_from_the_repository(repository, pages):
    assert page_head.pages_address(repository) == pages


@pytest.mark.parametrize("repository", ["", "https://github.com/name/course"])
def test_the_head_names_page_and_picture(repository):
    app = SimpleNamespace(config=SimpleNamespace(html_theme_options={"repository_url": repository}))
    context = {"title": "A <em>title</em>", "pathto": lambda path, _: path, "metatags": ""}
    page_head.describe(app, "03_contrast", "page.html", context, page_of('What "white" means.'))
    told = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', context["metatags"]))
    assert told["description"] == told["og:description"] == "What &quot;white&quot; means."
    assert told["og:title"] == "A title"
    start = "https://name.github.io/course/" if repository else ""
    assert told["og:image"] == f"{start}_static/preview.png"
    assert told.get("og:url", "") == (f"{start}03_contrast.html" if repository else "")


def test_the_picture_is_of_the_size_that_previews_take():
    with Image.open(ASSETS / page_head.PICTURE) as picture:
        assert picture.size == (1200, 630)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 30
    assert (ASSETS / page_head.PICTURE).stat().st_size < 300_000


def test_the_icon_is_the_outline_of_the_phantom():
    body = preview.phantom()
    assert (ASSETS / "icon.svg").read_text(encoding="utf-8") == preview.icon(body)
    shapes = Tree.parse(ASSETS / "icon.svg").getroot()
    assert shapes.attrib["viewBox"] == "0 0 64 64" and len(shapes) == 2


PAGE = """<!doctype html><html lang="en" data-theme="dark"><head><meta charset="utf-8"><title>Paper</title>
<style>body { background: #111; color: #eee; }</style><link rel="stylesheet" href="_assets/course.css">
<script defer src="_assets/course.js"></script></head>
<body><div class="bd-sidebar-primary">Sidebar</div>
<div class="bd-header-article">Buttons</div><main><article class="bd-article"><section><h1>Paper</h1>
<p>Text.</p><div class="cell"><details><summary>Show code cell source</summary>code</details></div>
<figure class="course-box course-explore"><div class="course-controls"><input type="range"></div>
<figcaption>A caption</figcaption></figure>
<div class="reveal" data-question="Dice" data-value="0.5"><p>Dice: 0.5, inside your interval</p></div>
<div class="admonition solution toggle-hidden"><p>Solution to 1</p></div>
</section></article><div class="prev-next-area">Next</div></main></body></html>"""


@pytest.mark.book
@pytest.mark.slow
def test_on_paper_there_is_neither_navigation_nor_control_and_results_stand_there(launch, tmp_path):  # noqa: F811
    (tmp_path / "_assets").mkdir()
    for name in ("course.css", "course.js"):
        shutil.copy(ASSETS / name, tmp_path / "_assets")
    (tmp_path / "paper.html").write_text(PAGE, encoding="utf-8")
    page = patient(launch(*FLAT).new_page())
    page.goto((tmp_path / "paper.html").as_uri())
    assert page.get_by_text("Sidebar").is_visible() and page.locator(".reveal form").is_visible()
    page.emulate_media(media="print")
    for gone in ("Sidebar", "Buttons", "Next", "Show code cell source"):
        assert not page.get_by_text(gone).is_visible(), gone
    assert not any(one.is_visible() for one in page.locator("input, button").all())
    for stays in ("Text.", "A caption", "Solution to 1"):
        assert page.get_by_text(stays).is_visible(), stays
    style = "(one, part) => getComputedStyle(document.querySelector(one), part)"
    assert page.evaluate(f"({style})('.reveal', '::after').content") == '"Dice: 0.5"'
    assert "Folded" in page.evaluate(f"({style})('.solution', '::after').content")
    assert page.evaluate(f"({style})('article p').color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"

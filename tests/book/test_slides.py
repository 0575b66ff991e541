"""The slides: what of a page reaches them, and the decks in a browser."""

import json
import os
import re
from pathlib import Path

import pytest
from browsing import FLAT, barriers, launch, patient  # noqa: F401  (a fixture)
from bs4 import BeautifulSoup
from checks import Check, Option, page_html
from pages import BookError
from slide_reader import Hints, first_sentence, hints_for, slides_of
from slides import main, write_decks

PAGE = """<article class="bd-article"><section id="small"><h1>Small<a class="headerlink" href="#">#</a></h1>
<p>What it is about, in $n$ words. A second sentence.</p>
<section id="how"><h2>How</h2><p>Read it with care, please. And <a href="01_b.html#x">more</a> of it.</p>
<div class="cell"><div class="cell_input">code</div><div class="cell_output">
<figure class="align-default" id="fig-a"><img alt="one" src="_images/a.png">
<figcaption>A</figcaption></figure>
<div class="output stream">printed</div></div></div>
<p>What one sees.</p>
<div class="cell"><div class="cell_output"><figure><img alt="two" src="_images/b.png"></figure></div></div>
<div class="tip admonition"><p class="admonition-title">Predict first</p><p>How many?</p></div>
<div class="cell"><div class="cell_output"><div class="output text_html">
<div class="reveal" data-question="Count &lt;n&gt;" data-low="3" data-high="8" data-value="12.1094">
<p>x</p></div>
</div></div></div>
<div class="exercise admonition" id="ex-one"><p class="admonition-title">Exercise 1 (One)</p>
<section><p>Do it.</p></section></div>
<div class="solution dropdown admonition"><p class="admonition-title">Solution</p>
<section><p>Done so.</p><div class="cell"><div class="cell_output"><figure><img src="_images/c.png"></figure>
</div></div></section></div>
TABLES
</section><section id="references"><h2>References</h2><p>A paper.</p></section></section></article>"""
GUIDE = """<article class="bd-article"><section><h3>3. Small</h3><ul>
<li><p><strong>Aim:</strong> to see.</p></li>
<li><p><strong>Wrong answers:</strong> <code><span>ex-one</span></code>: leaving it.
<code><span>ex-two</span></code>: the other.</p></li>
<li><p><strong>Discuss:</strong> why so small?</p></li></ul></section></article>"""


def table(rows, columns):
    row = f"<tr>{'<td>1</td>' * columns}</tr>"
    return f'<table class="dataframe">{row * rows}</table>'


def read(text, hints=None):
    return slides_of(BeautifulSoup(text, "html.parser").article, hints or Hints())


@pytest.fixture(scope="module")
def slides():
    guide = BeautifulSoup(GUIDE, "html.parser").article
    return read(PAGE.replace("TABLES", table(12, 7) + table(13, 2) + table(2, 8)), hints_for(guide, 3))


def test_the_order_of_the_slides_is_the_pages(slides):
    kinds = ["title", "heading", "figure", "predict", "exercise", "table", "words"]
    assert [one.kind for one in slides] == kinds  # one table of three fits; no references
    assert [one.anchor for one in slides[:3]] == ["small", "how", "how"]


def test_a_heading_has_the_first_sentence_and_the_first_figure_and_notes_the_rest(slides):
    heading, figure = slides[1], slides[2]
    shown, said = "".join(heading.content), "".join(heading.notes)
    assert "Read it with care, please." in shown and "more" not in shown and "a.png" in shown
    assert "of it." in said and "printed" in said and "What one sees." in said
    assert "b.png" in figure.content[0]


def test_a_result_waits_behind_its_question(slides):
    asked = "".join(slides[3].content)
    assert asked.index("How many?") < asked.index('class="fragment answer"')
    assert "Count &lt;n&gt;: <strong>12.11</strong>" in asked
    assert "own guess: 3 to 8" in "".join(slides[3].notes) and "3 to 8" not in asked


def test_answers_and_hints_are_the_speakers_alone(slides):
    exercise = slides[4]
    assert exercise.content == ["<p>Do it.</p>"]
    said = "".join(exercise.notes)
    assert "leaving it." in said and "Done so." in said and "the other" not in said
    assert "to see." in "".join(slides[0].notes)
    assert slides[-1].content == ["<p>Why so small?</p>"]
    assert "c.png" not in "".join("".join(one.content) for one in slides)


def test_a_result_that_comes_later_is_a_slide_of_its_own():
    figure = '<div class="cell"><div class="cell_output"><figure><img src="d.png"></figure></div></div>'
    asked = "<p>How many?</p></div>"
    kinds = [one.kind for one in read(PAGE.replace(asked, asked + figure))]
    assert kinds[3:6] == ["predict", "figure", "answer"]


def test_a_check_shows_its_options_and_tells_the_speaker_which_is_right():
    options = (Option(text="It *rises*.", right=False, because="No, for the ½ is lost."),)
    options += (Option(text="It stays.", right=True, because="Since `a` is."),)
    made = page_html(Check(title="On & on", question="What then?", options=options))
    number = page_html(Check(title="N", question="How many?", options=options[1:], tolerance=None))
    number = re.sub(r"<ol.*?</ol>", "", number)  # as where the options are numbers: no slide of its own
    slides = [one for one in read(PAGE.replace("TABLES", made + number)) if one.kind == "check"]
    assert [one.title for one in slides] == ["On &amp; on"]
    shown, said = "".join(slides[0].content), "".join(slides[0].notes)
    assert "What then?" in shown and "<em>rises</em>" in shown and "Since" not in shown
    assert "<strong>Since <code>a</code> is.</strong>" in said and "No, for the ½ is lost." in said


@pytest.mark.parametrize(
    ("paragraph", "sentence"),
    [
        (
            "Why not? Because of <em>this one.</em> Or that.",
            "Why not? Because of <em>this one.</em> Or that.",
        ),
        ("It takes 0.5 seconds or so. More.", "It takes 0.5 seconds or so."),
        ("a &lt; b holds for all of them. No.", "a &lt; b holds for all of them."),
        ("It has no end at all", "It has no end at all"),
    ],
)
def test_a_first_sentence(paragraph, sentence):
    assert first_sentence(BeautifulSoup(f"<p>{paragraph}</p>", "html.parser").p) == sentence


def test_a_chapter_that_was_not_rendered_is_named(tmp_path, monkeypatch, capsys):
    with pytest.raises(BookError, match=r"04_none\.html is not in"):
        write_decks(tmp_path, ["04_none"])
    monkeypatch.setattr("slides.HTML", tmp_path)
    assert main(["04"]) == 1 and "make book" in capsys.readouterr().err


# ---- the decks of the book -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(request):
    named = os.environ.get("ATRIACOURSE_HTML")  # as in test_pages.py
    return Path(named).resolve() if named else request.getfixturevalue("built_book").html


@pytest.mark.book
def test_every_chapter_has_a_deck_with_its_predictions_exercises_and_figures(folder):
    listed = (folder / "slides" / "index.html").read_text(encoding="utf-8")
    for page in sorted(folder.glob("[0-9][0-9]_*.html")):
        assert f'href="{page.name}"' in listed
        chapter = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").article
        deck = BeautifulSoup((folder / "slides" / page.name).read_text(encoding="utf-8"), "html.parser")
        asked = chapter.select(".reveal[data-value]")
        assert len(deck.select("p.answer")) == len(asked), page.name
        assert len(deck.select("section.exercise")) == len(chapter.select("div.exercise")), page.name
        asked = chapter.select("div.check:has(.check-options)")
        assert len(deck.select("section.check")) == len(asked), page.name
        assert deck.select("section.title aside.notes"), f"{page.name}: the guide has no notes for it"
        for picture in deck.select("img[src]"):
            source = picture["src"]
            assert source.startswith("data:") or (folder / "slides" / source).is_file(), source
        drawn = {img["src"] for img in chapter.select(".cell_output figure > img[src^=_images]")}
        solved = {img["src"] for img in chapter.select(".solution img[src^=_images]")}
        shown = {img["src"].removeprefix("../") for img in deck.select("img[src^='../_images']")}
        assert drawn - solved <= shown, page.name
        names = [tag["id"] for tag in deck.select("[id]")]
        assert len(names) == len(set(names)), page.name


@pytest.mark.book
def test_a_deck_in_a_browser_asks_for_nothing_outside_and_fits(folder, launch):  # noqa: F811
    browser = launch(*FLAT)
    page = patient(browser.new_page(viewport={"width": 1280, "height": 720}))
    outside, errors = [], []
    page.on(
        "request",
        lambda one: None if one.url.startswith(("file:", "data:", "blob:")) else outside.append(one.url),
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((folder / "slides" / "08_clean_mask.html").as_uri())
    page.wait_for_selector("html[data-ready]")
    too_full = page.evaluate("""() => {
      const found = [];
      for (let number = 0; number < Reveal.getTotalSlides(); number++) {
        Reveal.slide(number);
        const inside = Reveal.getCurrentSlide().querySelector(".fit");
        const zoom = Number(inside.style.zoom || 1);
        const box = inside.getBoundingClientRect();
        if (box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || zoom < 0.5) found.push(number);
      }
      return found;
    }""")
    assert (too_full, outside, errors) == ([], [], [])
    page.evaluate("Reveal.slide(0)")
    assert barriers(page) == []
    predict = page.evaluate(
        "[...document.querySelectorAll('.slides > section')].findIndex("
        "one => one.classList.contains('predict'))"
    )
    page.evaluate(f"Reveal.slide({json.dumps(predict)})")
    answer = page.locator("section.present .answer")
    assert answer.evaluate("one => getComputedStyle(one).visibility") == "hidden"
    page.keyboard.press("Space")
    page.wait_for_function(
        "getComputedStyle(document.querySelector('section.present .answer')).visibility == 'visible'"
    )
    assert re.search(r"\d", answer.inner_text())

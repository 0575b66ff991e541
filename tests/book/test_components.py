"""What a reader can move on a page, moved by keyboard in a browser: sliders, stacks, views, guesses, terms.

The parts stand on a page of their own, opened from a folder as a reader without a server would.
"""

import json
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from browsing import FLAT, SOLID, barriers, dark, fresh_page, launch, patient  # noqa: F401 (launch is a fixture)

from atriacourse.exercises.guess import Guess, merge_guesses
from atriacourse.pages.widgets.explore import explore
from atriacourse.pages.widgets.stack import slice_stack
from atriacourse.pages.widgets.viewer import volume_view

pytestmark = [pytest.mark.book, pytest.mark.slow]

ASSETS = Path(__file__).parents[2] / "book" / "_assets"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Parts</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="_assets/course.css">
<script>window.courseGlossary = {{"term-voxel": "One cell of a volume."}};</script>
<script defer src="_assets/course.js"></script><script defer src="_assets/viewer.js"></script>
</head><body><main><h1>Parts</h1><article class="bd-article"><section>
<p>A <a href="glossary.html#term-voxel">voxel</a>.</p>
<div class="cell_output"><table><thead><tr><th></th><th>what</th><th>Dice</th></tr></thead><tbody>
<tr><th>a</th><td>a word</td><td>-0.82</td></tr>
<tr><th>b</th><td>3</td><td>nan</td></tr></tbody></table></div>
{parts}</section></article></main></body></html>"""


# As Sphinx writes the cell of a guess.
ASKED = """<div class="cell tag_guess docutils container"><div class="highlight"><pre>guess = Guess(
question=<span>"{question}"</span>, low=<span>1</span>, high=2)</pre></div></div>"""


def draw(gamma, side):
    figure = plt.figure(figsize=(3, 2), facecolor=(gamma / 4, gamma / 4, 1 if side == "left" else 0))
    plt.close(figure)
    return figure


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page with one of each part, beside the book's own scripts."""
    folder = tmp_path_factory.mktemp("parts")
    shutil.copytree(ASSETS, folder / "_assets", ignore=shutil.ignore_patterns("mathjax"))
    voxels = np.random.default_rng(0).integers(0, 99, (12, 30, 40)).astype(np.uint8)
    mask = np.zeros(voxels.shape, dtype=bool)
    mask[3:9, 8:22, 10:30] = True
    masks, spacing_mm = {"truth": mask, "network": np.roll(mask, 3, axis=2)}, (2.0, 1.0, 1.0)
    parts = [
        explore(draw, alt="A plain colour", gamma=[1.0, 2.0, 3.0], side=["left", "right"]).html(),
        slice_stack(voxels, spacing_mm=spacing_mm, masks=masks, alt="Slices.")._repr_html_(),
        volume_view(voxels, spacing_mm=spacing_mm, masks=masks, alt="A box in noise")._repr_html_(),
        ASKED.format(question="Blood,\n  in mL"),
        ASKED.format(question="Blood"),
        "<p>Between the two.</p>",
        *(
            Guess(question=question, low=1, high=2).reveal(5.25)._repr_html_()
            for question in ("Dice", "HD", "Blood")
        ),
    ]
    (folder / "03_parts.html").write_text(PAGE.format(parts="\n".join(parts)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def flat(launch):  # noqa: F811
    return launch(*FLAT)


@pytest.fixture
def page(flat, folder):
    """The page, no WebGL, a fresh memory."""
    with fresh_page(flat, folder / "03_parts.html") as page:
        yield page


def test_a_slider_changes_picture_text_and_value_by_keyboard(page):
    box = page.locator(".course-explore")
    gamma, side = box.locator("input").all()
    seen = {box.locator("img").get_attribute("src")}
    gamma.focus()
    page.keyboard.press("ArrowRight")
    assert gamma.get_attribute("aria-valuetext") == "2"
    seen.add(box.locator("img").get_attribute("src"))
    side.focus()
    page.keyboard.press("End")
    assert box.locator("img").get_attribute("alt") == "A plain colour. Shown: gamma 2, side right."
    seen.add(box.locator("img").get_attribute("src"))
    assert len(seen) == 3
    assert box.locator("output").all_text_contents() == ["2", "right"]


def test_a_stack_scrolls_and_hides_its_outlines_by_keyboard(page):
    box = page.locator(".course-stack")
    slider, tile = box.locator("input[type=range]"), box.locator("svg svg").first
    before = tile.get_attribute("viewBox")
    slider.focus()
    page.keyboard.press("Home")
    assert tile.get_attribute("viewBox").startswith("0 0 ")
    assert slider.get_attribute("aria-valuetext") == "z = 0, 0.0 mm"
    assert box.locator("path[data-mask]").first.get_attribute("d") == ""  # the mask begins at z = 3
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert box.locator("svg[role=img]").get_attribute("aria-label") == "Slices. Shown: z = 4, 8.0 mm."
    assert before != "0 0 40 30"
    outline = box.locator("path[data-mask]").first
    assert outline.get_attribute("d") and outline.is_visible()
    box.locator("input[type=checkbox]").first.focus()
    page.keyboard.press("Space")
    assert not outline.is_visible()


def test_without_webgl_the_picture_stays_and_the_page_says_why(page):
    box = page.locator(".course-viewer")
    box.get_by_role("button").press("Enter")
    box.get_by_text("No 3D view: this browser draws no 3D").wait_for()
    assert box.locator("img").is_visible()
    assert box.locator("canvas").count() == 0


def test_the_view_draws_planes_and_surfaces_and_goes_back(folder, launch):  # noqa: F811
    page = patient(launch(*SOLID).new_page())
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "03_parts.html").as_uri())
    box = page.locator(".course-viewer")
    assert not any(url.endswith("niivue.js") for url in asked)  # only when it is wanted
    box.get_by_role("button").press("Enter")
    page.wait_for_selector(".course-viewer[data-ready]", timeout=120_000)
    for canvas in box.locator("canvas").all():
        assert colours(canvas.screenshot()) > 50
    bar, drawn = box.locator(".course-scale"), box.locator(".course-solid canvas")
    assert bar.inner_text() == "10 mm"
    part = bar.bounding_box()["width"] / drawn.bounding_box()["width"]
    assert (
        0.3 < part < 0.42
    )  # the masks' box of 23 x 14 x 12 mm has a diagonal of 29 mm, which fills the picture
    page.get_by_label("Turn", exact=True).press("ArrowRight")
    box.get_by_label("network", exact=True).press("Space")
    box.get_by_role("button").press("Enter")
    assert box.locator("canvas").count() == 0 and box.locator("img").is_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def colours(png):
    """How many different colours a picture has."""
    import io

    from PIL import Image

    return len(np.unique(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3), axis=0))


def test_a_result_waits_for_a_prediction_and_remembers_it(page):
    box = page.locator(".reveal").first
    assert "5.25" not in box.inner_text()
    low, high = box.locator("input").all()
    low.fill("9")
    high.fill("6")
    high.press("Enter")
    assert box.get_by_role("alert").inner_text() == "Give two numbers, the smaller one first."
    low.fill("4")
    high.press("Enter")
    assert "Dice: 5.25. You said 4 to 6: inside your interval." in box.inner_text()
    page.reload()
    assert "You said 4 to 6" in page.locator(".reveal").first.inner_text()
    assert "1 of 3 made, 1 held the result." in page.locator(".reveal-summary").inner_text()
    page.locator(".reveal").first.get_by_role("button", name="Predict again").press("Enter")
    assert "5.25" not in page.locator(".reveal").first.inner_text()


def test_the_page_asks_at_the_question_and_answers_at_the_result(page):
    asks, answer = page.locator(".reveal-ask"), page.locator(".reveal").last
    assert asks.count() == 1
    assert asks.evaluate("box => box.nextElementSibling.textContent").count("Blood") == 1
    assert "5.25" not in answer.inner_text()
    answer.get_by_role("button", name="To the question").press("Enter")
    assert asks.locator("input").first.evaluate("box => box === document.activeElement")
    asks.locator("input").first.fill("6")
    asks.locator("input").last.fill("7")
    asks.locator("input").last.press("Enter")
    assert asks.inner_text() == "Blood: you said 6 to 7. The result is shown below."
    assert "Blood: 5.25. You said 6 to 7: below it." in answer.inner_text()
    page.reload()
    assert "Blood: 5.25. You said 6 to 7: below it." in answer.inner_text()
    answer.get_by_role("button", name="Predict again").press("Enter")
    assert asks.locator("form").is_visible()
    assert "5.25" not in answer.inner_text()


def test_who_does_not_want_to_predict_sees_the_value_alone(page):
    box = page.locator(".reveal").nth(1)
    box.get_by_role("button", name="Just show me").press("Enter")
    assert "HD: 5.25." in box.inner_text()
    assert "1 to 2" not in box.inner_text()  # the interval in the cell is not the reader's
    assert "None of 3 made yet" in page.locator(".reveal-summary").inner_text()


def test_the_downloaded_file_is_one_a_class_can_merge(page, tmp_path):
    for box, high in zip(page.locator(".reveal").all()[:2], ("6", "4.5"), strict=True):
        box.locator("input").first.fill("4")
        box.locator("input").last.fill(high)
        box.locator("input").last.press("Enter")
    with page.expect_download() as waiting:
        page.get_by_text("Download them as a file").click()
    assert waiting.value.suggested_filename == "guesses_03_parts.json"
    waiting.value.save_as(tmp_path / "one.json")
    table = merge_guesses([tmp_path / "one.json"])
    assert table[["chapter", "question", "low", "high", "value", "holds"]].values.tolist() == [
        ["03_parts", "Dice", 4, 6, 5.25, True],
        ["03_parts", "HD", 4, 4.5, 5.25, False],
    ]
    assert set(json.loads((tmp_path / "one.json").read_text())) == {
        "chapter",
        "profile",
        "data",
        "date",
        "guesses",
        "values",
    }


def test_where_the_browser_keeps_nothing_predictions_still_work(flat, folder):
    page = patient(flat.new_page())
    page.add_init_script(
        "delete window.localStorage; Object.defineProperty(window, 'localStorage', "
        "{get() { throw new Error('denied'); }})"
    )
    page.goto((folder / "03_parts.html").as_uri())
    box = page.locator(".reveal").first
    box.locator("input").first.fill("1")
    box.locator("input").last.fill("2")
    box.locator("input").last.press("Enter")
    assert "You said 1 to 2: above it." in box.inner_text()
    page.close()


def test_a_term_explains_itself_on_focus_and_on_hover_and_escape_closes(page):
    term, tip = page.get_by_role("link", name="voxel"), page.get_by_role("tooltip")
    assert tip.count() == 0
    term.focus()
    assert tip.inner_text() == "One cell of a volume."
    assert term.get_attribute("aria-describedby") == tip.get_attribute("id")
    page.keyboard.press("Escape")
    assert tip.count() == 0
    term.hover()
    page.locator(".course-tip").hover()  # the pointer may go there without closing it
    page.wait_for_timeout(400)
    assert tip.is_visible()
    page.mouse.move(0, 500)
    page.wait_for_timeout(400)
    assert tip.count() == 0


def test_in_a_table_words_stand_left_and_numbers_right(page):
    sides = page.locator(".cell_output :is(thead, tbody) tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].slice(1).map(cell => getComputedStyle(cell).textAlign))"
    )
    assert sides == [["left", "right"]] * 3  # a column of words and numbers is one of words


def test_nothing_serious_stands_in_the_way_of_a_reader(page):
    page.locator(".reveal").last.get_by_role("button", name="Just show me").press("Enter")
    assert barriers(page) == []
    dark(page)
    assert barriers(page, rules=["color-contrast"]) == []


def test_without_script_everything_can_be_read(flat, folder):
    context = flat.new_context(java_script_enabled=False)
    page = patient(context.new_page())
    page.goto((folder / "03_parts.html").as_uri())
    assert page.get_by_text("Dice: 5.25, above your interval (1 to 2)").is_visible()
    assert all(one.is_visible() for one in page.locator("img").all())
    assert page.locator("svg[role=img]").is_visible()
    assert not any(one.is_visible() for one in page.locator("input, button").all())
    context.close()

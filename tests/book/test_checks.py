"""Checks of understanding: what an author may write, what the page holds, what a reader meets."""

import base64
import html
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from statistics import mean
from types import SimpleNamespace

import pytest
from browsing import FLAT, barriers, dark, fresh_page, launch, patient  # noqa: F401 (launch is a fixture)
from checks import Option, check_of, checks_of, garbled, hashed, page_html, plain_lines
from course_extension import count_items
from pages import BookError, chapter_paths, read_chapter, tags

from atriacourse.exercises.directives import pieces
from atriacourse.exercises.guess import merge_guesses

BOOK = Path(__file__).parents[2] / "book"
ASSETS = BOOK / "_assets"

CHOICE = """\
:::{check} Background
A slice of `zeros` is added
to both masks. What does Dice do?

- [ ] It rises.
  : Background is *not* counted,
    whatever accuracy does.
- [x] It stays.
  : No marked voxel is added, so neither sum changes.
- [ ] It falls.
  : That would need a voxel in one mask alone.
:::
"""
NUMBER = """\
:::{check} By hand
:tolerance: 0.01
:unit: mL

Four and five pixels, three in common: Dice?

- [x] 0.667
  : 2 · 3 / (4 + 5).
- [ ] 0.5
  : That is the Jaccard index, 3 / 6.
- [ ] other
  : Twice what is common, over the sum of both.
:::
"""


def parsed(text):
    (piece,) = [one for one in pieces(text, "00_small.md") if not isinstance(one, str) or one]
    return check_of(piece, "00_small.md")


def test_a_check_is_read_as_it_was_written():
    check = parsed(CHOICE)
    assert check.question == "A slice of `zeros` is added to both masks. What does Dice do?"
    assert check.options[0] == Option(
        text="It rises.", right=False, because="Background is *not* counted, whatever accuracy does."
    )
    assert check.right == 1 and check.tolerance is None
    assert (parsed(NUMBER).tolerance, parsed(NUMBER).unit) == (0.01, "mL")


@pytest.mark.parametrize(
    ("text", "old", "new", "told"),
    [
        (CHOICE, "[x]", "[ ]", "exactly one option is right"),
        (CHOICE, "- [ ] It falls", "- [x] It falls", "exactly one option is right"),
        (CHOICE, "  : That would need a voxel in one mask alone.\n", "", "on a line of its own"),
        (CHOICE, "{check} Background", "{check}", "needs a title"),
        (CHOICE, "It falls.", "It rises.", "stands there twice"),
        (CHOICE, "zeros", "$0$", "do not reach a check"),
        (NUMBER, "0.5\n", "a half\n", "could not convert"),
        (NUMBER, "0.5\n", "0.655\n", "nearer to each other"),
        (NUMBER, "other", "1", "needs one option `other`"),
        (NUMBER, "0.01", "small", "could not convert"),
    ],
)
def test_an_incomplete_check_is_named(text, old, new, told):
    with pytest.raises(BookError, match=re.escape(told)) as failed:
        parsed(text.replace(old, new, 1))
    assert str(failed.value).startswith("00_small.md, check ")


def test_the_hash_is_fnv_and_garbling_undoes_itself():
    # FNV-1a of "a/" by hand: ((0x811c9dc5 ^ 0x61) * 0x01000193 = 0xe40c292c; ^ 0x2f, * 0x01000193, mod 2**32
    assert hashed("a", "") == ((0xE40C292C ^ 0x2F) * 0x01000193) % 2**32
    twice = base64.b64decode(garbled("salt", base64.b64decode(garbled("salt", "äß")).decode("latin-1")))
    assert garbled("salt", "äß") != base64.b64encode("äß".encode()).decode() and twice
    assert garbled("salt", "one") != garbled("pepper", "one")


def test_the_page_shows_the_question_and_neither_the_answer_nor_a_reason():
    for text, shown, hidden in (
        (CHOICE, ["It stays.", "<code>zeros</code>"], ["No marked", "not counted", "[x]"]),
        (NUMBER, ["Four and five"], ["0.667", "0.5<", "Jaccard", "Twice"]),
    ):
        page = html.unescape(page_html(parsed(text)))
        assert all(part in page for part in shown)
        assert not any(part in page for part in hidden)


def test_a_plain_notebook_has_the_answer_folded():
    lines = plain_lines(parsed(CHOICE))
    fold = next(number for number, line in enumerate(lines) if "<details>" in line)
    assert "> - B. It stays." in lines[:fold]
    assert "- **B** is right. No marked voxel is added, so neither sum changes." in lines[fold:]
    number = plain_lines(parsed(NUMBER))
    fold = next(place for place, line in enumerate(number) if "<details>" in line)
    assert (
        "0.667" not in "".join(number[:fold]) and "- **0.667 mL** is right. 2 · 3 / (4 + 5)." in number[fold:]
    )
    assert number[-3] == "- Anything else: Twice what is common, over the sum of both."


# What the course asks.


CHECKS = {path.stem: checks_of(read_chapter(path), path.name) for path in chapter_paths(BOOK)}
CHOICES = [check for checks in CHECKS.values() for check in checks if check.tolerance is None]


@pytest.mark.parametrize("chapter", CHECKS)
def test_every_chapter_asks_four_times_or_more_and_explains_each_answer(chapter):
    assert len(CHECKS[chapter]) >= 4
    for check in CHECKS[chapter]:
        for option in check.options:
            assert len(option.because.split()) >= 5, f"{check.title}: {option.text}"
    source = "\n".join(page_html(check) for check in CHECKS[chapter])
    read = html.unescape(source)
    for check in CHECKS[chapter]:
        assert not [one.because for one in check.options if one.because in read]


def test_neither_place_nor_length_gives_a_choice_away():
    """The right one stands in every place about as often, and is the longest no oftener than by chance."""
    chance = mean(1 / len(check.options) for check in CHOICES)
    places = Counter(check.right for check in CHOICES)
    assert max(places.values()) <= 0.45 * len(CHOICES) and all(places[place] for place in range(3))
    for extreme in (max, min):
        lengths = [[len(option.text) for option in check.options] for check in CHOICES]
        hits = sum(
            found[check.right] == extreme(found) for found, check in zip(lengths, CHOICES, strict=True)
        )
        assert hits <= (chance + 0.15) * len(CHOICES), extreme.__name__


def test_pages_are_told_how_much_each_chapter_asks():
    told = {}
    app = SimpleNamespace(srcdir=BOOK, add_js_file=lambda *_, body, priority: told.update(body=body))
    count_items(app)
    items = json.loads(told["body"].removeprefix("window.courseItems = ").removesuffix(";"))
    for path in chapter_paths(BOOK):
        code = "\n".join(cell.source for cell in read_chapter(path).cells if "guess" in tags(cell))
        assert items[path.stem] == [code.count("Guess("), len(CHECKS[path.stem])]


# In a browser.

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Checks</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="_assets/course.css">
<script>window.courseItems = {{"03_checks": [1, 2], "04_other": [0, 3]}};</script>
<script defer src="_assets/course.js"></script><script defer src="_assets/answers.js"></script>
</head><body><div class="bd-sidebar-primary"><nav aria-label="Contents"><a class="internal" href="#">Three</a>
<a class="internal" href="04_other.html">Four</a>
<a class="internal" href="glossary.html">Terms</a></nav></div>
<main><h1>Checks</h1><article class="bd-article"><section>{parts}
<div class="reveal" data-question="Dice" data-value="0.5"><p>Dice: 0.5</p></div>
</section></article></main></body></html>"""
slow = [pytest.mark.book, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checks")
    (folder / "_assets").mkdir()
    for path in ASSETS.glob("*.*"):
        shutil.copy(path, folder / "_assets")
    text = PAGE.format(parts="\n".join(page_html(parsed(one)) for one in (CHOICE, NUMBER)))
    for name in ("03_checks", "04_other"):
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser(launch):  # noqa: F811
    return launch(*FLAT)


@pytest.fixture
def page(browser, folder):
    """The page from its folder, a fresh memory."""
    with fresh_page(browser, folder / "03_checks.html") as page:
        yield page


def verdict(page, place):
    return page.locator(".check [role=status]").nth(place).inner_text()


@pytest.mark.book
@pytest.mark.slow
class TestInABrowser:
    def test_a_choice_is_judged_by_keyboard_with_the_reason_that_fits(self, page):
        box = page.get_by_role("group", name="Background A slice of zeros is added to both masks.")
        radios = box.get_by_role("radio")
        assert radios.count() == 3
        check = page.get_by_role("button", name="Check", exact=True).first
        check.press("Enter")
        assert verdict(page, 0) == "Choose one first."
        radios.first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        assert verdict(page, 0) == "Not this. Background is not counted, whatever accuracy does."
        page.keyboard.press("ArrowDown")
        assert verdict(page, 0) == ""  # of the answer before
        page.keyboard.press("Enter")
        assert verdict(page, 0) == "Right. No marked voxel is added, so neither sum changes."
        page.reload()
        assert verdict(page, 0).startswith("Right.") and radios.nth(1).is_checked()

    @pytest.mark.parametrize(
        ("given", "begins"),
        [
            ("0.667", "Right. 2 · 3"),
            ("0.66", "Right."),
            ("0.676", "Right."),
            ("0.65", "Not this. Twice"),
            ("0.5", "Not this. That is the Jaccard"),
            ("-3", "Not this. Twice"),
            ("1e9", "Not this. Twice"),
            ("", "Give a number first."),
        ],
    )
    def test_a_number_is_judged_within_its_tolerance(self, page, given, begins):
        field = page.get_by_label("Your answer")
        field.fill(given)
        field.press("Enter")
        assert verdict(page, 1).startswith(begins)

    def test_who_is_stuck_is_shown_the_answer(self, page):
        show = page.get_by_role("button", name="Show me the answer")
        assert show.count() == 0
        page.get_by_label("Your answer").fill("3")
        page.get_by_label("Your answer").press("Enter")
        show.press("Enter")
        assert verdict(page, 1) == "The answer: 2 · 3 / (4 + 5)."
        page.get_by_label("It rises.").check()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Show me the answer").press("Enter")
        assert verdict(page, 0).startswith("The answer: No marked voxel")
        assert page.get_by_label("It stays.").is_checked()
        kept = page.evaluate("JSON.parse(localStorage['atriacourse/03_checks/check/Background'])")
        assert kept["shown"] and not kept["right"] and kept["tries"] == 1

    def test_progress_stands_at_the_end_and_in_the_contents_and_can_be_erased(self, page):
        first, other = page.locator("nav a").all()[:2]
        status = page.locator(".course-ending [role=status]")
        assert (
            status.inner_text()
            == "0 of 1 predictions made; 0 of 2 checks answered, 0 right; not yet finished."
        )
        assert first.inner_text() == "Three"
        page.get_by_label("It rises.").check()
        page.keyboard.press("Enter")
        for number in ("from", "to"):
            page.get_by_label(number, exact=True).fill("0.5")
        page.keyboard.press("Enter")
        assert (
            status.inner_text()
            == "1 of 1 predictions made; 1 of 2 checks answered, 0 right; not yet finished."
        )
        assert first.text_content() == "Three2/3 (2 of 3 answered)"
        assert other.text_content() == "Four"
        page.get_by_role("button", name="I have finished this chapter").press("Enter")
        assert "chapter finished." in status.inner_text() and "✓" in first.text_content()
        page.reload()
        assert "✓" in first.text_content()
        page.get_by_role("button", name="Not finished after all").press("Enter")
        assert "not yet finished" in status.inner_text()
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("button", name="Erase all that is kept").click()
        assert "1 of 2 checks answered" in status.inner_text()
        page.once("dialog", lambda dialog: dialog.accept())
        with page.expect_navigation():
            page.get_by_role("button", name="Erase all that is kept").click()
        assert "0 of 1 predictions made; 0 of 2" in status.inner_text()
        assert page.evaluate("Object.keys(localStorage)") == []

    def test_the_file_of_all_chapters_is_one_a_class_can_merge(self, page, tmp_path):
        page.get_by_label("It rises.").check()
        page.keyboard.press("Enter")
        page.get_by_label("It stays.").check()
        page.keyboard.press("Enter")
        page.goto(page.url.replace("03_checks", "04_other"))
        page.get_by_label("from", exact=True).fill("0.4")
        page.get_by_label("to", exact=True).fill("0.6")
        page.keyboard.press("Enter")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download all answers").press("Enter")
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        told = json.loads(path.read_text(encoding="utf-8"))
        assert [one["chapter"] for one in told["chapters"]] == ["03_checks", "04_other"]
        assert told["chapters"][0]["checks"] == [
            {"check": "Background", "tries": 2, "right": True, "shown": False}
        ]
        table = merge_guesses([path])
        assert table[["chapter", "question", "low", "high", "value"]].values.tolist() == [
            ["04_other", "Dice", 0.4, 0.6, 0.5]
        ]

    def test_where_the_browser_keeps_nothing_it_works_and_says_so(self, browser, folder):
        page = patient(browser.new_page())
        page.add_init_script(
            "delete window.localStorage; Object.defineProperty(window, 'localStorage', "
            "{get() { throw new Error('denied'); }})"
        )
        page.goto((folder / "03_checks.html").as_uri())
        page.get_by_label("It stays.").check()
        page.keyboard.press("Enter")
        assert verdict(page, 0).startswith("Right.")
        assert "1 of 2 checks answered, 1 right" in page.locator(".course-ending").inner_text()
        assert "This browser keeps nothing here" in page.locator(".course-ending").inner_text()
        page.close()

    def test_nothing_serious_stands_in_the_way_of_a_reader(self, page):
        page.get_by_label("It rises.").check()
        page.keyboard.press("Enter")
        assert barriers(page) == []
        dark(page)
        assert barriers(page, rules=["color-contrast"]) == []

    def test_without_script_and_in_print_the_question_can_be_read(self, browser, folder, page):
        context = browser.new_context(java_script_enabled=False)
        plain = patient(context.new_page())
        plain.goto((folder / "03_checks.html").as_uri())
        assert plain.get_by_text("What does Dice do?").is_visible()
        assert plain.get_by_text("It stays.").is_visible()
        assert plain.get_by_text("stands, folded, in the chapter's notebook").first.is_visible()
        assert not any(one.is_visible() for one in plain.locator("input, button").all())
        context.close()
        page.emulate_media(media="print")
        assert page.get_by_text("What does Dice do?").is_visible()
        assert page.get_by_text("It stays.").is_visible()
        assert page.get_by_text("stands, folded, in the chapter's notebook").first.is_visible()
        assert not any(one.is_visible() for one in page.locator(":is(.check, .course-ending) button").all())

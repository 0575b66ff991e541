"""Predict before, not after: above its question a page shows no number that the guess is about.

On a page the reader is asked above the cell with the guess (book/_assets/course.js), and the result stands
further down.
"""

import re

import pytest
from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString

NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?![\w]|\.\d)")
SILENT = ("script", "style", "annotation")
# question -> why the number above it gives nothing away
BY_CHANCE = {
    "Faults caught by seven checks": "a count of two digits, which code above has as numbers of slices"
}


def digits(number):
    """How many digits of a written number count."""
    return len(re.sub(r"\D", "", number).lstrip("0"))


def telling(text, value):
    """The numbers in a text that are the value, rounded, in per cent or as it is, with what stands around.

    One digit tells nothing, and two only where the value has no more.
    """
    enough = max(2, min(3, digits(f"{value:.3g}")))
    found = []
    for number in NUMBER.finditer(text):
        if digits(number[0]) < enough:
            continue
        plain = number[0].replace(",", "").replace("−", "-")
        step = 10.0 ** -len(plain.partition(".")[2])
        per_cent = text[number.end() : number.end() + 2].strip().startswith("%")
        for scale in (1, 100, 0.01) if per_cent or digits(number[0]) > 2 else (1,):
            if abs(abs(float(plain)) - abs(value) * scale) <= 0.50001 * step:
                found.append(" ".join(text[max(0, number.start() - 50) : number.end() + 30].split()))
                break
    return found


def said_above(cell):
    """What a reader has read, and can unfold or hover, on the page before a cell."""
    said = []
    for part in cell.previous_elements:
        if isinstance(part, Tag) and part.name == "article":
            break
        if isinstance(part, Tag) and part.name == "img":
            said.append(part.get("alt", ""))
        elif isinstance(part, NavigableString) and part.parent.name not in SILENT:
            said.append("" if isinstance(part, PreformattedString) else str(part))
    return "".join(reversed(said))


def spoiled(html):
    """Questions of a page with what gives their answers away; None where the page has no such cell."""
    page = BeautifulSoup(html, "html.parser")
    cells = page.select(".cell.tag_guess")
    found = {}
    for box in page.select(".reveal"):
        question, value = box["data-question"], float(box["data-value"])
        wanted = re.sub(r'["\s]', "", f"question={question},low=")
        asks = [cell for cell in cells if wanted in re.sub(r'["\s]', "", cell.get_text())]
        told = telling(said_above(asks[0]), value) if asks else None
        if told != [] and question not in BY_CHANCE:
            found[question] = told
    return found


PAGE = """<article><p>Dice {shown} of {kind}.</p><img alt="Mean {alt}"><script>0.73366</script>
<div class="cell tag_guess"><pre>a = Guess(question=<span>"Mean
 Dice"</span>, low=0.7, high=0.9)</pre></div><p>The mean is 0.734.</p>
<div class="reveal" data-question="{question}" data-value="{value}"></div></article>"""
CALM = {"shown": "0.71", "kind": "A", "alt": "of all", "value": "0.733669", "question": "Mean Dice"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, 0),
        ({"shown": "0.734"}, 1),
        ({"shown": "0.7337"}, 1),
        ({"shown": "73.4 %"}, 1),
        ({"shown": "−0.734"}, 1),
        ({"shown": "0.73"}, 0),  # two digits of three
        ({"shown": "16", "value": "0.16"}, 0),  # 16 bits, say
        ({"shown": "16 %", "value": "0.16"}, 1),
        ({"shown": "0.735"}, 0),
        ({"shown": "10.734"}, 0),
        ({"alt": "0.734"}, 1),
        ({"kind": "a0.734"}, 0),
        ({"shown": "62", "value": "62.0"}, 1),
        ({"shown": "3", "value": "3.0"}, 0),
        ({"shown": "1,234", "value": "1234.2"}, 1),
    ],
)
def test_a_number_above_its_question_is_found(changed, told):
    found = spoiled(PAGE.format(**CALM | changed))
    assert len(found.get("Mean Dice", [])) == told


def test_a_question_without_its_cell_is_found():
    assert spoiled(PAGE.format(**CALM | {"question": "Dice"})) == {"Dice": None}


@pytest.mark.book
@pytest.mark.slow
def test_no_page_gives_an_answer_away_above_its_question(built_book):
    pages = {path.stem: path.read_text(encoding="utf-8") for path in built_book.html.glob("[01]?_*.html")}
    assert sum(page.count('class="reveal"') for page in pages.values()) >= 50
    found = {f"{name}: {one}": told for name, page in pages.items() for one, told in spoiled(page).items()}
    assert not found, "\n".join(f"{place}: {told}" for place, told in found.items())

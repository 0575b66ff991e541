"""What of a rendered chapter becomes a slide, and what the speaker's notes; slides.py writes the deck.

A heading comes with the first sentence below it and the first figure, table or formula. Then a slide each:
further figures, tables and formulas, predictions with what came out, checks, exercises, labs, the summary.
All other words, what a cell printed, and the worked answers in words are notes of the slide before.
"""

import json
import re
from dataclasses import dataclass, field
from html import escape

from bs4 import NavigableString, Tag
from checks import clear

MOST_ROWS, MOST_COLUMNS, MOST_LINES = 12, 7, 6  # a table, and what a cell printed, that a room can read
LEFT_OUT = {"References"}
SUMMARY = "What you take along"  # every chapter ends with it: its paragraphs are slides, too
SENTENCE_END = re.compile(r"[.?!](?=\s|$)")
HEADINGS = ("h1", "h2", "h3", "h4")


@dataclass(kw_only=True)
class Slide:
    """One slide: HTML of what the room sees and of what the speaker reads."""

    kind: str  # title, heading, figure, formula, table, predict, answer, check, exercise, list, words
    title: str
    anchor: str  # of the section on the chapter's page
    content: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Hints:
    """What the instructor's guide says of a chapter: everything, and the wrong answers of each exercise."""

    all: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    discuss: str = ""


def hints_for(guide: Tag, chapter: int) -> Hints:
    """The guide's notes `N. Title`; none if it has no such section."""
    heading = next((one for one in guide.select("h3") if one.get_text().startswith(f"{chapter}. ")), None)
    if heading is None or heading.parent is None:
        return Hints()
    hints = Hints()
    for item in heading.parent.select("ul > li"):
        label, says = item.get_text().strip().split(":", 1)
        hints.all += f"<p>{inside(item)}</p>"
        if label == "Discuss":
            hints.discuss = escape(says.strip()[0].upper() + says.strip()[1:])
        if label == "Wrong answers":
            parts = re.split(r"(?=<code[^>]*>\s*<span[^>]*>\s*ex-)", inside(item))
            for part in parts[1:]:
                name = re.search(r"ex-[\w-]+", part)
                if name:
                    hints.wrong[name[0]] = part
    return hints


def inside(tag: Tag) -> str:
    """The HTML in a tag, without the paragraph around it."""
    (only, *more) = tag.find_all(recursive=False) or [None]
    return (only if only is not None and only.name == "p" and not more else tag).decode_contents().strip()


def slides_of(article: Tag, hints: Hints) -> list[Slide]:
    """The slides of one chapter, in the order of its page."""
    reader = Reader(hints)
    for section in article.find_all("section", recursive=False):
        reader.read(section)
    if hints.discuss:
        reader.add("words", f"<p>{hints.discuss}</p>", title="To discuss")
    return reader.slides


class Reader:
    """Goes through a page from top to bottom and notes what becomes a slide."""

    def __init__(self, hints: Hints):
        self.slides: list[Slide] = []
        self.hints = hints
        self.title, self.anchor = "", ""

    def add(self, kind: str, *content: str, title: str | None = None) -> Slide:
        """Begin a slide."""
        shown = self.title if title is None else title
        self.slides.append(Slide(kind=kind, title=shown, anchor=self.anchor, content=list(content)))
        return self.slides[-1]

    def show(self, kind: str, content: str) -> None:
        """A figure, formula or table: the first below a heading joins it, any other begins a slide."""
        last = self.slides[-1]
        if last.kind in ("title", "heading") and len(last.content) < 2:
            last.content.append(content)
        else:
            self.add(kind, content)

    def note(self, text: str) -> None:
        """A piece of the speaker's notes of the slide that is shown."""
        if self.slides:
            self.slides[-1].notes.append(text)

    def read(self, section: Tag) -> None:
        """One section of the page, and those below it."""
        heading = section.find(HEADINGS, recursive=False)
        if isinstance(heading, Tag):
            if heading.get_text().strip() in LEFT_OUT:
                return
            self.title, self.anchor = heading.decode_contents().strip(), str(section.get("id", ""))
            if heading.name == "h1":
                self.add("title").notes.append(self.hints.all)
            else:
                self.add("heading")
        for child in section.find_all(recursive=False):
            self.piece(child)

    def piece(self, child: Tag) -> None:
        """One paragraph, box, cell or section."""
        kinds = set(child.get_attribute_list("class"))
        if child.name == "section":
            self.read(child)
        elif child.name == "p" and "exercise-name" not in kinds:
            self.paragraph(child)
        elif "math" in kinds:
            self.show("formula", plain(child))
        elif child.name in ("ul", "ol"):
            self.listed(child)
        elif "exercise" in kinds:
            self.exercise(child)
        elif "check" in kinds:
            self.check(child)
        elif "solution" in kinds:
            for text in child.select("section > p"):
                self.note(str(text))
        elif "admonition" in kinds:
            self.box(child)
        elif "lab" in kinds:
            choices = [escape(one) for one in str(child.get("data-choices", "")).split("|") if one]
            listed = f'<ol type="A">{"".join(f"<li>{one}</li>" for one in choices)}</ol>' if choices else ""
            asked = f"<p>{escape(str(child['data-question']))}</p>{listed}"
            self.add("words", asked, title=f"Lab: {self.title}")
        elif "cell" in kinds:
            for output in child.select(":scope > .cell_output"):
                self.output(output)
        else:
            self.tables(child)

    def paragraph(self, child: Tag) -> None:
        """A first sentence below a heading, a paragraph of the summary, or notes."""
        last = self.slides[-1] if self.slides else None
        if last and last.kind in ("title", "heading") and not last.content:
            last.content.append(f'<p class="lead">{first_sentence(child)}</p>')
        elif self.title == SUMMARY and child.select_one("p > strong:first-child") and not child.select("a"):
            self.add("words", plain(child))
            return
        self.note(str(child))

    def listed(self, child: Tag) -> None:
        """A list, below the words of the summary that announce it, or with the last words before it."""
        last = self.slides[-1]
        if last.kind == "words" and len(last.content) == 1:
            last.content.append(plain(child))
        else:
            before = child.find_previous_sibling()
            lead = [str(before)] if before is not None and before.name == "p" else []
            self.add("list", *lead, plain(child))

    def exercise(self, child: Tag) -> None:
        """What is asked; its wrong answers are the speaker's."""
        heading, content = child.select_one(".admonition-title"), child.select_one("section")
        self.add(
            "exercise",
            *(plain(one) for one in (content or child).find_all(recursive=False) if one is not heading),
            title=heading.decode_contents() if heading else "Exercise",
        )
        wrong = self.hints.wrong.get(str(child.get("id")))
        if wrong:
            self.note(f"<p><strong>Wrong answers:</strong> {wrong}</p>")

    def check(self, child: Tag) -> None:
        """A question with its options; which is right, and why, is the speaker's to say."""
        data = json.loads(str(child["data-check"]))
        options = child.select_one(".check-options")
        if options is not None:
            question = child.select_one(".check-question")
            shown = f"<p>{question.decode_contents() if question else ''}</p>"
            self.add("check", shown, plain(options), title=escape(str(child["data-title"])))
        reasons = [clear(data["salt"], one) for one in data["says"]]
        marked = (f"<strong>{one[1:]}</strong>" if one.startswith("+") else one[1:] for one in reasons)
        self.note(f'<ol type="A">{"".join(f"<li>{one}</li>" for one in marked)}</ol>')

    def box(self, child: Tag) -> None:
        """A prediction is a slide; any other box is notes."""
        heading = child.select_one(".admonition-title")
        rest = [one for one in child.find_all(recursive=False) if one is not heading]
        if heading is not None and heading.get_text().startswith("Predict"):
            self.add("predict", *map(plain, rest), title=heading.decode_contents())
        else:
            self.note("".join(map(str, rest)))

    def output(self, output: Tag) -> None:
        """What a cell shows."""
        for figure in output.select("figure"):
            self.show("figure", plain(figure))
        for box in output.select("div.reveal[data-value]"):
            self.answer(box)
        self.tables(output)
        for printed in output.select(".output.stream, .output.text_plain"):
            lines = printed.get_text().strip().split("\n")
            if len(lines) <= MOST_LINES:
                self.note(f"<p>The page printed:</p><pre>{escape(chr(10).join(lines))}</pre>")

    def answer(self, box: Tag) -> None:
        """What came out, behind the question where that is the slide before."""
        said = f"{escape(str(box['data-question']))}: <strong>{float(str(box['data-value'])):.4g}</strong>"
        if self.slides[-1].kind == "predict":
            self.slides[-1].content.append(f'<p class="fragment answer">{said}</p>')
        else:
            self.add("answer", f'<p class="answer">{said}</p>')
        self.note(f"<p>The chapter's own guess: {box['data-low']} to {box['data-high']}.</p>")

    def tables(self, around: Tag) -> None:
        """The tables that a room can read."""
        for table in [around] if around.name == "table" else around.select("table"):
            rows = table.select("tr")
            if len(rows) <= MOST_ROWS and max(len(row.select("th, td")) for row in rows) <= MOST_COLUMNS:
                self.show("table", plain(table))


def first_sentence(paragraph: Tag) -> str:
    """The first sentence of a paragraph that has some words; all of it if there is no end in sight."""
    shown, words = [], 0
    for child in paragraph.children:
        text = child.get_text()
        if isinstance(child, NavigableString):
            for end in SENTENCE_END.finditer(text):
                if words + len(text[: end.end()].split()) >= 5:
                    return "".join([*shown, escape(text[: end.end()])])
        words += len(text.split())
        shown.append(escape(text) if isinstance(child, NavigableString) else str(child))
    return "".join(shown)


def plain(tag: Tag) -> str:
    """A copy's HTML without names that the deck would have twice."""
    for one in [tag, *tag.select("[id]")]:
        if "id" in one.attrs:
            del one["id"]
    return str(tag)

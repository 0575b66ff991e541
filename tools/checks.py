"""Questions that the page answers at once: short checks of understanding, and boxes for an exercise's answer.

    :::{check} Background
    A slice of mere background is added to both masks. What does Dice do?

    - [ ] It rises.
      : Background counts nowhere: Dice counts what is marked.
    - [x] It stays.
      : Right: ...
    :::

Exactly one is right, and each says why. With `:tolerance: 0.01` the options are numbers, which the page does
not show: the right one, those that usual mistakes lead to, and `other`; `:unit: mL` stands behind the field.

What the page holds of the answer (`page_html`) is a salted hash of each option, and the reasons garbled with
the same salt: whoever looks at the source meets no answer by accident. It is no secret, since all that it
takes to read it is in the page too. book/_assets/answers.js has the other half of `hashed` and `garbled`.
"""

import base64
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from nbformat import NotebookNode
from pages import BookError

from atriacourse.exercises.directives import Directive, pieces

OPTION = re.compile(r"- \[(?P<mark>[ x])\] (?P<text>.+)")
OTHER = "other"  # the option of a number that no other option knows
FINE = 5  # numbers are compared in steps of a fifth of the tolerance
WITHOUT = "The answer is given here by the page's script; it also stands, folded, in the chapter's notebook."


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer and what it shows of whoever gives it."""

    text: str
    right: bool
    because: str

    @property
    def number(self) -> float:
        """Its value. Raises: ValueError for words."""
        return float(self.text.replace(",", ""))


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question with its options, as the author wrote them."""

    title: str
    question: str
    options: tuple[Option, ...]
    tolerance: float | None = None  # of a number; None for a choice
    unit: str = ""

    @property
    def right(self) -> int:
        """The place of the right option."""
        return next(place for place, option in enumerate(self.options) if option.right)


def check_of(piece: Directive, name: str) -> Check:
    """The check that a directive holds. Raises: BookError, naming the page, for an incomplete one."""
    place = f"{name}, check {piece.title!r}"
    text, *items = re.split(r"(?m)^(?=- \[)", "\n".join(piece.body).strip())
    try:
        tolerance = float(piece.options["tolerance"]) if "tolerance" in piece.options else None
        options = tuple(_option(item) for item in items)
        check = Check(
            title=piece.title,
            question=" ".join(text.split()),
            options=options,
            tolerance=tolerance,
            unit=piece.options.get("unit", ""),
        )
        _must_be_whole(check)
    except ValueError as error:
        raise BookError(f"{place}: {error}") from error
    return check


def _option(item: str) -> Option:
    head, colon, because = item.partition("\n  : ")
    found = OPTION.fullmatch(" ".join(head.split()))
    if found is None or not colon:
        raise ValueError(f"an option is `- [ ] text`, then `  : why` on a line of its own, got {item!r}")
    return Option(text=found["text"], right=found["mark"] == "x", because=" ".join(because.split()))


def _must_be_whole(check: Check) -> None:
    """Raise ValueError unless it has a question, three options, and one right answer that stands alone."""
    if not check.title or not check.question or len(check.options) < 3:
        raise ValueError("it needs a title, a question and three options or more")
    if sum(option.right for option in check.options) != 1:
        raise ValueError("exactly one option is right")
    words = [check.question, *(part for one in check.options for part in (one.text, one.because))]
    if any(sign in word for word in words for sign in "${<"):
        raise ValueError("formulas, roles and HTML do not reach a check; write words, `code` or *stress*")
    if check.tolerance is None:
        if len({option.text for option in check.options}) < len(check.options):
            raise ValueError("an option stands there twice")
        return
    known = [option for option in check.options if option.text != OTHER]
    if len(known) != len(check.options) - 1:
        raise ValueError(f"a check of a number needs one option `{OTHER}`")
    keys = [key for option in known for key in _keys(option.number, check.tolerance)]
    if len(set(keys)) < len(keys):
        raise ValueError(f"two numbers are nearer to each other than twice the tolerance {check.tolerance:g}")


def checks_of(notebook: NotebookNode, name: str) -> list[Check]:
    """All checks of a chapter, in its order. Raises: BookError, also for two with one title."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    found = [
        check_of(piece, name)
        for source in cells
        for piece in pieces(source, name)
        if isinstance(piece, Directive) and piece.name == "check"
    ]
    titles = [check.title for check in found]
    if len(set(titles)) < len(titles):
        raise BookError(f"{name}: two checks have one title")
    return found


def page_html(check: Check) -> str:
    """The check as it stands in the page: readable without a script, which makes the form of it."""
    salt = f"{hashed(check.title, check.question):08x}"
    answers, texts = {}, [("+" if one.right else "-") + inline(one.because) for one in check.options]
    order = sorted(range(len(texts)), key=lambda place: hashed(salt, f"order {place}"))
    for place, option in enumerate(check.options):
        for key in _answers(check, option, place):
            answers[f"{hashed(salt, key):08x}"] = order.index(place)
    data = {"salt": salt, "answers": dict(sorted(answers.items()))}
    data["says"] = [garbled(salt, texts[place]) for place in order]
    if check.tolerance is not None:
        data["step"] = check.tolerance / FINE
    attributes = f'data-title="{escape(check.title)}" data-check="{escape(json.dumps(data))}"'
    unit = f' data-unit="{escape(check.unit)}"' if check.unit else ""
    lines = [f'<div class="check" {attributes}{unit}>', f'<p class="check-title">{escape(check.title)}</p>']
    lines.append(f'<p class="check-question">{inline(check.question)}</p>')
    if check.tolerance is None:
        items = "".join(f"<li>{inline(option.text)}</li>" for option in check.options)
        lines.append(f'<ol class="check-options" type="A">{items}</ol>')
    lines.append(f'<p class="check-without">{WITHOUT}</p></div>')
    return "\n".join(lines)


def _answers(check: Check, option: Option, place: int) -> Sequence[str]:
    """What a reader's answer may read as, for one option."""
    if check.tolerance is None:
        return [str(place)]
    return [OTHER] if option.text == OTHER else _keys(option.number, check.tolerance)


def _keys(number: float, tolerance: float) -> list[str]:
    """The steps within the tolerance of a number."""
    middle = math.floor(number / (tolerance / FINE) + 0.5)
    return [str(middle + away) for away in range(-FINE, FINE + 1)]


def plain_lines(check: Check) -> list[str]:
    """The check in a plain notebook: the question, the options, and the answer folded."""
    lines = [f"> **Check: {check.title}**", ">", f"> {check.question}"]
    names = [f"{one.text} {check.unit}".strip() for one in check.options]
    if check.tolerance is None:
        names = [chr(ord("A") + place) for place in range(len(check.options))]
        lines.append(">")
        lines += [f"> - {name}. {one.text}" for name, one in zip(names, check.options, strict=True)]
    lines += ["", "<details><summary>The answer</summary>", ""]
    for name, one in zip(names, check.options, strict=True):
        said = f"**{name}** is right." if one.right else f"{'Anything else' if one.text == OTHER else name}:"
        lines.append(f"- {said} {one.because}")
    return [*lines, "", "</details>"]


def inline(text: str) -> str:
    """Words with `code` and *stress* as HTML."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", html)


def hashed(salt: str, key: str) -> int:
    """FNV-1a of 32 bits over UTF-8, the salt first."""
    value = 0x811C9DC5
    for byte in f"{salt}/{key}".encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def garbled(salt: str, text: str) -> str:
    """The text under a stream of bytes that follows from the salt, in base 64; `clear` gives it back."""
    return base64.b64encode(_streamed(salt, text.encode())).decode()


def clear(salt: str, text: str) -> str:
    """What was garbled with this salt."""
    return _streamed(salt, base64.b64decode(text)).decode()


def _streamed(salt: str, data: bytes) -> bytes:
    state, found = hashed(salt, "stream"), bytearray()
    for byte in data:
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        found.append(byte ^ state >> 24)
    return bytes(found)

"""Fill the pages of templates/: everything a student wrote is escaped, nothing is fetched.

Before feedback.py and class_page.py. Pictures are SVG inside the page, transparent, so that they follow the
reader's light or dark ground.
"""

import io
import re
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from atriacourse.errors import InputError

TEMPLATES = Path(__file__).parent / "templates"
INK = "#777777"  # read on white and on black


def fill(template: str, **words: Any) -> str:
    """A page from a template's name. Raises: InputError without jinja2."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise InputError("grading needs the book's extras: python -m pip install -e '.[book]'") from error
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,  # Markdown passes HTML on, so it is escaped there as well
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["page"] = page_name
    return environment.get_template(template).render(**words)


def page_name(student: str) -> str:
    """The file of a student's feedback."""
    return f"{student}.html"


def inline_svg(figure: Figure, *, alt: str) -> Any:
    """A figure as part of a page, with its text for those who do not see it."""
    from markupsafe import Markup

    figure.patch.set_alpha(0)
    for axes in figure.axes:
        axes.patch.set_alpha(0)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg\b[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", text, count=1)
    label = escape(alt)
    text = text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return Markup(text)  # matplotlib's own text, and ours; what students wrote is not in it


def points_text(points: float) -> str:
    """15 and 7.5, not 15.0."""
    return f"{points:.1f}".removesuffix(".0")

"""What a search engine and a link's preview are told of a page: its first sentences, and a picture.

A Sphinx extension. The picture is made by preview.py and lies beside the scripts. With a public address
(`_config.yml`) it is named in full, as previews want it; without, from where the page lies.
"""

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

PICTURE, PICTURE_SAYS = (
    "preview.png",
    "Four slices of a synthetic chest scan, the left atrium outlined in each",
)
LONGEST = 200  # characters of a description
GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)")


def lead(doctree: nodes.document) -> str:
    """The page's first paragraph outside of boxes, cut at a word where it is long."""
    paragraphs = (
        one
        for one in doctree.findall(nodes.paragraph)
        if isinstance(one.parent, nodes.section)
        and isinstance(one.parent.parent, nodes.document | nodes.section)
    )  # an exercise has a section inside its box
    text = " ".join(next((one.astext() for one in paragraphs), "").split())
    if len(text) <= LONGEST:
        return text
    return text[: text.rindex(" ", 0, LONGEST - 2)].rstrip(",;:") + " …"


def pages_address(repository: str) -> str:
    """Where GitHub serves a repository's pages; empty for any other address."""
    found = GITHUB.fullmatch(repository.rstrip("/").removesuffix(".git"))
    return f"https://{found[1].lower()}.github.io/{found[2]}/" if found else ""


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Add the description and the preview to the head of a page that was written (not of the index)."""
    if doctree is None:
        return
    start = pages_address(app.config.html_theme_options.get("repository_url", ""))
    picture = f"_static/{PICTURE}"
    told = {
        "og:type": "article",
        "og:title": re.sub(r"<[^>]+>", "", str(context.get("title", ""))),
        "og:description": lead(doctree),
        "og:image": start + picture if start else context["pathto"](picture, 1),  # type: ignore[operator]
        "og:image:alt": PICTURE_SAYS,
    }
    if start:
        told["og:url"] = f"{start}{pagename}.html"
    lines = [f'<meta property="{name}" content="{escape(text)}" />' for name, text in told.items() if text]
    if told["og:description"]:
        lines.insert(0, f'<meta name="description" content="{escape(told["og:description"])}" />')
    lines.append('<meta name="twitter:card" content="summary_large_image" />')
    context["metatags"] = str(context.get("metatags", "")) + "\n".join(lines) + "\n"


def setup(app: Sphinx) -> dict[str, object]:
    """Register with Sphinx."""
    app.connect("html-page-context", describe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

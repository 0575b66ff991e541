"""Comments below a chapter: an offer to load them, and nothing that is loaded before a reader takes it.

Where the course has an address on GitHub and `_config.yml` says `course_comments: true`, a chapter ends with
a sentence on what is sent where, and a button (comments.js). Comments are issues of the repository, shown by
utterances.
"""

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
SECTION = """
<section class="comments" data-repository="{repository}" data-page="{page}" aria-labelledby="comments-here">
<h2 id="comments-here">Comments</h2>
<p>Comments are issues of <a href="https://github.com/{repository}/issues">{repository}</a> on GitHub. Nothing
of them is loaded yet. If you load them, your browser asks utteranc.es and GitHub for those of this page; both
then know your address in the network and which page you read. To write one you sign in to GitHub, and what
you write is public.</p>
<button type="button">Load the comments</button>
</section>
"""


def offer_comments(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Put the offer below a chapter."""
    found = GITHUB.fullmatch(app.config.html_theme_options.get("repository_url") or "")
    chapter = doctree is not None and app.env.metadata[pagename].get("file_format") == "mystnb"
    if chapter and found and app.config.course_comments:
        context["body"] = f"{context['body']}{SECTION.format(repository=found[1], page=escape(pagename))}"
        app.add_js_file("comments.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, object]:
    """Register it; called by Sphinx."""
    app.add_config_value("course_comments", False, "html")  # noqa: FBT003 (Sphinx's way)
    app.connect("html-page-context", offer_comments)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

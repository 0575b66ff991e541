"""What the book's pages know beyond Jupyter Book: stubs, claims, measured budgets.

    {stub} ex-label      the student's cell of an exercise, made from its solution (exercises.py)
    {check} title        a question that the page answers at once (checks.py)
    {claim}`path`        a recorded number (ledger.py)
    {claims-ledger}      tables of every claim in the book, with what backs it (ledger.py)
    {atlas-overview}, {atlas-study} name   recorded studies and what follows from them (atlas_page.py)
    {class-example} page   what grading a simulated class gave (class_example.py)
    {timings}            a table of what every chapter stated and what was measured in this build

A chapter's box "Before you start" gets a line with what this build measured. make_book.py writes the
measurements to _build/timings.json before it renders; without that file the pages say so. The download button
of a chapter offers its plain notebook (siblings.py).
"""

import importlib
import json
import re
import shutil
from pathlib import Path
from typing import ClassVar

import ledger
from checks import check_of, page_html
from docutils import nodes
from exercises import find_exercises
from ledger import table
from measured import HEAD, TIMINGS, machine_text, measured_text, timing_rows
from pages import BookError, read_chapter, substitutions
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from atriacourse.exercises.directives import Directive

OPENING = "Before you start"  # the title of the box that states a chapter's budget
logger = logging.getLogger(__name__)


class StubDirective(SphinxDirective):
    """Show the cell that the student gets, looking like the chapter's own code cells."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The cell, or a warning when the exercise cannot be found."""
        label, path = self.arguments[0], Path(self.env.doc2path(self.env.docname))
        try:
            exercises = find_exercises(read_chapter(path), path.name)
        except BookError as error:
            logger.warning("%s", error, location=self.get_location())
            return []
        stub = next((one.stub for one in exercises if one.label == label), None)
        if stub is None:
            logger.warning("there is no exercise %s", label, location=self.get_location())
            return []
        code = nodes.literal_block(stub, stub, language="ipython3")
        outer = nodes.container(classes=["cell", "stub"])
        outer += nodes.container("", code, classes=["cell_input"])
        name = nodes.paragraph(classes=["exercise-name"])  # as guide and notebook call it
        name += [nodes.Text("Your cell for "), nodes.literal(text=label), nodes.Text(":")]
        return [name, outer]


class CheckDirective(SphinxDirective):
    """A question with its options; the page's script makes a form of it."""

    required_arguments, final_argument_whitespace, has_content = 1, True, True
    option_spec: ClassVar = {"tolerance": str, "unit": str}

    def run(self) -> list[nodes.Node]:
        """The HTML, or a warning when the check is incomplete."""
        piece = Directive(
            name="check", title=self.arguments[0], options=self.options, body=tuple(self.content)
        )
        try:
            html = page_html(check_of(piece, Path(self.env.doc2path(self.env.docname)).name))
        except BookError as error:
            logger.warning("%s", error, location=self.get_location())
            return []
        return [nodes.raw("", html, format="html")]


def count_items(app: Sphinx) -> None:
    """Tell every page how many predictions and checks each chapter has, for the reader's progress."""
    found = {}
    for path in sorted(Path(app.srcdir).glob("[0-9][0-9]_*.md")):
        text = path.read_text(encoding="utf-8")
        asked = set(re.findall(r'Guess\(\s*question="([^"]+)"', text))
        found[path.stem] = [len(asked), len(re.findall(r"(?m)^:::\{check\}", text))]
    app.add_js_file(None, body=f"window.courseItems = {json.dumps(found)};", priority=400)


class TimingsDirective(SphinxDirective):
    """The table of stated and measured budgets."""

    def run(self) -> list[nodes.Node]:
        """The table, and a line on the machine."""
        measured = read_timings(self.env)
        if measured is None:
            return [nodes.paragraph(text="The chapters were not measured in this build.")]
        rows = timing_rows(Path(self.env.srcdir), measured)
        linked = [[page_link(name), *rest] for name, *rest in rows]
        return [nodes.paragraph(text=machine_text(measured)), table(HEAD, linked)]


def late(module: str, directive: str, *, required: int = 0, optional: int = 0) -> type[SphinxDirective]:
    """A directive whose module only a page that has it loads: torch, SciPy or Matplotlib come with it."""

    class Late(SphinxDirective):
        required_arguments, optional_arguments = required, optional

        def run(self) -> list[nodes.Node]:
            return getattr(importlib.import_module(module), directive).run(self)

    return Late


def page_link(name: str) -> addnodes.pending_xref:
    """A link to a page, under its title."""
    link = addnodes.pending_xref("", refdomain="std", reftype="doc", reftarget=f"/{name}", refexplicit=False)
    link += nodes.inline(text=name)
    return link


def read_timings(env: BuildEnvironment) -> dict | None:
    """What make_book.py measured; None where the book is built without it."""
    path = Path(env.srcdir).parent / TIMINGS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def state_what_was_measured(app: Sphinx, document: nodes.document) -> None:
    """Put the measured budget under the stated one: a last line in the box "Before you start"."""
    docname = app.env.docname
    if app.env.metadata[docname].get("file_format") != "mystnb":
        return
    measured = read_timings(app.env)
    took = (measured or {}).get("chapters", {}).get(docname)
    boxes = [box for box in document.findall(nodes.Admonition) if box.astext().startswith(OPENING)]
    if took is None or not boxes:
        return
    stated = substitutions(read_chapter(Path(app.env.doc2path(docname))))
    line = nodes.paragraph(classes=["measured"])
    line += nodes.strong(text="Measured in this build:")
    line += nodes.Text(f" {measured_text(took, stated, measured)}.")
    boxes[0] += line


def buttons_by_address(app: Sphinx, config: Config) -> None:
    """With a public address, buttons for issues and edits; without, none at all: the theme would stumble."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        options["launch_buttons"] = {}
    else:
        options |= {"use_issues_button": True, "use_edit_page_button": True}


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Let the theme's download button offer the plain notebook beside the chapter."""
    if doctree is not None and sibling_of(app, pagename).is_file():
        context["ipynb_source"] = f"{pagename}.ipynb"


def drop_thebe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Leave out the scripts of live kernels: no page has one, and they come twice, which stops both."""
    scripts = context.get("script_files")
    if isinstance(scripts, list):
        context["script_files"] = [one for one in scripts if "thebe" not in script_text(one)]


def script_text(script: object) -> str:
    """A script's address and what is written into the page, in small letters."""
    body = getattr(script, "attributes", {}).get("body")
    return f"{getattr(script, 'filename', script)} {body}".casefold()


def copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Put the plain notebooks where that button finds them, in place of the executed ones."""
    if exception is not None or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        source = sibling_of(app, docname)
        if source.is_file():
            target = Path(app.outdir) / "_sources" / f"{docname}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def sibling_of(app: Sphinx, docname: str) -> Path:
    """The plain notebook beside a page, which need not exist."""
    return Path(app.srcdir) / f"{docname}.ipynb"


def setup(app: Sphinx) -> dict[str, object]:
    """Register all of it; called by Sphinx."""
    app.add_directive("stub", StubDirective)
    app.add_directive("check", CheckDirective)
    app.add_directive("timings", TimingsDirective)
    ledger.register(app)
    app.add_directive("atlas-overview", late("atlas_page", "OverviewDirective"))
    app.add_directive("atlas-study", late("atlas_page", "StudyDirective", required=1))
    app.add_directive("class-example", late("class_example", "ClassExample", required=1, optional=1))
    app.connect("builder-inited", count_items)
    app.connect("config-inited", buttons_by_address)
    app.connect("doctree-read", state_what_was_measured)
    app.connect("html-page-context", offer_notebook)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

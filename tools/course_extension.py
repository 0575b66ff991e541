"""What the book's pages know beyond Jupyter Book: stubs, claims, measured budgets.

    {stub} ex-label      the student's cell of an exercise, made from its solution (exercises.py)
    {claim}`path`        a recorded number, from atriacourse/studies/claims.py
    {claims-ledger}      a table of every claim in the book, with what backs it
    {timings}            a table of what every chapter stated and what was measured in this build

A chapter's box "Before you start" gets a line with what this build measured. make_book.py writes the
measurements to _build/timings.json before it renders; without that file the pages say so. The download button
of a chapter offers its plain notebook (siblings.py).
"""

import json
import shutil
from pathlib import Path

from docutils import nodes
from exercises import find_exercises
from measured import HEAD, TIMINGS, machine_text, measured_text, timing_rows
from pages import BookError, read_chapter, substitutions
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from atriacourse.errors import InputError
from atriacourse.studies.claims import Claim, look_up

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
        return [outer]


class ClaimNode(nodes.inline):
    """The value of a claim; linked to the ledger once all pages are known."""


class ClaimRole(SphinxRole):
    """Put a recorded value into the text. An unknown path is a warning, so it ends the build."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The value as text."""
        try:
            claim = look_up(self.text)
        except InputError as error:
            logger.warning("%s", error, location=self.get_location())
            return [nodes.inline(text=f"[{self.text}]")], []
        claims_of(self.env).setdefault(self.env.docname, {})[claim.path] = claim
        return [ClaimNode(claim.text, claim.text, path=claim.path, classes=["claim"])], []


class LedgerNode(nodes.General, nodes.Element):
    """Where the table of all claims will stand."""


class LedgerDirective(SphinxDirective):
    """Ask for the table of all claims; it is filled when every page has been read."""

    def run(self) -> list[nodes.Node]:
        """A place for the table."""
        self.env.note_dependency(__file__)
        return [LedgerNode()]


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


def page_link(name: str) -> addnodes.pending_xref:
    """A link to a page, under its title."""
    link = addnodes.pending_xref("", refdomain="std", reftype="doc", reftarget=f"/{name}", refexplicit=False)
    link += nodes.inline(text=name)
    return link


def read_timings(env: BuildEnvironment) -> dict | None:
    """What make_book.py measured; None where the book is built without it."""
    path = Path(env.srcdir).parent / TIMINGS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def table(head: list[str], rows: list[list[str | nodes.Node]]) -> nodes.table:
    """A table of texts and inline nodes; the first column is text, the others stand to the right."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=["ledger"])


def _row(values: list[str | nodes.Node]) -> nodes.row:
    row = nodes.row()
    for value in values:
        content = value if isinstance(value, nodes.Node) else nodes.Text(value)
        row += nodes.entry("", nodes.paragraph("", "", content))
    return row


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


def claims_of(env: BuildEnvironment) -> dict[str, dict[str, Claim]]:
    """The claims of each page read so far, by page and path."""
    if not hasattr(env, "course_claims"):
        env.course_claims = {}
    return env.course_claims


def forget_claims(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """A page is read anew."""
    claims_of(env).pop(docname, None)


def merge_claims(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    """Pages were read by another process."""
    claims_of(env).update({name: claims_of(other)[name] for name in docnames if name in claims_of(other)})


def finish_claims(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Link each claim to its line of the ledger, and fill the ledger."""
    ledger = next((name for name in app.env.found_docs if name.split("/")[-1] == "claims"), None)
    for node in list(document.findall(ClaimNode)):
        shown = nodes.inline(node.astext(), node.astext(), classes=["claim"])
        if ledger is not None:
            address = f"{app.builder.get_relative_uri(docname, ledger)}#{_anchor(node['path'])}"
            shown = nodes.reference("", "", shown, refuri=address, internal=True, classes=["claim"])
        node.replace_self(shown)
    for place in list(document.findall(LedgerNode)):
        place.replace_self(_ledger(app, docname))


def _ledger(app: Sphinx, docname: str) -> nodes.Node:
    """Every claim of the book: its value, what backs it, and the pages that use it."""
    pages: dict[str, list[str]] = {}
    claims: dict[str, Claim] = {}
    for page, used in claims_of(app.env).items():
        for path, claim in used.items():
            claims[path] = claim
            pages.setdefault(path, []).append(page)
    if not claims:
        return nodes.paragraph(text="No page cites a recorded number yet.")
    rows = []
    for path in sorted(claims):
        name = nodes.literal(path, path, ids=[_anchor(path)])
        source = claims[path].source + "".join(f" [{record}]" for record in claims[path].records)
        rows.append([name, claims[path].text, source, _links(app, docname, sorted(pages[path]))])
    return table(["Claim", "Value", "What backs it", "Used in"], rows)


def _links(app: Sphinx, docname: str, pages: list[str]) -> nodes.inline:
    """Links to pages, by their titles."""
    links = nodes.inline()
    for number, page in enumerate(pages):
        if number:
            links += nodes.Text("; ")
        title = app.env.titles[page].astext()
        address = app.builder.get_relative_uri(docname, page)
        links += nodes.reference(title, title, refuri=address, internal=True)
    return links


def _anchor(path: str) -> str:
    """The claim's path as an id in HTML."""
    return nodes.make_id(f"claim-{path}")


def drop_launch_buttons(app: Sphinx, config: Config) -> None:
    """Without a public address there is nothing to launch, and the theme would stumble over the button."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options["launch_buttons"] = {}


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Let the theme's download button offer the plain notebook beside the chapter."""
    if doctree is not None and sibling_of(app, pagename).is_file():
        context["ipynb_source"] = f"{pagename}.ipynb"


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
    app.add_directive("claims-ledger", LedgerDirective)
    app.add_directive("timings", TimingsDirective)
    app.add_role("claim", ClaimRole())
    app.add_node(ClaimNode)
    app.add_node(LedgerNode)
    app.connect("config-inited", drop_launch_buttons)
    app.connect("doctree-read", state_what_was_measured)
    app.connect("env-purge-doc", forget_claims)
    app.connect("env-merge-info", merge_claims)
    app.connect("doctree-resolved", finish_claims)
    app.connect("html-page-context", offer_notebook)
    app.connect("build-finished", copy_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

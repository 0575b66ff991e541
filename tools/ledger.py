"""Claims on the pages: a recorded number in the text, and the page that lists all of them.

    {claim}`path`        the value that belongs to the path, from atriacourse/studies/claims.py
    {claims-ledger}      every claim in the book under what backs it

A part of course_extension.py.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from atriacourse.errors import InputError
from atriacourse.studies.claims import Claim, look_up

HEAD = ["Value", "Claim", "Used in"]
logger = logging.getLogger(__name__)


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
    """Where the tables of all claims will stand."""


class LedgerDirective(SphinxDirective):
    """Ask for the tables of all claims; they are filled when every page has been read."""

    def run(self) -> list[nodes.Node]:
        """A place for them."""
        self.env.note_dependency(__file__)
        return [LedgerNode()]


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


def _ledger(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Every claim of the book under what backs it: its value, its path, the pages that use it."""
    pages: dict[str, list[str]] = {}
    claims: dict[str, Claim] = {}
    for page, used in claims_of(app.env).items():
        for path, claim in used.items():
            claims[path] = claim
            pages.setdefault(path, []).append(page)
    if not claims:
        return [nodes.paragraph(text="No page cites a recorded number yet.")]
    rows: dict[str, list[list[str | nodes.Node]]] = {}
    for path in sorted(claims):
        name = nodes.literal(path, path, ids=[_anchor(path)])
        row = [claims[path].text, name, _links(app, docname, sorted(pages[path]))]
        rows.setdefault(_backing(claims[path]), []).append(row)
    parts = nodes.container(
        classes=["course-filter-group"]
    )  # course.js folds its parts, and searches in them
    for source, its_rows in rows.items():
        title, _, rest = source.partition(": ")
        part = nodes.container("", nodes.paragraph("", "", nodes.strong(text=title)))
        part += [nodes.paragraph(text=rest)] * bool(rest)
        part += table(HEAD, its_rows)
        parts += part
    return [parts]


def _backing(claim: Claim) -> str:
    """What backs a claim, in one line."""
    records = f" [{', '.join(claim.records)}]" if claim.records else ""
    return f"{claim.source}{records}"


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


def register(app: Sphinx) -> None:
    """Add role and directive to Sphinx."""
    app.add_role("claim", ClaimRole())
    app.add_directive("claims-ledger", LedgerDirective)
    app.add_node(ClaimNode)
    app.add_node(LedgerNode)
    app.connect("env-purge-doc", forget_claims)
    app.connect("env-merge-info", merge_claims)
    app.connect("doctree-resolved", finish_claims)

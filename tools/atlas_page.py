"""The appendix that shows every study: what was asked, what was recorded, what can be said of it.

    {atlas-overview}     a row for each comparison of each study in the atlas
    {atlas-study} name   one study: its tables beside the paper's numbers, and its verdicts

A part of course_extension.py. Everything is computed from the committed records when the page is built.
"""

from functools import cache

from docutils import nodes
from ledger import table
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from atriacourse.errors import InputError
from atriacourse.studies.catalogue import STUDIES, study
from atriacourse.studies.comparison import StudyComparison, compare_study
from atriacourse.studies.report import caption, wide_table
from atriacourse.studies.results import Results, study_results

HEAD = ["Study", "Difference in mean Dice", "95 % interval", "Cases and seeds", "Better"]
logger = logging.getLogger(__name__)


class OverviewDirective(SphinxDirective):
    """A row for each comparison; studies without a record are named below."""

    def run(self) -> list[nodes.Node]:
        """The table, and the studies that have none."""
        self.env.note_dependency(__file__)
        rows = [row for name in STUDIES for row in overview_rows(name)]
        without = [name for name in STUDIES if not overview_rows(name)]
        parts: list[nodes.Node] = [table(HEAD, rows)]
        if without:
            parts.append(nodes.paragraph(text=f"Declared, not in the atlas yet: {', '.join(without)}."))
        return parts


class StudyDirective(SphinxDirective):
    """One study in full."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Question, what the paper says, table, provenance, verdicts."""
        try:
            found = study(self.arguments[0])
        except InputError as error:
            logger.warning("%s", error, location=self.get_location())
            return []
        results = results_of(found.name)
        self.env.note_dependency(__file__)
        parts: list[nodes.Node] = [
            nodes.paragraph("", "", nodes.strong(text=found.question)),
            nodes.paragraph(text=found.paper),
        ]
        if not results.variants:
            command = f"atriacourse study run {found.name} --data FOLDER"
            return [*parts, nodes.paragraph("", "No record yet. To make some: ", nodes.literal(text=command))]
        wide = wide_table(results)
        parts.append(table(list(wide.columns), wide.to_numpy().tolist()))
        verdicts = nodes.bullet_list()
        for one in comparisons_of(found.name):
            verdicts += nodes.list_item("", nodes.paragraph(text=one.verdict))
        return [*parts, nodes.paragraph(text=caption(results)), verdicts]


@cache
def results_of(name: str) -> Results:
    """A study's results in the atlas, at its scale."""
    return study_results(study(name))


@cache
def comparisons_of(name: str) -> tuple[StudyComparison, ...]:
    """A study's comparisons of mean Dice; none without records."""
    results = results_of(name)
    return tuple(compare_study(results, metric="dice")) if results.variants else ()


def overview_rows(name: str) -> list[list[str]]:
    """The study's rows: what minus what, its interval, by how much, and the winner if there is one."""
    rows = []
    for one in comparisons_of(name):
        winner = {one.a: one.label_a, one.b: one.label_b}.get(one.winner, "not told apart")
        rows.append(
            [
                name,
                f"{one.label_b} minus {one.label_a}: {one.difference:+.3f}",
                f"{one.low:+.3f} to {one.high:+.3f}",
                f"{len(one.names)}, {len(one.seeds)}",
                winner,
            ]
        )
    return rows


def register(app: Sphinx) -> None:
    """Add both directives to Sphinx."""
    app.add_directive("atlas-overview", OverviewDirective)
    app.add_directive("atlas-study", StudyDirective)

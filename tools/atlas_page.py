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
from atriacourse.studies.results import Results, scales_in_atlas, study_results

HEAD = ["Study", "Scale", "Difference in mean Dice", "95 % interval", "Cases and seeds", "Better"]
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
        self.env.note_dependency(__file__)
        parts: list[nodes.Node] = [
            nodes.paragraph("", "", nodes.strong(text=found.question)),
            nodes.paragraph(text=found.paper),
        ]
        scales = scales_in_atlas(found)
        if not scales:
            command = f"atriacourse study run {found.name} --data FOLDER"
            parts.append(nodes.paragraph("", "No record yet. To make some: ", nodes.literal(text=command)))
        return parts + [part for scale in scales for part in at_scale(found.name, scale)]


def at_scale(name: str, scale: str) -> list[nodes.Node]:
    """A study's table, where its numbers come from, and its verdicts."""
    results = results_of(name, scale)
    wide = wide_table(results)
    verdicts = nodes.bullet_list()
    for one in comparisons_of(name, scale):
        verdicts += nodes.list_item("", nodes.paragraph(text=one.verdict))
    return [
        table(list(wide.columns), wide.to_numpy().tolist()),
        nodes.paragraph(text=caption(results)),
        verdicts,
    ]


@cache
def results_of(name: str, scale: str) -> Results:
    """A study's results in the atlas, at a scale."""
    return study_results(study(name), scale=scale)


@cache
def comparisons_of(name: str, scale: str) -> tuple[StudyComparison, ...]:
    """A study's comparisons of mean Dice."""
    return tuple(compare_study(results_of(name, scale), metric="dice"))


def overview_rows(name: str) -> list[list[str]]:
    """The study's rows, scale by scale: what minus what, by how much, its interval, and a winner, if any."""
    rows = []
    for scale in scales_in_atlas(study(name)):
        for one in comparisons_of(name, scale):
            winner = {one.a: one.label_a, one.b: one.label_b}.get(one.winner, "not told apart")
            rows.append(
                [
                    name,
                    scale,
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

"""The appendix that shows every study: what was asked, what was recorded, what can be said of it.

    {atlas-overview}     a row for each comparison of each study in the atlas, a column for each scale
    {atlas-study} name   one study: its tables beside the paper's numbers, and its verdicts

A part of course_extension.py, loaded by the page that has it. Everything is computed from the committed
records when the page is built.
"""

from collections.abc import Sequence
from functools import cache

from docutils import nodes
from ledger import table
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from atriacourse.errors import InputError
from atriacourse.studies.catalogue import STUDIES, study
from atriacourse.studies.cells import SEEDS
from atriacourse.studies.comparison import StudyComparison, compare_study
from atriacourse.studies.published import published_difference
from atriacourse.studies.report import caption, wide_table
from atriacourse.studies.results import Results, scales_in_atlas, study_results
from atriacourse.studies.scales import SCALES

logger = logging.getLogger(__name__)


class OverviewDirective(SphinxDirective):
    """A row for each comparison, a column for each scale; studies without a record are named below."""

    def run(self) -> list[nodes.Node]:
        """The table, and the studies that have none."""
        self.env.note_dependency(__file__)
        shown = [scale for scale in SCALES if any(scale in scales_in_atlas(one) for one in STUDIES.values())]
        rows = [row for name in STUDIES for row in overview_rows(name, shown)]
        without = [name for name, one in STUDIES.items() if not scales_in_atlas(one)]
        head = ["Study", "Difference in mean Dice", *(f"Scale {scale}" for scale in shown), "Paper"]
        parts: list[nodes.Node] = [table(head, rows)]
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


def overview_rows(name: str, scales: Sequence[str]) -> list[list[str | nodes.Node]]:
    """A row for each comparison: study, what minus what, a cell for each scale, the paper's difference."""
    found = {scale: comparisons_of(name, scale) for scale in scales_in_atlas(study(name))}
    rows = []
    for a, b in study(name).pairs:
        ones = {scale: one for scale, all_ in found.items() for one in all_ if (one.a, one.b) == (a, b)}
        if ones:
            label_a, label_b = study(name).variant(a).label, study(name).variant(b).label
            cells = [cell(ones[scale]) if scale in ones else "" for scale in scales]
            paper = published_difference(name, a, b, "dice")
            printed = "" if paper is None else f"{paper:+.3f}"
            rows.append([name, f"{label_b} minus {label_a}", *cells, printed])
    return rows


def cell(one: StudyComparison) -> str | nodes.Node:
    """A difference with its interval; in bold, with a word, if it is told apart from zero."""
    text = f"{one.difference:+.3f} ({one.low_together:+.3f} to {one.high_together:+.3f})"
    if len(one.seeds) < len(SEEDS):
        text += ", one seed" if len(one.seeds) == 1 else f", {len(one.seeds)} seeds"
    if one.winner is None:
        return text
    return nodes.strong(text=f"{text}: {'better' if one.winner == one.b else 'worse'}")

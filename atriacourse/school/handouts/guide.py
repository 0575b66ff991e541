"""The instructor's guide to one assignment: rubric, bands, common mistakes, model answers, hidden tests.

After notebook.py and band.py, before handout.py, which writes it for `--solutions` alone.
"""

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.assignment import Assignment
from atriacourse.assignments.words import filled, words_of
from atriacourse.errors import InputError
from atriacourse.school.bands.band import seed_band
from atriacourse.school.handouts.notebook import rubric_text
from atriacourse.school.handouts.source import mistakes_of, read_source
from atriacourse.studies.catalogue import study as find_study

EXAMPLE = "example"  # the id whose variant stands where a text speaks of one


def guide_text(assignment: Assignment) -> str:
    """The guide, as Markdown. Raises: InputError for an unfit source."""
    words, place = words_of(assignment, allocation_of(assignment, EXAMPLE)), f"{assignment.name}.md"
    cells = read_source(assignment)
    lines = [f"# {assignment.title}: the instructor's guide", ""]
    lines += [f"`{assignment.name}`, to chapter {assignment.chapter}. Not for students.", ""]
    lines += [rubric_text(assignment), ""]
    for cell in cells:
        if cell.kind == "guide":
            lines += [filled(cell.text, words, place), ""]
    if assignment.levels:
        lines += ["## Where results lie", "", *_bands(assignment), ""]
    lines += ["## Common mistakes", "", *(f"- {mistake}" for mistake in mistakes_of(assignment)), ""]
    lines += ["## Model answers", "", f"Worded for the variant of the id `{EXAMPLE}`.", ""]
    for cell in cells:
        if cell.kind == "report":
            lines += [f"**{cell.heading}** {filled(cell.answer, words, place)}", ""]
    for kind, heading in (("answer", "## Worked cells"), ("hidden", "## Hidden tests")):
        lines += [heading, ""]
        for cell in cells:
            if cell.kind == kind:
                lines += [f"`{cell.name}`", "", "```python", filled(cell.text, words, place), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _bands(assignment: Assignment) -> list[str]:
    """A table of the seed bands, a row a pair."""
    study = find_study(assignment.ablation)
    rows = [
        f"Mean difference of {assignment.metric}, b minus a, of one more run: 99 % lie inside if only "
        "the seed and the centre change.",
        "",
        "| a | b | from | to | recorded runs |",
        "|:--|:--|--:|--:|--:|",
    ]
    for a, b in assignment.levels:
        try:
            band = seed_band(assignment.ablation, (a, b), assignment.metric)
            numbers = f"{band.low:+.3f} | {band.high:+.3f} | {band.runs}"
        except InputError:
            numbers = "| | none"
        rows.append(f"| {study.variant(a).label} | {study.variant(b).label} | {numbers} |")
    return rows

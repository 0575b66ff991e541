"""From a submission to what is examined: our text in locked cells, our tests in their places.

After reading.py and hidden.py, before exam.py. The student's cells keep their order. What stands in a cell
that we locked counts as we wrote it, whatever became of it; behind each answer come its tests.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from atriacourse.assignments.assignment import Assignment
from atriacourse.assignments.journal import MIMETYPE
from atriacourse.school.grading.hidden import run_cell, tests_of
from atriacourse.school.grading.tampering import prying, tampering
from atriacourse.school.handouts.notebook import YOUR_WORDS, solution_notebook, student_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

RESTORED = ("locked", "parameters")
NAMED_STUDENT = re.compile(r"^student\s*=\s*[rbu]?[\"'](.*?)[\"']\s*$", re.MULTILINE)


@dataclass(kw_only=True)
class Prepared:
    """A submission, ready to be examined and marked."""

    assignment: Assignment
    student: str
    notebook: "NotebookNode"  # code cells alone, each with what it is in metadata.atriacourse
    solved: "NotebookNode"  # ours, with the worked answers: what tests stand on
    answers: dict[str, str] = field(default_factory=dict)  # the student's text of answers, by cell
    reports: dict[str, str] = field(default_factory=dict)  # and of reports, without our prompt, by cell
    own: list[str] = field(default_factory=list)  # further code cells
    untouched: set[str] = field(default_factory=set)  # answers and reports as we handed them out
    parts: dict[str, str] = field(default_factory=dict)  # answer or report -> part of the rubric
    headings: dict[str, str] = field(default_factory=dict)  # report -> its heading
    saved: list[dict[str, Any]] = field(default_factory=list)  # journal entries in the outputs handed in
    notes: list[str] = field(default_factory=list)  # for the student: what was put right
    flags: list[str] = field(default_factory=list)  # for the instructor: what should be looked at
    tampered: list[str] = field(default_factory=list)  # so is this: what a cell changes of the course


def prepare(assignment: Assignment, student: str, given: "NotebookNode") -> Prepared:
    """Put our text back, our tests in, and take the student's text out.

    Args: given: from `read_submission`; it is not changed.
    """
    import nbformat

    ours, solved = student_notebook(assignment, student), solution_notebook(assignment, student)
    place = _matched(given, ours)
    prepared = Prepared(
        assignment=assignment, student=student, notebook=nbformat.v4.new_notebook(), solved=solved
    )
    _compare_names(given, student, prepared)
    _take_answers(given, ours, place, prepared)
    missing = _missing_locked(given, ours, place, prepared)
    tests = tests_of(assignment, solved)
    run: list[NotebookNode] = []
    for number, cell in enumerate(given.cells):
        name = place.get(number)
        kind = given_kind(cell, name, ours)
        if cell.cell_type == "code" and kind != "hidden":
            source = _by_name(ours)[name].source if name is not None and kind in RESTORED else cell.source
            run.append(run_cell(source, cell=name, kind=kind or "own"))
            if kind is None:
                prepared.own.append(cell.source)
        run += missing.pop(number, [])
        run += tests.pop(name, [])
    for left in (*missing.values(), *tests.values()):  # of cells that were deleted
        run += left
    for number, cell in enumerate(run):
        cell["id"] = f"run-{number:03d}"
    prepared.notebook.cells = run
    texts = [*prepared.own, *prepared.answers.values()]
    prepared.tampered += [said for text in texts for said in tampering(text)]
    prepared.flags += [said for text in texts for said in prying(text)]
    return prepared


def given_kind(cell: "NotebookNode", name: str | None, ours: "NotebookNode") -> str | None:
    """What a submitted cell is: the kind of ours that it matches, "hidden" if it says so, else None."""
    if name is None:
        return "hidden" if cell.metadata["atriacourse"].get("kind") == "hidden" else None
    return _by_name(ours)[name].metadata["atriacourse"]["kind"]


def _by_name(notebook: "NotebookNode") -> dict[str, "NotebookNode"]:
    return {cell.metadata["atriacourse"]["cell"]: cell for cell in notebook.cells}


def _matched(given: "NotebookNode", ours: "NotebookNode") -> dict[int, str]:
    """Which submitted cell is which of ours: by its metadata, else by its text, where an editor lost them.

    Of a cell and its copies, which keep the metadata, it is the first; the answer may stand in a copy.
    """
    known = _by_name(ours)
    at: dict[str, int] = {}
    for number, cell in enumerate(given.cells):
        name = cell.metadata["atriacourse"].get("cell")
        if name in known and known[name].cell_type == cell.cell_type:
            answer = known[name].metadata["atriacourse"]["kind"] == "answer"
            if name not in at or (answer and _same(given.cells[at[name]].source, known[name].source)):
                at[name] = number
    for name, our in known.items():
        if name in at:
            continue
        for number, cell in enumerate(given.cells):
            free = number not in at.values() and cell.cell_type == our.cell_type
            if free and _alike(cell.source, our):
                at[name] = number
                break
    return {number: name for name, number in at.items()}


def _alike(text: str, our: "NotebookNode") -> bool:
    """Whether a cell without a name can be this one of ours."""
    kind = our.metadata["atriacourse"]["kind"]
    if kind == "report":
        return text.lstrip().split("\n")[0].strip() == our.source.split("\n")[0].strip()
    if kind == "answer":
        mine, other = _fixed_lines(our.source), _fixed_lines(text)
        return bool(mine) and len(mine & other) >= 0.6 * len(mine)
    if kind == "locked":
        mine, other = _fixed_lines(our.source), _fixed_lines(text)
        return len(mine & other) >= 0.5 * len(mine)
    return text.strip() == our.source.strip()


def _fixed_lines(source: str) -> set[str]:
    """The lines of a cell that a student has no reason to change."""
    lines = {line.strip() for line in source.split("\n")}
    return {line for line in lines if line and line != "..." and not line.endswith(("= None", "# your code"))}


def _compare_names(given: "NotebookNode", student: str, prepared: Prepared) -> None:
    """Who says that this is whose."""
    told = given.metadata["atriacourse"].get("student")
    if told is None:
        prepared.notes.append("the notebook's metadata do not say whose it is; the file's place does")
    elif told != student:
        prepared.flags.append(f"the notebook was made for {told!r}, it was handed in by {student!r}")


def _take_answers(
    given: "NotebookNode", ours: "NotebookNode", place: Mapping[int, str], prepared: Prepared
) -> None:
    """The student's own words and code, and what the saved outputs hold of the journal."""
    known = _by_name(ours)
    report: str | None = None
    for name, our in known.items():
        kind = our.metadata["atriacourse"]["kind"]
        if kind in ("answer", "report"):
            prepared.parts[name] = our.metadata["atriacourse"]["part"]
            taken = prepared.answers if kind == "answer" else prepared.reports
            taken[name] = ""
            if kind == "report":
                prepared.headings[name] = our.source.split("\n")[0].lstrip("# ").strip()
    for number, cell in enumerate(given.cells):
        matched = place.get(number)
        kind = None if matched is None else known[matched].metadata["atriacourse"]["kind"]
        if matched is not None and kind == "answer":
            prepared.answers[matched] = cell.source
        if kind == "report":
            report = matched
        elif kind is not None:
            report = None
        if report and cell.cell_type == "markdown":  # a report may go on in cells of its own
            without = _without_prompt(cell.source, known[report].source)
            prepared.reports[report] = f"{prepared.reports[report]}\n{without}".strip()
        prepared.saved += entries_in(cell.metadata.get("saved", ()))
    for name, text in {**prepared.answers, **prepared.reports}.items():
        if not text.strip() or _same(text, known[name].source):
            prepared.untouched.add(name)


def _without_prompt(text: str, ours: str) -> str:
    """A report's text without what we handed out: our lines, quotes (the prompt is one) and headings."""
    handed_out = {line.strip() for line in ours.split("\n")} | {YOUR_WORDS}
    lines = (line for line in text.split("\n") if line.strip() not in handed_out)
    return "\n".join(line for line in lines if not line.lstrip().startswith((">", "#")))


def _same(text: str, ours: str) -> bool:
    """Whether they differ in blanks at most."""
    return text.split() == ours.split()


def entries_in(outputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The journal entries that a cell's outputs show."""
    shown = [output.get("data") for output in outputs]
    found = [data.get(MIMETYPE) for data in shown if isinstance(data, Mapping)]
    return [dict(entry) for entry in found if isinstance(entry, Mapping)]


def _missing_locked(
    given: "NotebookNode", ours: "NotebookNode", place: Mapping[int, str], prepared: Prepared
) -> dict[int, list["NotebookNode"]]:
    """Say which locked cells were edited, and bring back those that are gone, behind what was before them.

    Returns: cells to insert, by the submitted cell that they follow.
    """
    at, behind = {name: number for number, name in place.items()}, -1
    insert: dict[int, list[NotebookNode]] = {}
    for name, our in _by_name(ours).items():
        what = our.metadata["atriacourse"]
        if name in at:
            behind = at[name]
            if what["kind"] in RESTORED:
                _say_what_changed(name, what["kind"], given.cells[behind].source, our.source, prepared)
        elif what["kind"] in RESTORED:
            prepared.notes.append(f"the cell `{name}` was missing; ours was run")
            insert.setdefault(behind, []).append(run_cell(our.source, cell=name, kind=what["kind"]))
    return insert


def _say_what_changed(name: str, kind: str, text: str, ours: str, prepared: Prepared) -> None:
    if _same(text, ours) or kind == "parameters":
        return
    told, right = NAMED_STUDENT.search(text), NAMED_STUDENT.search(ours)
    if told and right and told[1] != right[1]:
        prepared.flags.append(f"the setup cell names {told[1]!r}; it was run for {right[1]!r}")
    else:
        prepared.notes.append(f"the locked cell `{name}` was edited; ours was run")
        prepared.flags.append(f"locked cell `{name}` edited")

"""What a run, and the files handed in, say of the steps: hypothesis, result, claim, tests.

After restore.py, before rubric.py. "Run" is our own execution; "handed in" is the journal, or else the saved
outputs, of the student.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from atriacourse.assignments.allocation import Allocation
from atriacourse.assignments.assignment import Assignment
from atriacourse.assignments.journal import Entry, Journal, journal_of
from atriacourse.assignments.verdict import is_number
from atriacourse.school.grading.exam import Execution
from atriacourse.school.grading.hidden import PASSED
from atriacourse.school.grading.restore import Prepared, entries_in

if TYPE_CHECKING:
    from nbformat import NotebookNode

MEASURE = "measure"  # the locked cell that trains


@dataclass(frozen=True, kw_only=True)
class Test:
    """One check or hidden test of the rubric."""

    part: str
    cell: str  # the answer it follows; empty if none
    hidden: bool
    passed: bool
    said: str  # why not


@dataclass(kw_only=True)
class Evidence:
    """All that marking looks at."""

    hypothesis: dict[str, Any] | None = None  # of the run
    result: dict[str, Any] | None = None
    claim: dict[str, Any] | None = None
    tests: list[Test] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)  # cell of ours -> error of the run
    numbers: dict[str, Any] = field(default_factory=dict)  # part -> what a grading cell printed as JSON
    journal: Journal | None = None  # handed in; None: neither a journal nor saved outputs
    from_outputs: bool = False  # it is put together from saved outputs: no journal was handed in
    stopped: str = ""  # why the run ended before its last cell; empty if it did not

    def why_missing(self, cell: str, otherwise: str) -> str:
        """Why a cell gave nothing: its own error, a run that ended before it, or else that."""
        return self.errors.get(cell) or (
            f"not reached, because {self.stopped}" if self.stopped else otherwise
        )


@dataclass(kw_only=True)
class Marking:
    """What is marked, and what came of it: given to every part."""

    assignment: Assignment
    allocation: Allocation
    prepared: Prepared
    evidence: Evidence
    flags: list[str]  # added to by the parts


def gather_evidence(prepared: Prepared, execution: Execution, journal: bytes | None) -> Evidence:
    """Read a run and what was handed in."""
    found = Evidence(stopped=f"the run stopped: {execution.ending}" if execution.ending else "")
    for cell in execution.notebook.cells if execution.notebook is not None else ():
        what = cell.metadata.get("atriacourse")
        if cell.cell_type != "code" or not what:
            continue
        error = error_of(cell)
        if what["kind"] in ("check", "hidden"):
            found.tests.append(_test(cell, what, error, found.stopped))
        elif what["kind"] == "numbers":
            found.numbers[what["part"]] = last_json(printed(cell)) or error
        elif error and what["cell"]:
            found.errors.setdefault(what["cell"], error)
        for entry in entries_in(cell.get("outputs", ())):
            kind, content = entry.get("kind"), entry.get("content")
            if kind == "result" and what["cell"] == MEASURE and isinstance(content, dict):
                found.result = content
            elif (kind == "claim" and _flat(content)) or (kind == "hypothesis" and bounded(content)):
                setattr(found, kind, content)
    if journal is not None and journal.strip():
        found.journal = journal_of(journal.decode("utf-8", errors="replace"))
    elif prepared.saved:
        found.journal, found.from_outputs = _of_outputs(prepared.saved), True
    return found


def bounded(hypothesis: Any) -> bool:
    """Whether it can be one, with two bounds: a student may make any output look like a journal's entry."""
    return _flat(hypothesis) and all(is_number(hypothesis.get(name)) for name in ("low", "high"))


def _flat(content: Any) -> bool:
    return isinstance(content, dict) and not any(isinstance(each, dict | list) for each in content.values())


def error_of(cell: "NotebookNode") -> str:
    """The error of a cell in one line; empty without."""
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            value = " ".join(str(output.get("evalue", "")).split())[:300]
            name = output.get("ename", "error")
            return f"{name}: {value}" if value else str(name)
    return ""


def printed(cell: "NotebookNode") -> str:
    """What a cell printed."""
    streams = [output for output in cell.get("outputs", ()) if output.output_type == "stream"]
    return "".join(output.text for output in streams if output.name == "stdout")


def _test(cell: "NotebookNode", what: dict[str, Any], error: str, stopped: str) -> Test:
    passed = not error and printed(cell).rstrip().endswith(PASSED)  # an answer may print the word as well
    said = error.removeprefix("AssertionError: ")
    if not passed and not said:
        said = f"not reached, because {stopped}" if stopped else "it was not run"
    return Test(
        part=what["part"],
        cell=what.get("after") or "",
        hidden=what["kind"] == "hidden",
        passed=passed,
        said=said,
    )


def last_json(text: str) -> Any:
    """The object that a grading cell printed last, from JSON; None where it is none."""
    last = text.rstrip().rpartition("\n")[2]
    try:
        return json.loads(last[last.find("{") :])  # a student's check may have left its line open before
    except ValueError:
        return None


def _of_outputs(saved: Sequence[dict[str, Any]]) -> Journal:
    """The entries in saved outputs, in their order; a chain with gaps, so it is not followed."""
    entries: dict[int, Entry] = {}
    for each in saved:
        try:
            entry = Entry(**each)
            if isinstance(entry.index, int) and isinstance(entry.content, dict):
                entries.setdefault(entry.index, entry)
        except TypeError:
            continue
    ordered = tuple(entries[index] for index in sorted(entries))
    broken = next((number for number, entry in enumerate(ordered) if not entry.whole), None)
    return Journal(entries=ordered, broken=broken)

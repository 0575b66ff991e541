"""Examine a submission: take out what the student answers, train and test it, each in a process of its own.

After restore.py, asking.py and measuring.py; used by grader.py. No cell of the student's is run where
something is compared or measured. The notebook's cells come back with what came of each, as if they had been
run in order:

    hypothesis, claim    what the student's cell hands to `work`, taken out as numbers and words
    measure              trained here, by our code alone (measuring.py)
    checks, tests        run here, with the student's functions behind the fences (asking.py)
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.journal import read_journal
from atriacourse.assignments.session import Work, begin_assignment
from atriacourse.school.fences.jail import Attempt, EndedError, Jail
from atriacourse.school.fences.process import own_folder, started
from atriacourse.school.grading import theirs
from atriacourse.school.grading.asking import Asker, fail, parted, show
from atriacourse.school.grading.hidden import ASKED
from atriacourse.school.grading.restore import Prepared
from atriacourse.school.grading.statements import Statement, joined, needed, statements_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

HYPOTHESIS, MEASURE, CLAIM = "hypothesis", "measure", "claim"  # cells
MEASURING = f"{__package__}.measuring"
TAKE = """\
import json as _json
work.hypothesis(**_json.loads({said!r}))
result = work.take(_json.loads({content!r}))"""
STEP = """\
from atriacourse.assignments.journal import read_journal as _read
_said = _read(work.journal).last({kind!r})
_said = None if _said is None else _said.content"""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What came of examining a submission."""

    notebook: "NotebookNode | None"  # with what came of each cell
    ending: str  # why it stopped before its end; empty if it did not
    attempts: tuple[Attempt, ...]
    fences: tuple[str, ...]  # those that were closed
    files: dict[str, bytes]  # the journal of this examination, by its name
    seconds: float  # by the clock
    cpu_seconds: float | None  # of the processor; None if nothing was run
    memory_gb: float  # of the largest process, at its peak
    stopped: Mapping[str, str] = field(default_factory=dict)  # answer -> why its process was ended


@dataclass(kw_only=True)
class Exam:
    """One submission on the table."""

    prepared: Prepared
    jail: Jail
    centres: Path | None = None
    measured: Path | None = None  # a folder of what was measured before
    stopped: dict[str, str] = field(default_factory=dict)  # answer -> why its process was ended
    _before: list[Statement] = field(default_factory=list)  # what stands above, of the student's

    def examine(self) -> Execution:
        """Go through the notebook once."""
        began, ending = time.monotonic(), ""
        with own_folder() as folder:
            work = begin_assignment(
                self.prepared.assignment.name, student=self.prepared.student, folder=folder
            )
            try:
                self._go_through(work)
            except StoppedError as error:
                ending = str(error)
            journal = work.journal.read_bytes()
        spent = self.jail.spent
        return Execution(
            notebook=self.prepared.notebook,
            ending=ending,
            attempts=tuple(spent.attempts),
            fences=spent.fences,
            files={work.journal.name: journal},
            seconds=time.monotonic() - began,
            cpu_seconds=spent.cpu_seconds,
            memory_gb=spent.memory_gb,
            stopped=self.stopped,
        )

    def _go_through(self, work: Work) -> None:
        asker = Asker(self.prepared, self.jail, work)
        self.stopped = asker.stopped
        for cell in self.prepared.notebook.cells:
            self._may_go_on()
            what = cell.metadata["atriacourse"]
            if what["kind"] in ASKED:
                if what["after"] not in self.prepared.untouched:
                    asker.ask(cell, self._before)
                continue
            try:
                found = statements_of(what["cell"] or "", cell.source)
            except SyntaxError as error:
                fail(cell, "SyntaxError", f"{error.msg} (line {error.lineno})")
                continue
            self._before += found
            touched = what["cell"] not in self.prepared.untouched
            if what["cell"] in (HYPOTHESIS, CLAIM) and touched:
                self._take_step(cell, work)
            elif what["cell"] == MEASURE:
                self._measure(cell, work)

    def _may_go_on(self) -> None:
        if self.jail.stop is not None and self.jail.stop.is_set():
            raise StoppedError("the grading was interrupted")
        if self.jail.spent.cpu_seconds > 60 * self.jail.limits.minutes:
            raise StoppedError(f"it was stopped after {self.jail.limits.minutes:g} minutes of the processor")

    def _take_step(self, cell: "NotebookNode", work: Work) -> None:
        """What the student's cell commits; our own journal takes it, if it is fit."""
        name = cell.metadata["atriacourse"]["cell"]
        kind = str(name)
        steps = [one for one in self._before if one.cell in (HYPOTHESIS, name)]
        whole = {name for one in steps for name in (*one.binds, *one.uses)} | {"work"}
        cells = [*joined(needed(self._before, whole)), ("", STEP.format(kind=kind))]
        with theirs.opened(theirs.Work(jail=self.jail, cells=cells, names=["_said"])) as taken:
            try:
                said = taken.values().get("_said")
            except EndedError as error:
                fail(cell, "", str(error))
                return
            if said is None and name in taken.errors:
                fail(cell, *parted(taken.errors[name]))
        if isinstance(said, dict):
            wanted = (
                ("winner", "low", "high", "because")
                if kind == HYPOTHESIS
                else ("difference", "low", "high", "verdict")
            )
            step = work.hypothesis if kind == HYPOTHESIS else work.claim
            shown = step(**{each: said.get(each) for each in wanted})
            if shown.entry is not None:
                show(cell, shown.entry)

    def _measure(self, cell: "NotebookNode", work: Work) -> None:
        """Train, where there is a hypothesis; what stands below has the result as if trained there."""
        if work.expects:
            content = self._trained()
            if "error" in content:
                fail(cell, "InputError", str(content["error"]))
                return
            shown = work.take(content)
            if shown.entry is not None:
                show(cell, shown.entry)
                said = read_journal(work.journal).last("hypothesis")
                said_of = {} if said is None else said.content
                source = TAKE.format(said=json.dumps(said_of), content=json.dumps(content))
                self._before = [one for one in self._before if one.cell != MEASURE]
                self._before += statements_of(MEASURE, source)

    def _trained(self) -> dict[str, Any]:
        variant = allocation_of(self.prepared.assignment, self.prepared.student)
        name = f"{self.prepared.assignment.name}-{variant.a}-{variant.b}-{variant.seed}-{variant.centre}.json"
        kept = None if self.measured is None else self.measured / name
        if kept is not None and kept.is_file():
            return dict(json.loads(kept.read_text(encoding="utf-8")))
        centres = None if self.centres is None else str(self.centres)
        order = {"name": self.prepared.assignment.name, "student": self.prepared.student, "centres": centres}
        with own_folder() as folder, started([MEASURING], folder, self.jail.warm) as process:
            process.send((json.dumps(order) + "\n").encode())
            try:
                said, cpu, memory = process.line(self.jail.stop)
            except EndedError as error:
                raise StoppedError(str(error)) from error
        self.jail.spent.cpu_seconds += cpu
        self.jail.spent.memory_gb = max(memory, self.jail.spent.memory_gb)
        if not said:
            return {"error": "the training ended before its time; grade it again"}
        content = dict(json.loads(said))
        if kept is not None and "error" not in content:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(said)
        return content


class StoppedError(RuntimeError):
    """Examining was stopped half-way."""

"""Put our checks and hidden tests to a student's answers: they are run here, the functions elsewhere.

After theirs.py and hidden.py, before exam.py. A test sees the names of our worked notebook, with the
student's in the place of those that a student gives a meaning to; so no helper, example or comparison in it
is the student's.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from atriacourse.assignments.journal import MIMETYPE, Entry
from atriacourse.assignments.session import Work
from atriacourse.school.fences.jail import EndedError, Jail
from atriacourse.school.grading import theirs
from atriacourse.school.grading.hidden import ASKED, PASSED, own_names
from atriacourse.school.grading.restore import Prepared
from atriacourse.school.grading.statements import Statement, free_names, joined, needed, statements_of
from atriacourse.school.handouts.notebook import student_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode


class Asker:
    """Puts our checks and tests to what stands above them."""

    def __init__(self, prepared: Prepared, jail: Jail, work: Work) -> None:
        handed_out = student_notebook(prepared.assignment, prepared.student)
        self.stopped: dict[str, str] = {}  # answer -> why its process was ended
        self._prepared, self._jail, self._work = prepared, jail, work
        self._own = own_names(prepared.solved, handed_out)
        self._ours = {
            cell.metadata["atriacourse"]["cell"]: statements_of(
                cell.metadata["atriacourse"]["cell"], cell.source
            )
            for cell in prepared.solved.cells
            if cell.cell_type == "code" and cell.metadata["atriacourse"]["kind"] in ("given", "answer")
        }

    def ask(self, cell: "NotebookNode", above: Sequence[Statement]) -> None:
        """Run one check or test: the student's functions there, everything else here.

        Args: above: the student's statements that stand above it.
        """
        what = cell.metadata["atriacourse"]
        answer = str(what["after"] or "")
        if answer in self.stopped:
            fail(cell, "", f"not run: {self.stopped[answer]}")
            return
        ours, names = self._namespace(cell.source, answer)
        cells = joined(needed(above, names))
        said: list[str] = []
        with theirs.opened(theirs.Work(jail=self._jail, cells=cells, names=names)) as work:
            try:
                values = work.values() if names else {}
                found = self._run(cell, ours, values, said)
            except EndedError as error:
                found = ["", str(error)]
            for name, said_of in work.errors.items():
                self._note(name, said_of)
            if work.ended:
                self.stopped[answer] = work.ended
                self._note(answer, work.ended)
        if found:
            fail(cell, *found)
        else:
            _print(cell, "".join(said) if what["kind"] == "numbers" else PASSED)

    def _namespace(self, source: str, answer: str) -> tuple[dict[str, Any], list[str]]:
        """What stands above in the worked notebook and the test needs, with the student's names left out."""
        result = self._work.result
        given: dict[str, Any] = {"work": self._work, "student": self._prepared.student}
        given |= {} if result is None else {"result": result}
        above: list[Statement] = []
        for name, found in self._ours.items():
            above += found
            if name == answer:
                break
        free = free_names(source)
        ours = needed(above, free, given=self._own | set(given))
        ours = [one for one in ours if not one.binds & self._own]
        wanted = (free | {name for one in ours for name in one.uses}) & self._own
        return given | {"__ours__": joined(ours)}, sorted(wanted)

    def _run(
        self, cell: "NotebookNode", given: dict[str, Any], values: dict[str, Any], said: list[str]
    ) -> list[str]:
        """Run our lines. Returns: the error as type and text; nothing where there is none."""
        names: dict[str, Any] = {"__name__": "hidden"} | given | values
        names["print"] = lambda *words, **more: said.append(" ".join(map(str, words)) + "\n")
        kind, ours = cell.metadata["atriacourse"]["kind"], names.pop("__ours__")
        try:
            for name, source in ours:
                exec(compile(source, f"<{name}>", "exec"), names)
            if kind == "check":
                told = eval(compile(cell.source, "<check>", "eval"), names)
                return [] if told.passed is True else ["", str(told)]
            exec(compile(cell.source, "<hidden test>", "exec"), names)
        except EndedError as error:
            return ["", str(error)]
        except Exception as error:  # noqa: BLE001 (a student's answer may be anything; a test stumbles over it)
            if kind == "check":
                return [type(error).__name__, str(error)]
            return (
                ["", without_answers(str(error))]
                if isinstance(error, AssertionError)
                else [
                    type(error).__name__,
                    "",  # its text may be made of what the test asks
                ]
            )
        return []

    def _note(self, name: str, error: str) -> None:
        """Keep an error of a cell of the student's with the cell."""
        for cell in self._prepared.notebook.cells:
            what = cell.metadata["atriacourse"]
            if what["cell"] == name and what["kind"] not in ASKED and not cell.outputs:
                fail(cell, *parted(error))


def without_answers(said: str) -> str:
    """What a student may know of a hidden test: the idea, and no number of it."""
    if not any(letter.isdigit() for letter in said):
        return said
    name, colon, _ = said.partition(": ")
    start = f"{name}: " if colon and name.isidentifier() else ""
    return f"{start}for other values than those of the self-check it does not come out right"


def parted(error: str) -> tuple[str, str]:
    """An error's type and text; no type where its text begins otherwise."""
    kind, found, text = error.partition(": ")
    return (kind, text) if found and kind.isidentifier() else ("", error)


def fail(cell: "NotebookNode", kind: str, text: str) -> None:
    """Leave an error with a cell."""
    import nbformat

    cell.outputs = [nbformat.v4.new_output("error", ename=kind or "AssertionError", evalue=text[:300])]


def _print(cell: "NotebookNode", text: str) -> None:
    import nbformat

    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]


def show(cell: "NotebookNode", entry: Entry) -> None:
    """Leave an entry of the journal with a cell."""
    import nbformat

    data = {"text/plain": entry.kind, MIMETYPE: dict(vars(entry))}
    cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]

"""A class of thirty, made of the real notebooks: every way to hand in that grading has to cope with.

`write_class` writes what they hand in; ROLES says who does what. An id is what the student does: "hang",
"copied". All hand in the assignment CLOSING, four also PADDING; "late" comes when grading is over, "missing"
never. Reports are words at random, so that nobody resembles another by chance.
"""

import ast
import random
import re
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import nbformat

from atriacourse.assignments import begin_assignment
from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.listing import assignment as find_assignment
from atriacourse.evaluation.uncertainty import UNDECIDED
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook

CLOSING, PADDING = "closing", "padding"
TOPIC = """
atrium mask slice vein radius voxel case seed interval difference training network scan gap bridge surface
distance overlap mean clinic phantom variant hypothesis zero wider narrower better worse larger smaller held
out the of is and in paired cleaned closed predicted measured expected because although while which therefore
perhaps never
"""
EXPECTED = {"dice": 0.05, "hd_mm": 6.0}  # half a width that a student may expect


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where one student works."""

    student: str
    assignment: str
    home: Path  # the student's folder below the class's
    seed: int = 2018

    @property
    def path(self) -> Path:
        """The notebook."""
        return self.home / f"{self.assignment}.ipynb"

    @property
    def random(self) -> random.Random:
        """The student's own taste."""
        return random.Random(f"{self.seed} {self.student} {self.assignment}")

    def stub(self):
        """The notebook as it was handed out."""
        return student_notebook(find_assignment(self.assignment), self.student)

    def solved(self):
        """The notebook with right answers, a hypothesis and a report of one's own."""
        declared, taste = find_assignment(self.assignment), self.random
        notebook = solution_notebook(declared, self.student)
        notebook.cells = [cell for cell in notebook.cells if kind_of(cell) != "hidden"]
        notebook.metadata["atriacourse"]["solution"] = False
        variant, wide = allocation_of(declared, self.student), EXPECTED[declared.metric]
        winner = taste.choice([variant.a, variant.b, UNDECIDED])
        low, high = sorted(round(taste.uniform(-wide, wide), 3) for _ in range(2))
        rewrite(notebook, "hypothesis", r"winner = .*", f'winner = "{winner}"')
        rewrite(notebook, "hypothesis", r"low, high = .*", f"low, high = {low}, {high}")
        rewrite(notebook, "hypothesis", r"because = .*", f'because = "{say(taste, 8)}"')
        given = {name_of(cell): cell.source for cell in self.stub().cells}
        for cell in notebook.cells:
            if kind_of(cell) == "report":
                prompt = given[name_of(cell)].rpartition("\n\n")[0]
                cell.source = f"{prompt}\n\n{say(taste, 40)}"
        return notebook

    def hand_in(self, notebook, *, journal: bool = True) -> None:
        """Write the notebook, and the journal that its hypothesis cell leaves."""
        self.home.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, self.path)
        if journal:
            commit(self, cell_of(notebook, "hypothesis").source)


def name_of(cell) -> str:
    return cell.metadata["atriacourse"]["cell"]


def kind_of(cell) -> str:
    return cell.metadata["atriacourse"]["kind"]


def cell_of(notebook, name: str):
    return next(cell for cell in notebook.cells if name_of(cell) == name)


def rewrite(notebook, name: str, pattern: str, by: str) -> None:
    """Replace what a pattern finds in a cell, once; it must be there."""
    cell = cell_of(notebook, name)
    cell.source, count = re.subn(pattern, lambda _: by, cell.source, count=1)
    assert count == 1, f"cell {name} has no {pattern}"


def say(taste: random.Random, count: int) -> str:
    return " ".join(taste.choices(TOPIC.split(), k=count)) + "."


def commit(desk: Desk, source: str):
    """Run a hypothesis cell as the student's kernel would; returns the work."""
    work = begin_assignment(desk.assignment, student=desk.student, folder=desk.home)
    exec(source, {"work": work})
    return work


# ---- what they do ----------------------------------------------------------------------------------


def right(desk: Desk) -> None:
    desk.hand_in(desk.solved())


def wrong_verdict(desk: Desk) -> None:
    """Names a winner where there is none, and none where there is one."""
    variant, notebook = allocation_of(find_assignment(desk.assignment), desk.student), desk.solved()
    turned = f'verdict = "{variant.a}" if verdict == "{UNDECIDED}" else "{UNDECIDED}"\n'
    rewrite(notebook, "claim", r"claim = ", f"{turned}claim = ")
    desk.hand_in(notebook)


def wrong_numbers(desk: Desk) -> None:
    """Computes, but something else."""
    notebook = desk.solved()
    rewrite(notebook, "claim", r"claim = ", "difference, high = difference + 1, high + 2\nclaim = ")
    desk.hand_in(notebook)


def hard_coded(desk: Desk) -> None:
    """Types the numbers of a neighbour."""
    notebook = desk.solved()
    cell_of(notebook, "claim").source = (
        f'# part: claim\ndifference, low, high, verdict = -7.125, -9.5, -2.25, "{UNDECIDED}"\n'
        "claim = work.claim(difference=difference, low=low, high=high, verdict=verdict)\nclaim"
    )
    desk.hand_in(notebook)


def wrong_tasks(desk: Desk) -> None:
    """Answers the first task wrongly, and nothing else."""
    notebook = desk.stub()
    name = re.search(r"^def (\w+)\(", cell_of(notebook, "tasks-01").source, re.M)[1]
    rewrite(notebook, "tasks-01", r"\ncheck_", f"\ndef {name}(*given):\n    return -1\n\n\ncheck_")
    desk.hand_in(notebook, journal=False)


def in_first_task(source: str) -> Callable[[Desk], None]:
    """Nothing but these lines in the function of the first task."""

    def hand_in(desk: Desk) -> None:
        notebook = desk.stub()
        name = re.search(r"^def (\w+)\(", cell_of(notebook, "tasks-01").source, re.M)[1]
        body = f"\ndef {name}(*given):\n{indent(source, '    ')}\n\n\ncheck_"
        rewrite(notebook, "tasks-01", r"\ncheck_", body)
        desk.hand_in(notebook, journal=False)

    return hand_in


def no_hypothesis(desk: Desk) -> None:
    notebook, stub = desk.solved(), desk.stub()
    cell_of(notebook, "hypothesis").source = cell_of(stub, "hypothesis").source
    desk.hand_in(notebook)


def short_report(desk: Desk) -> None:
    notebook = desk.solved()
    for cell in notebook.cells:
        if kind_of(cell) == "report":
            cell.source = " ".join(cell.source.split("\n\n")[0].split()) + "\n\nIt is better, as expected."
    desk.hand_in(notebook)


def no_journal(desk: Desk) -> None:
    desk.hand_in(desk.solved(), journal=False)


def lost_metadata(desk: Desk) -> None:
    """Saved by an editor that keeps cells and drops the rest."""
    notebook = desk.solved()
    desk.hand_in(notebook)
    notebook.metadata.pop("atriacourse")
    for cell in notebook.cells:
        cell.metadata.clear()
    nbformat.write(notebook, desk.path)


def untouched(desk: Desk) -> None:
    desk.hand_in(desk.stub())


def as_bytes(content: bytes) -> Callable[[Desk], None]:
    def hand_in(desk: Desk) -> None:
        desk.home.mkdir(parents=True, exist_ok=True)
        desk.path.write_bytes(content)

    return hand_in


def damaged(desk: Desk) -> None:
    """An upload that broke off."""
    desk.hand_in(desk.solved())
    text = desk.path.read_text(encoding="utf-8")
    desk.path.write_text(text[: len(text) // 2], encoding="utf-8")


def link(desk: Desk) -> None:
    """A link to a neighbour's notebook."""
    desk.home.mkdir(parents=True, exist_ok=True)
    desk.path.symlink_to(desk.home.parent / "right-1" / desk.path.name)


def copied(desk: Desk) -> None:
    """The answers of right-1 in one's own notebook, with other names and a few other words."""
    other = Desk(student="right-1", assignment=desk.assignment, home=desk.home).solved()
    notebook = desk.stub()
    for cell in notebook.cells:
        if kind_of(cell) == "answer":
            cell.source = renamed(cell_of(other, name_of(cell)).source)
        elif kind_of(cell) == "report":
            cell.source = cell_of(other, name_of(cell)).source.replace(" because ", " since ")
    desk.hand_in(notebook)


def renamed(source: str) -> str:
    """The code with other names for what lives inside its functions."""
    inside = set()
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            inside |= {one.arg for one in ast.walk(function) if isinstance(one, ast.arg)}
            stored = (one for one in ast.walk(function) if isinstance(one, ast.Name))
            inside |= {one.id for one in stored if isinstance(one.ctx, ast.Store)}
    for name in inside:
        source = re.sub(rf"(?<![.\w\"]){name}\b(?!\"|=[^=])", f"my_{name}", source)
    return source


def handed_on(desk: Desk) -> None:
    """The files of right-2 under one's own name."""
    other = Desk(student="right-2", assignment=desk.assignment, home=desk.home)
    other.hand_in(other.solved())


def changed_hypothesis(desk: Desk) -> None:
    """Measures, and then expects what came out."""
    notebook = desk.solved()
    work = commit(desk, cell_of(notebook, "hypothesis").source)
    result = work.measure()
    found = result.b - result.a
    rewrite(
        notebook, "hypothesis", r"low, high = .*", f"low, high = {found - 0.001:.3f}, {found + 0.001:.3f}"
    )
    exec(cell_of(notebook, "hypothesis").source, {"work": work})
    shutil.rmtree(work.folder)
    desk.hand_in(notebook, journal=False)  # it is there


def reads_others(desk: Desk) -> None:
    """Looks for the claim in a neighbour's folder, by both ways to name it."""
    notebook = desk.solved()
    lines = ["# part: claim", "found = []"]
    for where in ("../right-1", str(desk.home.parent.resolve() / "right-1")):
        lines += [
            "try:",
            f'    found.append(open("{where}/{desk.path.name}").read())',
            "except OSError:",
            "    pass",
        ]
    rewrite(notebook, "claim", r"# part: claim", "\n".join(lines))
    desk.hand_in(notebook)


def edited_lock(desk: Desk) -> None:
    """Puts better numbers where the measurement was."""
    notebook = desk.solved()
    cell_of(
        notebook, "measure"
    ).source = "result = work.measure()\nresult.table['b'] -= 5\nresult.table['difference'] -= 5\nresult"
    desk.hand_in(notebook)


def tampers(desk: Desk) -> None:
    """Changes what scores the masks."""
    notebook = desk.solved()
    lines = "\n".join(
        [
            "# part: tasks",
            "import atriacourse.evaluation.case_row as case",
            "",
            "score = case.score_case",
            'case.score_case = lambda *given, **more: score(*given, **more) | {"hd_mm": 1.0}',
            "",
            "",
        ]
    )
    rewrite(notebook, "tasks-01", r"# part: tasks\n", lines)
    desk.hand_in(notebook)


ROLES: dict[str, Callable[[Desk], None]] = {
    **{f"right-{number}": right for number in range(1, 6)},
    "wrong-verdict": wrong_verdict,
    "wrong-numbers": wrong_numbers,
    "wrong-tasks": wrong_tasks,
    "no-hypothesis": no_hypothesis,
    "short-report": short_report,
    "no-journal": no_journal,
    "lost-metadata": lost_metadata,
    "untouched": untouched,
    "error": in_first_task("1 / 0"),
    "crash": in_first_task("import os\n\nos._exit(1)"),
    "hang": in_first_task("while True:\n    pass"),
    "calls-out": in_first_task("import urllib.request\n\nurllib.request.urlopen('http://192.0.2.1/answers')"),
    "empty": as_bytes(b""),
    "no-notebook": as_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    "damaged": damaged,
    "link": link,
    "copied": copied,
    "handed-on": handed_on,
    "hard-coded": hard_coded,
    "changed-hypothesis": changed_hypothesis,
    "reads-others": reads_others,
    "edited-lock": edited_lock,
    "tampers": tampers,
    "late": right,
    "missing": lambda desk: None,
}
ALSO_PADDING = ("right-1", "right-2", "untouched", "late")


def write_class(
    folder: Path,
    *,
    late: bool,
    students: Collection[str] = tuple(ROLES),
    also_padding: Collection[str] = ALSO_PADDING,
) -> None:
    """Write what the class hands in: all but the late one, or the late one alone."""
    for student in students:
        if (student == "late") == late:
            ROLES[student](Desk(student=student, assignment=CLOSING, home=folder / student))
            if student in also_padding:
                ROLES[student](Desk(student=student, assignment=PADDING, home=folder / student))


def write_roster(path: Path, students: Collection[str] = tuple(ROLES)) -> None:
    """The list of the class."""
    path.write_text("\n".join(["id,name", *(f"{student},Student {student}" for student in students)]) + "\n")

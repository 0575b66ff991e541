"""Submissions made by hand, and a stand-in for running them, so that few tests need a process."""

import json
from types import SimpleNamespace

import pytest

pytest.importorskip("nbformat", reason="grading needs the book's extras")

import nbformat

from atriacourse.assignments.allocation import allocation_of
from atriacourse.assignments.journal import MIMETYPE, add_entry, journal_name
from atriacourse.assignments.listing import assignment
from atriacourse.school.fences.jail import warm_up
from atriacourse.school.grading import grader
from atriacourse.school.grading.exam import Execution
from atriacourse.school.grading.hidden import PASSED
from atriacourse.school.grading.reading import Found, read_submission
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook

SAID = {"winner": "not told apart", "low": -0.05, "high": 0.05, "because": "six cases leave much to chance"}
# differences 0.00, 0.01, ... 0.05: mean 0.025
A = [0.80, 0.80, 0.80, 0.80, 0.80, 0.80]
B = [0.80, 0.81, 0.82, 0.83, 0.84, 0.85]
RESULT = {
    "hypothesis": "0" * 8,
    "cases": list("abcdef"),
    "values": {"a": A, "b": B},
    "means": {"a": 0.80, "b": 0.825},
}


@pytest.fixture(scope="module")
def warm():
    """A process that has the imports of most notebooks, as `grade` starts it."""
    with warm_up(grader.IMPORTED) as process:
        yield process


@pytest.fixture(scope="session")
def contrast():
    return assignment("contrast")


@pytest.fixture
def hand_in(tmp_path, contrast):
    """hand_in("ada", solved=True, change=..., journal=[...]): writes a submission, gives its folder."""

    def write(student, *, solved=True, change=None, journal=None, name="contrast", where=None):
        home = (where or tmp_path / "class") / student
        home.mkdir(parents=True, exist_ok=True)
        notebook = (solution_notebook if solved else student_notebook)(contrast, student)
        if change is not None:
            change(notebook)
        (home / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        (home / journal_name("contrast", student)).unlink(missing_ok=True)
        for kind, content in journal or ():
            add_entry(home / journal_name("contrast", student), kind, content)
        return home.parent

    return write


@pytest.fixture
def read(contrast):
    """read(folder, "ada"): the submission that lies there."""

    def submission(folder, student):
        home = folder / student
        journal = home / journal_name("contrast", student)
        found = Found(
            student=student,
            assignment="contrast",
            path=home / "contrast.ipynb",
            journal=journal if journal.is_file() else None,
        )
        return read_submission(found)

    return submission


def cell_of(notebook, name):
    """A cell by our name for it."""
    return next(cell for cell in notebook.cells if cell.metadata["atriacourse"].get("cell") == name)


def entry(kind, content):
    """A journal's entry as an output of a cell."""
    data = {"text/plain": kind, MIMETYPE: {"kind": kind, "content": content}}
    return nbformat.v4.new_output("execute_result", data=data, execution_count=1)


def ran(prepared, *, said=SAID, result=RESULT, claim=None, fails=(), numbers=None):
    """What running a prepared notebook could have given.

    Args: fails: names of hidden tests, and of answers whose check fails.
    """
    shown = {"hypothesis": ("hypothesis", said), "measure": ("result", result), "claim": ("claim", claim)}
    notebook = nbformat.from_dict(prepared.notebook)
    for cell in notebook.cells:
        what = cell.metadata["atriacourse"]
        cell.outputs = []
        if what["kind"] in ("check", "hidden"):
            if what["cell"] in fails:
                output = nbformat.v4.new_output("error", ename="AssertionError", evalue="seven is odd")
            else:
                output = nbformat.v4.new_output("stream", name="stdout", text=f"{PASSED}\n")
            cell.outputs.append(output)
        elif what["kind"] == "numbers":
            text = json.dumps(numbers)
            cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=text))
        elif shown.get(what["cell"], ("", None))[1] is not None:
            cell.outputs.append(entry(*shown[what["cell"]]))
    return execution(notebook)


def execution(notebook=None, **changes):
    """An execution in which nothing special happened."""
    fields = {"ending": "", "attempts": (), "fences": ("audit hook",), "files": {}, "seconds": 4.0}
    fields |= {"cpu_seconds": 3.0, "memory_gb": 0.5, "notebook": notebook}
    return Execution(**{**fields, **changes})


@pytest.fixture
def good_claim(contrast):
    """A claim that fits RESULT: its mean and about its bootstrap interval, which lies above zero."""

    def make(student):
        variant = allocation_of(contrast, student)
        return {"difference": 0.025, "low": 0.0117, "high": 0.0383, "verdict": variant.b}

    return make


@pytest.fixture
def pretend(monkeypatch, good_claim):
    """Replace the sandbox: `.runs` counts who was run; `.outcome(prepared, student)` can be set."""
    stand_in = SimpleNamespace(
        runs=[], outcome=lambda prepared, student: ran(prepared, claim=good_claim(student))
    )

    def run(self, prepared):
        setup = cell_of(prepared.notebook, "setup")
        student = setup.source.split('student = "')[1].split('"')[0]
        stand_in.runs.append(student)
        return stand_in.outcome(prepared, student)

    monkeypatch.setattr(grader.Grader, "run", run)
    return stand_in


@pytest.fixture(scope="session")
def kit():
    """The functions and values above, for tests that put a submission together."""
    return SimpleNamespace(cell_of=cell_of, ran=ran, execution=execution, said=SAID, result=RESULT)

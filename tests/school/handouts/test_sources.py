"""Every assignment: whole, plain for the student, and its tests tell the stub from the solution."""

import ast
import re

import nbformat
import numpy as np
import pandas as pd
import pytest

from atriacourse.assignments import centres
from atriacourse.assignments.listing import assignment, assignments
from atriacourse.assignments.shown import Shown
from atriacourse.exercises.check import Checked
from atriacourse.school.handouts.guide import guide_text
from atriacourse.school.handouts.notebook import solution_notebook, student_notebook
from atriacourse.school.handouts.source import mistakes_of, read_source

ALL = list(assignments().values())
EACH = pytest.mark.parametrize("one", ALL, ids=[one.name for one in ALL])


def run(cells):
    """Run code cells in one namespace, as a kernel does; what each shows (None: nothing), by its name."""
    space, shown = {"__name__": "__main__"}, {}
    for cell in cells:
        body = ast.parse(cell.source).body
        last = ast.Expression(body.pop().value) if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), cell.id, "exec"), space)
        shown[cell.id] = eval(compile(last, cell.id, "eval"), space) if last else None
    return shown, space


def code(notebook, *, without=()):
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.atriacourse.kind not in without and cell.id != "colab"
    ]


def hidden_cells(one, student):
    """The hidden tests of a student's variant in order: part of the rubric, and code."""
    cells = solution_notebook(one, student).cells
    said = [(cell.metadata["atriacourse"], cell.source) for cell in cells]
    return [(what["part"], source) for what, source in said if what["kind"] == "hidden"]


@EACH
def test_a_student_gets_a_plain_notebook_without_a_solution(one):
    notebook = student_notebook(one, "ada")
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    assert text == nbformat.writes(student_notebook(one, " ADA"))  # to the byte
    for cell in notebook.cells:
        assert not re.search(r"\{\{|:::|\{(claim|ref|term|doc|part|guide|report)\}|^% ", cell.source, re.M), (
            cell.id
        )
        assert not re.search(r"# solution|# end of solution|^assert ", cell.source, re.M), cell.id
        assert cell.id == cell.metadata.atriacourse.cell and not cell.get("outputs")
    source = read_source(one)
    for cell in source:
        if cell.kind in ("hidden", "guide"):
            assert cell.text not in "\n".join(c.source for c in notebook.cells)
        if cell.kind == "report":
            assert cell.answer not in "\n".join(c.source for c in notebook.cells)
            assert len(cell.answer.split()) >= 25, "a model answer says as much as a student must"


@EACH
def test_stub_and_solution_differ_in_answers_reports_and_hidden_tests_alone(one):
    stub = {cell.id: cell for cell in student_notebook(one, "ada").cells}
    solution = {cell.id: cell for cell in solution_notebook(one, "ada").cells}
    added = {name for name in solution if name not in stub}
    assert {solution[name].metadata.atriacourse.kind for name in added} <= {"hidden"}
    changed = {name for name in stub if stub[name].source != solution[name].source}
    assert {stub[name].metadata.atriacourse.kind for name in changed} <= {"answer", "report"}
    answers = {name for name, cell in stub.items() if cell.metadata.atriacourse.kind in ("answer", "report")}
    assert changed == answers


@EACH
def test_the_untouched_notebook_runs_through_and_trains_nothing(one, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ATRIACOURSE_WORK", raising=False)
    notebook = student_notebook(one, "ada")
    shown, space = run(code(notebook))
    for cell in code(notebook):
        if cell.metadata.atriacourse.kind == "answer":
            seen = shown[cell.id]
            assert not (seen.passed if isinstance(seen, Checked) else seen.ready), cell.id
            assert repr(seen).startswith(("No answer yet", "No hypothesis yet", "No claim yet")), cell.id
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"journal-{one.name}-ada.jsonl"]
    for part, source in hidden_cells(one, "ada"):
        with pytest.raises(Exception):  # noqa: B017  an untouched stub passes no hidden test, however it fails
            exec(source, dict(space))
        assert one.part(part).kind in ("tests", "clinic")


@pytest.fixture
def measured(monkeypatch):
    """In place of training: six cases whose values are made up; returns their table, to be changed."""
    rng = np.random.default_rng(5)
    a = rng.uniform(0.5, 0.8, 6)
    table = pd.DataFrame({"case": list("uvwxyz"), "a": a, "b": a + rng.normal(0.01, 0.05, 6)})
    table["difference"] = table["b"] - table["a"]
    monkeypatch.setattr(centres, "open_centre", lambda centre, scratch: None)
    monkeypatch.setattr(
        centres, "measure_pair", lambda *_, **__: (table.copy(), {"a": "0" * 16, "b": "1" * 16})
    )
    return table


NEED_NETWORKS = {"site"}  # cells that open what was trained; grading's own test runs them whole
WITHOUT = pytest.mark.parametrize(
    "one", [one for one in ALL if one.name not in NEED_NETWORKS], ids=lambda one: one.name
)


@WITHOUT
def test_worked_answers_pass_their_own_checks_and_the_hidden_tests(one, measured, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ATRIACOURSE_WORK", raising=False)
    all_passes(one)


def all_passes(one):
    """Run the worked solution: every check and step is content, and every hidden test."""
    shown, space = run(code(solution_notebook(one, "ada"), without=("hidden",)))
    for name, seen in shown.items():
        if isinstance(seen, Checked | Shown):
            assert seen.passed if isinstance(seen, Checked) else seen.ready, (name, seen)
    for _, source in hidden_cells(one, "ada"):
        exec(source, dict(space))


def test_worked_answers_leave_out_a_case_without_a_distance(measured, tmp_path, monkeypatch):
    """An empty mask: its distance is infinite, and so is, or is none, the difference."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ATRIACOURSE_WORK", raising=False)
    measured.loc[2, ["b", "difference"]] = np.inf
    measured.loc[4, ["a", "b", "difference"]] = np.inf, np.inf, np.nan
    all_passes(assignment("closing"))


@EACH
def test_the_guide_holds_what_an_instructor_needs(one):
    text = guide_text(one)
    assert all(mistake in text for mistake in mistakes_of(one)) and "{{" not in text
    assert all(f"| {part.name} | {part.points} |" in text for part in one.rubric)
    for _, source in hidden_cells(one, "example"):
        assert source in text


def test_there_are_ten_assignments_from_an_hour_to_a_week_over_the_whole_method():
    assert len(ALL) >= 10
    assert len({one.chapter for one in ALL}) >= 6
    hours = {one.hours for one in ALL}
    assert "1 hour" in hours and "1 week" in hours
    assert all(len(one.goals) >= 2 and len(mistakes_of(one)) >= 3 for one in ALL)

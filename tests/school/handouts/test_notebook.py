"""From source to notebook: what is taken in, left out and filled in; errors that name the place."""

import sys
from dataclasses import replace

import nbformat
import pytest

import atriacourse
from atriacourse.assignments.listing import assignment
from atriacourse.assignments.words import filled
from atriacourse.errors import InputError
from atriacourse.exercises.colab import course_address
from atriacourse.school.handouts import source
from atriacourse.school.handouts.notebook import (
    YOUR_WORDS,
    solution_notebook,
    student_notebook,
)
from atriacourse.school.handouts.source import SOURCES, read_source

CONTRAST = assignment("contrast")
TEXT = (SOURCES / "contrast.md").read_text(encoding="utf-8")


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """contrast.md with one text in place of another."""

    def change(old, new):
        assert old in TEXT
        (tmp_path / "contrast.md").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setattr(source, "SOURCES", tmp_path)

    return change


def hidden_cells(one, student):
    """The hidden tests of a student's variant in order: part of the rubric, and code."""
    cells = solution_notebook(one, student).cells
    said = [(cell.metadata["atriacourse"], cell.source) for cell in cells]
    return [(what["part"], source) for what, source in said if what["kind"] == "hidden"]


def by_name(notebook):
    return {cell.id: cell for cell in notebook.cells}


def test_the_notebook_begins_with_colab_title_and_rubric_and_has_every_shared_part():
    notebook = student_notebook(CONTRAST, "ada")
    names = [cell.id for cell in notebook.cells]
    assert names[:3] == ["colab", "text-01", "rubric"]
    fixed = ["parameters-01", "setup", "hypothesis", "measure", "claim", "handin"]
    assert [name for name in names if name in fixed] == fixed
    assert notebook.metadata.atriacourse == {
        "assignment": "contrast",
        "student": "ada",
        "version": atriacourse.__version__,
        "solution": False,
    }
    cells = by_name(notebook)
    assert 'student = "ada"' in cells["setup"].source
    assert 'begin_assignment("contrast", student=student' in cells["setup"].source
    assert cells["measure"].metadata.atriacourse.locked and not cells["claim"].metadata.atriacourse.locked
    assert "| claim | " in cells["rubric"].source
    assert cells["parameters-01"].metadata.tags == ["parameters"]


def test_the_set_up_cell_installs_the_course_as_the_chapters_do():
    (cell,) = [cell for cell in student_notebook(CONTRAST, "ada").cells if cell.id == "colab"]
    address = course_address()
    release = f"git+{address}@v{atriacourse.__version__}"
    assert f'course = "{release if address else "/content/atriacourse.zip"}"' in cell.source


def test_answers_are_open_for_the_student_and_solved_for_the_instructor():
    stub, solution = by_name(student_notebook(CONTRAST, "ada")), by_name(solution_notebook(CONTRAST, "ada"))
    assert "winner = None\nlow, high = None, None\nbecause = None" in stub["hypothesis"].source
    assert 'winner = "not told apart"' in solution["hypothesis"].source
    assert stub["report-01"].source.endswith(f"\n\n{YOUR_WORDS}") and stub["report-01"].source.startswith(
        "## "
    )
    assert YOUR_WORDS not in solution["report-01"].source
    prompt = stub["report-01"].source.partition(YOUR_WORDS)[0]
    assert solution["report-01"].source.startswith(prompt)


def test_words_follow_the_variant():
    cells = by_name(student_notebook(CONTRAST, "ada"))  # clahe against gamma_augmentation
    assert any('`"clahe"`' in cell.source for cell in cells.values())
    assert "gamma augmentation minus CLAHE, 8x8 regions" in "".join(cell.source for cell in cells.values())
    claim = by_name(solution_notebook(CONTRAST, "ada"))["claim"].source
    assert 'verdict = "gamma_augmentation" if low > 0 else "clahe"' in claim
    worse = by_name(solution_notebook(replace(CONTRAST, metric="hd_mm"), "ada"))["claim"].source
    assert 'verdict = "clahe" if low > 0 else "gamma_augmentation"' in worse
    assert filled("{{ a }} {{b}}", {"a": "1", "b": "2"}, "here") == "1 2"
    with pytest.raises(InputError, match=r"here: there is no word \{\{ c \}\}; there are a"):
        filled("{{ c }}", {"a": "1"}, "here")


def test_hidden_tests_are_named_by_part_and_given_to_nobody(changed):
    hidden = hidden_cells(CONTRAST, "ada")
    assert hidden and {part for part, _ in hidden} <= {part.name for part in CONTRAST.rubric}
    code = [cell.source for cell in student_notebook(CONTRAST, "ada").cells]
    assert not any(source in code for _, source in hidden)
    changed(hidden[0][1], '# part: tasks\nassert "{{ student }}" == "ada"')
    assert hidden_cells(CONTRAST, "Ada")[0] == ("tasks", '# part: tasks\nassert "ada" == "ada"')


def test_names_do_not_change_with_texts(changed):
    before = [cell.name for cell in read_source(CONTRAST)]
    changed("# {{ title }}", "# {{ title }}, again")
    assert [cell.name for cell in read_source(CONTRAST)] == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":::{part} setup\n:::", ":::{part} start\n:::", "no part 'start'; _common.md has setup"),
        (":::{part} setup\n:::", ":::{note} setup\n:::", "{note} is not known"),
        (":::{part} measure\n:::", "", "part result of the kind result lacks its cells"),
        (":::{part} measure\n:::", ":::{part} setup\n:::", "taken in twice"),
        ("# part: tasks\n", "# part: luck\n", "no part 'luck'"),
        ("# part: tasks\n", "", "begin with `# part: NAME`"),
        (":tags: [hidden]", ":tags: [secret]", "one tag of parameters, locked"),
        (":tags: [hidden]", ":tags: [hidden, locked]", "one tag of"),
        ("\n---\n", "\n", "a line `---` and a model answer"),
        ("{claim}`paper/table1/standard/dice`", "{claim}`paper/table9`", "no record backs the claim"),
    ],
)
def test_a_source_that_cannot_be_followed_is_named(changed, old, new, said):
    text = TEXT.partition("\n---\n")[2]
    if old == "\n---\n":  # not the one that ends the front matter
        old = text[text.index("\n---\n") - 30 :][:40]
        new = old.replace("\n---\n", "\n")
    elif old not in TEXT:
        pytest.skip("contrast.md has no such line any more")
    changed(old, new)
    with pytest.raises(InputError, match=said):
        student_notebook(CONTRAST, "ada")


def test_a_stub_that_cannot_be_made_names_cell_and_file(changed):
    changed("    # end of solution\n", "")
    with pytest.raises(InputError, match=r"contrast\.md, cell tasks-0\d: .*without"):
        student_notebook(CONTRAST, "ada")


def test_a_notebook_survives_writing_and_reading(tmp_path):
    notebook = student_notebook(CONTRAST, "ada")
    nbformat.write(notebook, tmp_path / "one.ipynb")
    assert nbformat.read(tmp_path / "one.ipynb", 4) == notebook


def first_cell_of(notebook):
    return next(cell.source for cell in notebook.cells if cell.id == "colab")


@pytest.mark.parametrize(
    ("colab", "said"), [(False, r"-m pip install .*Then restart"), (True, "upload atriacourse.zip")]
)
def test_without_the_course_the_first_cell_says_what_to_do_and_runs_nothing(monkeypatch, colab, said):
    """Where it is installed, the cell goes through; grading runs it so."""
    source = first_cell_of(student_notebook(CONTRAST, "ada"))
    if colab and course_address() is not None:
        pytest.skip("with a public address Colab installs from there")
    exec(compile(source, "first", "exec"), {})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("nothing may be run"))
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", object())
    with pytest.raises((ModuleNotFoundError, FileNotFoundError), match=said):
        exec(compile(source, "first", "exec"), {})

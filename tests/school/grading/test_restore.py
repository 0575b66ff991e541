import copy

import pytest

from atriacourse.school.grading.restore import prepare
from atriacourse.school.handouts.notebook import YOUR_WORDS


@pytest.fixture
def prepared(contrast, hand_in, read):
    def make(change=None, *, solved=True, student="ada"):
        folder = hand_in(student, solved=solved, change=change)
        return prepare(contrast, student, read(folder, student).notebook)

    return make


def kinds_of(prepared):
    return [cell.metadata["atriacourse"]["kind"] for cell in prepared.notebook.cells]


def test_every_answer_is_followed_by_its_check_and_the_hidden_tests(prepared):
    cells = prepared().notebook.cells
    names = [cell.metadata["atriacourse"]["cell"] for cell in cells]
    kinds = kinds_of(prepared())
    first = names.index("tasks-01")
    assert kinds[first : first + 3] == ["answer", "check", "hidden"]
    assert all(cell.cell_type == "code" and not cell.outputs for cell in cells)


def test_a_stub_is_untouched_and_a_solution_is_not(prepared):
    stub, solved = prepared(solved=False), prepared()
    assert stub.untouched == set(stub.answers) | set(stub.reports)
    assert not solved.untouched
    assert not (stub.flags or stub.notes or solved.flags or solved.notes)


def test_a_locked_cell_is_run_as_we_wrote_it(prepared, kit):
    def edit(notebook):
        kit.cell_of(notebook, "measure").source = "result = 0.99"

    done = prepared(edit)
    assert "work.measure" in kit.cell_of(done.notebook, "measure").source
    assert done.flags == ["locked cell `measure` edited"]
    assert "ours was run" in done.notes[0]


def test_a_deleted_locked_cell_comes_back_in_its_place(prepared, kit):
    def delete(notebook):
        notebook.cells.remove(kit.cell_of(notebook, "measure"))

    names = [cell.metadata["atriacourse"]["cell"] for cell in prepared(delete).notebook.cells]
    assert names.index("hypothesis") < names.index("measure") < names.index("claim")


def test_a_setup_cell_that_names_another_student_is_flagged_and_put_right(prepared, kit):
    def name_bob(notebook):
        cell = kit.cell_of(notebook, "setup")
        cell.source = cell.source.replace('"ada"', '"bob"')

    done = prepared(name_bob)
    assert done.flags == ["the setup cell names 'bob'; it was run for 'ada'"]
    assert 'student = "ada"' in kit.cell_of(done.notebook, "setup").source


def test_metadata_of_another_student_are_flagged(prepared):
    def edit(notebook):
        notebook.metadata["atriacourse"]["student"] = "bob"

    assert prepared(edit).flags == ["the notebook was made for 'bob', it was handed in by 'ada'"]


def test_without_any_metadata_cells_are_known_by_their_text(prepared):
    def strip(notebook):
        notebook.metadata.pop("atriacourse")
        for cell in notebook.cells:
            cell.metadata = {}

    whole, stripped = prepared(), prepared(strip)
    assert stripped.answers == whole.answers
    assert stripped.reports == whole.reports
    assert [kind for kind in kinds_of(stripped) if kind == "locked"] == ["locked"] * kinds_of(whole).count(
        "locked"
    )
    assert "metadata do not say whose" in stripped.notes[0]


def test_wrong_metadata_do_no_harm(prepared):
    def twist(notebook):
        for number, cell in enumerate(notebook.cells):
            cell.metadata["atriacourse"] = {"cell": [number], "kind": {}, "part": None}

    assert prepared(twist).answers == prepared().answers


def test_a_copy_of_a_cell_is_the_students_own(prepared, kit):
    def double(notebook):
        notebook.cells.append(copy.deepcopy(kit.cell_of(notebook, "measure")))

    assert len(prepared(double).own) == 1


def test_an_answer_may_stand_in_a_copy_of_its_cell(prepared, kit):
    def answer_below(notebook):
        cell = kit.cell_of(notebook, "tasks-01")
        copied = copy.deepcopy(cell)
        copied.source = copied.source.replace("...  # your code", "return pixels")
        notebook.cells.insert(notebook.cells.index(cell) + 1, copied)

    done = prepared(answer_below, solved=False)
    assert "return pixels" in done.answers["tasks-01"] and "tasks-01" not in done.untouched
    cells = [cell.metadata["atriacourse"] for cell in done.notebook.cells]
    first = [cell["cell"] for cell in cells].index("tasks-01")
    assert [cell["kind"] for cell in cells[first - 1 : first + 2]] == ["own", "answer", "check"]


def test_what_was_read_stays_as_it_was(contrast, hand_in, read, kit):
    def edit(notebook):
        kit.cell_of(notebook, "measure").source = "result = 0.99"

    given = read(hand_in("ada", change=edit), "ada").notebook
    prepare(contrast, "ada", given)
    assert kit.cell_of(given, "measure").source == "result = 0.99"


def test_the_prompt_is_not_the_students_words_and_further_cells_are(prepared, kit):
    import nbformat

    def answer(notebook):
        cell = kit.cell_of(notebook, "report-01")
        cell.source = cell.source.replace(YOUR_WORDS, "> an older prompt, quoted\n\nmine")
        place = notebook.cells.index(cell)
        more = nbformat.v4.new_markdown_cell("and more")
        notebook.cells.insert(place + 1, more)

    done = prepared(answer, solved=False)
    assert done.reports["report-01"].split() == ["mine", "and", "more"]
    assert "report-01" not in done.untouched

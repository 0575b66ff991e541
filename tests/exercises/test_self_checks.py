"""Self-checks of a whole notebook: what each says, and that nothing beside it changes."""

import sys

import nbformat
import pytest

from atriacourse.cli import main
from atriacourse.errors import InputError
from atriacourse.exercises.self_checks import self_checks

CHECK = "from atriacourse.exercises.check import check_answer"


def write(path, *cells):
    """A notebook of text cells (those that begin with #) and code cells; returns its path."""
    new = nbformat.v4
    made = [new.new_markdown_cell(one) if one[0] == "#" else new.new_code_cell(one) for one in cells]
    nbformat.write(new.new_notebook(cells=made), path)
    return path


@pytest.mark.slow
def test_each_check_is_told_and_what_stops_is_one_that_failed(tmp_path, monkeypatch, capsys):
    (tmp_path / "journal.jsonl").write_text("one line\n", encoding="utf-8")
    path = write(
        tmp_path / "mine.ipynb",
        CHECK,
        "# **Exercise 1** (ex-sum): a sum",
        "total = 2 + 2\ncheck_answer(total, 4)",
        "# **Exercise 2** (ex-open): open",
        "total = None\ncheck_answer(total, 4)",
        "1 / 0",
        "open('journal.jsonl', 'a').write('another')\nopen('new.txt', 'w').write('x')",
        "check_answer(3, 4, hint='Count again.')",
        "'Right.'[::-1]",
    )
    found = [(one.place, one.passed) for one in self_checks(path)]
    assert found == [("ex-sum", True), ("ex-open", False), ("ex-open, cell 6", False), ("ex-open", False)]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["journal.jsonl", "mine.ipynb"]
    assert (tmp_path / "journal.jsonl").read_text(encoding="utf-8") == "one line\n"

    monkeypatch.chdir(tmp_path)  # and by the command, as the workflow of an assignment calls it
    monkeypatch.setattr(sys, "argv", ["atriacourse", "check"])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().out
    assert end.value.code == 1
    assert "### mine.ipynb: 1 of 4" in said and "- [x] `ex-sum` Right." in said
    assert "- [ ] `ex-open, cell 6` ZeroDivisionError: division by zero" in said


@pytest.mark.slow
def test_a_kernel_that_dies_is_told(tmp_path):
    path = write(tmp_path / "mine.ipynb", CHECK, "check_answer(4, 4)", "import os\n\nos._exit(1)")
    right, died = self_checks(path)
    assert right.passed and (died.place, died.passed) == ("the notebook", False)


@pytest.mark.parametrize("content", ["", "{}", "[1]", "no json"])
def test_what_is_no_notebook_is_named(tmp_path, content):
    (tmp_path / "mine.ipynb").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.ipynb is no notebook"):
        self_checks(tmp_path / "mine.ipynb")


def test_a_folder_without_notebooks_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["atriacourse", "check"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and "has no notebook" in capsys.readouterr().err

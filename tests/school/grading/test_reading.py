import json
import os

import nbformat
import pytest

from atriacourse.school.grading.reading import Found, read_submission

DEEP = json.loads("[" * 400 + "]" * 400)


def notebook_bytes(**metadata):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    notebook.metadata["atriacourse"] = metadata
    return nbformat.writes(notebook).encode()


def problem_of(path):
    found = Found(student="ada", assignment="contrast", path=path)
    submission = read_submission(found)
    assert (submission.notebook is None) == bool(submission.problem)
    return submission.problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"print('hello')", "not JSON"),
        (b"\x89PNG\x00\xff", "no text"),
        (notebook_bytes()[:150], "cut off or damaged"),
        (b"[1, 2]", "no list of cells"),
        (b'{"cells": {"0": 1}}', "no list of cells"),
        (b'{"cells": [3]}', "one of its cells is none"),
        (b'{"worksheets": [], "nbformat": 3}', "no list of cells"),
        (b"[" * 100_000, "no notebook"),
        (json.dumps({"cells": [{}] * 600}).encode(), "600 cells"),
    ],
)
def test_what_is_no_notebook_says_why(tmp_path, content, said):
    (tmp_path / "contrast.ipynb").write_bytes(content)
    assert said in problem_of(tmp_path / "contrast.ipynb")


def test_too_large_gone_a_folder_or_a_link(tmp_path):
    large = tmp_path / "large.ipynb"
    with large.open("wb") as file:
        file.truncate(30 * 1024**2)
    assert "larger than 20 MB" in problem_of(large)
    assert "is gone" in problem_of(tmp_path / "gone.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    assert "is a folder" in problem_of(tmp_path / "folder.ipynb")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system cannot refuse links")
def test_a_link_to_anothers_file_is_not_followed(tmp_path):
    (tmp_path / "other.ipynb").write_bytes(notebook_bytes())
    link = tmp_path / "contrast.ipynb"
    link.symlink_to(tmp_path / "other.ipynb")
    assert "is a link" in problem_of(link)


def test_fields_of_any_type_are_read(tmp_path):
    cells = [
        {"cell_type": "code", "source": ["a = 1\n", "a"], "metadata": 7, "outputs": "none"},
        {"cell_type": ["code"], "source": None, "metadata": {"atriacourse": "x"}},
        {"cell_type": "raw", "source": 3},
        {"cell_type": "code", "source": "b", "metadata": {"atriacourse": {"cell": DEEP}}, "outputs": 7},
    ]
    content = {"cells": cells, "metadata": {"atriacourse": [1]}}
    (tmp_path / "contrast.ipynb").write_text(json.dumps(content))
    found = Found(student="ada", assignment="contrast", path=tmp_path / "contrast.ipynb")
    notebook = read_submission(found).notebook
    assert [cell.source for cell in notebook.cells] == ["a = 1\na", "", "", "b"]
    assert notebook.metadata["atriacourse"] == {}


def test_the_hash_follows_the_notebook_and_the_journal(tmp_path):
    path, journal = tmp_path / "contrast.ipynb", tmp_path / "journal.jsonl"
    path.write_bytes(notebook_bytes())

    def digest():
        found = Found(student="ada", assignment="contrast", path=path, journal=journal)
        return read_submission(found).content_hash

    first = digest()
    assert digest() == first
    journal.write_text("{}")
    second = digest()
    path.write_bytes(notebook_bytes(student="ada"))
    assert len({first, second, digest()}) == 3

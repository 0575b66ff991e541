import json
import os
from pathlib import Path

import pytest

from atriacourse.errors import InputError
from atriacourse.school.grading.finding import find_submissions, left_out
from atriacourse.school.grading.reading import read_submission
from atriacourse.school.lists.people import Student

NAMES = ["contrast", "padding"]


def notebook_of(**metadata):
    return json.dumps({"cells": [], "metadata": {"atriacourse": metadata}}).encode()


def lay(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_ipynb", ".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def found_in(folder):
    return {(one.student, one.assignment): one.path.name for one in find_submissions(folder, NAMES)}


def test_folders_and_flat_files_are_found(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}", Bob__padding_ipynb=b"{}")
    (tmp_path / "contrast-carl.ipynb").write_bytes(b"{}")
    (tmp_path / "instructor").mkdir()
    (tmp_path / "instructor" / "contrast-ada.ipynb").write_bytes(b"{}")
    assert found_in(tmp_path) == {
        ("ada", "contrast"): "contrast.ipynb",
        ("bob", "padding"): "padding.ipynb",
        ("carl", "contrast"): "contrast-carl.ipynb",
    }


def test_a_renamed_notebook_is_known_by_what_it_says(tmp_path):
    lay(tmp_path, ada__final_ipynb=notebook_of(assignment="padding", student="ada"))
    assert found_in(tmp_path) == {("ada", "padding"): "final.ipynb"}


def test_of_several_the_one_sent_again_last_by_its_number_whatever_the_files_dates(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}", ada__final_ipynb=notebook_of(assignment="contrast"))
    for name in ("contrast (1)", "contrast (10)", "contrast (9)", "contrast-Copy1"):
        (tmp_path / "ada" / f"{name}.ipynb").write_bytes(b"{}")
    os.utime(tmp_path / "ada" / "contrast (10).ipynb", (0, 0))  # a date says when a file was copied
    (one,) = found = find_submissions(tmp_path, NAMES)
    assert one.path.name == "contrast (10).ipynb" and one.chosen == "the highest number"
    assert len(one.others) == 5
    why = "ada/contrast (10).ipynb is graded as contrast of ada, the highest number"
    assert ("ada/contrast.ipynb", why) in left_out(tmp_path, found)


def test_without_a_number_the_one_named_as_handed_out(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}", ada__final_ipynb=notebook_of(assignment="contrast"))
    (tmp_path / "ada" / "contrast-Copy1.ipynb").write_bytes(b"{}")
    (one,) = find_submissions(tmp_path, NAMES)
    assert one.path.name == "contrast.ipynb" and one.chosen == "named as it was handed out"


def test_two_folders_of_one_id_are_one_students_or_nobodys(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}", Ada__contrast_ipynb=b"{ }", Ada__padding_ipynb=b"{}")
    both, padding = find_submissions(tmp_path, NAMES)
    assert both.problem == "`Ada` and `ada` are both of ada, and differ: keep the one that counts"
    assert read_submission(both).problem == both.problem and padding.problem == ""
    one, _ = found = find_submissions(tmp_path, NAMES, [Student(id="ada", spelled="Ada")])
    assert one.problem == "" and one.path.parent.name == "Ada" and one.spelled == "Ada"
    assert [name for name, _ in left_out(tmp_path, found)] == ["ada/contrast.ipynb"]
    (tmp_path / "Ada" / "contrast.ipynb").write_bytes(b"{}")
    assert find_submissions(tmp_path, NAMES)[0].problem == ""  # the same file twice


def test_who_hands_in_something_else_is_found_too(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "report.docx").write_bytes(b"PK")
    assert found_in(tmp_path)["bob", "contrast"] == "report.docx"


def test_checkpoints_are_no_submissions(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}")
    kept = tmp_path / "ada" / ".ipynb_checkpoints"
    kept.mkdir()
    (kept / "padding.ipynb").write_bytes(b"{}")
    assert list(found_in(tmp_path)) == [("ada", "contrast")]


def test_a_journal_of_another_in_a_flat_folder_is_not_taken(tmp_path):
    for student in ("ada", "bob"):
        (tmp_path / f"contrast-{student}.ipynb").write_bytes(b"{}")
    (tmp_path / "journal-contrast-bob.jsonl").write_text("{}")
    journals = {one.student: one.journal for one in find_submissions(tmp_path, NAMES)}
    assert journals["ada"] is None and journals["bob"].name == "journal-contrast-bob.jsonl"


def test_a_folder_without_any_says_what_is_needed(tmp_path):
    with pytest.raises(InputError, match=r"STUDENT/ASSIGNMENT\.ipynb"):
        find_submissions(tmp_path, NAMES)
    with pytest.raises(InputError, match="no folder"):
        find_submissions(tmp_path / "absent", NAMES)


@pytest.mark.parametrize(
    "name",
    [
        "contrast-ada (1)",
        "contrast-ada-Copy1",
        "contrast-ada - Copy",
        "contrast-ada - Copy (2)",
        "contrast_ada",
    ],
)
def test_a_flat_file_is_its_students_whatever_a_file_system_added(tmp_path, name):
    (tmp_path / f"{name}.ipynb").write_bytes(b"{}")
    assert list(found_in(tmp_path)) == [("ada", "contrast")]


def test_what_is_nobodys_is_named_and_given_to_nobody(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}", bob__padding_ipynb=b"{}", carl__essay_ipynb=b"{}")
    told = notebook_of(assignment="contrast", student="ada")
    for name in ("final-version.ipynb", "ada_contrast.ipynb", "contrast.ipynb", ".hidden.ipynb"):
        (tmp_path / name).write_bytes(told)
    for name in ("O'Hara, Scarlett", "instructor", ".git"):
        (tmp_path / name).mkdir()
    (tmp_path / "roster.csv").write_text("id")
    found = find_submissions(tmp_path, NAMES)
    assert [(one.student, one.assignment) for one in found] == [("ada", "contrast"), ("bob", "padding")]
    assert dict(left_out(tmp_path, found)).keys() == {
        ".git",
        ".hidden.ipynb",
        "O'Hara, Scarlett",
        "ada_contrast.ipynb",
        "carl/essay.ipynb",
        "contrast.ipynb",
        "final-version.ipynb",
        "instructor",
        "roster.csv",
    }


def test_a_second_file_of_a_student_is_told(tmp_path):
    for name in ("contrast-ada.ipynb", "contrast-ada (1).ipynb"):
        (tmp_path / name).write_bytes(b"{}")
    (one,) = found = find_submissions(tmp_path, NAMES)
    assert [path.name for path in one.others] == ["contrast-ada.ipynb"]
    why = "contrast-ada (1).ipynb is graded as contrast of ada, the highest number"
    assert left_out(tmp_path, found) == [("contrast-ada.ipynb", why)]


NOT_USED = {
    "bob/padding.ipynb.txt": "rename",
    "bob/padding.ipynb.zip": "unpack",
    "bob/PADDING.ZIP": "unpack",
    "bob/padding.ipynb~": "rename",
    "bob/essay.ipynb": "no assignment",
    "bob/.ipynb_checkpoints": "hidden",
    "bob/.padding.ipynb": "hidden",
    "bob/notes.docx": "no notebook",
    "bob/deep/er/thesis.pdf": "no notebook",
    "bob/empty": "empty",
    "bob/padding.solution.ipynb": "worked solution",
    "bob/journal-flips-bob.jsonl": "without its notebook",
    "bob/linked": "link to a folder",
    "bob/gone.txt": "link",
    "__MACOSX": "archives of a Mac",
    "instructor": "`assign`",
    "essay-dora.ipynb": "no assignment",
    "padding.ipynb": "no assignment",
    "padding-eve.zip": "unpack",
    "padding-eve.ipynb.txt": "rename",
    "journal-padding-eve.jsonl": "without its notebook",
    "a,b": "cannot be a student's id",
    "nobody": "link",
}


def test_all_that_is_not_used_is_told_once_with_the_reason(tmp_path):
    folders = ("bob/.ipynb_checkpoints", "bob/empty", "__MACOSX", "instructor", "a,b")
    for name in NOT_USED:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in folders:
            path.mkdir()
        elif name in ("nobody", "bob/gone.txt"):
            path.symlink_to(tmp_path / "nowhere")
        elif name == "bob/linked":
            path.symlink_to(tmp_path / "__MACOSX")
        else:
            path.write_bytes(b"{}")
    (tmp_path / "__MACOSX" / "padding.ipynb").write_bytes(b"{}")
    (tmp_path / "bob" / ".ipynb_checkpoints" / "padding-checkpoint.ipynb").write_bytes(b"{}")
    lay(tmp_path, ada__padding_ipynb=b"{}", bob__padding_ipynb=b"{}", carl__contrast_ipynb=b"{}")
    found = find_submissions(tmp_path, NAMES)
    told = left_out(tmp_path, found)
    used = {one.path.relative_to(tmp_path).as_posix() for one in found}
    assert used == {"ada/padding.ipynb", "bob/padding.ipynb", "carl/contrast.ipynb"}
    assert [name for name, _ in told] == sorted(NOT_USED)
    for name, why in told:
        assert NOT_USED[name] in why, (name, why)


@pytest.mark.parametrize("name", ["padding.IPYNB", "Padding.ipynb", "padding (1).ipynb", "PADDING-bob.Ipynb"])
def test_a_notebook_is_one_however_its_name_is_written(name, tmp_path):
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / name).write_bytes(b"{}")
    assert found_in(tmp_path) == {("bob", "padding"): name}
    (one,) = find_submissions(tmp_path, NAMES)
    assert left_out(tmp_path, [one]) == []


def test_accents_of_a_mac_lose_neither_student_nor_journal(tmp_path):
    apart, joined = "zoe\u0308", "zo\u00eb"
    for name in (f"padding-{apart}.ipynb", f"journal-padding-{apart}.jsonl"):
        (tmp_path / name).write_bytes(b"{}")
    (one,) = find_submissions(tmp_path, NAMES)
    assert one.student == joined and one.journal.name == f"journal-padding-{apart}.jsonl"


def test_a_folder_that_may_not_be_looked_into_stops_nobody(tmp_path, monkeypatch):
    lay(tmp_path, ada__contrast_ipynb=b"{}", bob__padding_ipynb=b"{}")
    listed = Path.iterdir

    def closed(path):
        if path.name == "bob":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    found = find_submissions(tmp_path, NAMES)
    assert [one.student for one in found] == ["ada"]
    assert left_out(tmp_path, found) == [("bob", "it may not be looked into (Permission denied)")]


def test_a_notebook_that_is_a_folder_or_a_link_to_nothing_is_its_students(tmp_path):
    lay(tmp_path, ada__contrast_ipynb=b"{}")
    (tmp_path / "bob" / "contrast.ipynb").mkdir(parents=True)
    (tmp_path / "carl").mkdir()
    (tmp_path / "carl" / "contrast.ipynb").symlink_to(tmp_path / "nowhere")
    found = find_submissions(tmp_path, NAMES)
    problems = {one.student: read_submission(one).problem for one in found}
    assert "is a folder" in problems["bob"] and "is a link" in problems["carl"]
    assert left_out(tmp_path, found) == []


def test_a_journal_is_of_the_same_assignment(tmp_path):
    lay(tmp_path, Ada__contrast_ipynb=b"{}", Ada__padding_ipynb=b"{}", bob__contrast_ipynb=b"{}")
    for name in ("Ada/journal-padding-ada.jsonl", "bob/journal-contrast-ada.jsonl"):
        (tmp_path / name).write_text("{}")
    found = {(one.student, one.assignment): one.journal for one in find_submissions(tmp_path, NAMES)}
    assert found["ada", "contrast"] is None
    assert found["ada", "padding"].name == "journal-padding-ada.jsonl"
    assert found["bob", "contrast"].name == "journal-contrast-ada.jsonl"  # another's: marking tells of it

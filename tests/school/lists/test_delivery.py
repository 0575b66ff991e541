"""File names as platforms make them; everybody is made up."""

import zipfile

import pytest

from atriacourse.errors import InputError
from atriacourse.school.lists.delivery import delivery_of
from atriacourse.school.lists.people import Student
from atriacourse.school.lists.unpack import unpacked

ADA = Student(
    id="ada",
    name="Ada King Lovelace",
    keys=frozenset(
        [
            ("Canvas", "12345"),
            ("Moodle", "777"),
            ("Blackboard", "a_love"),
            ("GitHub Classroom", "ada-codes"),
        ]
    ),
)
BOB = Student(
    id="bob",
    name="Bob Love",
    keys=frozenset([("Canvas", "5"), ("Blackboard", "love"), ("GitHub Classroom", "codes")]),
)
CLASS = [ADA, BOB]


@pytest.mark.parametrize(
    ("path", "student", "file", "late"),
    [
        ("lovelaceadaking_12345_67890_padding-1.ipynb", "ada", "padding.ipynb", False),
        ("lovelaceadaking_LATE_12345_67890_padding.ipynb", "ada", "padding.ipynb", True),
        ("lovelaceadaking_12345_9_journal-padding-ada-2.jsonl", "ada", "journal-padding-ada.jsonl", False),
        ("Ada King Lovelace_777_assignsubmission_file_/padding.ipynb", "ada", "padding.ipynb", False),
        ("Ada_King_Lovelace_777_assignsubmission_file_padding.ipynb", "ada", "padding.ipynb", False),
        ("Participant_777_assignsubmission_file_/padding.ipynb", "ada", "padding.ipynb", False),
        ("padding-submissions/padding-ada-codes/padding.ipynb", "", "padding.ipynb", False),
        ("Task 1_love_attempt_2026-11-30-18-00-05_padding.ipynb", "bob", "padding.ipynb", False),
    ],
)
def test_a_platforms_name_says_whose_it_is(path, student, file, late, tmp_path):
    given = delivery_of(tmp_path / path, tmp_path, CLASS)
    assert (given.student, given.file, given.late) == (student, file, late)
    assert bool(given.why) is (student == "")  # "padding-ada-codes" ends with two users' names


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("doejane_999_1_padding.ipynb", "doejane (999) is not on the roster"),
        (
            "doejane_12345_1_padding.ipynb",
            "number 12345 is 'Ada King Lovelace' on the roster, and 'doejane' here",
        ),
        ("LATE_anon_ab12C_1_padding.ipynb", "anonymous grading"),
        ("Jane Doe_8_assignsubmission_file_/padding.ipynb", "Jane Doe (8) is not on the roster"),
        ("Ada King Lovelace_777_assignsubmission_onlinetext_/onlinetext.html", "typed into Moodle"),
        ("Task 1_jane_attempt_2026-11-30-18-00-05_padding.ipynb", "jane is not on the roster"),
        ("Task 1_a_love_attempt_2026-11-30-18-00-05_padding.ipynb", "several"),  # a_love, or love
    ],
)
def test_who_cannot_be_told_is_nobody_and_named(path, why, tmp_path):
    given = delivery_of(tmp_path / path, tmp_path, CLASS)
    assert given.student == "" and why in given.why


def test_blackboards_receipt_tells_two_users_apart(tmp_path):
    name = "Task 1_a_love_attempt_2026-11-30-18-00-05"
    (tmp_path / f"{name}.txt").write_text("Name: Ada King Lovelace (a_love)\nAssignment: Task 1\n")
    given = delivery_of(tmp_path / f"{name}_padding.ipynb", tmp_path, CLASS)
    assert given.student == "ada" and given.handed_in.startswith("2026-11-30T18:00:05")
    later = delivery_of(tmp_path / f"{name.replace('-05', '-06')}_padding.ipynb", tmp_path, CLASS[1:])
    assert later.attempt == given.attempt + 1 and later.student == "bob"


def test_a_name_alone_will_do_where_the_roster_has_no_number_and_one_such_name(tmp_path):
    plain = [Student(id="ada", name="Ada King Lovelace"), Student(id="bob", name="Bob Love")]
    path = tmp_path / "lovelaceadaking_12345_67890_padding.ipynb"
    assert delivery_of(path, tmp_path, plain).student == "ada"
    twin = Student(id="ada2", name="Ada King Lovelace")
    assert "may be several" in delivery_of(path, tmp_path, [*plain, twin]).why


@pytest.mark.parametrize(
    "path", ["padding-ada.ipynb", "ada/padding.ipynb", "ada/deep/padding.ipynb", "padding_2.ipynb"]
)
def test_our_own_forms_are_no_platforms(path, tmp_path):
    assert delivery_of(tmp_path / path, tmp_path, CLASS) is None


def test_a_zip_is_read_as_a_folder_and_leads_nowhere_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("top/ada/padding.ipynb", "../out.ipynb", "/etc/passwd", "top/../../up"):
            archive.writestr(name, "{}")
    with unpacked(tmp_path / "all.zip") as folder:
        assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")] == [
            "ada/padding.ipynb"
        ]
    assert not folder.exists() and [path.name for path in tmp_path.iterdir()] == ["all.zip"]
    (tmp_path / "no.zip").write_text("none")
    with pytest.raises(InputError, match="no folder and no zip"), unpacked(tmp_path / "no.zip"):
        pass

"""Everybody in these tables is made up."""

import pytest

from atriacourse.errors import InputError
from atriacourse.school.lists.people import (
    Student,
    platform_of,
    read_export,
    read_roster,
    same_name,
    with_keys,
)
from atriacourse.school.lists.table import read_table

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Padding (901)\n"
    "    Points Possible,,,,,50\n"
    '"Lovelace, Ada King",12345,S-007,ALovelace,A,\n'
    '"Student, Test",99,,,A,\n'
    '"Hopper, Grace",12346,S-008,ghopper,A,\n'
)
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed\n"
    "Participant 12345,Ada King Lovelace,ada@made.up,Submitted,,100.00,Yes\n"
    "Participant 12346,Grace Hopper,grace@made.up,Submitted,,100.00,Yes\n"
)
BOARD = (
    "Last Name\tFirst Name\tUsername\tStudent ID\n"
    "Lovelace\tAda King\talovelace\t007\nHopper\tGrace\tghopper\t8\n"
)
GITHUB = "identifier,github_username,github_id,name\nALovelace,ada-codes,1,\nghopper,,,\n"
OWN = "id,name,canvas_id,github_username\n007,Ada King Lovelace,12345,ada-codes\n8,Grace Hopper,12346,\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    ("text", "name", "ids", "keys"),
    [
        (CANVAS, "Canvas", ["ALovelace", "ghopper"], {"12345", "12346"}),
        (WORKSHEET, "Moodle", ["ada@made.up", "grace@made.up"], {"12345", "12346"}),
        (BOARD, "Blackboard", ["alovelace", "ghopper"], {"alovelace", "ghopper"}),
        (GITHUB, "GitHub Classroom", ["ALovelace", "ghopper"], {"ada-codes"}),
    ],
)
def test_a_platforms_table_is_a_roster(table, text, name, ids, keys):
    path = table(text, encoding="utf-16" if name == "Blackboard" else "utf-8-sig")
    assert platform_of(read_table(path)).name == name
    students = read_roster(path)
    assert [one.shown for one in students] == ids and [one.id for one in students] == [
        each.lower() for each in ids
    ]
    assert {key for one in students for known, key in one.keys if known == name} == keys


def test_a_roster_of_ones_own_meets_a_platforms_table_by_key_then_by_name(table):
    students = read_roster(table(OWN))
    assert platform_of(read_table(table(OWN))) is None
    export = read_export(table(CANVAS, "canvas.csv"), students)
    assert export.owners == ("", "007", "", "8")  # points possible and the test student are nobody
    board = read_export(table(BOARD, "board.csv"), students)
    assert board.owners == ("007", "8")
    ada, grace = with_keys(students, [export, board])
    assert {("Canvas", "12345"), ("Blackboard", "alovelace"), ("GitHub Classroom", "ada-codes")} <= ada.keys
    assert ("GitHub Classroom", "") not in grace.keys


def test_a_name_that_two_have_meets_nobody(table):
    twins = [Student(id="a1", name="Ada King Lovelace"), Student(id="a2", name="Lovelace, Ada King")]
    assert read_export(table(WORKSHEET), twins).owners == ("", "")
    doubled = WORKSHEET.replace("Grace Hopper", "Ada King Lovelace")
    assert read_export(table(doubled), twins[:1]).owners == ("", "")


def test_names_are_the_same_in_any_turn_and_never_by_a_part():
    for other in ("lovelaceadaking", "Ada King Lovelace", "Lovelace, Ada King", "kinglovelaceada"):
        assert same_name("Ada King Lovelace", other)
    assert not same_name("Ada King Lovelace", "Ada Lovelace") and not same_name("Ada", "")
    assert same_name("Zoë Krüger", "kru\u0308gerzoe\u0308")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name\nada,\n", "no table that Canvas"),
        (WORKSHEET + "Participant 7,Ada King Lovelace,ada@made.up,,,,\n", "two rows for"),
    ],
)
def test_a_table_that_cannot_be_filled_in_is_refused(table, text, said):
    with pytest.raises(InputError, match=said):
        read_export(table(text), [Student(id="ada@made.up")])


def test_a_table_without_an_id_for_everybody_asks_for_a_roster(table):
    with pytest.raises(
        InputError, match=r"none of its columns .* names everybody; give a roster of your own"
    ):
        read_roster(table("First name,Last name,Email address\nAda,Doe,a@b\nBo,Doe,\n"))

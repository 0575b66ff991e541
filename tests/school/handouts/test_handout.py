"""Files of a class: written once, never over a student's work; rosters as spreadsheets save them."""

import csv
import json

import pytest

from atriacourse.assignments.listing import assignment
from atriacourse.errors import InputError
from atriacourse.school.handouts.handout import hand_out
from atriacourse.school.lists.people import Student, read_roster

CONTRAST = assignment("contrast")


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_class_gets_a_notebook_each_and_the_instructor_a_table(tmp_path):
    done = hand_out(CONTRAST, ["Ada", "bo"], tmp_path)
    assert names(tmp_path) == ["ada/contrast.ipynb", "bo/contrast.ipynb", "variants.csv"]
    with (tmp_path / "variants.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["student"], row["a"], row["seed"]) for row in rows] == [
        (spelled, one.a, str(one.seed)) for spelled, one in zip(("Ada", "bo"), done.variants, strict=True)
    ]
    assert len(done.written) == 2 and not done.kept


def test_solutions_and_guide_are_the_instructors_alone(tmp_path):
    hand_out(CONTRAST, ["ada"], tmp_path, solutions=True)
    assert names(tmp_path / "instructor") == ["contrast-ada.solution.ipynb", "contrast.guide.md"]
    assert names(tmp_path / "ada") == ["contrast.ipynb"]


def test_a_students_work_is_kept_unless_it_is_asked_for(tmp_path):
    hand_out(CONTRAST, ["ada"], tmp_path)
    mine = tmp_path / "ada" / "contrast.ipynb"
    blank = mine.read_text()
    mine.write_text("my work")
    (tmp_path / "ada" / "notes.txt").write_text("mine too")
    done = hand_out(CONTRAST, ["ada", "late"], tmp_path)
    assert done.kept == (mine,) and mine.read_text() == "my work"
    assert (tmp_path / "late" / "contrast.ipynb").is_file()
    hand_out(CONTRAST, ["ada"], tmp_path, overwrite=True)
    assert mine.read_text() == blank and (tmp_path / "ada" / "notes.txt").read_text() == "mine too"
    rows = (tmp_path / "variants.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows] == ["student", "ada", "late"]


def test_the_table_holds_several_assignments(tmp_path):
    other = assignment("padding")
    hand_out(CONTRAST, ["ada"], tmp_path)
    hand_out(other, ["ada"], tmp_path)
    rows = (tmp_path / "variants.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["assignment", "contrast", "padding"]


def test_the_table_survives_a_spreadsheet(tmp_path):
    hand_out(CONTRAST, ["ada"], tmp_path)
    path = tmp_path / "variants.csv"
    before = path.read_text()
    path.write_bytes(("\ufeff" + before.replace(",", ";").replace("\n", "\r\n")).encode())
    hand_out(CONTRAST, ["bo"], tmp_path)
    after = path.read_text()
    assert after.startswith(before) and after.splitlines()[2].startswith("contrast,bo,")


def test_another_table_in_its_place_is_left_alone(tmp_path):
    path = tmp_path / "variants.csv"
    path.write_text("id,room\nada,7\n")
    with pytest.raises(InputError, match=r"variants\.csv .*columns assignment, student, .*got id, room"):
        hand_out(CONTRAST, ["ada"], tmp_path)
    assert names(tmp_path) == ["variants.csv"] and path.read_text() == "id,room\nada,7\n"


def test_nothing_is_written_for_a_class_with_a_mistake(tmp_path):
    with pytest.raises(InputError, match="twice: ada"):
        hand_out(CONTRAST, ["ada", "Ada"], tmp_path / "class")
    assert not (tmp_path / "class").exists()


def test_a_written_notebook_is_json_with_unix_lines(tmp_path):
    (path,) = hand_out(CONTRAST, ["ada"], tmp_path).written
    assert b"\r" not in path.read_bytes() and json.loads(path.read_text())["nbformat"] == 4


@pytest.mark.parametrize(
    "text",
    [
        "id,name\nAda,Ada Lovelace\nbo,\n",
        "\ufeffID;Name\r\nada;Ada Lovelace\r\nBO;\r\n\r\n",  # as a spreadsheet saves it
        " name , id \nAda Lovelace, ada\n,bo\n",
        "id,name,mail\nada,Ada Lovelace,x@y\n,,\nbo\n",
        "id,name\rada,Ada Lovelace\rbo,\r",  # as a spreadsheet on a Mac may
    ],
)
def test_rosters_are_read_as_spreadsheets_save_them(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode())
    assert read_roster(path) == [Student(id="ada", name="Ada Lovelace"), Student(id="bo")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nAda\n", "needs a column `id`"),
        ("", "needs a column `id`"),
        ("id,name\n", "names no student"),
        ("id,name\nada,\nADA,\n", "line 3: the id 'ada' is taken"),
        ("id,name\n,Ada\n", "line 2: a student's id needs"),
        ("id\n../ada\n", "line 2: a student's id needs"),
        ("id\ninstructor\n", "line 2: the id 'instructor' is taken"),
    ],
)
def test_a_roster_with_a_mistake_is_explained(tmp_path, text, said):
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_roster(path)


def test_a_roster_that_is_no_text_is_explained(tmp_path):
    with pytest.raises(InputError, match=r"there is no .*none\.csv"):
        read_roster(tmp_path / "none.csv")
    (tmp_path / "class.csv").write_bytes(b"PK\x03\x04...")
    with pytest.raises(InputError, match="is a workbook or an archive; save it as CSV"):
        read_roster(tmp_path / "class.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_roster_is_read_in_any_encoding_and_keeps_its_spelling(encoding, mark, tmp_path):
    """Made-up people, and a comma in a name that is no mark between cells."""
    lines = [("Id", "Name"), ("Zoë.K", '"Krüger, Zoë"'), ("007", "Bond")]
    (tmp_path / "roster").write_bytes("\r\n".join(mark.join(line) for line in lines).encode(encoding))
    zoe, bond = read_roster(tmp_path / "roster")
    assert (zoe.id, zoe.shown, zoe.name) == ("zoë.k", "Zoë.K", "Krüger, Zoë")
    assert (bond.id, bond.shown) == ("007", "007")

"""Teams: one notebook for several, and each member's marks."""

import csv
import sys

import pytest
import teams

from atriacourse.cli import main

ROSTER = (
    "id;Name;team\nada;Ada L.;blue\nbob;Bob;\ncyd;;blue\ndan;Dan;red\n;;\n"  # as a spreadsheet may save it
)
GRADEBOOK = (
    "student,name,assignment,total,graded,override,comment,tasks,flags\n"
    "blue,,padding,85,72,85,'=well done,30,\n"
    "bob,,padding,40,40,,,20,late\n"
    "eve,,padding,50,50,,,20,\n"
)


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8-sig")
    return path


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_roster_of_teams_is_one_that_assign_takes(roster, tmp_path, monkeypatch):
    assert teams.main([str(roster), "--out", str(tmp_path / "teams.csv")]) == 0
    found = {row["id"]: row["name"] for row in rows(tmp_path / "teams.csv")}
    assert found == {"blue": "Ada L. and cyd", "bob": "Bob", "red": "Dan"}
    words = ["assign", "padding", "--roster", str(tmp_path / "teams.csv"), "--out", str(tmp_path / "handout")]
    monkeypatch.setattr(sys, "argv", ["atriacourse", *words])
    with pytest.raises(SystemExit) as end:
        main()
        sys.exit(0)
    assert end.value.code == 0
    made = {path.parent.name for path in (tmp_path / "handout").glob("*/padding.ipynb")}
    assert made == {"blue", "bob", "red"}


def test_each_member_has_the_marks_of_the_team(roster, tmp_path, capsys):
    (tmp_path / "gradebook.csv").write_text(GRADEBOOK, encoding="utf-8")
    out = tmp_path / "marks.csv"
    assert teams.main([str(roster), "--grades", str(tmp_path), "--out", str(out)]) == 0
    found = {row["id"]: row for row in rows(out)}
    assert {name: row["total"] for name, row in found.items()} == {
        "ada": "85",
        "cyd": "85",
        "bob": "40",
        "dan": "",
    }
    assert found["cyd"]["comment"] == "'=well done" and found["bob"]["flags"] == "late"
    assert found["bob"]["team"] == "bob"
    assert "in no team of the roster: eve" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name\nada,Ada\n", "needs the columns id, team; team is not there"),
        ("id,team\nada,blue\nada,red\n", "has ada twice"),
        ("id,team\nada,bob\nbob,\n", "called like a student, bob"),
    ],
)
def test_what_cannot_be_meant_is_told_and_nothing_written(tmp_path, capsys, text, said):
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    assert teams.main([str(tmp_path / "roster.csv"), "--out", str(tmp_path / "teams.csv")]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "teams.csv").exists()


def test_a_roster_that_is_not_there_is_named(tmp_path, capsys):
    assert teams.main([str(tmp_path / "none.csv"), "--out", str(tmp_path / "teams.csv")]) == 2
    assert "none.csv cannot be read" in capsys.readouterr().err

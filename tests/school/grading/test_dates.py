from datetime import UTC, datetime, timedelta

import pytest

from atriacourse.errors import InputError
from atriacourse.school.grading.dates import Dates, Rule, read_dates
from atriacourse.school.lists.people import Student

DUE = datetime(2026, 12, 1, 18, tzinfo=UTC)
TABLE = """assignment;student;due;per_day;released;handed_in
contrast;;2026-12-01T18:00+00:00;2,5;2026-12-10T00:00+00:00;
contrast;Ada;2026-12-04T18:00+00:00;;;
padding;;2026-12-01T18:00+00:00;;;
"""


@pytest.fixture
def dates(tmp_path):
    (tmp_path / "dates.csv").write_text(TABLE)
    return Dates(rules=read_dates(tmp_path / "dates.csv", [Student(id="ada"), Student(id="bob")]))


def test_a_students_own_dates_go_before_those_of_the_class(dates):
    assert dates.rule("bob", "contrast").due == DUE and dates.rule("bob", "contrast").per_day == 2.5
    ada = dates.rule("ada", "contrast")
    assert (
        ada.due == DUE + timedelta(days=3)
        and ada.per_day == 2.5
        and ada.released == datetime(2026, 12, 10, tzinfo=UTC)
    )
    assert dates.rule("ada", "flips") == Rule()


@pytest.mark.parametrize(
    ("hours", "penalty"),
    [(-1, 0), (0, 0), (0.01, 2.5), (24, 2.5), (24.01, 5), (24 * 365, 100)],  # per day begun; no more than all
)
def test_points_are_taken_off_for_each_day_begun(dates, hours, penalty):
    came = (DUE + timedelta(hours=hours)).isoformat(timespec="seconds")
    assert dates.late(("bob", "contrast"), came, marked=False).penalty == penalty


def test_what_nobody_knows_is_said_and_costs_nothing(dates):
    assert dates.late(("bob", "contrast"), "", marked=False).said.startswith("no date")
    late = dates.late(("bob", "contrast"), "", marked=True)
    assert late.said.startswith("late, says the platform") and late.penalty == 0
    assert dates.late(("bob", "flips"), "", marked=False).said == ""
    hours = dates.late(("bob", "padding"), "2026-12-01T20:00:00+00:00", marked=True)
    assert (hours.said, hours.penalty) == ("2.0 h", 0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("gone,,2026-12-01,,,", "'gone' is no assignment"),
        ("contrast,,soon,,,", "line 2: due is a date and time"),
        ("contrast,,2026-12-01,-5,,", "per_day is a number of points from 0 to 100"),
        ("contrast,,2026-12-01,nan,,", "per_day"),
        ("contrast,,2026-12-01,1e308,,", "per_day"),
        ("contrast,eve,2026-12-01,,,", "'eve' is not on the roster"),
        ("contrast,,2026-12-01,,,2026-12-01", "handed_in needs a student"),
        ("contrast,,2026-12-01,,,\ncontrast,,2026-12-02,,,", "stands twice"),
    ],
)
def test_a_line_that_cannot_be_is_named(tmp_path, line, said):
    (tmp_path / "dates.csv").write_text(f"assignment,student,due,per_day,released,handed_in\n{line}\n")
    with pytest.raises(InputError, match=said):
        read_dates(tmp_path / "dates.csv", [Student(id="ada")])


def test_a_column_of_another_name_is_told(tmp_path):
    (tmp_path / "dates.csv").write_text("assignment,deadline\n")
    with pytest.raises(InputError, match=r"missing: \['due'\], unknown: \['deadline'\]"):
        read_dates(tmp_path / "dates.csv", [])

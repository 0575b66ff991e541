"""The dry run: a simulated class through the real commands, its gradebook row by row.

Every run of the tests has a class of ten, `pytest -m thorough` the thirty.
"""

import csv
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nbformat", reason="grading needs the book's extras")

spec = importlib.util.spec_from_file_location(
    "simulated_class", Path(__file__).with_name("simulated_class.py")
)
simulated = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = simulated
spec.loader.exec_module(simulated)

pytestmark = pytest.mark.slow
MINUTES = 3  # limit of one submission; the one that hangs costs half of it
PROGRAM = "from atriacourse.cli import main; main()"
ALL = {"hypothesis": 10, "tasks": 30, "interval": 10, "result": 10, "claim": 15, "report": 25}
RIGHT = "right-4"
NOTHING = dict.fromkeys(ALL, 0)

# who -> points that differ from full ones, and what must stand in the flags (nothing else may)
TRAINED = {
    "right-1": ({}, "looks like copied"),
    "right-2": ({}, "looks like handed-on"),
    **{f"right-{number}": ({}, "") for number in range(3, 6)},
    "wrong-verdict": ({"claim": 10.5}, ""),  # 2/5 and 3/10 of 15: the numbers are right
    "wrong-numbers": ({"claim": 0}, "claim is not the notebook's own"),
    "short-report": ({"report": 0}, "looks like the worked solution"),
    "no-journal": ({"hypothesis": 5}, "no journal"),
    "lost-metadata": ({}, ""),
    "hard-coded": ({"claim": 0}, "hard-coded claim"),
    "changed-hypothesis": ({"hypothesis": 0}, "hypothesis changed after the result"),
    "reads-others": ({}, "tried to read .*right-1"),
    "edited-lock": ({}, "locked cell `measure` edited"),
    "tampers": ({"result": 0}, "a cell changes `case.score_case`"),
}
EMPTY_HANDED = {
    "wrong-tasks": "",
    "untouched": "",
    "error": "",
    "crash": "tasks-01: its process ended",
    "hang": "tasks-01: it was stopped after",
    "calls-out": "tried to connect to 192.0.2.1",
    "empty": "is empty",
    "no-notebook": "is no notebook",
    "damaged": "is cut off or damaged",
    "link": "is a link",
    "missing": "nothing handed in",
    "late": "nothing handed in",  # in the first run
}


TEN = (
    "right-4",
    "tampers",
    "wrong-tasks",
    "untouched",
    "crash",
    "empty",
    "damaged",
    "link",
    "missing",
    "late",
)


def each(students):
    """Parameters: those of the small class, and on request the others."""
    return [one if one in TEN else pytest.param(one, marks=pytest.mark.thorough) for one in students]


@pytest.fixture(scope="module")
def students(request):
    """Who is in the class: thirty where a test asks for them."""
    mine = [item for item in request.session.items if item.path == request.path]
    return tuple(simulated.ROLES) if any(item.get_closest_marker("thorough") for item in mine) else TEN


@pytest.fixture(scope="module")
def also_padding(students):
    """Who hands in two assignments."""
    return ("untouched",) if students == TEN else simulated.ALSO_PADDING


@pytest.fixture(scope="module")
def handed_in(students, also_padding):
    """How many notebooks there are before the late ones."""
    return len(students) - 2 + len(set(also_padding) - {"late"})


def command(*words):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def rows_of(out):
    with (out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        return {(row["student"], row["assignment"]): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("thirty")


@pytest.fixture(scope="module")
def grade(folder, students, also_padding):
    """Runs `atriacourse grade` on what has been handed in; gives what it prints."""
    simulated.write_class(folder / "in", late=False, students=students, also_padding=also_padding)
    simulated.write_roster(folder / "roster.csv", students)

    def run():
        words = [folder / "in", "--out", folder / "grades", "--roster", folder / "roster.csv"]
        words += ["--minutes", MINUTES, "--reports", "handed-in", "--trust"]
        return command("grade", *words, "--jobs", 2)

    return run


@pytest.fixture(scope="module")
def first(folder, grade):
    """What the first run printed, and its gradebook."""
    return grade(), rows_of(folder / "grades")


def assert_row(row, points, flags):
    got = {part: float(row[part]) for part in ALL if row[part]}
    wanted = ALL | points
    assert got == ({} if "nothing handed in" in row["flags"] else wanted), row["student"]
    assert float(row["total"]) == (sum(wanted.values()) if got else 0)
    assert (re.search(flags, row["flags"]) is not None) if flags else row["flags"] == "", row["student"]


def test_everybody_has_a_row_and_nothing_stopped_the_batch(first, students, handed_in):
    said, rows = first
    assert f"{handed_in} graded, 0 unchanged" in said
    assert {student for student, name in rows if name == simulated.CLOSING} == set(students)
    for row in rows.values():
        assert row["fence"] or float(row["seconds"] or 0) == 0


@pytest.mark.parametrize("student", each(TRAINED))
def test_who_measured_gets_what_it_is_worth(first, student):
    points, flags = TRAINED[student]
    row = dict(first[1][student, simulated.CLOSING])
    # by its seed a network may predict nothing, or give a rare difference that nothing handed in confirms
    # (these notebooks were never run before); both are flagged, and processors differ in whose it is
    if "nothing finite was measured" in row["flags"]:
        points = {part: lost for part, lost in points.items() if part != "claim"}
        flags = "nothing finite"
    elif "outside the seed band" in row["flags"]:
        points = points | {"result": 5}
        flags = flags or "outside the seed band"
    assert_row(row, points, flags)


@pytest.mark.parametrize("student", each(EMPTY_HANDED))
def test_who_measured_nothing_gets_nothing(first, student):
    assert_row(first[1][student, simulated.CLOSING], NOTHING, EMPTY_HANDED[student])


@pytest.mark.thorough
def test_without_a_hypothesis_only_what_needs_none_counts(first):
    row = first[1]["no-hypothesis", simulated.CLOSING]
    assert [float(row[part]) for part in ("hypothesis", "tasks", "result", "claim", "report")] == [
        0,
        30,
        0,
        0,
        25,
    ]


@pytest.mark.thorough
def test_files_of_another_student_earn_no_hypothesis(first):
    row = first[1]["handed-on", simulated.CLOSING]
    assert float(row["hypothesis"]) == 0 and "made for 'right-2'" in row["flags"]
    assert "looks like right-2" in row["flags"]


@pytest.mark.thorough
def test_the_copy_is_found_and_marked_like_any_other(first):
    row = first[1]["copied", simulated.CLOSING]
    assert "looks like right-1" in row["flags"] and float(row["tasks"]) == 30
    # whether this seed's network predicts nothing or not, the result is its own
    assert float(row["result"]) == (5 if "outside the seed band" in row["flags"] else 10)


@pytest.mark.thorough
def test_the_second_assignment(first):
    rows = {student: row for (student, name), row in first[1].items() if name == simulated.PADDING}
    assert float(rows["right-1"]["total"]) == float(rows["right-2"]["total"]) == 100
    assert float(rows["untouched"]["total"]) == 0


def test_every_point_that_is_missing_has_a_reason(first, folder):
    for (student, _), row in first[1].items():
        page = (folder / "grades" / "feedback" / f"{student}.md").read_text(encoding="utf-8")
        if row["assignment"] != simulated.CLOSING or "It could not be run: " in page:
            continue  # one reason for all of it
        for part, most in ALL.items():
            if row[part] and float(row[part]) < most:
                _, _, after = page.partition(f"- {part}: ")
                assert after.split("\n")[1].startswith("  - "), (student, part)


@pytest.mark.thorough
def test_the_look_alikes_are_those(first):
    pairs = set()
    for (student, _), row in first[1].items():
        pairs |= {
            frozenset((student, other))
            for other in re.findall(r"looks like (?!the worked)([\w-]+)", row["flags"])
        }
    assert pairs == {frozenset(("right-1", "copied")), frozenset(("right-2", "handed-on"))}


def test_the_class_page_says_so(first, folder, students):
    page = (folder / "grades" / "class.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert f"{len(students) - 2} of {len(students)} handed in" in text
    assert ("copied and right-1" in text) is ("copied" in students)
    told = {student: flags for student, (_, flags) in TRAINED.items() if "looks like" not in flags}
    for flags in [flags for student, flags in (told | EMPTY_HANDED).items() if student in students]:
        assert re.search(flags, text.replace("&#39;", "'").replace("&#34;", '"'))


def test_nobody_s_files_are_touched(first, folder, students):
    for student in {"tampers", "reads-others"} & set(students):
        names = {path.name for path in (folder / "in" / student).iterdir()}
        assert names == {"closing.ipynb", f"journal-closing-{student}.jsonl"}


def test_the_same_command_after_a_late_file_and_an_override(
    first, folder, grade, students, also_padding, handed_in
):
    """Runs behind all others: it changes the gradebook."""
    book = folder / "grades" / "gradebook.csv"
    lines = list(csv.DictReader(book.read_text(encoding="utf-8").splitlines()))
    for line in lines:
        if (line["student"], line["assignment"]) == (RIGHT, simulated.CLOSING):
            line |= {"override": "report=20", "comment": "Thin on the mechanism."}
    with book.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    simulated.write_class(folder / "in", late=True, students=students, also_padding=also_padding)
    more = 1 + ("late" in also_padding)
    assert f"{more} graded, {handed_in} unchanged" in grade()
    second = rows_of(folder / "grades")
    assert float(second["late", simulated.CLOSING]["total"]) == 100
    if "late" in also_padding:
        assert float(second["late", simulated.PADDING]["total"]) == 100
    assert float(second[RIGHT, simulated.CLOSING]["total"]) == 95
    page = (folder / "grades" / "feedback" / f"{RIGHT}.md").read_text(encoding="utf-8")
    assert "Your teacher says: Thin on the mechanism." in page
    for key, row in first[1].items():
        if key[0] not in ("late", RIGHT):
            assert second[key] == row
    text = book.read_bytes()
    assert f"0 graded, {handed_in + more} unchanged" in grade() and book.read_bytes() == text


def test_the_page_of_the_class_has_no_names(first, folder):
    page = folder / "measured.html"
    said = command("classroom", folder / "grades", "--out", page)
    text = page.read_text(encoding="utf-8")
    assert "of us measured" in text and not [
        student for student in simulated.ROLES if "-" in student and student in text
    ]
    assert re.search(r"left out .*tampers, closing: its result earned no points", said)

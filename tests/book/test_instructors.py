"""The instructor's guide says what the chapters say: budgets, exercises, commands, files."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from atriacourse.assignments.listing import assignments
from atriacourse.cli import app
from atriacourse.studies.catalogue import study

BOOK = Path(__file__).parents[2] / "book"
PAGE = (BOOK / "instructors.md").read_text(encoding="utf-8")
CHAPTERS = sorted(BOOK.glob("[01][0-9]_*.md"))
NOTES = re.findall(r"^### (\d+)\. [^\n]*\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S)
COMMANDS = re.findall(r"^(?:atriacourse|python) .+$", PAGE, re.M)
SECONDS = r"\{claim\}`facts/assignment_seconds/\1`"
ASSIGNED = re.findall(
    rf"^\| `(\w+)` \| \[(\d+)\]\((\w+)\.md\) \| (.+) \| (\S+) \| {SECONDS} \| (.+) \|$", PAGE, re.M
)


def front_matter(chapter):
    return yaml.safe_load(chapter.read_text(encoding="utf-8").split("---\n")[1])["myst"]["substitutions"]


def exercises(chapter):
    """The labels of a chapter's exercises, the ablation last."""
    text = chapter.read_text(encoding="utf-8")
    found = re.findall(r"^:::\{exercise\} .*\n:label: (\S+)\n(:class: ablation)?", text, re.M)
    assert sum(bool(ablation) for _, ablation in found) == 1
    return [label for label, _ in sorted(found, key=lambda one: bool(one[1]))]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_the_table_says_what_the_chapter_says(chapter):
    (row,) = re.findall(rf"^\| \[\d+ [^\]]+\]\({chapter.name}\) \|(.*)\|$", PAGE, re.M)
    reading, minutes, memory, labels = (cell.strip() for cell in row.split("|"))
    stated = front_matter(chapter)
    assert (int(minutes), int(memory)) == (stated["minutes"], stated["memory_gb"])
    time = re.search(r"\*\*Time:\*\* (.+?) to (?:read|run)", chapter.read_text(encoding="utf-8")).group(1)
    assert reading.split(",")[0] == time
    assert re.findall(r"`([\w-]+)`", labels) == exercises(chapter)


def test_every_chapter_has_its_notes():
    assert [int(number) for number, _ in NOTES] == [int(path.name[:2]) for path in CHAPTERS]
    for (number, text), chapter in zip(NOTES, CHAPTERS, strict=True):
        for part in ("Aim", "Stress", "Wrong answers", "Discuss", "Ablation", "Grows"):
            assert f"**{part}:**" in text, (number, part)
        named = re.findall(r"`(ex-[\w-]+)`", text)
        assert set(named) <= set(exercises(chapter)) and exercises(chapter)[-1] in named


def test_every_exercise_that_is_named_is_there():
    known = {label for chapter in CHAPTERS for label in exercises(chapter)}
    assert set(re.findall(r"`(ex-[\w-]+)`", PAGE)) == known


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one(line):
    program, *words = shlex.split(line)
    command, context = typer.main.get_command(app), None
    if program == "python":
        tool = re.fullmatch(r"tools/\w+\.py", words[0])
        assert words[:2] == ["-m", "data_fetch"] or (tool and (BOOK.parent / tool[0]).is_file())
        for option in [word for word in words if tool and word.startswith("--")]:
            assert f'"{option}"' in (BOOK.parent / tool[0]).read_text(encoding="utf-8")
        return
    while hasattr(command, "commands"):
        name = words.pop(0)
        command = command.commands[name]
    context = command.make_context(name, words)  # parsed, not run: an unknown option is an error
    for given in [context.params.get("name"), *context.params.get("names", [])]:
        if given and "study" in line:
            found, _, variants = given.partition("/")
            known = {one.name for one in study(found).variants}
            assert not variants or set(variants.split(",")) <= known


def test_the_table_of_assignments_is_the_catalogue():
    assert [
        (one.name, str(int(one.chapter[:2])), one.chapter, one.hours, f"{one.minutes:g}", one.title)
        for one in assignments().values()
    ] == ASSIGNED


def test_it_leads_through_every_command_for_a_class():
    named = {tuple(shlex.split(line)[1:2]) for line in COMMANDS if line.startswith("atriacourse")}
    assert {("assign",), ("grade",), ("classroom",), ("study",)} <= named
    for option in ("--roster", "--student", "--solutions", "--nbgrader"):
        assert any("assign" in line and option in line for line in COMMANDS), option


def test_every_assignment_that_a_command_names_is_there():
    lines = [shlex.split(line) for line in COMMANDS]
    named = {words[2] for words in lines if words[1] == "assign" and len(words) > 2 and words[2][0] != "-"}
    assert named <= set(assignments())


def test_what_it_says_of_the_files_is_what_is_written(tmp_path):
    """The names that the guide promises for one student's hand-out and the instructor's folder."""
    from atriacourse.assignments.journal import journal_name
    from atriacourse.school.handouts.handout import hand_out

    done = hand_out(assignments()["padding"], ["ada"], tmp_path, solutions=True)
    written = {path.relative_to(tmp_path).as_posix() for path in done.written} | {"variants.csv"}
    assert written == {
        "ada/padding.ipynb",
        "variants.csv",
        "instructor/padding-ada.solution.ipynb",
        "instructor/padding.guide.md",
    }
    assert f"submissions/ada/{journal_name('padding', 'ada')}" in PAGE
    for name in ("`class.html`", "`gradebook.csv`", "`feedback/ID.html`", "`results.json`", "variants.csv"):
        assert name in PAGE or f"/{name}" in PAGE


def test_the_marks_it_explains_are_those_of_the_rubric():
    """Every kind of part has its row, and the numbers in it are the code's."""
    from atriacourse.evaluation.uncertainty import INSIDE
    from atriacourse.school.grading.rubric import FEWEST_WORDS

    rows = re.findall(r"^\| (hypothesis|tasks, interval|result|claim|report|checks, further) \|", PAGE, re.M)
    assert rows == ["hypothesis", "tasks, interval", "result", "claim", "report", "checks, further"]
    assert f"at least {FEWEST_WORDS} words" in PAGE and f"{100 * INSIDE:.0f} of 100 further runs" in PAGE

"""The instructor's guide says what the chapters say: budgets, exercises, commands, files."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from atriacourse.cli import app
from atriacourse.studies.catalogue import study

BOOK = Path(__file__).parents[2] / "book"
PAGE = (BOOK / "instructors.md").read_text(encoding="utf-8")
CHAPTERS = sorted(BOOK.glob("[01][0-9]_*.md"))
NOTES = re.findall(r"^### (\d+)\. [^\n]*\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S)
COMMANDS = re.findall(r"^(?:atriacourse|python) .+$", PAGE, re.M)


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
        assert words[:2] == ["-m", "data_fetch"] or words[0] == "tools/make_book.py"
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


def test_what_it_says_is_missing_is_missing():
    commands = typer.main.get_command(app).commands
    assert "no `assign` and no `grade`" in " ".join(PAGE.split())
    assert not {"assign", "grade"} & set(commands)

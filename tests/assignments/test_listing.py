"""Declarations: read from their files, refused when they do not fit."""

from dataclasses import replace

import pytest
import yaml

from atriacourse.assignments.assignment import Part
from atriacourse.assignments.listing import DECLARED, assignment, read_declaration
from atriacourse.errors import InputError


def read(tmp_path, change):
    """The declaration of a changed contrast.yaml."""
    content = yaml.safe_load((DECLARED / "contrast.yaml").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "contrast.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return read_declaration(path)


def test_a_declaration_is_what_its_file_says(tmp_path):
    found = read(tmp_path, lambda content: content.update(minutes=7))
    assert found == replace(assignment("contrast"), minutes=7)
    assert found.study == "table1" and ("clahe", "gamma_augmentation") in found.levels
    assert sum(part.points for part in found.rubric) == 100
    assert found.part("claim").kind == "claim"
    with pytest.raises(InputError, match="it has hypothesis"):
        found.part("luck")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: one.pop("title"), "title"),
        (lambda one: one.pop("rubric"), "rubric"),
        (lambda one: one.update(colour="blue"), "colour"),
        (lambda one: one["rubric"][0].update(points=11), "100 points together, got .* with 101"),
        (lambda one: one["rubric"][0].update(kind="luck"), "must be one of hypothesis"),
        (lambda one: one["rubric"][0].update(points=0), "above 0"),
        (lambda one: one["rubric"][0].update(name="claim"), "a name of their own"),
        (lambda one: one.update(study=None), "levels need a study"),
        (lambda one: one.pop("levels"), "a study needs levels"),
        (lambda one: one.update(levels=[["clahe"]]), "does not fit"),
        (lambda one: one.update(levels=[["clahe", "magic"]]), "no variant 'magic'"),
        (lambda one: one.update(study="magic"), "no study 'magic'"),
        (lambda one: one.update(metric="beauty"), "no better and worse"),
        (lambda one: one.clear(), "it is empty"),
    ],
)
def test_a_declaration_that_does_not_fit_is_named(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, change)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "it is empty"), ("- a list\n", "does not fit"), ("title: [}\n", "does not fit: while parsing")],
)
def test_a_file_that_is_no_declaration_is_named(tmp_path, text, said):
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(InputError, match=rf"odd\.yaml: .*{said}"):
        read_declaration(tmp_path / "odd.yaml")


def test_an_unknown_assignment_is_told_which_there_are():
    with pytest.raises(InputError, match=r"no assignment 'contrats'; there are .*contrast"):
        assignment("contrats")


def test_every_kind_of_part_is_known():
    with pytest.raises(InputError, match="kind"):
        Part(name="x", points=1, says="", kind="exam")

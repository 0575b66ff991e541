"""The page on paper, code and course: tests, settings and studies that it names exist."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from atriacourse.errors import InputError
from atriacourse.runs.config import RunConfig, override, to_json
from atriacourse.runs.profiles import authors, laptop, paper
from atriacourse.studies.catalogue import STUDIES
from atriacourse.studies.claims import look_up

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "differences.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
DIFFERENCES = [name for name in SECTIONS if name != "The short recipes"]
BRANCHES = ("augmentation", "network", "postprocessing", "prediction", "prepare", "training")
# What the authors' code was found to do; each has to stand on the page.
TOPICS = """Widths / Up-sampling / Spatial pyramid / Label head / Label loss / Total loss / Optimiser /
Epoch / Batch size / Crop sizes / Validation / Grey levels on loading / Padding where the crop
is larger / z-score / Rotation and shift / Zoom / Flips / Gamma augmentation / Automatic gamma
correction / Padding at prediction / Cleaning / Bagging / Hausdorff distance / Average surface
distance / Voxel size / An empty mask"""


def table(text):
    """The rows of a section's table, without the head, as lists of cells."""
    (block,) = re.findall(r"(?:^\|.*\|\n?)+", text, re.M)
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in block.strip().split("\n")[2:]]


def items(text):
    """The items of a list by their topic: "- **Topic:** text" or "- Topic: text"."""
    found = re.findall(r"^- (.+?)(?=^- |^$|\Z)", text, re.M | re.S)
    pairs = [" ".join(item.split()).replace("**", "").split(": ", 1) for item in found]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def row_pairs():
    """(the cells of a row, [topic, what the difference does, what holds our side]) for every row."""
    for name in DIFFERENCES:
        effects, _, held = SECTIONS[name].partition(":::{admonition} Held by these tests")
        rows, does, tests = table(effects), items(effects), items(held)
        assert list(does) == list(tests)
        for row, topic in zip(rows, does, strict=True):
            yield row, [topic, does[topic], tests[topic]]


ROWS = list(row_pairs())


@cache
def names_in(path):
    return set(re.findall(r"^\s*def (test_\w+)", path.read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("pair", ROWS, ids=lambda pair: pair[1][0])
def test_a_row_leads_to_its_chapter_and_names_tests_that_exist(pair):
    (linked, *columns), (topic, effect, held) = pair
    name, page = re.fullmatch(r"\[(.+)\]\((\w+\.md)\)", linked).groups()
    assert name == topic and len(columns) == 3 and all(columns) and effect
    assert (ROOT / "book" / page).is_file()
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", held)
    assert named and len(named) == held.count("`") // 2
    for file, test in named:
        assert test in names_in(ROOT / "tests" / file), f"{file}::{test}"


def test_all_that_the_code_was_found_to_do_has_a_row():
    topics = [held[0] for _, held in ROWS]
    assert set(TOPICS.replace("\n", " ").split(" / ")) <= set(topics) and len(set(topics)) == len(topics)


def test_every_claim_has_a_record():
    paths = re.findall(r"\{claim\}`([^`]+)`", PAGE)
    assert len(paths) > 10
    assert all(look_up(path).text for path in paths)


def test_studies_that_are_named_are_there():
    named = set(re.findall(r"study `(\w+)`", PAGE)) | set(re.findall(r"\{claim\}`atlas/(\w+)", PAGE))
    assert len(named) >= 10 and named <= set(STUDIES)


def test_settings_that_are_named_are_there():
    words = [word for word in re.findall(r"`([^`]+)`", PAGE) if word.split(".")[0] in BRANCHES]
    assert len(words) > 25
    for word in words:
        if "=" in word:
            override(RunConfig(), [word])
        else:
            assert _setting(RunConfig(), word) is not None, word


def test_the_two_profiles_are_what_the_page_says():
    ours, theirs = paper(), authors()
    assert (
        ours.training.curriculum.batch_sizes == theirs.training.curriculum.batch_sizes == (8, 8, 4, 4, 4, 2)
    )
    assert (ours.epochs, ours.training.curriculum.passes) == (theirs.epochs, 6) == (2000, 6)
    words = {
        "augmentation.geometry.padding": ("mirror", "zero"),
        "augmentation.statistics": ("slice", "crop"),
        "augmentation.geometry.independent_zoom": (True, True),
        "augmentation.gamma.probability": (0.5, 0.5),
        "training.curriculum.order": ("growing", "every_epoch"),
        "training.loss.label": ("sigmoid_bce", "softmax_of_sigmoid"),
        "training.loss.label_weight": (1.0, 1.0),
        "prediction.pad_first": (False, True),
        "postprocessing.closing_radius": (2, 2),
    }
    assert {name: (_setting(ours, name), _setting(theirs, name)) for name in words} == words


def test_the_short_recipe_is_the_laptops():
    rows = table(SECTIONS["The short recipes"])
    settings = laptop()
    assert len(rows) == 10
    for _, cell, _ in rows:
        branch = ""
        for word in re.findall(r"`([^`]+)`", cell):
            name, _, value = word.partition("=")
            name = name if name.split(".")[0] in BRANCHES else f"{branch}.{name}"
            branch = name.rpartition(".")[0]
            assert _setting(settings, name) is not None, name
            if value:
                assert to_json(override(settings, [f"{name}={value}"])) == to_json(settings), word


def test_a_setting_that_is_not_there_is_noticed():
    with pytest.raises(KeyError):
        _setting(RunConfig(), "training.nonsense")
    with pytest.raises(InputError):
        look_up("atlas/curriculum/growing-vs-sideways/dice")


def _setting(config, name):
    """The value of a setting, as JSON gives it back, lists as tuples."""
    place = json.loads(json.dumps(to_json(config)))
    for part in name.split("."):
        place = place[part]
    return tuple(place) if isinstance(place, list) else place

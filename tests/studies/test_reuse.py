"""Cells that differ in how they predict alone: trained once, and the same as if trained twice."""

import json
from shutil import copytree

import numpy as np
import pytest

from atriacourse.files import read_json
from atriacourse.runs.config import override
from atriacourse.studies.cells import Cell, plan_study
from atriacourse.studies.declare import Study, Variant
from atriacourse.studies.readings import read_probabilities
from atriacourse.studies.records import read_records
from atriacourse.studies.reuse import take_training
from atriacourse.studies.runner import run_units

SIZES = Study(
    name="sizes",
    question="Does a second size help?",
    variants=(
        Variant(name="once", label="once"),
        Variant(name="twice", label="twice", set=("prediction.zooms=[0.75, 1.0]",)),
    ),
)


@pytest.fixture(scope="module")
def units(tiny_data, tiny_extra):
    return plan_study(SIZES, scale_name="smoke", data=tiny_data.fingerprint, seeds=(1,), extra=tiny_extra)


@pytest.fixture(scope="module")
def both(units, tiny_data, tmp_path_factory):
    """The folder in which both variants were run, one after the other."""
    folder = tmp_path_factory.mktemp("sizes")
    end = run_units(units, tiny_data, folder, device="cpu", threads=1)
    assert end.done == end.total == 2 and not end.failed
    return folder


@pytest.mark.slow
def test_it_is_the_record_that_a_training_of_its_own_gives(both, units, tiny_data, tmp_path):
    end = run_units(units[1:], tiny_data, tmp_path, device="cpu", threads=1)  # nobody to take it from
    assert end.done == end.total == 1
    alone, taken = (read_records(folder / "records")[units[1].key] for folder in (tmp_path, both))
    assert alone.same_result(taken)
    assert "weights_of" not in alone.made and taken.made["weights_of"] == units[0].key


def test_the_weights_are_the_others_and_the_prediction_its_own(both, units):
    once, twice = (both / "cells" / unit.key / "run" for unit in units)
    assert (once / "best.safetensors").read_bytes() == (twice / "best.safetensors").read_bytes()
    for name in ("config", "setup", "run"):
        content = read_json(twice / f"{name}.json", way_out="")
        assert (content if name == "config" else content["config"])["prediction"]["zooms"] == [0.75, 1.0]
    case = read_records(both / "records")[units[0].key].cases[0]
    stored = [both / "cells" / unit.key / "probabilities" / f"{case}.npz" for unit in units]
    assert not np.array_equal(*(read_probabilities(path) for path in stored))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"split": "share:0.5"},
        {"subsets": "all"},
        {"data": "0123456789abcdef"},
        {"set": "training.learning_rate=0.001"},
        {"set": "network.hidden=8"},
        {"set": "training.validations=2"},  # the checkpoint that is kept depends on the prediction
    ],
)
def test_another_training_is_not_taken(both, units, change):
    cell = units[1].cells[0]
    config = override(cell.config, [change["set"]] if "set" in change else [])
    config = override(config, ["prediction.zooms=[0.9, 1.0]"])
    fields = {name: getattr(cell, name) for name in ("data", "split", "subsets", "member", "seed")}
    other = Cell(config=config, **(fields | {k: v for k, v in change.items() if k != "set"}))
    assert take_training(other, both) is False
    assert not (both / "cells" / other.key).exists()


def test_one_that_was_broken_off_is_not_taken(both, units, tmp_path):
    folder = copytree(both, tmp_path / "study")
    cell = units[0].cells[0]
    cell = Cell(
        config=override(cell.config, ["prediction.zooms=[0.9, 1.0]"]),
        **{name: getattr(cell, name) for name in ("data", "split", "subsets", "member", "seed")},
    )
    for unit in units:
        run = folder / "cells" / unit.key / "run" / "run.json"
        run.write_text(json.dumps(read_json(run, way_out="") | {"done": False}))
    assert take_training(cell, folder) is False
    for unit in units:
        run = folder / "cells" / unit.key / "run" / "run.json"
        run.write_text(json.dumps(read_json(run, way_out="") | {"done": True}))
    (folder / "records" / f"{units[1].key}.json").write_text("{}")  # another cell's damage is not this one's
    (folder / "cells" / cell.key / "run.draft").mkdir(parents=True)  # a copy that was killed
    assert take_training(cell, folder) is True
    assert take_training(cell, folder) is False  # it has one now

"""A run on disk: killed for real and resumed bit for bit, refused when it is another, planned by minutes."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.inference.predict import Prediction
from atriacourse.runs.budget import measure_steps
from atriacourse.runs.config import from_json, override, to_json
from atriacourse.runs.splitting import inner_split, make_split
from atriacourse.runs.train import train_run, validate
from atriacourse.training.checkpoint import read_checkpoint
from atriacourse.training.loop import Trainer

ADAMW = ("training.optimiser=adamw", "training.learning_rate=0.003", "training.gradient_clip=1")
TIMELESS = ("seconds", "slices_per_second")

# A program of its own that trains slowly enough to be shot at any moment: every step waits a little, and a
# checkpoint is due every third step or so, so that a kill also loses steps.
CHILD = """
import json, sys, time
import torch
torch.set_num_threads(1)
from atriacourse.data.cohort import open_cohort
from atriacourse.runs.config import from_json
from atriacourse.runs.splitting import make_split
from atriacourse.runs.train import train_run
from atriacourse.runs.watcher import Silent
class Slow(Silent):
    def step(self, report):
        time.sleep(0.04)
cohort = open_cohort(sys.argv[1])
config = from_json(json.loads(sys.argv[3]))
split = make_split(cohort, "holdout", seed=0)
train_run(cohort, sys.argv[2], config=config, split=split, device="cpu", watcher=Slow())
"""


@pytest.fixture(scope="module")
def cohort(phantom_folder):
    return open_cohort(phantom_folder)


@pytest.fixture(scope="module")
def split(cohort):
    return make_split(cohort, "holdout", seed=0)


def tensors_of(folder, name):
    return read_checkpoint(folder / f"{name}.safetensors")[0]


def same_tensors(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def timeless(rows):
    return [{name: value for name, value in row.items() if name not in TIMELESS} for row in rows]


def assert_same_run(one, other):
    for name in ("best", "last"):
        assert same_tensors(tensors_of(one, name), tensors_of(other, name)), name
    states = [read_checkpoint(folder / "last.safetensors")[1] for folder in (one, other)]
    assert timeless(states[0]["history"]) == timeless(states[1]["history"])
    assert states[0]["validations"] == states[1]["validations"]
    assert states[0]["best"] == states[1]["best"]


def kill_one(command, last, *, seconds):
    """Start a program, wait for its first checkpoint and then a while, and send SIGKILL."""
    before = last.stat().st_mtime_ns if last.exists() else 0
    child = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        give_up = time.monotonic() + 600
        while not (last.exists() and last.stat().st_mtime_ns > before):
            assert child.poll() is None, child.stderr.read().decode()
            assert time.monotonic() < give_up
            time.sleep(0.005)
        time.sleep(seconds)
    finally:
        child.kill()
        child.communicate()
    assert child.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "kills"), [((), 1), (ADAMW, 2)], ids=["sgd", "adamw"])
def test_killed_and_resumed_is_bit_for_bit_the_run_left_alone(
    cohort, split, phantom_folder, tiny_config, tmp_path, one_thread, settings, kills
):
    config = override(tiny_config, ["epochs=6", "training.save_seconds=0.1", *settings])
    alone, shot = tmp_path / "alone", tmp_path / "shot"
    assert train_run(cohort, alone, config=config, split=split, device="cpu") is True

    command = [sys.executable, "-c", CHILD, phantom_folder, shot, json.dumps(to_json(config))]
    moment = random.Random()  # an arbitrary moment, another each time the test runs
    done = 0
    for _ in range(kills):
        kill_one([str(part) for part in command], shot / "last.safetensors", seconds=moment.uniform(0, 0.4))
        state = read_checkpoint(shot / "last.safetensors")[1]
        assert done < state["epoch"] * 8 + state["step_in_epoch"] < 6 * 8
        done = state["epoch"] * 8 + state["step_in_epoch"]
    assert not (shot / "run.json").exists()
    assert train_run(cohort, shot, config=config, split=split, device="cpu") is True
    assert_same_run(alone, shot)


def test_the_finished_folder_holds_everything_about_the_run(tiny_run, tiny_config, cohort, split):
    names = {path.name for path in tiny_run.iterdir()}
    assert names >= {"setup.json", "config.json", "split.json", "run.json", "log.csv", "validation.csv"}
    assert names >= {"best.safetensors", "last.safetensors", "tensorboard"}
    assert not [name for name in names if name.endswith(".part") or name.startswith(".")]
    record = read_json(tiny_run / "run.json", way_out="")
    assert record["done"] is True and record["epochs"] == 2 and record["seed"] == 0
    assert (
        from_json(record["config"])
        == from_json(read_json(tiny_run / "config.json", way_out=""))
        == tiny_config
    )
    assert record["precision"] == "float32" and len(record["data"]) == 16 and record["torch"]
    trained, validated = set(record["trained_on"]), set(record["validated_on"])
    assert trained | validated == set(split.train) and not trained & validated and validated
    assert not (trained | validated) & set(split.test)
    header = read_checkpoint(tiny_run / "best.safetensors")[1]["header"]
    assert from_json(header["config"]) == tiny_config


def test_a_finished_run_called_again_stays_as_it_is(tiny_run, tiny_config, cohort, split, tmp_path):
    again = shutil.copytree(tiny_run, tmp_path / "again")
    assert train_run(cohort, again, config=tiny_config, split=split, device="cpu") is True
    assert_same_run(tiny_run, again)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config": "epochs=3"}, r"other settings \(epochs\)"),
        ({"config": "training.learning_rate=0.1"}, r"other settings \(training.learning_rate\)"),
        ({"seed": 1}, "other seed 0"),
        ({"split": "all"}, "split"),
        ({"split": "fold:1/3"}, "split"),
    ],
)
def test_another_run_in_the_same_folder_is_refused(
    tiny_run, tiny_config, cohort, split, tmp_path, changes, said
):
    folder = shutil.copytree(tiny_run, tmp_path / "run")
    files = {path: path.read_bytes() for path in folder.glob("*") if path.is_file()}
    config = override(tiny_config, [changes["config"]]) if "config" in changes else tiny_config
    split = make_split(cohort, changes["split"], seed=0) if "split" in changes else split
    with pytest.raises(InputError, match=rf"holds a run with other .*{said.split()[-1]}.*another folder"):
        train_run(cohort, folder, config=config, split=split, seed=changes.get("seed", 0), device="cpu")
    assert all(path.read_bytes() == content for path, content in files.items())


def test_other_data_under_the_same_names_is_refused(tiny_run, tiny_config, phantom_folder, split, tmp_path):
    data = shutil.copytree(phantom_folder, tmp_path / phantom_folder.name)
    cohort = open_cohort(data)
    one, two = cohort.case(split.train[0]), cohort.case(split.train[1])
    shutil.copy(one.image_path, two.image_path)
    folder = shutil.copytree(tiny_run, tmp_path / "run")
    with pytest.raises(InputError, match="other data"):
        train_run(open_cohort(data), folder, config=tiny_config, split=split, device="cpu")


def test_a_damaged_checkpoint_stops_the_resume_and_names_the_way_out(
    tiny_run, tiny_config, cohort, split, tmp_path
):
    folder = shutil.copytree(tiny_run, tmp_path / "run")
    last = folder / "last.safetensors"
    last.write_bytes(last.read_bytes()[:1000])
    (folder / "run.json").unlink()  # not done yet, then
    with pytest.raises(InputError, match=r"last\.safetensors is not a whole checkpoint.*or train again"):
        train_run(cohort, folder, config=tiny_config, split=split, device="cpu")
    last.unlink()  # train again: without it the run begins anew, and is the same
    train_run(cohort, folder, config=tiny_config, split=split, device="cpu")
    assert (folder / "last.safetensors").is_file()


def test_subnormal_numbers_are_back_after_a_run(tiny_config, cohort, split, tmp_path):
    train_run(cohort, tmp_path / "run", config=tiny_config, split=split, device="cpu")
    # scipy's balanced k-d tree, which scikit-image builds, crashed the process where they were flushed
    points = np.zeros((300, 3))
    points[:90] = np.random.default_rng(0).integers(0, 3, (90, 3))
    assert cKDTree(points).query(points)[0].max() == 0
    assert (np.array([2.0**-1074]) > 0).all()  # the smallest number there is


def test_a_run_that_is_done_is_left_as_it_is(tiny_run, tiny_config, cohort, split):
    before = {path: path.stat().st_mtime_ns for path in tiny_run.iterdir()}
    assert train_run(cohort, tiny_run, config=tiny_config, split=split, device="cpu")
    assert {path: path.stat().st_mtime_ns for path in tiny_run.iterdir()} == before


def test_a_bags_folder_is_not_made_a_runs(tiny_config, cohort, split, tmp_path):
    (tmp_path / "bag.json").write_text("{}")
    with pytest.raises(InputError, match="holds a bag"):
        train_run(cohort, tmp_path, config=tiny_config, split=split, device="cpu")
    assert [path.name for path in tmp_path.iterdir()] == ["bag.json"]


def test_labels_nobody_knows_are_no_obstacle(cohort, split, tiny_config, tmp_path):
    bare = replace(cohort, cases=tuple(replace(case, post_ablation=None) for case in cohort))
    config = override(tiny_config, ["epochs=1"])
    assert train_run(bare, tmp_path / "run", config=config, split=split, device="cpu") is True
    (row,) = read_checkpoint(tmp_path / "run" / "last.safetensors")[1]["history"]
    assert row["label_loss"] == 0 and row["loss"] == row["mask_loss"] > 0


def test_a_name_drawn_several_times_stays_on_one_side(cohort, split):
    train = tuple(sorted([*split.train, split.train[0], split.train[0], split.train[1]]))
    drawn = replace(split, kind="bootstrap", train=train, test=())
    inner = inner_split(cohort, drawn, fraction=0.3, seed=0)
    assert set(inner.train) | set(inner.test) == set(train) and not set(inner.train) & set(inner.test)
    assert [name for name in train if name not in inner.test] == list(inner.train)
    assert inner.groups.keys() == set(train)


def test_stopping_saves_and_says_so(cohort, split, tiny_config, tmp_path, one_thread, tiny_run):
    def stop_at_once(trainer):
        trainer.stop_requested = True

    def run(**more):
        return train_run(cohort, tmp_path / "run", config=tiny_config, split=split, device="cpu", **more)

    assert run(on_trainer=stop_at_once) is False
    assert read_json(tmp_path / "run" / "run.json", way_out="")["done"] is False
    assert read_checkpoint(tmp_path / "run" / "last.safetensors")[1]["step_in_epoch"] == 1
    assert run() is True
    assert read_json(tmp_path / "run" / "run.json", way_out="")["done"] is True


def test_a_diverging_run_keeps_its_last_good_checkpoint(cohort, split, tiny_config, tmp_path, monkeypatch):
    train_step = Trainer.train_step

    def diverges(self, batch, *, rate, seed):
        loss = train_step(self, batch, rate=rate, seed=seed)
        return loss._replace(total=loss.total * float("nan")) if self.epoch == 1 else loss

    monkeypatch.setattr(Trainer, "train_step", diverges)
    with pytest.raises(InputError, match=r"NaN or infinite in epoch 1.*last good state"):
        train_run(cohort, tmp_path / "run", config=tiny_config, split=split, device="cpu")
    tensors = tensors_of(tmp_path / "run", "last")
    assert all(bool(tensor.isfinite().all()) for tensor in tensors.values())
    assert len((tmp_path / "run" / "log.csv").read_text().splitlines()) == 2  # the header and epoch 0


# ---- by minutes ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_by_minutes_ends_about_then_and_follows_its_saved_plan(
    cohort, split, tiny_config, tmp_path, monkeypatch
):
    monkeypatch.setattr(time, "monotonic", time.process_time)  # whatever else the machine does
    config = override(tiny_config, ["minutes=0.1", "training.validations=4"])
    folder = tmp_path / "run"
    began = time.monotonic()
    assert train_run(cohort, folder, config=config, split=split, device="cpu") is True
    took = time.monotonic() - began
    assert 3 < took < 12, f"asked for 6 seconds, took {took:.1f}"
    knots = read_json(folder / "plan.json", way_out="")["knots"]
    assert knots[0] == [0, 0.0] and knots[-1][1] == 1.0
    assert knots == sorted(knots) and len({epoch for epoch, _ in knots}) == len(knots)
    assert read_json(folder / "run.json", way_out="")["epochs"] == knots[-1][0]


def test_a_resumed_run_by_minutes_follows_the_plan_it_had(cohort, split, tiny_config, tmp_path):
    config = override(tiny_config, ["minutes=0.05", "training.validations=1"])
    folder = tmp_path / "run"

    def train(**more):
        return train_run(cohort, folder, config=config, split=split, device="cpu", **more)

    assert train(on_trainer=lambda trainer: setattr(trainer, "stop_requested", True)) is False
    plan = {"knots": [[0, 0.0], [3, 1.0]]}  # as another, slower machine would have planned it
    (folder / "plan.json").write_text(json.dumps(plan))
    assert train() is True
    assert read_json(folder / "run.json", way_out="")["epochs"] == 3
    assert read_json(folder / "plan.json", way_out="") == plan


def test_measuring_changes_nothing(cohort, split, tiny_config, tmp_path, tiny_run):
    seen = []

    def look(trainer):
        before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
        model, optimiser = trainer.model, trainer.optimiser
        costs = measure_steps(trainer)
        assert set(costs) == {32, 48} and all(cost > 0 for cost in costs.values())
        assert trainer.model is model and trainer.optimiser is optimiser and not optimiser.state
        assert same_tensors(before, trainer.model.state_dict())
        seen.append(True)
        trainer.stop_requested = True

    train_run(cohort, tmp_path / "run", config=tiny_config, split=split, device="cpu", on_trainer=look)
    assert seen


def test_validation_looks_once_at_each_slice(tiny_config, monkeypatch):
    asked = []

    def predicted(model, grey, *, prepare, config):
        asked.append(config.zooms)
        return Prediction(grey.astype(np.float32), None)

    monkeypatch.setattr("atriacourse.runs.train.predict_volume", predicted)
    config = override(tiny_config, ["prediction.zooms=[0.85, 1.0, 1.15]"])
    grey = np.pad(np.ones((4, 6, 6), np.uint8), 4)
    assert validate(None, [("a", grey, grey > 0)], config) == {"score": 1.0, "dice": {"a": 1.0}}
    assert asked == [(1.0,)]


def test_training_learns_something(cohort, split, tiny_config, tmp_path):
    config = override(tiny_config, ["epochs=6", *ADAMW, "training.learning_rate=0.01"])
    train_run(cohort, tmp_path / "run", config=config, split=split, device="cpu")
    history = read_checkpoint(tmp_path / "run" / "last.safetensors")[1]["history"]
    losses = [row["mask_loss"] for row in history]
    assert np.mean(losses[-2:]) < 0.8 * losses[0]

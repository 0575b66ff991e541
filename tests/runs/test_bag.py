"""Bagging: member by member, resumable, and one model when it predicts."""

import shutil

import numpy as np
import pytest

from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.inference.postprocess import postprocess
from atriacourse.runs.bag import train_bag
from atriacourse.runs.config import override
from atriacourse.runs.evaluate import evaluate_cohort
from atriacourse.runs.folder import open_model
from atriacourse.runs.predict import Segmenter
from atriacourse.runs.splitting import make_split
from atriacourse.runs.train import train_run
from atriacourse.runs.watcher import Silent


class Listening(Silent):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


@pytest.fixture(scope="module")
def cohort(phantom_folder):
    return open_cohort(phantom_folder)


@pytest.fixture(scope="module")
def split(cohort):
    return make_split(cohort, "holdout", seed=0)


@pytest.fixture(scope="module")
def config(tiny_config):
    return override(tiny_config, ["epochs=1", "training.validations=1"])


@pytest.fixture(scope="module")
def bag(cohort, split, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bags") / "whole"
    assert train_bag(cohort, folder, config=config, split=split, members=2, device="cpu") is True
    return folder


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.safetensors")}


def test_members_differ_in_cases_and_weights_and_never_see_the_held_out(bag, split):
    records = [read_json(bag / f"member_{k}" / "run.json", way_out="") for k in range(2)]
    seen = [set(record["trained_on"]) | set(record["validated_on"]) for record in records]
    assert all(names <= set(split.train) and not names & set(split.test) for names in seen)
    assert [record["seed"] for record in records] == [0, 1]
    assert records[0]["trained_on"] != records[1]["trained_on"]
    assert open_model(bag).split() == split
    weights = [path.read_bytes() for path in open_model(bag).weights]
    assert len(weights) == 2 and weights[0] != weights[1]


def test_interrupted_after_its_first_member_it_goes_on_with_the_second(
    bag, cohort, split, config, tmp_path, one_thread
):
    folder = tmp_path / "bag"
    started = []

    def dies_in_the_second(trainer):
        started.append(trainer)
        if len(started) == 2:
            raise KeyboardInterrupt

    def train(**more):
        return train_bag(cohort, folder, config=config, split=split, members=2, device="cpu", **more)

    with pytest.raises(KeyboardInterrupt):
        train(on_trainer=dies_in_the_second)
    with pytest.raises(InputError, match="1 of 2 checkpoints are not there yet"):
        open_model(folder)
    first = files_of(folder / "member_0")
    listening = Listening()
    assert train(watcher=listening) is True
    assert "member 0 of 2 is done already" in listening.said
    assert files_of(folder / "member_0") == first
    assert len(files_of(folder)) == 4

    listening = Listening()
    assert train(watcher=listening) is True  # all done: nothing to do
    assert sum("done already" in said for said in listening.said) == 2


def test_a_bag_stopped_on_request_says_so(cohort, split, config, tmp_path):
    def stop(trainer):
        trainer.stop_requested = True

    def train(**more):
        return train_bag(cohort, tmp_path, config=config, split=split, members=2, device="cpu", **more)

    assert train(on_trainer=stop) is False
    assert not (tmp_path / "member_1").exists()
    assert train() is True


def test_it_predicts_the_mean_of_its_members(bag, cohort, split):
    image = cohort.case(split.test[0]).image()
    together = Segmenter(open_model(bag), device="cpu")(image)
    alone = [Segmenter(open_model(bag / f"member_{k}"), device="cpu")(image) for k in range(2)]
    mean = (alone[0].atrium + alone[1].atrium) / 2
    np.testing.assert_allclose(together.atrium, mean, atol=1e-6)
    np.testing.assert_array_equal(together.mask, postprocess(together.atrium > 0.5))
    assert together.post_ablation == pytest.approx(np.mean([one.post_ablation for one in alone]))


def test_it_is_scored_as_one(bag, cohort, split, tmp_path):
    segmenter = Segmenter(open_model(bag), device="cpu")
    result = evaluate_cohort(segmenter, cohort.subset(split.test), tmp_path / "scores.csv")
    assert list(result.table["name"]) == list(split.test)


def test_folds_leave_each_case_out_once(cohort, split, config, tmp_path):
    train_bag(cohort, tmp_path, config=config, split=split, members=2, subsets="folds", device="cpu")
    left_out = [read_json(tmp_path / f"member_{k}" / "split.json", way_out="")["test"] for k in range(2)]
    assert sorted(left_out[0] + left_out[1]) == sorted(split.train)


@pytest.mark.parametrize(
    "changes",
    [{"members": 3}, {"seed": 1}, {"subsets": "folds"}, {"config": "epochs=2"}, {"split": "fold:1/3"}],
)
def test_another_bag_in_the_same_folder_is_refused(bag, cohort, split, config, tmp_path, changes):
    folder = shutil.copytree(bag, tmp_path / "bag")
    before = files_of(folder)
    options = {"config": config, "split": split, "members": 2} | changes
    if "config" in changes:
        options["config"] = override(config, [changes["config"]])
    if "split" in changes:
        options["split"] = make_split(cohort, changes["split"], seed=0)
    with pytest.raises(InputError, match="holds another bag; name another folder"):
        train_bag(cohort, folder, device="cpu", **options)
    assert files_of(folder) == before


def test_a_runs_folder_is_not_made_a_bags(tiny_run, cohort, split, config, tmp_path):
    folder = shutil.copytree(tiny_run, tmp_path / "run")
    with pytest.raises(InputError, match="holds a run, not a bag"):
        train_bag(cohort, folder, config=config, split=split, members=2, device="cpu")
    with pytest.raises(InputError, match="holds a bag, not a run"):
        (folder / "bag.json").write_text("{}")
        train_run(cohort, folder, config=config, split=split, device="cpu")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"members": 0}, "members must be a whole number from 1 to 100"),
        ({"subsets": "jackknife"}, "bootstrap, folds"),
        ({"members": 1, "subsets": "folds"}, "folds must be at least 2"),
    ],
)
def test_a_bag_that_cannot_be_is_refused_before_anything_is_written(
    cohort, split, config, tmp_path, changes, said
):
    with pytest.raises(InputError, match=said):
        train_bag(cohort, tmp_path / "bag", config=config, split=split, **changes)
    assert not (tmp_path / "bag").exists()

"""A run that was really killed goes on to the weights of one left alone."""

import pytest
import torch

from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.data.splits import holdout_split
from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.pages.chapters.training_killed import train_and_kill
from atriacourse.runs.config import override
from atriacourse.runs.profiles import smoke
from atriacourse.runs.train import train_run
from atriacourse.training.checkpoint import read_checkpoint


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    cohort = open_cohort(
        write_phantom_cohort(folder, cases=4, config=PhantomConfig(matrix=64, slices=8), seed=3)
    )
    config = override(
        smoke(),
        ["epochs=4", "training.save_seconds=0", "training.precision=float32", "prepare.downsample=1"],
    )
    split = holdout_split(cohort, fraction=0.25, seed=1)
    return {"cohort": cohort, "config": config, "split": split, "seed": 1, "device": "cpu"}


def test_killed_and_gone_on_with_is_as_if_never_stopped(call, tmp_path):
    code = train_and_kill({**call, "folder": tmp_path / "killed"})
    assert code < 0  # by a signal
    assert not (tmp_path / "killed" / "run.json").is_file()
    for name in ("killed", "whole"):
        assert train_run(**{**call, "folder": tmp_path / name})
    assert read_json(tmp_path / "killed" / "run.json", way_out="")["done"]
    one, two = (read_checkpoint(tmp_path / name / "last.safetensors")[0] for name in ("killed", "whole"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_training_that_fails_at_once_is_told(call, tmp_path):
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "bag.json").write_text("{}")
    with pytest.raises(InputError, match="before it had saved anything"):
        train_and_kill({**call, "folder": tmp_path / "bag"})

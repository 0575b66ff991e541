"""Bagging at prediction: the mean of the members, one of which is in memory at a time."""

import gc
import weakref

import numpy as np
import pytest
import torch

from atriacourse.augment.prepare import PrepareConfig
from atriacourse.errors import InputError
from atriacourse.inference.ensemble import predict_ensemble
from atriacourse.inference.predict import PredictConfig, predict_volume
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig

NETWORK = NetworkConfig(encoder=(4, 4), decoder=(4,), hidden=3, grids=(1,), label_stage=1)
FLOAT32 = PredictConfig(precision="float32")


def member(seed, **changes):
    def load():
        torch.manual_seed(seed)
        return MultiTaskUNet(NetworkConfig(**(vars(NETWORK) | changes)))

    return load


def predict(members, grey, **more):
    return predict_ensemble(members, grey, prepare=PrepareConfig(), config=FLOAT32, **more)


@pytest.fixture
def grey(rng):
    return rng.integers(0, 256, (3, 11, 14)).astype(np.uint8)


def test_an_ensemble_of_one_is_its_member(grey):
    one = predict_volume(member(0)(), grey, prepare=PrepareConfig(), config=FLOAT32)
    result = predict([member(0)], grey)
    np.testing.assert_array_equal(result.atrium, one.atrium)
    assert result.post_ablation == one.post_ablation


@pytest.mark.parametrize("count", [2, 3])
def test_an_ensemble_is_the_mean_of_its_members(grey, count):
    alone = [predict_volume(member(k)(), grey, prepare=PrepareConfig(), config=FLOAT32) for k in range(count)]
    result = predict([member(k) for k in range(count)], grey)
    mean = np.mean([one.atrium.astype(float) for one in alone], axis=0)
    np.testing.assert_allclose(result.atrium, mean, atol=1e-6)
    assert result.atrium.dtype == np.float32
    assert result.post_ablation == pytest.approx(np.mean([one.post_ablation for one in alone]))


def test_members_without_a_label_head_give_no_label(grey):
    assert predict([member(k, label_head=False) for k in range(2)], grey).post_ablation is None


def test_only_one_member_is_alive_at_a_time(grey):
    alive, most = weakref.WeakSet(), []

    def counted(seed):
        def load():
            gc.collect()
            most.append(len(alive))  # of the members before, when the next is about to be loaded
            model = member(seed)()
            alive.add(model)
            return model

        return load

    predict([counted(k) for k in range(4)], grey)
    assert most == [0, 0, 0, 0]
    gc.collect()
    assert len(alive) == 0


def test_progress_runs_over_all_members(grey):
    told = []
    predict([member(0), member(1)], grey, progress=lambda *args: told.append(args))
    assert told == [(3, 6), (6, 6)]


def test_no_members_are_refused(grey):
    with pytest.raises(InputError, match="at least one member"):
        predict([], grey)

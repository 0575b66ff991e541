"""What a GPU needs, tried without one: no mixing of devices, no look at its numbers, nothing it cannot do.

torch's "meta" device has shapes and no numbers: it refuses whatever mixes it with the CPU, and whatever asks
for a value, which on a GPU would wait for all work under way. The one exception is named in the test.
"""

import contextlib

import numpy as np
import pytest
import torch
import torch.fx.experimental._config as shapes
from torch.utils._python_dispatch import TorchDispatchMode

from atriacourse.augment import gamma
from atriacourse.augment.batch import Batch
from atriacourse.data.bank import BankCase, SliceBank
from atriacourse.inference.predict import predict_volume
from atriacourse.network import pyramid
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.config import override
from atriacourse.runs.profiles import profile
from atriacourse.training import loop
from atriacourse.training.curriculum import Step
from atriacourse.training.loop import Trainer

RECIPES = ["paper", "laptop", "authors"]
SMALL = ("network.encoder=[8,16,16,16,16]", "network.decoder=[16,16,8,8]", "network.hidden=4")


class Dtypes(TorchDispatchMode):
    """Notes of every operation what it gives: (device, number type)."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        leaves = torch.utils._pytree.tree_leaves(out)
        self.seen |= {(one.device.type, one.dtype) for one in leaves if isinstance(one, torch.Tensor)}
        return out


def trainer_on(device, name, tmp_path):
    rng = np.random.default_rng(1)
    cases = [
        BankCase(
            name=case,
            grey=rng.integers(0, 255, (5, 60, 64)).astype(np.uint8),
            mask=np.full((5, 60, 64), 255, np.uint8),
            post_ablation=True,
        )
        for case in "ab"
    ]
    torch.manual_seed(0)
    config = override(profile(name), [*SMALL, "training.precision=float32", "training.gradient_clip=1"])
    return Trainer(
        MultiTaskUNet(config.network).to(device),
        SliceBank(cases, offsets=config.prepare.offsets, device=device),
        config=config.training,
        augmentation=config.augmentation,
        seed=0,
        folder=tmp_path,
        validate=lambda model: {"score": 0.5},
    )


def one_step(trainer):
    batch = trainer.make_batch(Step(crop=64, cases=[0, 1], slices=[1, 2], seed=3))
    return batch, trainer.train_step(batch, rate=0.1, seed=1)


@pytest.mark.parametrize("name", RECIPES)
def test_a_training_step_mixes_no_devices_and_waits_for_no_number(name, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "autocast", lambda *_: contextlib.nullcontext())  # torch has none for "meta"
    # the exception: unknown labels are left out by a boolean index, whose length a GPU must tell, once a step
    with shapes.patch(meta_nonzero_assume_all_nonzero=True):
        batch, loss = one_step(trainer_on("meta", name, tmp_path))
    assert {part.device.type for part in (*batch, *loss)} == {"meta"}
    assert isinstance(batch, Batch)


@pytest.mark.parametrize("name", RECIPES)
def test_what_an_apple_gpu_lacks_is_not_asked_of_it(name, tmp_path, monkeypatch):
    """With the CPU taken for such a device: no float64 comes up, and nothing else changes."""
    usual, loss = one_step(trainer_on("cpu", name, tmp_path))
    monkeypatch.setattr(gamma, "NO_FLOAT64", ("cpu",))
    monkeypatch.setattr(pyramid, "EVEN_CELLS_ONLY", ("cpu",))
    trainer = trainer_on("cpu", name, tmp_path)
    with Dtypes() as dtypes:
        batch, same = one_step(trainer)
        predict_volume(trainer.model, np.zeros((3, 60, 64), np.uint8), prepare=profile(name).prepare)
    assert torch.float64 not in {dtype for _, dtype in dtypes.seen}
    torch.testing.assert_close(batch.images, usual.images, rtol=1e-5, atol=1e-5)
    assert torch.equal(batch.masks, usual.masks)
    assert abs(same.total - loss.total) < 1e-4

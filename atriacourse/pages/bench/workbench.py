"""A trainer on a bench: the real training loop, made from a few cases, for one step or one batch at a time.

Beside trained.py; uses training/loop.py. A chapter that asks what one step does needs no validation and no
folder layout, only the trainer.
"""

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from atriacourse.augment.batch import Batch
from atriacourse.data.bank import SliceBank
from atriacourse.data.case import Cohort
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.pages.bench.chapter import Chapter
from atriacourse.runs.config import RunConfig, override
from atriacourse.runs.loading import load_bank_cases
from atriacourse.runs.watcher import Silent
from atriacourse.training.curriculum import epoch_steps
from atriacourse.training.loop import Trainer


def no_validation(network: nn.Module) -> dict[str, Any]:
    """In place of a validation: a score of 0."""
    return {"score": 0.0, "dice": {}}


def trainer_for(
    cohort: Cohort,
    names: Sequence[str],
    folder: Path,
    *,
    config: RunConfig,
    seed: int,
    validate: Callable[[nn.Module], dict[str, Any]] = no_validation,
) -> Trainer:
    """The trainer that `train_run` would make for these cases on a CPU, with weights drawn from `seed`.

    Args: folder: made if absent; checkpoints go there. validate: see `Trainer`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bank = SliceBank(load_bank_cases(cohort, names, config, Silent()), offsets=config.prepare.offsets)
    torch.manual_seed(seed)
    return Trainer(
        MultiTaskUNet(config.network),
        bank,
        config=config.training,
        augmentation=config.augmentation,
        seed=seed,
        folder=folder,
        validate=validate,
    )


def some_batch(trainer: Trainer, *, epoch: int = 0, progress: float = 0.0) -> Batch:
    """The first batch of an epoch that shows some atrium: images, masks, labels.

    Args: progress: of the whole training, 0 to 1; it decides the crop.
    Raises: InputError if no batch of the epoch does.
    """
    curriculum = trainer.config.curriculum
    steps = epoch_steps(
        curriculum, depths=trainer.bank.depths, progress=progress, seed=trainer.seed, epoch=epoch
    )
    for step in steps:
        batch = trainer.make_batch(step)
        if batch.masks.flatten(1).any(dim=1).float().mean() >= 0.5:
            return batch
    raise InputError(f"in epoch {epoch} no batch shows the atrium in half of its slices; take another epoch")


def one_batch(
    cohort: Cohort,
    names: Sequence[str],
    chapter: Chapter,
    config: RunConfig,
    *,
    steps: int = 8,
    rate: float = 0.01,
) -> tuple[tuple[nn.Module, Tensor, Tensor, int], list[float]]:
    """A network with two slices to learn by heart, and the losses of the course's own loop on them.

    In float32 on every machine, so that another loop can be held against it.
    Returns: (network as it was before, images, masks, steps), and the loss before each step.
    """
    exact = override(config, ["training.precision=float32"])
    trainer = trainer_for(cohort, names, chapter.folder("by_heart"), config=exact, seed=chapter.seed)
    batch = some_batch(trainer)
    two = Batch(*(part[:2] for part in batch))
    before = copy.deepcopy(trainer.model)
    return (before, two.images, two.masks, steps), repeat_batch(trainer, two, steps=steps, rate=rate)


def repeat_batch(trainer: Trainer, batch: Batch, *, steps: int, rate: float) -> list[float]:
    """Train on one and the same batch; the loss before each step.

    The last resort of whoever looks for a bug: a network that cannot learn one batch by heart is broken.
    """
    trainer.model.train()
    return [float(trainer.train_step(batch, rate=rate, seed=step).total) for step in range(steps)]

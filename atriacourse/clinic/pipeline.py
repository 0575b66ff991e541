"""The whole method as a handful of named stages, so that one of them can be swapped for a broken one.

Before faults.py, which breaks a stage, and scoring.py, which lets a reader's checks look for it. Every stage
is the library's own function with its settings bound. Volumes are (z, y, x), batches (N, 1, H, W).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import torch
from torch import nn

from atriacourse.augment.batch import (
    AugmentConfig,
    Batch,
    Drawn,
    augment,
    draw_augmentation,
    no_augmentation,
)
from atriacourse.augment.geometry import GeometryConfig
from atriacourse.augment.prepare import PrepareConfig
from atriacourse.clinic.inputs import File, phantom_files, volume_of
from atriacourse.data.bank import RawBatch
from atriacourse.data.case import Case, Cohort
from atriacourse.data.fingerprint import Fingerprint, alike, fingerprint, grouped
from atriacourse.data.splits import Split, holdout_split
from atriacourse.data.volume import grey_levels
from atriacourse.evaluation.case_row import Row, score_case
from atriacourse.evaluation.summary import summarise
from atriacourse.inference.postprocess import PostprocessConfig, postprocess
from atriacourse.inference.predict import PredictConfig, Prediction, predict_volume
from atriacourse.network.unet import MultiTaskOutput, MultiTaskUNet, NetworkConfig
from atriacourse.training.curriculum import CurriculumConfig, Step, epoch_steps
from atriacourse.training.losses import Loss, LossConfig, total_loss
from atriacourse.training.schedule import ScheduleConfig, learning_rate

LossFunction = Callable[[MultiTaskOutput, torch.Tensor, torch.Tensor], Loss]
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What may differ from one sound pipeline to another; a good check is content with any of them."""

    base_rate: float = 2e-3
    halve_every: int = 12  # epochs
    augmentation: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    network: NetworkConfig = field(
        default_factory=lambda: NetworkConfig(
            encoder=(8, 16, 32, 32), decoder=(32, 16, 8), label_stage=2, hidden=16
        )
    )
    batch_size: int = 8
    postprocessing: PostprocessConfig = field(default_factory=PostprocessConfig)
    pooled_assd: bool = False


def draw_settings(seed: int) -> Settings:
    """Other settings for each seed, all of them sound."""
    rng = np.random.default_rng([seed, 13])

    def choice(*values: Value) -> Value:
        return values[rng.integers(len(values))]

    return Settings(
        base_rate=choice(4e-3, 5e-3, 6e-3),
        halve_every=choice(10, 12),
        augmentation=AugmentConfig(
            geometry=GeometryConfig(
                flip_up_down=0,
                flip_left_right=0,
                padding=choice("mirror", "edge"),
                independent_zoom=bool(choice(0, 1)),
            ),
            statistics=choice("inside", "slice"),
        ),
        loss=LossConfig(
            mask="cross_entropy_dice",  # without soft Dice, a short training finds nothing
            label=choice("sigmoid_bce", "softmax"),
            label_weight=choice(0.05, 0.1),
        ),
        batch_size=choice(3, 4),
        postprocessing=PostprocessConfig(ball=choice("itk", "euclidean"), connectivity=choice(6, 26)),
        pooled_assd=bool(choice(0, 1)),
    )


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One scan as the stages after loading see it."""

    name: str
    grey: np.ndarray  # (z, y, x) uint8
    mask: np.ndarray  # (z, y, x) bool
    spacing_mm: tuple[float, float, float]  # (z, y, x)
    post_ablation: bool | None


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The stages in the order in which they run; a check calls whichever it wants to look at."""

    seed: int
    settings: Settings
    files: tuple[File, ...]  # ten small phantoms; one patient's scan is there twice, under two names
    load: Callable[[File], Scan]
    split: Callable[[Sequence[Scan], int], Split]  # scans, seed
    steps: Callable[[Sequence[int], int], list[Step]]  # number of slices of each case, epoch
    draw: Callable[[int, int], Drawn]  # how many slices, seed
    augment: Callable[[RawBatch, Drawn, int], Batch]  # slices, what was drawn, crop
    validation_batch: Callable[[RawBatch, int, int], Batch]  # slices, crop, number of the validation
    network: Callable[[], MultiTaskUNet]
    loss: LossFunction
    rate: Callable[[int], float]  # epoch -> learning rate
    train_step: Callable[[nn.Module, torch.optim.Optimizer, Batch, LossFunction, float], float]
    choose_epoch: Callable[[Sequence[float], Sequence[float]], int]  # Dice on validation and on test cases
    predict: Callable[[nn.Module, np.ndarray], Prediction]  # network, grey levels
    clean: Callable[[np.ndarray], np.ndarray]
    score: Callable[[np.ndarray, np.ndarray, Sequence[float]], Row]  # truth, guess, spacing
    mean_dice: Callable[[Sequence[Row]], float]


def healthy(seed: int = 0) -> Pipeline:
    """A sound pipeline: other phantoms, weights and (sound) settings for every seed."""
    settings = draw_settings(seed)
    return Pipeline(
        seed=seed,
        settings=settings,
        files=phantom_files(seed),
        load=load,
        split=split,
        steps=partial(steps, seed=seed, batch_size=settings.batch_size),
        draw=partial(draw, config=settings.augmentation),
        augment=partial(augment_batch, config=settings.augmentation),
        validation_batch=partial(validation_batch, config=settings.augmentation),
        network=partial(network, config=settings.network, seed=seed),
        loss=partial(total_loss, config=settings.loss),
        rate=partial(rate, settings=settings),
        train_step=train_step,
        choose_epoch=choose_epoch,
        predict=partial(predict_volume, prepare=PrepareConfig(), config=prediction_config(settings)),
        clean=partial(postprocess, config=settings.postprocessing),
        score=partial(score, pooled_assd=settings.pooled_assd),
        mean_dice=mean_dice,
    )


def load(file: File) -> Scan:
    """Grey levels, mask and spacing of one file."""
    return Scan(
        name=file.name,
        grey=grey_levels(file.image),
        mask=file.mask.voxels,
        spacing_mm=file.image.spacing_mm,
        post_ablation=file.post_ablation,
    )


def split(scans: Sequence[Scan], seed: int) -> Split:
    """Hold a third out; copies of one scan, and scans that look like one patient's, stay on one side."""
    pairs = alike([fingerprint_of(scan) for scan in scans])
    names = [scan.name for scan in scans]
    return holdout_split(cohort_of(scans), seed=seed, fraction=1 / 3, groups=grouped(names, pairs))


def fingerprint_of(scan: Scan) -> Fingerprint:
    """What a scan is compared by; see data/fingerprint.py."""
    image, mask = volume_of(scan.grey, scan.spacing_mm), volume_of(scan.mask, scan.spacing_mm)
    return fingerprint(scan.name, image, mask)


def cohort_of(scans: Sequence[Scan]) -> Cohort:
    """The scans' names and labels as a cohort; its files are never read."""
    cases = tuple(
        Case(name=scan.name, image_path=Path(scan.name), post_ablation=scan.post_ablation) for scan in scans
    )
    return Cohort(name="clinic", layout="phantom", root=Path("clinic"), cases=cases)


def steps(depths: Sequence[int], epoch: int, *, seed: int, batch_size: int) -> list[Step]:
    """The batches of one epoch."""
    config = CurriculumConfig(sizes=(64,), batch_sizes=(batch_size,), passes=2, slices_per_case=4)
    return epoch_steps(config, depths=depths, progress=0.0, seed=seed, epoch=epoch)


def draw(count: int, seed: int, *, config: AugmentConfig) -> Drawn:
    """All random numbers of a batch."""
    return draw_augmentation(config, count=count, generator=torch.Generator().manual_seed(seed))


def augment_batch(raw: RawBatch, drawn: Drawn, crop: int, *, config: AugmentConfig) -> Batch:
    """What the network is trained on."""
    return augment(raw, drawn, (crop, crop), config)


def validation_batch(raw: RawBatch, crop: int, number: int, *, config: AugmentConfig) -> Batch:
    """Slices to validate on: cropped and normalised, nothing random, whatever the number."""
    return augment(raw, no_augmentation(len(raw.labels)), (crop, crop), config)


def network(*, config: NetworkConfig, seed: int) -> MultiTaskUNet:
    """A fresh network; the caller's random numbers are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MultiTaskUNet(config)


def rate(epoch: int, *, settings: Settings) -> float:
    """The learning rate in an epoch, halved every `halve_every` epochs."""
    schedule = ScheduleConfig(every=settings.halve_every)
    return learning_rate(schedule, base=settings.base_rate, epoch=epoch, progress=0.0)


def train_step(
    model: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch, loss: LossFunction, rate: float
) -> float:
    """Forward, backward, one step of the optimiser; what `Trainer.train_step` does, in full precision."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    model.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # what dropout drops
        value = loss(model(batch.images), batch.masks, batch.labels).total
    optimiser.zero_grad()
    value.backward()
    optimiser.step()
    return float(value.detach())


def choose_epoch(validation: Sequence[float], test: Sequence[float]) -> int:
    """The epoch whose weights are kept: the best on the validation cases. The test cases have no say."""
    return int(np.argmax(validation))


def prediction_config(settings: Settings) -> PredictConfig:
    """In full precision, so that a prediction does not depend on its batch."""
    return PredictConfig(batch_size=settings.batch_size, precision="float32")


def score(
    truth: np.ndarray, guess: np.ndarray, spacing_mm: Sequence[float], *, pooled_assd: bool = False
) -> Row:
    """Dice, distances in mm and volumes in mL of one case."""
    return score_case("case", truth, guess, spacing_mm, pooled_assd=pooled_assd)


def mean_dice(rows: Sequence[Row]) -> float:
    """The mean over all cases with a defined Dice."""
    named = [row | {"name": f"case {number}"} for number, row in enumerate(rows)]
    return float(summarise(pd.DataFrame(named)).loc["dice", "mean"])


__all__ = ["Pipeline", "Scan", "Settings", "draw_settings", "healthy"]

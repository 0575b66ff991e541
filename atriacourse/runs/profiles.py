"""Named sets of settings, from seconds on a laptop to the paper's own recipe.

After runs/config.py, before runs/train.py. `atriacourse describe` prints each. The paper's profile takes
the paper's words and, where it is silent, the authors' code; `authors` is the code throughout.
"""

from collections.abc import Callable

from atriacourse.augment.batch import AugmentConfig
from atriacourse.augment.gamma import GammaConfig
from atriacourse.augment.geometry import GeometryConfig
from atriacourse.augment.intensity import IntensityConfig
from atriacourse.augment.prepare import PrepareConfig
from atriacourse.augment.tone import ToneConfig
from atriacourse.errors import InputError
from atriacourse.inference.predict import PredictConfig
from atriacourse.network.unet import NetworkConfig, deep_unet
from atriacourse.runs.config import RunConfig
from atriacourse.training.curriculum import CurriculumConfig
from atriacourse.training.loop import TrainingConfig
from atriacourse.training.losses import LossConfig
from atriacourse.training.schedule import ScheduleConfig


def smoke() -> RunConfig:
    """Seconds: proves that everything runs; learns next to nothing."""
    return RunConfig(
        profile="smoke",
        epochs=2,
        validation=0.25,
        prepare=PrepareConfig(downsample=2),
        network=deep_unet().narrowed(16),
        training=TrainingConfig(
            optimiser="adamw",
            learning_rate=3e-3,
            weight_decay=0.01,
            schedule=ScheduleConfig(kind="cosine"),
            curriculum=CurriculumConfig(sizes=(64, 96), batch_sizes=(4, 4), passes=2, slices_per_case=2),
            validations=2,
        ),
    )


def laptop() -> RunConfig:
    """A quarter of an hour on two cores: what a short run gains most from, found by trying.

    Departures from the paper: half the resolution in-plane; six neighbouring slices shown as channels; no
    flips (a short run has no time to learn four orientations); soft Dice beside cross-entropy; a small
    lambda; a wider gamma, tone curves, a bias field and noise; AdamW with a cosine; at prediction the mean
    over three sizes of the slice.
    """
    offsets = (-9, -6, -3, 0, 3, 6, 9)
    return RunConfig(
        profile="laptop",
        minutes=15,
        prepare=PrepareConfig(downsample=2, offsets=offsets),
        augmentation=AugmentConfig(
            geometry=GeometryConfig(flip_up_down=0, flip_left_right=0),
            gamma=GammaConfig(probability=0.7, low=0.6, high=2.2),
            intensity=IntensityConfig(bias=0.3, noise=0.05),
            tone=ToneConfig(probability=0.15),
        ),
        network=NetworkConfig(
            inputs=len(offsets),
            encoder=(24, 48, 96, 96, 96, 96),
            decoder=(96, 96, 48, 24, 24),
            hidden=128,
        ),
        training=TrainingConfig(
            optimiser="adamw",
            learning_rate=2e-3,
            weight_decay=0.01,
            gradient_clip=1.0,
            schedule=ScheduleConfig(kind="cosine"),
            curriculum=CurriculumConfig(sizes=(64, 96), batch_sizes=(16, 16)),
            loss=LossConfig(mask="cross_entropy_dice", label="softmax", label_weight=0.1),
            validations=8,
        ),
        prediction=PredictConfig(zooms=(0.85, 1.0, 1.15)),
    )


def colab() -> RunConfig:
    """Forty minutes on Colab's free GPU: full resolution, half the paper's widths."""
    return RunConfig(
        profile="colab",
        minutes=40,
        network=deep_unet().narrowed(2),
        training=TrainingConfig(
            optimiser="adamw",
            learning_rate=1e-3,
            weight_decay=0.01,
            gradient_clip=1.0,
            schedule=ScheduleConfig(kind="cosine"),
            curriculum=CurriculumConfig(sizes=(128, 192, 256), batch_sizes=(16, 16, 16)),
            loss=LossConfig(mask="cross_entropy_dice", label="softmax", label_weight=0.1),
        ),
        prediction=PredictConfig(batch_size=16),
    )


def paper() -> RunConfig:
    """The paper's words; where it is silent, the authors' code."""
    return RunConfig(profile="paper", augmentation=AugmentConfig(statistics="slice"))


def authors() -> RunConfig:
    """The authors' code where it differs from the paper; see the differences page."""
    return RunConfig(
        profile="authors",
        augmentation=AugmentConfig(geometry=GeometryConfig(padding="zero"), statistics="crop"),
        training=TrainingConfig(
            curriculum=CurriculumConfig(order="every_epoch"), loss=LossConfig(label="softmax_of_sigmoid")
        ),
        prediction=PredictConfig(pad_first=True, batch_size=1),
    )


PROFILES: dict[str, Callable[[], RunConfig]] = {
    "smoke": smoke,
    "laptop": laptop,
    "colab": colab,
    "paper": paper,
    "authors": authors,
}


def profile(name: str) -> RunConfig:
    """The settings of that name. Raises: InputError naming those there are."""
    if name not in PROFILES:
        raise InputError(f"there is no profile {name!r}; choose one of {', '.join(PROFILES)}")
    return PROFILES[name]()

"""Named sets of settings, from seconds on a laptop to the paper's own recipe.

After runs/config.py and recipes.py, before runs/train.py. `atriacourse describe` prints each. The paper's
profile takes the paper's words and, where it is silent, the authors' code; `authors` is the code throughout.
"""

from collections.abc import Callable
from dataclasses import replace

from atriacourse.augment.batch import AugmentConfig
from atriacourse.augment.geometry import GeometryConfig
from atriacourse.errors import InputError
from atriacourse.inference.predict import PredictConfig
from atriacourse.network.unet import deep_unet, without_finest
from atriacourse.runs.config import RunConfig, override
from atriacourse.runs.recipes import ADAMW, LAPTOP, MUON, OUR_LOSS, OURS, SMOKE, SMOOTH, TONES
from atriacourse.training.curriculum import CurriculumConfig
from atriacourse.training.loop import TrainingConfig
from atriacourse.training.losses import LossConfig


def smoke() -> RunConfig:
    """Seconds: proves that everything runs; learns next to nothing."""
    config = RunConfig(profile="smoke", epochs=2, network=deep_unet().narrowed(16))
    changes = (
        *SMOKE,
        *ADAMW,
        "validation=0.25",
        "prepare.downsample=2",
        "training.learning_rate=3e-3",
        "training.gradient_clip=0",
        "training.curriculum.passes=2",
        "training.validations=2",
    )
    return override(config, changes)


def laptop() -> RunConfig:
    """A quarter of an hour on two cores: what a short run gains most from, found by trying.

    Departures from the paper: half the resolution in-plane, and the finest level folded into channels; six
    neighbouring slices shown as channels; no flips (a short run has no time to learn four orientations);
    soft Dice beside cross-entropy; a small lambda; a wider gamma, tone curves, a bias field and noise; Muon
    with a cosine, the weights averaged; at prediction the mean over three sizes of the slice, smoothed along
    z.
    """
    config = RunConfig(profile="laptop", minutes=15)
    config = override(
        config, (*LAPTOP, *OURS, *TONES, *MUON, *SMOOTH, "validation=0.05", "training.validations=8")
    )
    return replace(config, network=without_finest(config.network, fold=2))


def colab() -> RunConfig:
    """Forty minutes on Colab's free GPU: full resolution, half the paper's widths."""
    config = RunConfig(profile="colab", minutes=40, network=deep_unet().narrowed(2))
    changes = (
        *OUR_LOSS,
        *ADAMW,
        "training.learning_rate=1e-3",
        "training.curriculum.sizes=[128, 192, 256]",
        "training.curriculum.batch_sizes=[16, 16, 16]",
        "prediction.batch_size=16",
    )
    return override(config, changes)


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

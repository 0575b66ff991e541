"""How large a study is run: the settings that all its variants start from, at five scales.

Before cells.py. Every scale starts from the same *method*, the left end of the paper's tables: the
single-task Deep U-Net without gamma augmentation; studies add to it. What differs between scales is what
costs time. Lengths are epochs, never minutes: a cell must come out the same on any day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from atriacourse.augment.batch import AugmentConfig
from atriacourse.augment.gamma import GammaConfig
from atriacourse.augment.geometry import GeometryConfig
from atriacourse.augment.prepare import PrepareConfig
from atriacourse.bounds import parsed
from atriacourse.errors import InputError
from atriacourse.network.unet import NetworkConfig
from atriacourse.runs.config import RunConfig, override
from atriacourse.runs.profiles import paper
from atriacourse.training.config import TrainingConfig
from atriacourse.training.curriculum import CurriculumConfig
from atriacourse.training.losses import LossConfig
from atriacourse.training.schedule import ScheduleConfig

NO_GAMMA = GammaConfig(probability=0)  # its range stays the paper's, so that a variant need only turn it on
NO_FLIPS = GeometryConfig(flip_up_down=0, flip_left_right=0)
OFFSETS = (-9, -6, -3, 0, 3, 6, 9)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The settings of a scale, and what one network costs at it."""

    name: str
    says: str
    minutes: float  # for one network, training and scoring, on `device`
    device: str
    settings: Callable[[], RunConfig]


def _short(config: RunConfig) -> RunConfig:
    """What every short run needs, found by trying: AdamW with a cosine, soft Dice, no flips."""
    training = replace(
        config.training,
        optimiser="adamw",
        learning_rate=3e-3,
        weight_decay=0.01,
        gradient_clip=1.0,
        schedule=ScheduleConfig(kind="cosine"),
        loss=replace(config.training.loss, mask="cross_entropy_dice"),
        validations=1,
    )
    return replace(config, training=training, validation=0.02)


def _base(name: str) -> RunConfig:
    return RunConfig(
        profile=name,
        augmentation=AugmentConfig(gamma=NO_GAMMA, geometry=NO_FLIPS),
        network=NetworkConfig(label_head=False),
        training=TrainingConfig(loss=LossConfig()),
    )


def smoke_scale() -> RunConfig:
    """Seconds, on small phantoms: proves that a study runs, and learns a little."""
    base = _base("smoke")
    curriculum = CurriculumConfig(sizes=(64, 96), batch_sizes=(4, 4), passes=1, slices_per_case=2)
    config = _short(
        replace(
            base,
            epochs=14,
            network=NetworkConfig(
                label_head=False, encoder=(8, 16, 32, 32, 32, 32), decoder=(32, 32, 16, 8, 8), hidden=16
            ),
            training=replace(base.training, curriculum=curriculum),
        )
    )
    return replace(config, training=replace(config.training, learning_rate=6e-3))


def class_scale() -> RunConfig:
    """Ten seconds, on small phantoms: twice as long as "smoke", so that hardly a network comes out empty."""
    return replace(smoke_scale(), profile="class", epochs=28)


def atlas_scale() -> RunConfig:
    """Two minutes on one CPU thread: half resolution, neighbours as channels, 6,048 slices of 63 cases."""
    base = _base("atlas")
    curriculum = CurriculumConfig(sizes=(64, 96), batch_sizes=(16, 16))
    return _short(
        replace(
            base,
            epochs=16,
            prepare=PrepareConfig(downsample=2, offsets=OFFSETS),
            network=NetworkConfig(
                inputs=len(OFFSETS),
                label_head=False,
                encoder=(12, 24, 48, 48, 48, 48),
                decoder=(48, 48, 24, 12, 12),
                hidden=64,
            ),
            training=replace(base.training, curriculum=curriculum),
        )
    )


def laptop_scale() -> RunConfig:
    """Ten minutes on one CPU thread: the laptop profile's network, four times as long as "atlas"."""
    config = atlas_scale()
    network = replace(
        config.network, encoder=(24, 48, 96, 96, 96, 96), decoder=(96, 96, 48, 24, 24), hidden=128
    )
    training = replace(config.training, learning_rate=2e-3)
    return replace(config, profile="laptop", epochs=60, network=network, training=training)


def paper_scale() -> RunConfig:
    """The paper's own recipe, which wants a GPU and hours for each network."""
    config = paper()
    augmentation = replace(config.augmentation, gamma=NO_GAMMA)
    return replace(config, augmentation=augmentation, network=replace(config.network, label_head=False))


SCALES = {
    "smoke": Scale(
        name="smoke", says="seconds, phantoms", minutes=0.1, device="one CPU thread", settings=smoke_scale
    ),
    "class": Scale(
        name="class",
        says="ten seconds a network, small phantoms",
        minutes=0.2,
        device="one CPU thread",
        settings=class_scale,
    ),
    "atlas": Scale(
        name="atlas",
        says="two minutes a network, half resolution",
        minutes=2,
        device="one CPU thread",
        settings=atlas_scale,
    ),
    "laptop": Scale(
        name="laptop",
        says="ten minutes a network, half resolution",
        minutes=10,
        device="one CPU thread",
        settings=laptop_scale,
    ),
    "paper": Scale(
        name="paper",
        says="the paper's recipe, full resolution",
        minutes=600,
        device="one GPU",
        settings=paper_scale,
    ),
}


def scale(name: str) -> Scale:
    """The scale of that name. Raises: InputError naming those there are."""
    if name not in SCALES:
        raise InputError(f"there is no scale {name!r}; choose one of {', '.join(SCALES)}")
    return SCALES[name]


def apply(config: RunConfig, assignments: Sequence[str]) -> RunConfig:
    """Dotted overrides in the order given, and two words of its own that mean the same at every scale.

    "network.poolings=4" takes the deepest levels away, whatever the widths; "epochs*=2" trains twice as long.
    Raises: InputError for an unknown name, an unfit value, or more poolings than there are.
    """
    ordinary: list[str] = []  # in a row, they are applied together: widths of two kinds change at once
    for text in assignments:
        name, _, value = text.partition("=")
        if name not in ("network.poolings", "epochs*"):
            ordinary.append(text)
            continue
        config, ordinary = override(config, ordinary), []
        number = parsed(name.removesuffix("*"), value, called=name)
        if name == "epochs*":
            config = replace(config, epochs=config.epochs * number)
        else:
            config = replace(config, network=_shallower(config.network, number))
    return override(config, ordinary)


def _shallower(network: NetworkConfig, poolings: int) -> NetworkConfig:
    drop = network.poolings - poolings
    if drop < 0:
        raise InputError(f"network.poolings={poolings}: the base has {network.poolings}, take 1 to as many")
    return replace(
        network,
        encoder=network.encoder[: poolings + 1],
        decoder=network.decoder[drop:],
        label_stage=min(network.label_stage, poolings),
    )

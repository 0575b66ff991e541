"""How large a study is run: the settings that all its variants start from, at five scales.

Before cells.py. Every scale starts from the same *method*, the left end of the paper's tables: the
single-task Deep U-Net without gamma augmentation; studies add to it. What differs between scales is what
costs time; "laptop" is what it is for a profile (runs/recipes.py). Lengths are epochs, never minutes: a cell
must come out the same on any day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from atriacourse.bounds import parsed
from atriacourse.errors import InputError
from atriacourse.network.unet import NetworkConfig, without_finest
from atriacourse.runs.config import RunConfig, override
from atriacourse.runs.profiles import paper
from atriacourse.runs.recipes import ATLAS, LAPTOP, LEFT_END, SHORT, SMOKE, widths


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The settings of a scale, and what one network costs at it."""

    name: str
    says: str
    minutes: float  # for one network, training and scoring, on `device`
    device: str = "one CPU thread"
    settings: Callable[[], RunConfig]


def _short(name: str, *changes: str) -> RunConfig:
    always = (*LEFT_END, *SHORT, "validation=0.02", "training.validations=1")
    return override(RunConfig(profile=name), (*always, *changes))


def smoke_scale() -> RunConfig:
    """Seconds, on small phantoms: proves that a study runs, and learns a little."""
    rest = ("epochs=14", "training.curriculum.passes=1", "training.learning_rate=6e-3")
    return _short("smoke", *SMOKE, *widths(8, hidden=16), *rest)


def class_scale() -> RunConfig:
    """Ten seconds, on small phantoms: twice as long as "smoke", so that hardly a network comes out empty."""
    return replace(smoke_scale(), profile="class", epochs=28)


def atlas_scale() -> RunConfig:
    """Two minutes on one CPU thread: half resolution, neighbours as channels, 6,048 slices of 63 cases."""
    return _short("atlas", "epochs=16", *ATLAS)


def laptop_scale() -> RunConfig:
    """Ten minutes on one CPU thread: the laptop profile's network, four times as long as "atlas"."""
    return _short("laptop", "epochs=60", *LAPTOP)


def paper_scale() -> RunConfig:
    """The paper's own recipe, which wants a GPU and hours for each network."""
    return override(paper(), LEFT_END)


SCALES = {
    one.name: one
    for one in (
        Scale(name="smoke", says="seconds, phantoms", minutes=0.1, settings=smoke_scale),
        Scale(name="class", says="ten seconds a network, small phantoms", minutes=0.2, settings=class_scale),
        Scale(name="atlas", says="two minutes a network, half resolution", minutes=2, settings=atlas_scale),
        Scale(
            name="laptop", says="ten minutes a network, half resolution", minutes=10, settings=laptop_scale
        ),
        Scale(
            name="paper",
            says="the paper's recipe, full resolution",
            minutes=600,
            device="one GPU",
            settings=paper_scale,
        ),
    )
}


def scale(name: str) -> Scale:
    """The scale of that name. Raises: InputError naming those there are."""
    if name not in SCALES:
        raise InputError(f"there is no scale {name!r}; choose one of {', '.join(SCALES)}")
    return SCALES[name]


WORDS = {"network.poolings": "network.poolings", "network.folded": "network.fold", "epochs*": "epochs.times"}


def apply(config: RunConfig, assignments: Sequence[str]) -> RunConfig:
    """Dotted overrides in the order given, and three words of its own that mean the same at every scale.

    "network.poolings=4" takes the deepest levels away, whatever the widths; "network.folded=2" the finest
    one, by folding its pixels into channels; "epochs*=2" trains twice as long.
    Raises: InputError for an unknown name, an unfit value, or more poolings than there are.
    """
    ordinary: list[str] = []  # in a row, they are applied together: widths of two kinds change at once
    for text in assignments:
        name, _, value = text.partition("=")
        if name not in WORDS:
            ordinary.append(text)
            continue
        config, ordinary = override(config, ordinary), []
        number = parsed(WORDS[name], value, called=name)
        if name == "epochs*":
            config = replace(config, epochs=round(config.epochs * number))
        elif name == "network.folded":
            config = replace(config, network=without_finest(config.network, fold=number))
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

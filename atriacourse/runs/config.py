"""Everything a run is made of, as one nested record that is saved with it as JSON.

Before runs/profiles.py and runs/train.py. Any setting can be overridden by its dotted name.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atriacourse.augment.batch import AugmentConfig
from atriacourse.augment.prepare import PrepareConfig
from atriacourse.bounds import BOUNDS, check_settings, refusal, shown
from atriacourse.errors import InputError
from atriacourse.files import write_whole
from atriacourse.inference.postprocess import PostprocessConfig
from atriacourse.inference.predict import PredictConfig
from atriacourse.network.unet import NetworkConfig
from atriacourse.training.training_config import TrainingConfig

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST_GIGABYTES = 500


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The settings of a run; the defaults are the paper's, `runs/profiles.py` has the smaller ones."""

    profile: str = "paper"
    epochs: int = 2000  # authors' default; the paper gives no number
    minutes: float | None = None  # if set, the number of epochs follows from the time
    validation: float = 0.1  # part of the training cases kept back to pick the best checkpoint; ours
    prepare: PrepareConfig = field(default_factory=PrepareConfig)
    augmentation: AugmentConfig = field(default_factory=AugmentConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    prediction: PredictConfig = field(default_factory=PredictConfig)
    postprocessing: PostprocessConfig = field(default_factory=PostprocessConfig)

    def __post_init__(self) -> None:
        """Refuse settings that do not fit together."""
        check_settings(self)
        if self.network.inputs != len(self.prepare.offsets):
            raise InputError(
                f"network.inputs is {self.network.inputs}, but prepare.offsets shows "
                f"{len(self.prepare.offsets)} slices; they must agree"
            )
        if any(size % self.network.multiple for size in self.training.curriculum.sizes):
            raise InputError(
                f"crop sizes {self.training.curriculum.sizes} must be multiples of {self.network.multiple} "
                f"for a network with {self.network.poolings} poolings and fold {self.network.fold}"
            )
        if self.training.curriculum.sizes[0] == self.network.multiple:
            raise InputError(
                f"a crop of {self.network.multiple} leaves one pixel after {self.network.poolings} poolings, "
                f"too little for batch normalisation; the smallest crop is {2 * self.network.multiple}"
            )
        curriculum = self.training.curriculum
        for crop, batch in zip(curriculum.sizes, curriculum.batch_sizes, strict=True):
            gigabytes = 4 * batch * self.network.activations(crop) / 1e9
            if gigabytes > MOST_GIGABYTES:
                raise InputError(
                    f"a batch of {batch} slices of {crop} x {crop} would take about {gigabytes:,.0f} GB, and "
                    f"no machine has more than {MOST_GIGABYTES} for it; take a smaller batch, crop or network"
                )


def to_json(config: RunConfig) -> dict[str, Any]:
    """The settings as nested dictionaries of plain values."""
    return json.loads(json.dumps(asdict(config)))


def dotted(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings in one level, by dotted name: {"a": {"b": 1}} -> {"a.b": 1}; lists stay whole."""
    flat: dict[str, Any] = {}
    for name, value in content.items():
        flat |= dotted(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {prefix + name: value}
    return flat


def told_apart(before: RunConfig, now: RunConfig) -> str:
    """The dotted names of the settings in which two configs differ."""
    one, other = dotted(to_json(before)), dotted(to_json(now))
    return ", ".join(name for name in other if one[name] != other[name])


def from_json(content: Mapping[str, Any]) -> RunConfig:
    """Rebuild a config, checking every type and value.

    Raises: InputError naming what is wrong.
    """
    from pydantic import ValidationError  # imported late: it takes a fifth of a second

    _refuse_unknown(RunConfig(), content, prefix="")
    try:  # as JSON and strictly: true is no number, and "3" none either
        return _adapter().validate_json(json.dumps(dict(content)), strict=True)
    except ValidationError as error:
        wrong = "; ".join(dict.fromkeys(map(_fault, error.errors())))  # of a long list, each fault once
        raise InputError(f"settings do not fit: {wrong}") from error


def _fault(fault: Any) -> str:
    """One of pydantic's faults; what should be a number and is none is told with the number's bounds."""
    path = [part for part in fault["loc"] if isinstance(part, str)]
    name, msg = ".".join(path[-2:]), fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error":
        return f"{'.'.join(path)}: {msg}" if path else msg
    return refusal(name, fault["input"]) if name in BOUNDS else f"{name}: {msg}, got {shown(fault['input'])}"


def override(config: RunConfig, assignments: Sequence[str]) -> RunConfig:
    """Change settings by dotted name, e.g. "augmentation.gamma.probability=0".

    Values are read as JSON (numbers, true, [64, 96], null), anything else as a word. `network.inputs`
    follows `prepare.offsets` by itself, and a number of epochs takes the place of minutes.
    Raises: InputError for an unknown name or an unfit value.
    """
    content = to_json(config)
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"an override is written name=value, got {assignment!r}")
        *path, last = name.strip().split(".")
        place: Any = content
        for part in path:
            place = place.get(part) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in place:
            known = ", ".join(place) if isinstance(place, dict) else ", ".join(content)
            raise InputError(f"there is no setting {name.strip()!r}; known here: {known}")
        try:
            place[last] = json.loads(text)
        except (ValueError, RecursionError):  # a word, a number of 5000 digits, 10,000 brackets
            place[last] = text.strip()
    changed = {assignment.partition("=")[0].strip() for assignment in assignments}
    if "epochs" in changed and "minutes" not in changed:
        content["minutes"] = None
    offsets = content["prepare"]["offsets"] if isinstance(content["prepare"], dict) else None
    if "prepare.offsets" in changed and "network.inputs" not in changed and isinstance(offsets, list):
        content["network"]["inputs"] = len(offsets)
    return from_json(content)


def write_json(path: Path, content: Any) -> None:
    """Write JSON, all or nothing."""
    write_whole(path, json.dumps(content, indent=2) + "\n")


@cache
def _adapter() -> "TypeAdapter[RunConfig]":
    from pydantic import TypeAdapter

    return TypeAdapter(RunConfig)


def _refuse_unknown(known: Any, content: Mapping[str, Any], *, prefix: str) -> None:
    names = {item.name: getattr(known, item.name) for item in fields(known)}
    for name, value in content.items():
        if name not in names:
            raise InputError(f"there is no setting {prefix + name!r}; known here: {', '.join(names)}")
        if is_dataclass(names[name]) and isinstance(value, Mapping):
            _refuse_unknown(names[name], value, prefix=f"{prefix}{name}.")

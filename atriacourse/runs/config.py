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
from atriacourse.errors import InputError
from atriacourse.files import write_whole
from atriacourse.inference.postprocess import PostprocessConfig
from atriacourse.inference.predict import PredictConfig
from atriacourse.network.unet import NetworkConfig
from atriacourse.training.training_config import TrainingConfig

if TYPE_CHECKING:
    from pydantic import TypeAdapter


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
        if self.epochs < 1 or (self.minutes is not None and not self.minutes > 0):
            raise InputError(
                f"epochs must be 1 or more and minutes above 0, got {self.epochs}, {self.minutes}"
            )
        if not 0 < self.validation < 1:
            raise InputError(f"validation must lie between 0 and 1, got {self.validation}")
        if self.network.inputs != len(self.prepare.offsets):
            raise InputError(
                f"network.inputs is {self.network.inputs}, but prepare.offsets shows "
                f"{len(self.prepare.offsets)} slices; they must agree"
            )
        if any(size % self.network.multiple for size in self.training.curriculum.sizes):
            raise InputError(
                f"crop sizes {self.training.curriculum.sizes} must be multiples of {self.network.multiple} "
                f"for a network with {self.network.poolings} poolings"
            )
        if self.training.curriculum.sizes[0] == self.network.multiple:
            raise InputError(
                f"a crop of {self.network.multiple} leaves one pixel after {self.network.poolings} poolings, "
                f"too little for batch normalisation; the smallest crop is {2 * self.network.multiple}"
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


def from_json(content: Mapping[str, Any]) -> RunConfig:
    """Rebuild a config, checking every type and value.

    Raises: InputError naming what is wrong.
    """
    from pydantic import ValidationError  # imported late: it takes a fifth of a second

    _refuse_unknown(RunConfig(), content, prefix="")
    try:
        return _adapter().validate_python(dict(content))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, part['loc'])) or 'settings'}: {part['msg'].removeprefix('Value error, ')}"
            for part in error.errors()
        )
        raise InputError(f"settings do not fit: {wrong}") from error


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
        place = content
        for part in path:
            place = place.get(part) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in place:
            known = ", ".join(place) if isinstance(place, dict) else ", ".join(content)
            raise InputError(f"there is no setting {name.strip()!r}; known here: {known}")
        try:
            place[last] = json.loads(text)
        except json.JSONDecodeError:
            place[last] = text.strip()
    changed = {assignment.partition("=")[0].strip() for assignment in assignments}
    if "epochs" in changed and "minutes" not in changed:
        content["minutes"] = None
    if "prepare.offsets" in changed and "network.inputs" not in changed:
        content["network"]["inputs"] = len(content["prepare"]["offsets"])
    return from_json(content)


def write_json(path: Path, content: Any) -> None:
    """Write JSON, all or nothing."""
    write_whole(path, json.dumps(content, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON. Raises: InputError, naming the file, if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); is this the folder of a run?") from error


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

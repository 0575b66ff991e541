"""The folder of a run or of a bag, and how its network is loaded.

    run/  setup.json  config.json  split.json  plan.json  run.json  log.csv  validation.csv  tensorboard/
          best.safetensors  last.safetensors
    bag/  bag.json  split.json  member_0/ ... (each a run)

After runs/shipped.py, whose names are taken where a folder is; before runs/train.py, runs/segmenter.py and
runs/evaluate.py.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired

import torch
from typing_extensions import TypedDict

from atriacourse.data.splits import Split
from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.config import RunConfig, from_json
from atriacourse.runs.shipped import MODELS, shipped_as, shipped_names
from atriacourse.training.checkpoint import load_model

CHECKPOINTS = ("best", "last")
KINDS = ("bag.json", "config.json")  # a folder that has one of them is a bag, or a run
RESTORE = "restore it from a copy, or train again in another folder"


class Setup(TypedDict):
    """setup.json: what a run is made from; it is gone on with only by the same."""

    config: dict[str, Any]
    seed: int
    data: str
    spacing_mm: NotRequired[list[float]]  # not before 0.1.0
    how: NotRequired[dict[str, Any]]  # what else decides about the last bits; not before 0.1.0


class RunRecord(TypedDict):
    """run.json: how a run ended; provenance stands beside these."""

    done: bool
    seconds: float
    epochs: int
    best_validation_dice: float
    trained_on: list[str]
    validated_on: list[str]


class Knots(TypedDict):
    """plan.json."""

    knots: list[tuple[int, float]]


class Bag(TypedDict):
    """bag.json."""

    config: dict[str, Any]
    subsets: str
    seed: int
    members: list[str]


# settings that came later, as everything was before: masks made by earlier versions stay the model's
NEW_AS_BEFORE = (
    (", clahe_regions=8, clahe_clip_limit=0.01, auto_gamma_bounds=None", ""),
    (", smooth_z=0.0, ", ", "),
)


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """One or more trained networks on disk that predict as one; their settings are alike."""

    folder: Path
    config: RunConfig
    weights: tuple[Path, ...]  # one file a member

    @property
    def shipped(self) -> str | None:
        """The name under which it comes with the course, for `read_card`; None for your own."""
        return shipped_as(self.folder)

    def load(self, member: int, device: torch.device) -> MultiTaskUNet:
        """The network of one member, on the device, in evaluation mode.

        Raises: InputError if the checkpoint is missing, corrupt or of another network.
        """
        model = MultiTaskUNet(self.config.network)
        load_model(self.weights[member], model)
        model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # as in the loop
        return model.eval()

    def fingerprint(self) -> str:
        """Sixteen hex digits that change when any weight or setting that shapes a prediction does.

        Raises: InputError if a member of a bag is a copy of another.
        """
        digest, members = hashlib.sha256(), set()
        for path in self.weights:
            with path.open("rb") as file:
                members.add(one := hashlib.file_digest(file, "sha256").digest())
            digest.update(one)
        if len(members) < len(self.weights):
            raise InputError(
                f"{len(self.weights) - len(members)} members of {self.folder} are copies of others; "
                f"remove the copy's folder and give the same bag command again"
            )
        config = self.config
        digest.update(settings_said((config.prepare, config.prediction, config.postprocessing)).encode())
        return digest.hexdigest()[:16]

    def spacing_mm(self) -> tuple[float, ...]:
        """The median voxel size (z, y, x) of the scans trained on.

        Raises: InputError if the run's record does not say it.
        """
        path = self.weights[0].parent / "setup.json"
        sizes = read_json(path, Setup, way_out=RESTORE).get("spacing_mm")
        if sizes is None:
            raise InputError(
                f"{path} does not say which voxels were trained on, as runs of older versions do not; "
                f"say it yourself (--trained-spacing-mm Z Y X)"
            )
        return tuple(sizes)

    def split(self) -> Split:
        """Who was trained on and who was held out."""
        return Split.load(self.folder / "split.json")


def settings_said(settings: object) -> str:
    """Settings as text, as the first version would have written them."""
    text = repr(settings)
    for new, before in NEW_AS_BEFORE:
        text = text.replace(new, before)
    return text


def open_model(folder: Path | str, *, checkpoint: str = "best") -> SavedModel:
    """Recognise the folder of a run or of a bag, or the name of a network that comes with the course.

    Args:
        folder: one that holds a run or a bag is taken first, and what has such a name then.
        checkpoint: "best" (highest validation Dice) or "last", which a network of the course has not.
    Raises: InputError if it is neither, or has no such checkpoint yet.
    """
    folder = Path(folder)
    if checkpoint not in CHECKPOINTS:
        raise InputError(f"checkpoint must be best or last, got {checkpoint!r}")
    if str(folder) in shipped_names() and not any((folder / name).is_file() for name in KINDS):
        folder = MODELS / folder
    if (folder / "bag.json").is_file():
        runs = _members(folder)
    elif (folder / "config.json").is_file():
        runs = [folder]
    else:
        raise InputError(
            f"{folder} is not the folder of a run (no config.json) nor of a bag (no bag.json), nor a network "
            f"of the course ({', '.join(shipped_names())}); `atriacourse train --out {folder}` makes a run"
        )
    weights = tuple(run / f"{checkpoint}.safetensors" for run in runs)
    absent = [path for path in weights if not path.is_file()]
    if absent and shipped_as(folder):
        raise InputError(
            f"{folder.name} comes with the course in its best checkpoint alone, without {checkpoint}"
        )
    if absent:
        raise InputError(
            f"{len(absent)} of {len(weights)} checkpoints are not there yet, first {absent[0]}; "
            f"give the same train or bag command again to go on where it stopped"
        )
    configs = [saved_config(run / "config.json") for run in runs]
    for run, config in zip(runs, configs, strict=True):
        if config != configs[0]:
            raise InputError(
                f"{run} and {runs[0]} have other settings, so they are no bag; make another with `bag`"
            )
    return SavedModel(folder=folder, config=configs[0], weights=weights)


def _members(folder: Path) -> list[Path]:
    path = folder / "bag.json"
    names = read_json(path, Bag, way_out=RESTORE)["members"]
    if not names or len(set(names)) < len(names) or any(Path(name).name != name for name in names):
        raise InputError(
            f"{path} is damaged: members must be folders in {folder}, each once, got {names}; {RESTORE}"
        )
    return [folder / name for name in names]


def saved_config(path: Path) -> RunConfig:
    """The settings in a run's config.json. Raises: InputError naming the file and what is wrong."""
    return _checked_config(read_json(path, way_out=RESTORE), path)


def _checked_config(content: dict[str, Any], path: Path) -> RunConfig:
    try:
        return from_json(content)
    except InputError as error:
        raise InputError(f"{path} is damaged: {error}; {RESTORE}") from error


def saved_setup(folder: Path) -> tuple[Setup, RunConfig]:
    """What a run was begun with. Raises: InputError naming the file and what is wrong."""
    path = folder / "setup.json"
    setup = read_json(path, Setup, way_out=RESTORE)
    return setup, _checked_config(setup["config"], path)


def saved_bag(folder: Path) -> tuple[Bag, RunConfig]:
    """What a bag was begun with. Raises: InputError naming the file and what is wrong."""
    path = folder / "bag.json"
    bag = read_json(path, Bag, way_out=RESTORE)
    return bag, _checked_config(bag["config"], path)


def run_record(folder: Path) -> RunRecord | None:
    """How the run in a folder ended; None before that. Raises: InputError if its record is damaged."""
    path = folder / "run.json"
    return read_json(path, RunRecord, way_out=RESTORE) if path.exists() else None


def is_done(folder: Path) -> bool:
    """Whether a run is trained to its end. Raises: InputError if it was, and its network is gone."""
    record = run_record(folder)
    if record is None or not record["done"]:
        return False
    if not (folder / "best.safetensors").is_file():
        raise InputError(
            f"{folder} is done, but its best.safetensors is gone; {RESTORE} (or use its --checkpoint last)"
        )
    return True

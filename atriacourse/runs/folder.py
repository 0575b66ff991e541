"""The folder of a run or of a bag, and how its network is loaded.

    run/  setup.json  config.json  split.json  plan.json  run.json  log.csv  validation.csv  tensorboard/
          best.safetensors  last.safetensors
    bag/  bag.json  split.json  member_0/ ... (each a run)

Before runs/train.py, runs/segmenter.py and runs/evaluate.py.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from atriacourse.data.splits import Split
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.config import RunConfig, from_json, read_json
from atriacourse.training.checkpoint import load_model

CHECKPOINTS = ("best", "last")


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """One or more trained networks on disk that predict as one; their settings are alike."""

    folder: Path
    config: RunConfig
    weights: tuple[Path, ...]  # one file a member

    def load(self, member: int, device: torch.device) -> MultiTaskUNet:
        """The network of one member, on the device, in evaluation mode.

        Raises: InputError if the checkpoint is missing, corrupt or of another network.
        """
        model = MultiTaskUNet(self.config.network)
        load_model(self.weights[member], model)
        return model.to(device, memory_format=torch.channels_last).eval()

    def fingerprint(self) -> str:
        """Sixteen hex digits that change when any weight or setting that shapes a prediction does."""
        digest = hashlib.sha256()
        for path in self.weights:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        config = self.config
        digest.update(repr((config.prepare, config.prediction, config.postprocessing)).encode())
        return digest.hexdigest()[:16]

    def spacing_mm(self) -> tuple[float, ...]:
        """The median voxel size (z, y, x) of the scans trained on.

        Raises: InputError if the run's record does not say it.
        """
        path = self.weights[0].parent / "setup.json"
        sizes = read_json(path).get("spacing_mm")
        if sizes is None:
            raise InputError(
                f"{path} does not say which voxels were trained on, as runs of older versions do not; "
                f"say it yourself (--trained-spacing-mm Z Y X)"
            )
        return tuple(sizes)

    def split(self) -> Split:
        """Who was trained on and who was held out."""
        return Split.load(self.folder / "split.json")


def open_model(folder: Path | str, *, checkpoint: str = "best") -> SavedModel:
    """Recognise the folder of a run or of a bag.

    Args: checkpoint: "best" (highest validation Dice) or "last".
    Raises: InputError if it is neither, or has no such checkpoint yet.
    """
    folder = Path(folder)
    if checkpoint not in CHECKPOINTS:
        raise InputError(f"checkpoint must be best or last, got {checkpoint!r}")
    if (folder / "bag.json").is_file():
        runs = [folder / name for name in read_json(folder / "bag.json")["members"]]
    elif (folder / "config.json").is_file():
        runs = [folder]
    else:
        raise InputError(
            f"{folder} is not the folder of a run (no config.json) nor of a bag (no bag.json); "
            f"`atriacourse train --out {folder}` makes one"
        )
    weights = tuple(run / f"{checkpoint}.safetensors" for run in runs)
    absent = [path for path in weights if not path.is_file()]
    if absent:
        raise InputError(
            f"{len(absent)} of {len(weights)} checkpoints are not there yet, first {absent[0]}; "
            f"give the same train or bag command again to go on where it stopped"
        )
    return SavedModel(folder=folder, config=from_json(read_json(runs[0] / "config.json")), weights=weights)

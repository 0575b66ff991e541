"""Predict masks for a cohort's scans with a run or a bag, and write them beside each other.

After runs/folder.py, before runs/evaluate.py. A mask lies on its scan's own grid.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from atriacourse.data.case import Case, Cohort
from atriacourse.data.volume import Volume, grey_levels, write_volume
from atriacourse.errors import InputError
from atriacourse.inference.ensemble import predict_ensemble
from atriacourse.inference.postprocess import postprocess
from atriacourse.inference.predict import probabilities_to_mask
from atriacourse.runs.config import read_json, write_json
from atriacourse.runs.folder import SavedModel
from atriacourse.training.device import choose_device

FORMATS = ("nii.gz", "nii", "nrrd")
NOTES = "predictions.json"  # which model made the mask of each scan, and what it says of the ablation


class Segmentation(NamedTuple):
    """What a model says about one scan."""

    mask: np.ndarray  # (z, y, x) bool, post-processed
    raw_mask: np.ndarray  # (z, y, x) bool, before post-processing
    atrium: np.ndarray  # (z, y, x) float32 probability
    post_ablation: float | None


class Segmenter:
    """A run or a bag, ready to segment scans. A single network is loaded once, a bag's one at a time."""

    def __init__(self, saved: SavedModel, *, device: str = "auto") -> None:
        self.saved = saved
        self.device = choose_device(device)
        self._only: torch.nn.Module | None = None

    def __call__(
        self, image: Volume, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Segmentation:
        """Segment one scan. Raises: InputError if a checkpoint cannot be used."""
        config = self.saved.config
        members = [partial(self._load, number) for number in range(len(self.saved.weights))]
        prediction = predict_ensemble(
            members,
            grey_levels(image),
            prepare=config.prepare,
            config=config.prediction,
            progress=progress,
        )
        raw = probabilities_to_mask(prediction.atrium)
        return Segmentation(
            postprocess(raw, config.postprocessing), raw, prediction.atrium, prediction.post_ablation
        )

    def _load(self, member: int) -> torch.nn.Module:
        if len(self.saved.weights) > 1:
            return self.saved.load(member, self.device)
        if self._only is None:
            self._only = self.saved.load(0, self.device)
        return self._only


class Outcome(NamedTuple):
    """What became of one case."""

    name: str
    mask_path: Path | None
    post_ablation: float | None
    problem: str | None  # why there is no mask
    kept: bool = False  # the mask was there from before


def predict_cohort(
    segmenter: Segmenter,
    cohort: Cohort,
    folder: Path | str,
    *,
    file_format: str = "nii.gz",
    probabilities: bool = False,
    overwrite: bool = False,
    on_case: Callable[[Outcome], None] = lambda outcome: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Outcome]:
    """Write `<name>_la.<format>` for every case; masks that are there already are kept.

    A case that cannot be read is reported in its outcome and does not stop the others.

    Args: probabilities: write `<name>_probability.<format>` too; overwrite: predict again.
    Raises: InputError for an unknown format, or a folder with masks of another model.
    """
    if file_format not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, got {file_format!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model = segmenter.saved.fingerprint()
    notes = read_json(folder / NOTES) if (folder / NOTES).is_file() else {}
    foreign = [case.name for case in cohort if notes.get(case.name, {}).get("model", model) != model]
    if foreign and not overwrite:
        raise InputError(
            f"{folder} holds masks of another model ({len(foreign)} of these scans, first {foreign[0]}); "
            f"name another folder, or overwrite them"
        )
    outcomes = []
    for case in cohort:
        mask_path = folder / f"{case.name}_la.{file_format}"
        probability_path = folder / f"{case.name}_probability.{file_format}" if probabilities else None
        there = mask_path.is_file() and (probability_path is None or probability_path.is_file())
        if there and case.name in notes and not overwrite:
            outcome = Outcome(case.name, mask_path, notes[case.name]["post_ablation"], None, kept=True)
        else:
            outcome = _predict_case(segmenter, case, mask_path, probability_path, progress)
        if outcome.problem is None and not outcome.kept:
            notes[case.name] = {"model": model, "post_ablation": outcome.post_ablation}
            write_json(folder / NOTES, notes)
        outcomes.append(outcome)
        on_case(outcome)
    return outcomes


def _predict_case(
    segmenter: Segmenter,
    case: Case,
    mask_path: Path,
    probability_path: Path | None,
    progress: Callable[[int, int], None],
) -> Outcome:
    try:
        image = case.image()
    except InputError as error:
        return Outcome(case.name, None, None, str(error))
    result = segmenter(image, progress=progress)
    if probability_path is not None:
        write_volume(probability_path, result.atrium, like=image.grid)
    write_volume(mask_path, result.mask, like=image.grid)
    return Outcome(case.name, mask_path, result.post_ablation, None)

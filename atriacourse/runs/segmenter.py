"""Predict masks for a cohort's scans with a run or a bag, and write them beside each other.

After runs/folder.py, before runs/evaluate.py. A mask lies on its scan's own grid, also where the network was
shown the scan resampled (inference/resample.py).
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from atriacourse.data.case import Case, Cohort
from atriacourse.data.grid import Grid, checked_voxel
from atriacourse.data.masks import as_spacing
from atriacourse.data.volume import Volume, grey_levels, write_volume
from atriacourse.errors import InputError
from atriacourse.inference.ensemble import predict_ensemble
from atriacourse.inference.postprocess import postprocess
from atriacourse.inference.predict import Prediction, probabilities_to_mask
from atriacourse.inference.resample import differs, resample, resample_grey, shape_at
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
    """A run or a bag, ready to segment scans. A single network is loaded once, a bag's one at a time.

    A network of slices knows the atrium's size in voxels. So a scan whose voxels differ by more than a fifth
    from those trained on is resampled to them, and the probabilities are brought back to the scan's grid.
    Post-processing happens there: its radius counts the scan's own voxels, whatever the network was shown.
    """

    def __init__(
        self,
        saved: SavedModel,
        *,
        device: str = "auto",
        resample: bool = True,
        trained_mm: tuple[float, float, float] | None = None,
    ) -> None:
        """Choose how scans of other voxels are met.

        Args:
            resample: False shows the network every scan as it is.
            trained_mm: voxel size (z, y, x) of the training scans, where the run's own record of it is not
                to be believed, such as (1.25, 0.625, 0.625) for LA2018.
        Raises: InputError if `trained_mm` is no voxel size, or the run's folder does not say one.
        """
        self.saved = saved
        self.device = choose_device(device)
        self.resample = resample
        self.trained_mm = checked_voxel(as_spacing(trained_mm or saved.spacing_mm()))
        self._only: torch.nn.Module | None = None

    def resampling(self, grid: Grid) -> dict[str, list[float]] | None:
        """From and to which voxel size (z, y, x) a scan on this grid is resampled; None: it is left alone.

        A scan whose voxel size is an assumption is left alone: resampling would make a fact of it.
        Raises: InputError if the scan would be too large.
        """
        known = grid.spacing_source != "assumed"
        if not (self.resample and known and differs(grid.spacing_mm, self.trained_mm)):
            return None
        shape_at(grid.shape, grid.spacing_mm, self.trained_mm)
        return {"from_mm": list(grid.spacing_mm), "to_mm": list(self.trained_mm)}

    def predict(
        self, image: Volume, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Prediction:
        """What the network says of one scan, on the scan's own grid.

        Raises: InputError if a checkpoint cannot be used, or as `resampling`.
        """
        config = self.saved.config
        members = [partial(self._load, number) for number in range(len(self.saved.weights))]
        grey = grey_levels(image)
        if self.resampling(image.grid):
            grey = resample_grey(grey, shape_at(image.shape, image.spacing_mm, self.trained_mm))
        prediction = predict_ensemble(
            members, grey, prepare=config.prepare, config=config.prediction, progress=progress
        )
        return Prediction(resample(prediction.atrium, image.shape), prediction.post_ablation)

    def __call__(
        self, image: Volume, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Segmentation:
        """Segment one scan. Raises: InputError as `predict`."""
        atrium, post_ablation = self.predict(image, progress=progress)
        raw = probabilities_to_mask(atrium)
        return Segmentation(postprocess(raw, self.saved.config.postprocessing), raw, atrium, post_ablation)

    def _load(self, member: int) -> torch.nn.Module:
        if len(self.saved.weights) > 1:
            return self.saved.load(member, self.device)
        if self._only is None:
            self._only = self.saved.load(0, self.device)
        return self._only


class OtherVoxels(NamedTuple):
    """Names of the scans whose voxels differ from those trained on, by what becomes of them."""

    resampled: tuple[str, ...]
    as_they_are: tuple[str, ...]  # resampling is switched off
    assumed: tuple[str, ...]  # their voxel size is an assumption, so nothing is made of it


def other_voxels(segmenter: Segmenter, cohort: Cohort) -> OtherVoxels:
    """Sort a cohort's scans. Reads headers alone; a scan whose header cannot be used is not named."""
    found: dict[str, list[str]] = {name: [] for name in OtherVoxels._fields}
    for case in cohort:
        with suppress(InputError):
            grid = case.grid()
            if segmenter.resampling(grid):
                found["resampled"].append(case.name)
            elif differs(grid.spacing_mm, segmenter.trained_mm):
                kind = "assumed" if grid.spacing_source == "assumed" else "as_they_are"
                found[kind].append(case.name)
    return OtherVoxels(**{name: tuple(names) for name, names in found.items()})


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

    A case that cannot be used is reported in its outcome and does not stop the others.

    Args: probabilities: write `<name>_probability.<format>` too; overwrite: predict again.
    Raises: InputError for an unknown format, or a folder with masks of another model or resampling.
    """
    if file_format not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, got {file_format!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model = segmenter.saved.fingerprint()
    notes = read_json(folder / NOTES) if (folder / NOTES).is_file() else {}
    if not overwrite:
        _refuse_foreign(segmenter, cohort, folder, notes)
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
            notes[case.name] = {
                "model": model,
                "resampling": segmenter.resampling(case.grid()),
                "post_ablation": outcome.post_ablation,
            }
            write_json(folder / NOTES, notes)
        outcomes.append(outcome)
        on_case(outcome)
    return outcomes


def _refuse_foreign(segmenter: Segmenter, cohort: Cohort, folder: Path, notes: dict[str, Any]) -> None:
    model = segmenter.saved.fingerprint()
    noted = [case for case in cohort if case.name in notes]
    foreign = {"model": [case.name for case in noted if notes[case.name]["model"] != model], "resampling": []}
    for case in noted:
        with suppress(InputError):  # a header that cannot be used is told when its case comes
            if notes[case.name].get("resampling") != segmenter.resampling(case.grid()):
                foreign["resampling"].append(case.name)
    for what, names in foreign.items():
        if names:
            raise InputError(
                f"{folder} holds masks of another {what} ({len(names)} of these scans, first {names[0]}); "
                f"name another folder, or overwrite them"
            )


def _predict_case(
    segmenter: Segmenter,
    case: Case,
    mask_path: Path,
    probability_path: Path | None,
    progress: Callable[[int, int], None],
) -> Outcome:
    try:
        image = case.image()
        segmenter.resampling(image.grid)
    except InputError as error:
        return Outcome(case.name, None, None, str(error))
    result = segmenter(image, progress=progress)
    if probability_path is not None:
        write_volume(probability_path, result.atrium, like=image.grid)
    write_volume(mask_path, result.mask, like=image.grid)
    return Outcome(case.name, mask_path, result.post_ablation, None)

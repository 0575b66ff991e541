"""Predict masks for a cohort's scans with a run or a bag, and write them beside each other.

After runs/folder.py, before runs/evaluate.py. A mask lies on its scan's own grid, also where the network was
shown the scan resampled (inference/resample.py).
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, NotRequired

import numpy as np
from typing_extensions import TypedDict

from atriacourse.data.case import Case, Cohort
from atriacourse.data.grid import Grid, checked_voxel
from atriacourse.data.masks import as_spacing
from atriacourse.data.volume import Volume, grey_levels, write_volume
from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.inference.ensemble import predict_ensemble
from atriacourse.inference.postprocess import postprocess
from atriacourse.inference.predict import Prediction, probabilities_to_mask
from atriacourse.inference.resample import differs, resample, resample_grey, shape_at
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.config import write_json
from atriacourse.runs.folder import SavedModel
from atriacourse.runs.ours import digest_of, held, printable, why_this_case
from atriacourse.training.device import choose_device

FORMATS = ("nii.gz", "nii", "nrrd")
NOTES = "predictions.json"  # which model made the mask of each scan, and what it says of the ablation


class Noted(TypedDict):
    """What predictions.json says of one scan."""

    model: str
    post_ablation: float | None
    resampling: NotRequired[dict[str, list[float]] | None]
    # these two not before 0.1.0
    scan: NotRequired[str]  # a digest of its file
    files: NotRequired[dict[str, bool]]  # made by this model; False: about to be written


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
        self._only: MultiTaskUNet | None = None

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

    def check(self) -> None:
        """Load every network once. Raises: InputError if a checkpoint cannot be used."""
        for member in range(len(self.saved.weights)):
            self._load(member)

    def predict(
        self, image: Volume, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Prediction:
        """What the network says of one scan, on the scan's own grid.

        Raises: InputError if a checkpoint cannot be used, its network says NaN, or as `resampling`.
        """
        config = self.saved.config
        members = [partial(self._load, number) for number in range(len(self.saved.weights))]
        grey = grey_levels(image)
        if self.resampling(image.grid):
            grey = resample_grey(grey, shape_at(image.shape, image.spacing_mm, self.trained_mm))
        prediction = predict_ensemble(
            members, grey, prepare=config.prepare, config=config.prediction, progress=progress
        )
        if not np.isfinite(prediction.atrium).all():  # weights may be finite and their products not
            raise InputError(
                f"the network of {self.saved.folder} says NaN or infinity of this scan: its weights or its "
                f"precision are broken; use its other checkpoint, or train again"
            )
        return Prediction(resample(prediction.atrium, image.shape), prediction.post_ablation)

    def __call__(
        self, image: Volume, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Segmentation:
        """Segment one scan. Raises: InputError as `predict`."""
        atrium, post_ablation = self.predict(image, progress=progress)
        raw = probabilities_to_mask(atrium)
        return Segmentation(postprocess(raw, self.saved.config.postprocessing), raw, atrium, post_ablation)

    def _load(self, member: int) -> MultiTaskUNet:
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

    A case that cannot be used is reported in its outcome and does not stop the others. Nor does a file of
    that name which predictions.json does not name: it is somebody's own, and is kept.

    Args:
        probabilities: write `<name>_probability.<format>` too.
        overwrite: predict again, and replace what has the names of the files asked for, whoever made it.
    Raises: InputError for an unknown format, or a folder with masks of another model, resampling or scan.
    """
    if file_format not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, got {file_format!r}")
    kinds = ("la", "probability") if probabilities else ("la",)
    with held(Path(folder), "predict"):
        work = _Work(segmenter, Path(folder), model=segmenter.saved.fingerprint(), progress=progress)
        if not overwrite:
            work.refuse_foreign(cohort)
        segmenter.check()
        outcomes = []
        for case in cohort:
            paths = [work.folder / f"{case.name}_{kind}.{file_format}" for kind in kinds]
            try:
                outcome = work.case(case, paths, overwrite=overwrite)
            except Exception as error:  # noqa: BLE001  one case must not stop the others
                outcome = Outcome(case.name, None, None, why_this_case(error))
            outcomes.append(outcome)
            on_case(outcome)
        return outcomes


class _Work:
    """A folder of masks, with the notes that say which of them this program made."""

    def __init__(
        self, segmenter: Segmenter, folder: Path, *, model: str, progress: Callable[[int, int], None]
    ) -> None:
        self.segmenter, self.folder, self.model, self.progress = segmenter, folder, model, progress
        self.path = folder / NOTES
        way_out = "name another folder, or remove it and predict again with --overwrite"
        self.notes: dict[str, Noted] = {}
        if os.path.lexists(self.path):
            self.notes = read_json(self.path, dict[str, Noted], way_out=way_out)

    def refuse_foreign(self, cohort: Cohort) -> None:
        """Raise InputError if there are masks of another model, resampling or scan of the same name."""
        other: dict[str, list[str]] = {"model": [], "resampling": [], "scan of the same name": []}
        for case in cohort:
            noted = self.notes.get(printable(case.name))
            if noted is None:
                continue
            if noted["model"] != self.model:
                other["model"].append(case.name)
            with suppress(InputError, OSError):  # a scan that cannot be used is told when its case comes
                if noted.get("resampling") != self.segmenter.resampling(case.grid()):
                    other["resampling"].append(case.name)
                if "scan" in noted and noted["scan"] != digest_of(case.image_path):
                    other["scan of the same name"].append(case.name)
        for what, names in other.items():
            if names:
                raise InputError(
                    f"{self.folder} holds masks of another {what} ({len(names)} of these scans, first "
                    f"{names[0]}); name another folder, or overwrite them (--overwrite)"
                )

    def case(self, case: Case, paths: Sequence[Path], *, overwrite: bool) -> Outcome:
        """Make what is missing of a mask and its probabilities.

        Args: paths: of the mask, and of the probabilities if they are asked for.
        """
        noted = self.notes.get(printable(case.name))
        made = {} if noted is None else noted.get("files", dict.fromkeys(map(_name, paths), True))
        there = [path for path in paths if os.path.lexists(path)]
        own = [path for path in (case.image_path, case.mask_path) if path is not None]
        foreign = [path for path in there if any(path.exists() and path.samefile(one) for one in own)]
        if not overwrite:
            foreign += [path for path in there if _name(path) not in made]
        if foreign:
            raise InputError(
                f"{foreign[0]} is there, and {NOTES} does not say that this model made it; it was kept: name "
                f"another folder, move it away, or give --overwrite if it may be replaced"
            )
        wanted = [path for path in paths if overwrite or path not in there or not made[_name(path)]]
        if noted is not None and not wanted:
            return Outcome(case.name, paths[0], noted["post_ablation"], None, kept=True)
        image = case.image()
        now: Noted = {
            "model": self.model,
            "resampling": self.segmenter.resampling(image.grid),
            "scan": digest_of(case.image_path),
            "post_ablation": None,
            "files": {},
        }
        result = self.segmenter(image, progress=self.progress)
        now["post_ablation"] = result.post_ablation
        before = {"resampling": None, "scan": now["scan"], **(noted or {"model": None})}
        if all(before[key] == now[key] for key in ("model", "resampling", "scan")):
            now["files"] = dict(made)  # what else was made of this scan by this model stays known
        # noted before they are written: killed in between, they are known as ours, and made again
        self._note(case, now, dict.fromkeys(map(_name, wanted), False))
        voxels = dict(zip(paths, (result.mask, result.atrium), strict=False))
        for path in wanted:
            write_volume(path, voxels[path], like=image.grid)
        self._note(case, now, dict.fromkeys(map(_name, wanted), True))
        return Outcome(case.name, paths[0], result.post_ablation, None)

    def _note(self, case: Case, noted: Noted, files: dict[str, bool]) -> None:
        noted["files"] |= files
        self.notes[printable(case.name)] = noted
        write_json(self.path, self.notes)


def _name(path: Path) -> str:
    return printable(path.name)

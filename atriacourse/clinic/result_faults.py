"""Faults of prediction, cleaning and scoring.

Beside data_faults.py and training_faults.py; faults.py lists them all.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import ndimage
from torch import Tensor, nn

from atriacourse.augment.prepare import PrepareConfig
from atriacourse.clinic import probes
from atriacourse.clinic.fault import Fault, Reference
from atriacourse.clinic.pipeline import Pipeline, prediction_config
from atriacourse.evaluation.case_row import Row
from atriacourse.evaluation.distances import surface_distances
from atriacourse.evaluation.overlap import dice
from atriacourse.inference.postprocess import largest_component
from atriacourse.inference.predict import Prediction, predict_volume
from atriacourse.network.unet import MultiTaskOutput


class StaysInTraining(nn.Module):
    """A network that cannot be put into evaluation mode, as if nobody had called `eval()`."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.config = network, network.config

    def eval(self) -> "StaysInTraining":
        """Stay as you are."""
        return self.train()

    def forward(self, images: Tensor) -> MultiTaskOutput:
        """Whatever the network says."""
        return self.network(images)


def eval_forgotten(sound: Pipeline) -> Callable[[nn.Module, np.ndarray], Prediction]:
    """Batch normalisation goes on using (and updating) the statistics of the batch, dropout goes on."""
    return lambda model, grey: sound.predict(StaysInTraining(model), grey)


def padded_first(sound: Pipeline) -> Callable[[nn.Module, np.ndarray], Prediction]:
    """Prediction pads before the z-score, training did not."""
    config = replace(prediction_config(sound.settings), pad_first=True)
    return partial(predict_volume, prepare=PrepareConfig(), config=config)


def slices_reversed(sound: Pipeline) -> Callable[[nn.Module, np.ndarray], Prediction]:
    """The predicted slices are stacked from the head to the feet."""

    def predict(model: nn.Module, grey: np.ndarray) -> Prediction:
        prediction = sound.predict(model, grey)
        return prediction._replace(atrium=prediction.atrium[::-1].copy())

    return predict


def closing_eats_border(sound: Pipeline) -> Callable[[np.ndarray], np.ndarray]:
    """Closing with zeros assumed beyond the volume, also by the erosion."""
    ball = ndimage.iterate_structure(ndimage.generate_binary_structure(3, 1), 2)
    return lambda mask: largest_component(ndimage.binary_closing(mask, ball))


def largest_piece_per_slice(sound: Pipeline) -> Callable[[np.ndarray], np.ndarray]:
    """The largest piece is kept in every slice instead of in the volume."""

    def clean(mask: np.ndarray) -> np.ndarray:
        whole = sound.clean(mask)
        return np.concatenate([largest_component(plane[None]) for plane in whole])

    return clean


def dice_over_slices(sound: Pipeline) -> Callable[[np.ndarray, np.ndarray, Sequence[float]], Row]:
    """The mean of the slices' Dice, where an empty slice left empty counts as perfect."""

    def score(truth: np.ndarray, guess: np.ndarray, spacing_mm: Sequence[float]) -> Row:
        of_slices = [dice(truth[z : z + 1], guess[z : z + 1]) for z in range(len(truth))]
        return sound.score(truth, guess, spacing_mm) | {
            "dice": float(np.mean(np.nan_to_num(of_slices, nan=1)))
        }

    return score


def one_way_assd(sound: Pipeline) -> Callable[[np.ndarray, np.ndarray, Sequence[float]], Row]:
    """Only the distances from the prediction to the truth: what was missed altogether costs nothing."""

    def score(truth: np.ndarray, guess: np.ndarray, spacing_mm: Sequence[float]) -> Row:
        row = sound.score(truth, guess, spacing_mm)
        there = surface_distances(truth, guess, spacing_mm).guess_to_truth
        return row | {"assd_mm": float(there.mean()) if len(there) else row["assd_mm"]}

    return score


def spacing_hard_coded(sound: Pipeline) -> Callable[[np.ndarray, np.ndarray, Sequence[float]], Row]:
    """Every voxel is taken for a cube of 0.625 mm."""
    return lambda truth, guess, spacing_mm: sound.score(truth, guess, (0.625, 0.625, 0.625))


def failures_left_out(sound: Pipeline) -> Callable[[Sequence[Row]], float]:
    """Cases without any overlap do not enter the mean."""
    return lambda rows: sound.mean_dice([row for row in rows if float(row["dice"]) > 0] or rows)


RESULT_FAULTS = (
    Fault(
        name="eval_forgotten",
        part="inference",
        stage="predict",
        broken=eval_forgotten,
        probe=probes.company_matters,
        symptom="Results differ a little with the batch size, and from one call to the next.",
        story="A network is made in training mode, and so is one that was just trained.",
        seen=(
            Reference(
                text="segmentation_models.pytorch, issue 128: other masks with another batch size",
                url="https://github.com/qubvel-org/segmentation_models.pytorch/issues/128",
            ),
            Reference(
                text="pointnet.pytorch, pull request 19: eval mode was never set in the test",
                url="https://github.com/fxia22/pointnet.pytorch/pull/19",
            ),
        ),
    ),
    Fault(
        name="padded_first",
        part="inference",
        stage="predict",
        broken=padded_first,
        probe=probes.prediction_shifts_statistics,
        symptom="Scans whose size is a multiple of 32 do best, and nobody knows why.",
        story="Two files do the preprocessing, one for training and one for prediction, in another order.",
        seen=(
            Reference(
                text="The authors' code pads first (our differences page, Padding at prediction)",
                url="https://github.com/cherise215/atria_segmentation_2018",
            ),
        ),
    ),
    Fault(
        name="slices_reversed",
        part="inference",
        stage="predict",
        broken=slices_reversed,
        probe=probes.slices_misplaced,
        symptom="Each slice looks right; the Dice in 3D is far below that of the slices.",
        story="Slices are sorted by file name or by a position whose sign was misread.",
        seen=(
            Reference(
                text="dicom-numpy, issue 9: the stack came out head down",
                url="https://github.com/innolitics/dicom-numpy/issues/9",
            ),
            Reference(
                text="highdicom, issue 117: segmentation slices in the wrong order",
                url="https://github.com/ImagingDataCommons/highdicom/issues/117",
            ),
        ),
    ),
    Fault(
        name="closing_eats_border",
        part="inference",
        stage="clean",
        broken=closing_eats_border,
        probe=probes.cleaning_eats,
        symptom="Cleaning removes the first and last slices of atria that reach the end of the scan.",
        story="Closing is a dilation and an erosion. To the erosion, zeros beyond the edge are background, "
        "and it eats its way in from there.",
        seen=(
            Reference(
                text="scipy's binary_closing with its default border (our chapter 8)",
                url="https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.binary_closing.html",
            ),
            Reference(
                text="CellProfiler, pull request 2839: closing drew a border of False around the image",
                url="https://github.com/CellProfiler/CellProfiler/pull/2839",
            ),
        ),
    ),
    Fault(
        name="largest_piece_per_slice",
        part="inference",
        stage="clean",
        broken=largest_piece_per_slice,
        probe=probes.cleaning_cuts_branches,
        symptom="Dice hardly moves, the Hausdorff distance grows: a vein is gone.",
        story="A 2D helper is called in a loop. In a slice through the veins the atrium is in several parts, "
        "and only one is kept.",
        seen=(Reference(text="The paper cleans in 3D for this reason (section 2.2; our chapter 8)"),),
    ),
    Fault(
        name="dice_over_slices",
        part="metrics",
        stage="score",
        broken=dice_over_slices,
        probe=probes.dice_of_nothing_counts,
        symptom="The Dice answers another question: silence on an empty slice is rewarded, and a slice with "
        "a sliver of atrium counts as much as a full one.",
        story="A 2D metric is averaged over slices, and an empty slice left empty is called perfect.",
        seen=(
            Reference(
                text="fastai, pull request 1234: 1 in place of NaN where both masks are empty",
                url="https://github.com/fastai/fastai/pull/1234",
            ),
            Reference(
                text="MONAI, issue 7504: what the Dice of an empty mask is",
                url="https://github.com/Project-MONAI/MONAI/issues/7504",
            ),
        ),
    ),
    Fault(
        name="one_way_assd",
        part="metrics",
        stage="score",
        broken=one_way_assd,
        probe=probes.assd_lopsided,
        symptom="The mean surface distance is small even where a vein was missed.",
        story="A directed distance is taken for the symmetric one.",
        seen=(
            Reference(
                text="SimpleITK notebooks, pull request 153: asymmetric distances replaced by symmetric ones",
                url="https://github.com/InsightSoftwareConsortium/SimpleITK-Notebooks/pull/153",
            ),
            Reference(
                text="MedPy, issue 108: which mean of the two directions is meant",
                url="https://github.com/loli/medpy/issues/108",
            ),
        ),
    ),
    Fault(
        name="spacing_hard_coded",
        part="metrics",
        stage="score",
        broken=spacing_hard_coded,
        probe=probes.distance_ignores_spacing,
        symptom="Dice is right. Millimetres and millilitres are wrong on every data set but one.",
        story="The voxel size of the first data set stands in the code.",
        seen=(
            Reference(
                text="The authors' code: 0.625 mm cubes (our differences page, Voxel size)",
                url="https://github.com/cherise215/atria_segmentation_2018",
            ),
            Reference(
                text="MONAI, issue 6137: surface distances that knew no spacing",
                url="https://github.com/Project-MONAI/MONAI/issues/6137",
            ),
        ),
    ),
    Fault(
        name="failures_left_out",
        part="metrics",
        stage="mean_dice",
        broken=failures_left_out,
        probe=probes.failures_left_out,
        symptom="The mean is good, and fewer cases stand behind it than were predicted.",
        story="A case without overlap has infinite distances, so it is dropped, and with it its Dice of 0.",
        seen=(
            Reference(
                text="ragas, issue 2832: failed cases become NaN and leave the mean",
                url="https://github.com/vibrantlabsai/ragas/pull/2832",
            ),
        ),
    ),
)

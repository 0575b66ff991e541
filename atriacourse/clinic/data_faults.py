"""Faults between the file and the training cases: loading and splitting.

Beside augment_faults.py, training_faults.py and result_faults.py; faults.py lists them all.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from atriacourse.clinic import probes
from atriacourse.clinic.fault import Fault, Reference
from atriacourse.clinic.inputs import File
from atriacourse.clinic.pipeline import Pipeline, Scan, cohort_of
from atriacourse.data.splits import Split, holdout_split


def image_flipped(sound: Pipeline) -> Callable[[File], Scan]:
    """The image is mirrored left to right, its mask is not."""

    def load(file: File) -> Scan:
        scan = sound.load(file)
        return replace(scan, grey=scan.grey[:, :, ::-1].copy())

    return load


def mask_one_slice_off(sound: Pipeline) -> Callable[[File], Scan]:
    """The mask lies one slice too high."""

    def load(file: File) -> Scan:
        scan = sound.load(file)
        return replace(scan, mask=np.concatenate([np.zeros_like(scan.mask[:1]), scan.mask[:-1]]))

    return load


def spacing_reversed(sound: Pipeline) -> Callable[[File], Scan]:
    """The spacing is kept in the file's order (x, y, z), the voxels in (z, y, x)."""

    def load(file: File) -> Scan:
        scan = sound.load(file)
        return replace(scan, spacing_mm=scan.spacing_mm[::-1])

    return load


def duplicate_across_split(sound: Pipeline) -> Callable[[Sequence[Scan], int], Split]:
    """Scans are split by their names; nobody looks whether one is there twice."""

    def split(scans: Sequence[Scan], seed: int) -> Split:
        each_alone = {scan.name: scan.name for scan in scans}
        return holdout_split(cohort_of(scans), seed=seed, fraction=1 / 3, groups=each_alone)

    return split


DATA_FAULTS = (
    Fault(
        name="image_flipped",
        part="data",
        stage="load",
        broken=image_flipped,
        probe=probes.load_parts_picture_and_mask,
        symptom="The loss falls and stays too high; the Dice is that of a blob in the middle.",
        story="Image and mask pass through two libraries with different ideas of left and right, or one of "
        "the two has an orientation in its header that nobody applies.",
        seen=(
            Reference(
                text="nnU-Net, issue 1956: predictions upside down against the image, traced to two reading "
                "libraries",
                url="https://github.com/MIC-DKFZ/nnUNet/issues/1956",
            ),
            Reference(
                text="MSD heart: its headers say RAS, the axes run otherwise (our differences page, The data)"
            ),
        ),
    ),
    Fault(
        name="mask_one_slice_off",
        part="data",
        stage="load",
        broken=mask_one_slice_off,
        probe=probes.load_parts_picture_and_mask,
        symptom="Everything looks right in one slice. The Dice stops a little early, worst at both ends.",
        story="A stack counted from 1 meets one counted from 0, or an origin is off by one slice.",
        seen=(
            Reference(
                text="3D Slicer, issue 2930: label maps off by one slice",
                url="https://github.com/Slicer/Slicer/issues/2930",
            ),
            Reference(
                text="ShapeWorks, issue 943: left atria that do not lie on their images",
                url="https://github.com/SCIInstitute/ShapeWorks/issues/943",
            ),
        ),
    ),
    Fault(
        name="spacing_reversed",
        part="data",
        stage="load",
        broken=spacing_reversed,
        probe=probes.spacing_error_mm,
        symptom="Dice and millilitres are right to the last digit; only distances are wrong.",
        story="ITK gives sizes and spacings as (x, y, z), its arrays come out as (z, y, x). The product of "
        "the three, and with it every volume, hides the slip.",
        seen=(
            Reference(
                text="ITK's own example on NumPy: the order of indices is different",
                url="https://itk.org/ITKExamples/src/Bridge/NumPy/ConvertNumPyArrayToitkImage/Documentation.html",
            ),
            Reference(
                text="ITK, issue 5577: a Hausdorff distance that is right for cubic voxels only",
                url="https://github.com/InsightSoftwareConsortium/ITK/issues/5577",
            ),
        ),
    ),
    Fault(
        name="duplicate_across_split",
        part="data",
        stage="split",
        broken=duplicate_across_split,
        probe=probes.copies_parted,
        symptom="The held-out Dice is a little better than it will ever be on new patients.",
        story="A scan was exported twice, or a patient was scanned twice. File names differ, so a split by "
        "file name puts one copy on each side.",
        seen=(
            Reference(
                text="LA2018 itself: 0RZDK210BSMWAA6467LU and CMPXO4J23G58J53Q98SZ are one scan (chapter 2)"
            ),
            Reference(
                text="COVID-19 radiographs, issue 51: training and test folders share images",
                url="https://github.com/elcronos/COVID-19/issues/51",
            ),
            Reference(
                text="RIAWELC, issue 2: every test image is also a training image",
                url="https://github.com/stefyste/RIAWELC/issues/2",
            ),
        ),
    ),
)

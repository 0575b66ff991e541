"""Faults of augmentation and normalisation.

Beside data_faults.py; faults.py lists them all.
"""

from collections.abc import Callable
from dataclasses import replace

import torch

from atriacourse.augment.batch import Batch, Drawn, augment, no_augmentation
from atriacourse.augment.gamma import apply_gamma
from atriacourse.augment.geometry import resample
from atriacourse.clinic import probes
from atriacourse.clinic.fault import Fault, Reference
from atriacourse.clinic.pipeline import Pipeline
from atriacourse.data.bank import RawBatch


def image_only_augmented(sound: Pipeline) -> Callable[[RawBatch, Drawn, int], Batch]:
    """Flips, rotation, shift and zoom reach the image and not the mask."""

    def broken(raw: RawBatch, drawn: Drawn, crop: int) -> Batch:
        unmoved = sound.augment(raw, no_augmentation(len(raw.labels)), crop)
        return sound.augment(raw, drawn, crop)._replace(masks=unmoved.masks)

    return broken


def mask_truncated(sound: Pipeline) -> Callable[[RawBatch, Drawn, int], Batch]:
    """The mask is resampled linearly, then compared with its full value: each border pixel is lost."""

    def broken(raw: RawBatch, drawn: Drawn, crop: int) -> Batch:
        padding = sound.settings.augmentation.geometry.padding
        sampled, _ = resample(raw.canvas, raw.sizes, drawn.geometry, (crop, crop), padding=padding)
        whole = (sampled[:, -1] * 255).round() == 255
        return sound.augment(raw, drawn, crop)._replace(masks=whole.long())

    return broken


def padding_counted(sound: Pipeline) -> Callable[[RawBatch, Drawn, int], Batch]:
    """Zeros around a small slice take part in its mean and SD."""
    config = sound.settings.augmentation
    config = replace(config, geometry=replace(config.geometry, padding="zero"), statistics="crop")

    return lambda raw, drawn, crop: augment(raw, drawn, (crop, crop), config)


def gamma_after_z_score(sound: Pipeline) -> Callable[[RawBatch, Drawn, int], Batch]:
    """The power law meets z-scores, not grey levels: whatever lies below the mean is clamped to it."""

    def broken(raw: RawBatch, drawn: Drawn, crop: int) -> Batch:
        plain = sound.augment(raw, drawn._replace(gamma=torch.ones_like(drawn.gamma)), crop)
        changed = (drawn.gamma != 1).view(-1, 1, 1, 1)
        return plain._replace(
            images=torch.where(changed, apply_gamma(plain.images, drawn.gamma), plain.images)
        )

    return broken


def validation_augmented(sound: Pipeline) -> Callable[[RawBatch, int, int], Batch]:
    """The slices that pick the best epoch are flipped, rotated and zoomed at random."""

    def broken(raw: RawBatch, crop: int, number: int) -> Batch:
        return sound.augment(raw, sound.draw(len(raw.labels), number), crop)

    return broken


AUGMENT_FAULTS = (
    Fault(
        name="image_only_augmented",
        part="augmentation",
        stage="augment",
        broken=image_only_augmented,
        probe=probes.augment_parts_picture_and_mask,
        symptom="Training is slow and its loss stays high; validation, without augmentation, looks odd but "
        "alive.",
        story="Image and mask are transformed by two calls that each draw their own random numbers.",
        seen=(
            Reference(
                text="imgaug, issue 132: the image is augmented, its mask is not",
                url="https://github.com/aleju/imgaug/issues/132",
            ),
            Reference(
                text="torchvision, issue 9: one random transform for input and target",
                url="https://github.com/pytorch/vision/issues/9",
            ),
        ),
    ),
    Fault(
        name="mask_truncated",
        part="augmentation",
        stage="augment",
        broken=mask_truncated,
        probe=probes.augment_parts_picture_and_mask,
        symptom="Every prediction is one rim too small; the volume in mL is low in every case.",
        story="Linear interpolation turns a border of 0 and 255 into numbers in between; a comparison with "
        "255, or a cast to whole numbers, then drops them all.",
        seen=(
            Reference(
                text="3D Slicer, pull request 195: label maps were resampled linearly",
                url="https://github.com/Slicer/SlicerGitSVNArchive/pull/195",
            ),
            Reference(
                text="TorchIO, issue 782: where the limit of one half belongs when a label map is resampled",
                url="https://github.com/TorchIO-project/torchio/issues/782",
            ),
        ),
    ),
    Fault(
        name="padding_counted",
        part="augmentation",
        stage="augment",
        broken=padding_counted,
        probe=probes.padding_shifts_statistics,
        symptom="Small scans score worse than large ones, and the crop size seems to matter strangely much.",
        story="The slice is padded with zeros first and z-scored afterwards. The wider the crop, the "
        "brighter the whole slice appears.",
        seen=(
            Reference(
                text="The authors' code: z-score after zero padding (our differences page, z-score)",
                url="https://github.com/cherise215/atria_segmentation_2018",
            ),
        ),
    ),
    Fault(
        name="gamma_after_z_score",
        part="augmentation",
        stage="augment",
        broken=gamma_after_z_score,
        probe=probes.gamma_merges_levels,
        symptom="Gamma augmentation seems to do harm; there is no NaN, because the library clamps.",
        story="A power of a negative number is not defined. Some libraries warn, some clamp to zero, some "
        "keep the sign: three different pictures, none of them a change of contrast.",
        seen=(
            Reference(
                text="TorchIO, issue 368: may the warning about negative values be ignored?",
                url="https://github.com/TorchIO-project/torchio/issues/368",
            ),
            Reference(
                text="kornia, issue 4430: which augmentations clamp what lies outside 0..1",
                url="https://github.com/kornia/kornia/issues/4430",
            ),
        ),
    ),
    Fault(
        name="validation_augmented",
        part="augmentation",
        stage="validation_batch",
        broken=validation_augmented,
        probe=probes.validation_wanders,
        symptom="The validation curve is restless, and lies below the test result.",
        story="Training and validation share one data set object, and with it the transforms.",
        seen=(
            Reference(
                text="The authors' code validates on augmented slices (our differences page, Validation)",
                url="https://github.com/cherise215/atria_segmentation_2018",
            ),
            Reference(
                text="efficient_densenet_pytorch, issue 51: the validation set is augmented as well",
                url="https://github.com/gpleiss/efficient_densenet_pytorch/issues/51",
            ),
        ),
    ),
)

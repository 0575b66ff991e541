"""Measure how far a pipeline departs from what every sound one does: 0 for a sound one, whatever its seed.

After pipeline.py. Each probe looks at one stage through a property that needs no other implementation: a
round trip, an invariance, a symmetry, an input whose answer is known. checks.py turns them into checks.
"""

from dataclasses import replace

import numpy as np
import torch

from atriacourse.augment.batch import no_augmentation
from atriacourse.clinic.inputs import Echo, file_of, shown, slices_of
from atriacourse.clinic.pipeline import Pipeline
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskOutput, MultiTaskUNet


def textured(*shape: int, seed: int = 0) -> np.ndarray:
    """Random grey levels, brighter towards one corner: no two parts of it are alike. uint8."""
    ramp = sum(np.linspace(0, 60, size).reshape([-1 if a == b else 1 for b in range(len(shape))])
               for a, size in enumerate(shape))  # fmt: skip
    noise = np.random.default_rng(seed).uniform(0, 70, shape)
    return (ramp + noise).astype(np.uint8)


def crooked_mask(*shape: int) -> np.ndarray:
    """A block off the middle on every axis, so that no flip and no shift maps it onto itself. bool."""
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(size // 5, size // 2 + axis) for axis, size in enumerate(shape))] = True
    return mask


def load_parts_picture_and_mask(pipeline: Pipeline) -> float:
    """The picture is its own mask: the share of the mask's voxels where the two no longer agree."""
    mask = crooked_mask(10, 20, 30)
    scan = pipeline.load(file_of(np.where(mask, np.uint8(255), np.uint8(0)), mask))
    return float(np.sum((scan.grey > 127) != scan.mask) / mask.sum())


def load_moves_the_scan(pipeline: Pipeline) -> float:
    """The share of voxels that change on loading 8-bit grey levels, which need no conversion."""
    grey = textured(10, 20, 30)
    scan = pipeline.load(file_of(grey, crooked_mask(10, 20, 30)))
    return float(np.mean(scan.grey != grey))


def spacing_error_mm(pipeline: Pipeline) -> float:
    """A file with three different spacings: the largest difference after loading, in mm."""
    told = (3.0, 2.0, 1.0)
    scan = pipeline.load(file_of(textured(8, 8, 8), crooked_mask(8, 8, 8), spacing_mm=told))
    return float(np.abs(np.subtract(scan.spacing_mm, told)).max())


def copies_parted(pipeline: Pipeline) -> float:
    """A scan given twice under two names: the share of four splits with one on each side."""
    scans = [replace(pipeline.load(file), post_ablation=True) for file in pipeline.files[1:3]]
    scans.append(replace(scans[0], name="copy"))
    parted = 0
    for seed in range(4):
        test = pipeline.split(scans, seed).test
        parted += ("copy" in test) != (scans[0].name in test)
    return parted / 4


def epochs_alike(pipeline: Pipeline) -> float:
    """The share of later epochs that repeat the first one, slice for slice and random number for number."""
    first = pipeline.steps([20, 20, 20], 0)
    return float(np.mean([pipeline.steps([20, 20, 20], epoch) == first for epoch in range(1, 5)]))


def augment_parts_picture_and_mask(pipeline: Pipeline) -> float:
    """The picture is its own mask: the share of the mask's pixels where they disagree after augmentation."""
    mask = crooked_mask(64, 64)
    count = 8
    masks = np.repeat(mask[None], count, axis=0)
    raw = slices_of(np.where(masks, np.uint8(255), np.uint8(0)), masks)
    drawn = pipeline.draw(count, pipeline.seed)._replace(gamma=torch.ones(count))
    batch = pipeline.augment(raw, drawn, 64)
    low, high = batch.images.amin(dim=(1, 2, 3)), batch.images.amax(dim=(1, 2, 3))
    bright = batch.images[:, 0] > ((low + high) / 2).view(-1, 1, 1)
    return float((bright != batch.masks.bool()).sum() / batch.masks.sum())


def padding_shifts_statistics(pipeline: Pipeline) -> float:
    """A crop wider than the slice: how far the slice's own pixels are from mean 0 and SD 1."""
    raw = slices_of(textured(2, 64, 64) + np.uint8(60), np.zeros((2, 64, 64), dtype=bool))
    picture = pipeline.augment(raw, no_augmentation(2), 96).images[:, 0, 16:80, 16:80]
    return float(max((picture.mean(dim=(1, 2))).abs().max(), (picture.std(dim=(1, 2)) - 1).abs().max()))


def gamma_merges_levels(pipeline: Pipeline) -> float:
    """A ramp of 64 grey levels through a gamma of 2: the share of levels that are no longer told apart."""
    ramp = np.tile(np.linspace(20, 250, 64).astype(np.uint8), (64, 1))[None]
    raw = slices_of(ramp, np.zeros((1, 64, 64), dtype=bool))
    drawn = no_augmentation(1)._replace(gamma=torch.tensor([2.0]))
    batch = pipeline.augment(raw, drawn, 64)
    levels = len(np.unique(batch.images[0, 0, 32].numpy().round(4)))
    return 1 - levels / len(np.unique(ramp))


def validation_wanders(pipeline: Pipeline) -> float:
    """The same slices, validated on three times: the largest change of a pixel, in SD."""
    raw = slices_of(textured(2, 64, 64), np.zeros((2, 64, 64), dtype=bool))
    batches = [pipeline.validation_batch(raw, 64, number).images for number in range(3)]
    return float(max((other - batches[0]).abs().max() for other in batches[1:]))


def parameters_missing(pipeline: Pipeline) -> float:
    """The share of the network's parameters that an optimiser does not get to see."""
    model = pipeline.network()
    whole = MultiTaskUNet(model.config)
    seen, due = (sum(p.numel() for p in net.parameters()) for net in (model, whole))
    return 1 - seen / due


def confident_output() -> tuple[MultiTaskOutput, torch.Tensor, torch.Tensor]:
    """An output that is quite sure of itself, with the masks and labels that make it right."""
    masks = torch.zeros(2, 16, 16, dtype=torch.int64)
    masks[:, 4:9, 3:12] = 1
    labels = torch.tensor([0, 1])
    sure = 20.0  # a logit
    pixels = sure * (2 * torch.nn.functional.one_hot(masks, 2).movedim(-1, 1).float() - 1)
    whole = sure * (2 * torch.nn.functional.one_hot(labels, 2).float() - 1)
    return MultiTaskOutput(pixels, whole), masks, labels


def mask_loss_floor(pipeline: Pipeline) -> float:
    """The loss of the pixels when every pixel is right and the network is sure."""
    return float(pipeline.loss(*confident_output()).mask)


def label_loss_floor(pipeline: Pipeline) -> float:
    """The loss of the label when every label is right and the network is sure."""
    return float(pipeline.loss(*confident_output()).label)


def gradient_grows(pipeline: Pipeline) -> float:
    """The same batch twice with a learning rate of zero: how much the gradient has grown (1: doubled)."""
    model = pipeline.network()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0)
    mask = crooked_mask(32, 32)[None]
    batch = pipeline.validation_batch(slices_of(textured(1, 32, 32), mask), 32, 0)
    sizes = []
    for _ in range(2):
        pipeline.train_step(model, optimiser, batch, pipeline.loss, 0.0)
        gradient = model.mask_head.weight.grad
        if gradient is None:
            raise InputError("train_step must leave the gradient of its batch behind, got none")
        sizes.append(float(gradient.abs().sum()))
    return abs(sizes[1] / sizes[0] - 1)


def rate_astray(pipeline: Pipeline) -> float:
    """The learning rate after twice `halve_every` epochs, over the quarter that it should be: minus one."""
    settings = pipeline.settings
    due = settings.base_rate / 4
    return abs(pipeline.rate(2 * settings.halve_every) / due - 1)


def held_out_cases_choose(pipeline: Pipeline) -> float:
    """The share of twenty training histories where other scores of the test cases change the epoch kept."""
    rng = np.random.default_rng(pipeline.seed)
    changed = 0
    for _ in range(20):
        validation, test, other = rng.random((3, 10)).tolist()
        changed += pipeline.choose_epoch(validation, test) != pipeline.choose_epoch(validation, other)
    return changed / 20


def company_matters(pipeline: Pipeline) -> float:
    """One slice predicted alone and in its volume: the largest difference of a probability."""
    grey = textured(5, 40, 48)
    model = pipeline.network()
    together = pipeline.predict(model, grey).atrium[3]
    alone = pipeline.predict(model, grey[3:4]).atrium[0]
    return float(np.abs(together - alone).max())


def prediction_shifts_statistics(pipeline: Pipeline) -> float:
    """What a network is shown of a slice that needs padding: how far its pixels are from mean 0 and SD 1."""
    picture = shown(pipeline.predict(Echo(), textured(2, 40, 44)).atrium)
    return float(max(np.abs(picture.mean(axis=(1, 2))).max(), np.abs(picture.std(axis=(1, 2)) - 1).max()))


def slices_misplaced(pipeline: Pipeline) -> float:
    """A bright dot at another place in each slice: the share of slices where it comes back elsewhere."""
    grey = np.full((9, 32, 32), 50, dtype=np.uint8)
    for z in range(9):
        grey[z, 3 * z, 31 - 2 * z] = 200
    picture = shown(pipeline.predict(Echo(), grey).atrium)
    dots = [np.unravel_index(plane.argmax(), plane.shape) for plane in picture]
    return float(np.mean([dot != (3 * z, 31 - 2 * z) for z, dot in enumerate(dots)]))


def cleaning_eats(pipeline: Pipeline) -> float:
    """One solid block that touches the edge of the volume: the share of it that cleaning removes."""
    mask = np.zeros((10, 24, 24), dtype=bool)
    mask[:6, 5:15, :12] = True
    return float(np.sum(mask & ~pipeline.clean(mask)) / mask.sum())


def cleaning_cuts_branches(pipeline: Pipeline) -> float:
    """A body with two legs, one piece in 3D, two in most slices: the share of it that cleaning removes."""
    mask = np.zeros((14, 30, 30), dtype=bool)
    mask[3:11, 6:10, 6:10] = True  # one leg, like a pulmonary vein
    mask[3:11, 18:24, 18:24] = True  # another
    mask[3:5, 6:24, 6:24] = True  # the body that joins them
    return float(np.sum(mask & ~pipeline.clean(mask)) / mask.sum())


def _two_masks() -> tuple[np.ndarray, np.ndarray]:
    truth, guess = np.zeros((2, 8, 20, 20), dtype=bool)
    truth[2:6, 4:12, 4:12] = True
    truth[2:6, 12:18, 7:9] = True  # a vein that the guess misses
    guess[2:6, 5:12, 4:12] = True
    return truth, guess


def dice_of_nothing_counts(pipeline: Pipeline) -> float:
    """Twice as many slices, the new ones empty in both masks: the change in Dice."""
    truth, guess = _two_masks()
    empty = np.zeros_like(truth)
    more = [np.concatenate([mask, empty]) for mask in (truth, guess)]
    spacing = (1.0, 1.0, 1.0)
    before, after = pipeline.score(truth, guess, spacing), pipeline.score(more[0], more[1], spacing)
    return abs(float(after["dice"]) - float(before["dice"]))


def assd_lopsided(pipeline: Pipeline) -> float:
    """Truth and guess change places: the change in ASSD over the ASSD."""
    truth, guess = _two_masks()
    spacing = (1.0, 1.0, 1.0)
    one, other = (
        float(pipeline.score(*pair, spacing)["assd_mm"]) for pair in ((truth, guess), (guess, truth))
    )
    return abs(one - other) / max(one, other)


def distance_ignores_spacing(pipeline: Pipeline) -> float:
    """Voxels twice as large along every axis: how far the Hausdorff distance is from doubling."""
    truth, guess = _two_masks()
    small, large = (float(pipeline.score(truth, guess, (size, size, size))["hd_mm"]) for size in (1.0, 2.0))
    return abs(large / small - 2)


def failures_left_out(pipeline: Pipeline) -> float:
    """One case perfect, one missed altogether: how far the mean Dice is from one half."""
    truth, _ = _two_masks()
    spacing = (1.0, 1.0, 1.0)
    rows = [pipeline.score(truth, guess, spacing) for guess in (truth, np.zeros_like(truth))]
    return abs(pipeline.mean_dice(rows) - 0.5)

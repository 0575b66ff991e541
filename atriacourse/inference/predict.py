"""Predict a whole volume: slices in batches through the network, probabilities on the input grid.

After training/, before inference/postprocess.py. Volumes are (z, y, x). Slices are prepared as in
training, z-scored, mirror-padded to what the network's poolings need, and cut back afterwards.
Source: Chen, Bai and Rueckert 2018, sections 2.2 and 3.2; DIFFERENCES row "Prediction": the authors pad
before normalising, we after, so that padding does not shift the statistics.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from atriacourse.augment.mirror import Padding, pad_to_multiple
from atriacourse.augment.normalise import z_score
from atriacourse.augment.prepare import PrepareConfig, prepare_grey
from atriacourse.bounds import check_settings
from atriacourse.data.bank import neighbours
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.training.device import PRECISIONS, autocast, choose_precision


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """How prediction is run; none of it changes what the network has learned."""

    batch_size: int = 8  # slices at a time
    mirrored_too: bool = False  # average over left-right and up-down mirror images; not in the paper
    zooms: tuple[float, ...] = (1.0,)  # average over the slice at these sizes; not in the paper
    smooth_z: float = 0.0  # slices: SD of a Gaussian along z over the probabilities; not in the paper
    pad_first: bool = False  # authors' code: mirror padding enters the z-score
    precision: str = "auto"

    def __post_init__(self) -> None:
        """Refuse an empty batch, and sizes at which nothing is left to see."""
        check_settings(self, "prediction")
        if self.precision not in PRECISIONS:  # before an epoch is trained, not at the first prediction
            raise InputError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        if not self.zooms:
            raise InputError("zooms must be one factor or more; (1.0,) changes nothing")


class Prediction(NamedTuple):
    """What the network says about one volume."""

    atrium: np.ndarray  # (z, y, x) float32, probability of atrium on the input grid
    post_ablation: float | None  # mean over slices of the probability of "post"; None without label head


def predict_volume(
    model: MultiTaskUNet,
    grey: np.ndarray,
    *,
    prepare: PrepareConfig,
    config: PredictConfig | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Prediction:
    """Probabilities for every voxel of a volume.

    Args:
        model: it is put into evaluation mode.
        grey: 8-bit grey levels, uint8 (z, y, x).
        prepare: as in training.
        progress: told (slices done, slices in all) after each batch.
    Raises: InputError if `grey` is no 8-bit volume.
    """
    config = config or PredictConfig()
    if grey.ndim != 3 or grey.dtype != np.uint8 or grey.size == 0:
        raise InputError(
            f"predict_volume needs 8-bit grey levels (z, y, x), got {grey.dtype} {grey.shape}; "
            f"grey_levels(volume) makes them"
        )
    device = next(model.parameters()).device
    precision = choose_precision(config.precision, device)
    slices = torch.from_numpy(np.ascontiguousarray(prepare_grey(grey, prepare))).to(device)
    depth, height, width = grey.shape
    atrium = np.empty((depth, height, width), np.float32)
    labels = []
    model.eval()
    for start in range(0, depth, config.batch_size):
        stop = min(start + config.batch_size, depth)
        with torch.inference_mode(), autocast(precision, device):
            mask, label = _at_all_sizes(model, slices, range(start, stop), prepare, config)
        atrium[start:stop] = _to_input_grid(mask, prepare.downsample, height, width).cpu().numpy()
        if label is not None:
            labels.append(label)
        progress(stop, depth)
    if config.smooth_z:  # the network saw each slice by itself, and an atrium goes on from one to the next
        atrium = ndimage.gaussian_filter1d(atrium, config.smooth_z, axis=0, mode="nearest")
    return Prediction(atrium, float(torch.cat(labels).mean()) if labels else None)


def _at_all_sizes(
    model: MultiTaskUNet,
    slices: Tensor,
    numbers: Sequence[int],
    prepare: PrepareConfig,
    config: PredictConfig,
) -> tuple[Tensor, Tensor | None]:
    """The mean over `config.zooms`: atrium (n, h, w) as large as the slices, post-ablation (n,) or None."""
    atrium, label = torch.zeros(()), None
    for zoom in config.zooms:
        images, padding = network_input(
            slices,
            numbers,
            offsets=prepare.offsets,
            multiple=model.config.multiple,
            pad_first=config.pad_first,
            zoom=zoom,
        )
        mask, post = _probabilities(model, images, config)
        mask = _resized(padding.undo(mask)[:, None], slices.shape[-2:])[:, 0]
        atrium = atrium + mask / len(config.zooms)
        if post is not None:
            label = post / len(config.zooms) + (0 if label is None else label)
    return atrium, label


def network_input(
    grey: Tensor,
    numbers: Sequence[int],
    *,
    offsets: tuple[int, ...],
    multiple: int,
    pad_first: bool = False,
    zoom: float = 1.0,
) -> tuple[Tensor, Padding]:
    """What the network is shown of some slices: resized, z-scored, mirror-padded.

    Args:
        grey: all slices of a scan, prepared as in training, uint8 (z, h, w).
        numbers: of the slices.
        offsets: of the neighbours shown beside each, one channel each.
        multiple: of what the network's poolings need.
        pad_first: pad before the z-score, as the authors do.
        zoom: size over that of `grey`.
    Returns: (len(numbers), C, H, W) float32, and the padding whose `undo` cuts an answer back.
    """
    shown = torch.tensor([neighbours(z, offsets, len(grey)) for z in numbers], device=grey.device)
    images = grey[shown].float() / 255
    images = _resized(images, [max(round(zoom * side), 1) for side in images.shape[-2:]])
    if pad_first:
        padded, padding = pad_to_multiple(images, multiple)
        return _z_scored(padded), padding
    return pad_to_multiple(_z_scored(images), multiple)


def _z_scored(images: Tensor) -> Tensor:
    variance, mean = torch.var_mean(images, dim=(-2, -1), correction=0, keepdim=True)
    return z_score(images, mean, variance)


def _resized(images: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate (n, C, h, w) to another size; the same size changes nothing."""
    if tuple(images.shape[-2:]) == tuple(size):
        return images
    return functional.interpolate(
        images, size=tuple(size), mode="bilinear", align_corners=False, antialias=size[0] < images.shape[-2]
    )


def _probabilities(
    model: MultiTaskUNet, images: Tensor, config: PredictConfig
) -> tuple[Tensor, Tensor | None]:
    """The mean over mirror images, if any: (n, C, H, W) -> atrium (n, H, W), post-ablation (n,) or None."""
    images = images.contiguous(memory_format=torch.channels_last)
    views: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1)) if config.mirrored_too else ((),)
    atrium, label = torch.zeros(()), None
    for axes in views:
        output = model(images.flip(axes) if axes else images)
        mask = torch.softmax(output.mask_logits.float(), dim=1)[:, 1]
        atrium = atrium + (mask.flip(axes) if axes else mask) / len(views)
        if output.label_logits is not None:
            post = torch.softmax(output.label_logits.float(), dim=1)[:, 1] / len(views)
            label = post if label is None else label + post
    return atrium, label


def _to_input_grid(mask: Tensor, factor: int, height: int, width: int) -> Tensor:
    """Interpolate (n, h, w) of a coarse grid back to (n, height, width)."""
    if factor == 1:
        return mask
    fine = functional.interpolate(mask[:, None], scale_factor=factor, mode="bilinear", align_corners=False)
    return fine[:, 0, :height, :width]


def probabilities_to_mask(atrium: np.ndarray) -> np.ndarray:
    """The class with the higher probability: float (z, y, x) -> bool (z, y, x). Source: section 2.2."""
    return atrium > 0.5

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
from torch import Tensor, nn
from torch.nn import functional

from atriacourse.augment.mirror import pad_to_multiple
from atriacourse.augment.normalise import z_score
from atriacourse.augment.prepare import PrepareConfig, prepare_grey
from atriacourse.bounds import check_settings
from atriacourse.data.bank import neighbours
from atriacourse.errors import InputError
from atriacourse.training.device import autocast, choose_precision


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """How prediction is run; none of it changes what the network has learned."""

    batch_size: int = 8  # slices at a time
    mirrored_too: bool = False  # average over left-right and up-down mirror images; not in the paper
    zooms: tuple[float, ...] = (1.0,)  # average over the slice at these sizes; not in the paper
    pad_first: bool = False  # authors' code: mirror padding enters the z-score
    precision: str = "auto"

    def __post_init__(self) -> None:
        """Refuse an empty batch, and sizes at which nothing is left to see."""
        check_settings(self, "prediction")
        if not self.zooms:
            raise InputError("zooms must be one factor or more; (1.0,) changes nothing")


class Prediction(NamedTuple):
    """What the network says about one volume."""

    atrium: np.ndarray  # (z, y, x) float32, probability of atrium on the input grid
    post_ablation: float | None  # mean over slices of the probability of "post"; None without label head


def predict_volume(
    model: nn.Module,
    grey: np.ndarray,
    *,
    prepare: PrepareConfig,
    config: PredictConfig | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Prediction:
    """Probabilities for every voxel of a volume.

    Args:
        model: a `MultiTaskUNet`; it is put into evaluation mode.
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
    slices = torch.from_numpy(np.ascontiguousarray(prepare_grey(grey, prepare)))
    depth, height, width = grey.shape
    atrium = np.empty((depth, height, width), np.float32)
    labels = []
    model.eval()
    for start in range(0, depth, config.batch_size):
        stop = min(start + config.batch_size, depth)
        shown = [neighbours(z, prepare.offsets, depth) for z in range(start, stop)]
        images = slices[torch.tensor(shown)].to(device).float() / 255  # (n, C, H, W)
        with torch.inference_mode(), autocast(precision, device):
            mask, label = _probabilities(model, images, config)
        atrium[start:stop] = _to_input_grid(mask, prepare.downsample, height, width).cpu().numpy()
        labels.append(label)
        progress(stop, depth)
    known = [label for label in labels if label is not None]
    post = float(torch.cat(known).mean()) if known else None
    return Prediction(atrium, post)


def _probabilities(model: nn.Module, images: Tensor, config: PredictConfig) -> tuple[Tensor, Tensor | None]:
    """The mean over `config.zooms`: (n, C, H, W) -> atrium (n, H, W) and post-ablation (n,) or None."""
    size = tuple(images.shape[-2:])
    atrium, label = 0.0, None
    for zoom in config.zooms:
        mask, post = _at_one_size(
            model, _resized(images, [max(round(zoom * side), 1) for side in size]), config
        )
        atrium = atrium + _resized(mask[:, None], size)[:, 0] / len(config.zooms)
        if post is not None:
            label = post / len(config.zooms) + (0 if label is None else label)
    return atrium, label


def _resized(images: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate (n, C, h, w) to another size; the same size changes nothing."""
    if tuple(images.shape[-2:]) == tuple(size):
        return images
    return functional.interpolate(
        images, size=tuple(size), mode="bilinear", align_corners=False, antialias=size[0] < images.shape[-2]
    )


def _at_one_size(model: nn.Module, images: Tensor, config: PredictConfig) -> tuple[Tensor, Tensor | None]:
    """Z-score, pad, run, undo: (n, C, h, w) -> atrium (n, h, w) and post-ablation (n,) or None."""

    def z_scored(batch: Tensor) -> Tensor:
        variance, mean = torch.var_mean(batch, dim=(-2, -1), correction=0, keepdim=True)
        return z_score(batch, mean, variance)

    if config.pad_first:
        padded, padding = pad_to_multiple(images, model.config.multiple)
        padded = z_scored(padded)
    else:
        padded, padding = pad_to_multiple(z_scored(images), model.config.multiple)
    padded = padded.contiguous(memory_format=torch.channels_last)
    views: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1)) if config.mirrored_too else ((),)
    atrium, label = 0.0, None
    for axes in views:
        output = model(padded.flip(axes) if axes else padded)
        mask = torch.softmax(output.mask_logits.float(), dim=1)[:, 1]
        atrium = atrium + (mask.flip(axes) if axes else mask) / len(views)
        if output.label_logits is not None:
            post = torch.softmax(output.label_logits.float(), dim=1)[:, 1] / len(views)
            label = post if label is None else label + post
    return padding.undo(atrium), label


def _to_input_grid(mask: Tensor, factor: int, height: int, width: int) -> Tensor:
    """Interpolate (n, h, w) of a coarse grid back to (n, height, width)."""
    if factor == 1:
        return mask
    fine = functional.interpolate(mask[:, None], scale_factor=factor, mode="bilinear", align_corners=False)
    return fine[:, 0, :height, :width]


def probabilities_to_mask(atrium: np.ndarray) -> np.ndarray:
    """The class with the higher probability: float (z, y, x) -> bool (z, y, x). Source: section 2.2."""
    return atrium > 0.5

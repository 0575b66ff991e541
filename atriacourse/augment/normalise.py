"""Per-slice z-score: zero mean, unit variance, the only preprocessing the paper needs at test time.

After augment/gamma.py, before the network. Slices are (N, C, H, W). Which pixels enter the statistics is
a setting: the paper normalises the slice, the authors' code the padded crop. DIFFERENCES row "Normalise".
"""

import torch
from torch import Tensor

from atriacourse.errors import InputError

STATISTICS = ("inside", "crop", "slice")
TINY = 1e-4  # grey levels are 0..1: a slice flatter than this is all one grey


def z_score(images: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Subtract the mean and divide by the standard deviation; a constant slice becomes zeros."""
    return (images - mean) / variance.clamp(min=TINY**2).sqrt()


def normalise(
    images: Tensor,
    inside: Tensor,
    *,
    statistics: str = "inside",
    slice_moments: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Z-score every channel of every slice.

    Args:
        images: (N, C, H, W) crops.
        inside: (N, 1, H, W) bool, False where the crop shows padding.
        statistics: "inside" (ours: the crop's own pixels, padding left out), "crop" (authors' code:
            padding counts) or "slice" (the paper: mean and variance of the whole slice before cropping).
        slice_moments: mean and variance (N, C) of the whole slices, needed for "slice" alone.
    Raises: InputError for another word, or "slice" without moments.
    """
    if statistics in ("inside", "crop"):
        shows_nothing = ~inside.flatten(1).any(dim=1).view(-1, 1, 1, 1)  # nothing but padding: count that
        counted = torch.ones_like(inside) if statistics == "crop" else inside | shows_nothing
        weight = counted.to(images.dtype)
        count = _slice_sum(weight)
        mean = _slice_sum(images * weight) / count
        variance = _slice_sum((images - mean).square() * weight) / count
    elif statistics == "slice" and slice_moments is not None:
        mean, variance = (moment.to(images)[..., None, None] for moment in slice_moments)
    elif statistics == "slice":
        raise InputError('statistics "slice" needs slice_moments, the mean and variance of the whole slices')
    else:
        raise InputError(f"statistics must be one of {', '.join(STATISTICS)}, got {statistics!r}")
    return z_score(images, mean, variance)


def _slice_sum(images: Tensor) -> Tensor:
    """Sum over each slice, (N, C, H, W) -> (N, C, 1, 1), row by row.

    Torch shares one long sum out among its threads, so that the last digit depends on how many there are.
    """
    return images.sum(dim=-1, keepdim=True).sum(dim=-2, keepdim=True)

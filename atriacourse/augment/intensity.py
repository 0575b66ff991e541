"""Noise and a bias field: further intensity augmentation, ours, off in the paper's recipe.

After augment/gamma.py, before augment/normalise.py. Grey levels are 0..1, (N, C, H, W). Scanners differ
by more than a power law: coil sensitivity drifts across the field, and some scans are noisier.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from atriacourse.augment.gamma import widest
from atriacourse.bounds import check_settings


@dataclass(frozen=True, kw_only=True)
class IntensityConfig:
    """How strong; zero switches a part off (the default: the paper has none of this)."""

    bias: float = 0.0  # largest log-gain of the field's linear and quadratic parts
    noise: float = 0.0  # largest standard deviation of Gaussian noise, in grey levels 0..1

    def __post_init__(self) -> None:
        """Refuse negative strengths."""
        check_settings(self, "intensity")


class Intensity(NamedTuple):
    """What was drawn for each of N slices."""

    bias: Tensor  # (N, 5) coefficients of y, x, y*y, x*y, x*x on -1..1; all zero: no field
    noise: Tensor  # (N,) standard deviation
    noise_seed: int  # the noise itself is drawn from this when applied, on the CPU


def draw_intensity(config: IntensityConfig, *, count: int, generator: torch.Generator) -> Intensity:
    """Draw field coefficients, noise levels and the noise's seed for `count` slices."""
    bias = config.bias * (2 * torch.rand(count, 5, generator=generator) - 1)
    noise = config.noise * torch.rand(count, generator=generator)
    seed = int(torch.randint(2**31, (1,), generator=generator))
    return Intensity(bias, noise, seed)


def apply_intensity(images: Tensor, drawn: Intensity) -> Tensor:
    """Multiply by the bias field and add the noise; unchanged where both are zero.

    Args: images: (N, C, H, W) in 0..1.
    """
    if drawn.bias.any():
        height, width = images.shape[-2:]
        y = torch.linspace(-1, 1, height, device=images.device).view(1, 1, -1, 1)
        x = torch.linspace(-1, 1, width, device=images.device).view(1, 1, 1, -1)
        b = drawn.bias.to(images).T.reshape(5, -1, 1, 1, 1)  # one (N, 1, 1, 1) for each term
        field = b[0] * y + b[1] * x + b[2] * y * y + b[3] * x * y + b[4] * x * x
        images = images * torch.exp(field.to(widest(images.device))).to(images)  # as in augment/gamma.py
    if drawn.noise.any():
        generator = torch.Generator().manual_seed(drawn.noise_seed)
        noise = torch.randn(images.shape, generator=generator).to(images)
        images = images + noise * drawn.noise.to(images).view(-1, 1, 1, 1)
    return images

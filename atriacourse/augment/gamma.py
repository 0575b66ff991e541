"""Gamma augmentation: a random power law on the grey levels, the paper's remedy for varying contrast.

After augment/geometry.py, before augment/normalise.py. Grey levels are 0..1, (N, C, H, W). The scale is
irrelevant once z-scored: (c * x) ** (1/g) = c ** (1/g) * x ** (1/g). Source: section 3.3, Table 1.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from atriacourse.bounds import check_settings
from atriacourse.errors import InputError

NO_FLOAT64 = ("mps",)  # types of devices


@dataclass(frozen=True, kw_only=True)
class GammaConfig:
    """How often and how strongly the contrast is changed."""

    probability: float = 0.5  # authors' code; the paper gives no probability
    low: float = 0.8  # section 3.3
    high: float = 2.0  # section 3.3

    def __post_init__(self) -> None:
        """Refuse ranges that make no sense."""
        check_settings(self, "gamma")
        if not self.low <= self.high:
            raise InputError(f"gamma range must be low <= high, got {self.low}..{self.high}")


def draw_gamma(config: GammaConfig, *, count: int, generator: torch.Generator) -> Tensor:
    """Draw gamma for `count` slices: (N,), 1 for those left alone."""
    gamma = config.low + (config.high - config.low) * torch.rand(count, generator=generator)
    changed = torch.rand(count, generator=generator) < config.probability
    return torch.where(changed, gamma, 1.0)


def apply_gamma(images: Tensor, gamma: Tensor) -> Tensor:
    """`images ** (1 / gamma)`, one gamma a slice.

    Args: images: (N, C, H, W) in 0..1; gamma: (N,) above 0, above 1 brightens.

    Computed in float64: torch's float32 power may differ in the last digit where a thread's share of the
    pixels ends, so that a batch would depend on the number of threads.
    """
    wide = widest(images.device)
    exponent = 1 / gamma.to(images.device, wide).view(-1, 1, 1, 1)
    return (images.clamp(min=0).to(wide) ** exponent).to(images.dtype)


def widest(device: torch.device) -> torch.dtype:
    """float64, or float32 on an Apple GPU, which has nothing wider (and no threads to agree on digits)."""
    return torch.float32 if device.type in NO_FLOAT64 else torch.float64

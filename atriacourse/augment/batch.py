"""From the slices in the bank to the batch the network is trained on: geometry, gamma, z-score.

After data/bank.py, before network/unet.py; all of it batched, on the bank's device.
Source: Chen, Bai and Rueckert 2018, section 3.3.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from atriacourse.augment.gamma import GammaConfig, apply_gamma, draw_gamma
from atriacourse.augment.geometry import Geometry, GeometryConfig, draw_geometry, no_geometry, resample
from atriacourse.augment.intensity import Intensity, IntensityConfig, apply_intensity, draw_intensity
from atriacourse.augment.normalise import STATISTICS, normalise
from atriacourse.augment.tone import Tone, ToneConfig, apply_tone, draw_tone
from atriacourse.data.bank import RawBatch
from atriacourse.errors import InputError


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Everything random that happens to a batch, and how it is normalised."""

    geometry: GeometryConfig = field(default_factory=GeometryConfig)
    gamma: GammaConfig = field(default_factory=GammaConfig)
    intensity: IntensityConfig = field(default_factory=IntensityConfig)
    tone: ToneConfig = field(default_factory=ToneConfig)
    statistics: str = "inside"  # which pixels the z-score counts; see augment/normalise.py

    def __post_init__(self) -> None:
        """Refuse an unknown word."""
        if self.statistics not in STATISTICS:
            raise InputError(f"statistics must be one of {', '.join(STATISTICS)}, got {self.statistics!r}")


class Drawn(NamedTuple):
    """All random numbers of one batch of N slices."""

    geometry: Geometry
    gamma: Tensor  # (N,)
    intensity: Intensity
    tone: Tone


class Batch(NamedTuple):
    """What the network is trained on."""

    images: Tensor  # (N, C, crop, crop) float, z-scored
    masks: Tensor  # (N, crop, crop) int64, 0 background, 1 atrium
    labels: Tensor  # (N,) int64: 0 pre-, 1 post-ablation, -1 unknown


def draw_augmentation(config: AugmentConfig, *, count: int, generator: torch.Generator) -> Drawn:
    """Draw every random number for `count` slices from one generator, on the CPU."""
    return Drawn(
        draw_geometry(config.geometry, count=count, generator=generator),
        draw_gamma(config.gamma, count=count, generator=generator),
        draw_intensity(config.intensity, count=count, generator=generator),
        draw_tone(config.tone, count=count, generator=generator),
    )


def no_augmentation(count: int) -> Drawn:
    """The draw that changes nothing but the crop."""
    generator = torch.Generator()
    return Drawn(
        no_geometry(count),
        torch.ones(count),
        draw_intensity(IntensityConfig(), count=count, generator=generator),
        draw_tone(ToneConfig(), count=count, generator=generator),
    )


def augment(raw: RawBatch, drawn: Drawn, crop: tuple[int, int], config: AugmentConfig) -> Batch:
    """Apply what was drawn: one resampling of slices and mask, then contrast, then the z-score.

    Args: raw: N slices from the bank; drawn: for the same N; crop: height and width of the result.
    """
    sampled, inside = resample(raw.canvas, raw.sizes, drawn.geometry, crop, padding=config.geometry.padding)
    masks = (sampled[:, -1] >= 0.5).long()
    images = apply_gamma(sampled[:, :-1], drawn.gamma)
    images = apply_tone(images, drawn.tone)
    images = apply_intensity(images, drawn.intensity)
    moments = gamma_moments(raw.histograms, drawn.gamma) if config.statistics == "slice" else None
    images = normalise(images, inside, statistics=config.statistics, slice_moments=moments)
    return Batch(images, masks, raw.labels)


def gamma_moments(histograms: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of whole slices after gamma, from their histograms and without their pixels.

    A tone curve, bias field or noise (augment/tone.py, augment/intensity.py) comes later and is not in them.

    Args: histograms: (N, C, 256); gamma: (N,). Returns: two tensors (N, C).
    """
    level = torch.linspace(0, 1, 256, device=histograms.device)
    table = level ** (1 / gamma.to(histograms)).view(-1, 1, 1)  # (N, 1, 256): what each grey level becomes
    count = histograms.sum(dim=-1)
    mean = (histograms * table).sum(dim=-1) / count
    variance = (histograms * (table - mean[..., None]).square()).sum(dim=-1) / count
    return mean, variance

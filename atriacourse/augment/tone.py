"""Random tone curves: grey levels re-assigned at random, so that shape must count; ours, off in the paper.

After augment/gamma.py, before augment/intensity.py. Grey levels are 0..1, (N, C, H, W). A gamma keeps the
order of grey levels; now and then a scan comes with dark blood inside a bright wall, which no gamma makes
from a bright-blood scan. Idea: the non-linear intensity transformation of Zhou et al. 2019 (Models Genesis).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from atriacourse.bounds import check_settings


@dataclass(frozen=True, kw_only=True)
class ToneConfig:
    """How often, and how wild."""

    probability: float = 0.0  # the default: the paper has none of this
    knots: int = 6  # the curve is straight between this many random values

    def __post_init__(self) -> None:
        """Refuse settings that make no sense."""
        check_settings(self, "tone")


class Tone(NamedTuple):
    """What was drawn for each of N slices."""

    changed: Tensor  # (N,) bool
    curve: Tensor  # (N, knots) new grey level at 0, ..., 1 of the slice's own maximum


def draw_tone(config: ToneConfig, *, count: int, generator: torch.Generator) -> Tone:
    """Draw which of `count` slices are changed, and a curve for each."""
    changed = torch.rand(count, generator=generator) < config.probability
    return Tone(changed, torch.rand(count, config.knots, generator=generator))


def apply_tone(images: Tensor, drawn: Tone) -> Tensor:
    """Send the changed slices through their curves; the others, and every position, stay as they are.

    Args: images: (N, C, H, W) in 0..1; the channels of a slice share curve and maximum.
    """
    if not drawn.changed.any():
        return images
    changed = drawn.changed.to(images.device)
    some, curve = images[changed], drawn.curve.to(images)[changed]  # (n, C, H, W), (n, knots)
    last = curve.shape[1] - 1
    peak = some.amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-6)
    place = (some / peak * last).flatten(1)  # in knots, 0 .. last
    below = place.floor().clamp(0, last - 1)
    left, right = curve.gather(1, below.long()), curve.gather(1, below.long() + 1)
    result = images.clone()
    result[changed] = (left + (right - left) * (place - below)).view_as(some)
    return result

"""Flip, rotate, shift, zoom, crop and pad a batch of slices in ONE resampling of image and mask.

After data/bank.py, before augment/gamma.py. Slices are (N, C, H, W), positions are pixels (y, x).
Random numbers are drawn first (`draw_geometry`), then applied (`resample`): same draw, same batch.
Source: Chen, Bai and Rueckert 2018, section 3.3; DIFFERENCES rows "Crop", "Affine" and "Flips".
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from atriacourse.augment.mirror import mirror
from atriacourse.bounds import check_settings
from atriacourse.errors import InputError

PADDINGS = ("mirror", "zero", "edge")


@dataclass(frozen=True, kw_only=True)
class GeometryConfig:
    """Ranges of the random geometry."""

    flip_up_down: float = 0.5  # probability, section 3.3
    flip_left_right: float = 0.5  # probability, section 3.3
    rotation_degrees: float = 10.0  # section 3.3: -10 to +10
    shift: float = 0.1  # section 3.3: part of the slice's own height and width
    zoom_low: float = 0.7  # section 3.3
    zoom_high: float = 1.3  # section 3.3
    independent_zoom: bool = True  # authors' code: y and x each draw a zoom; the paper says one factor
    padding: str = "mirror"  # section 3.3; the authors' code pads with "zero"

    def __post_init__(self) -> None:
        """Refuse ranges that make no sense."""
        check_settings(self, "geometry")
        if not self.zoom_low <= self.zoom_high:
            raise InputError(f"zoom range must be low <= high, got {self.zoom_low}..{self.zoom_high}")
        if self.padding not in PADDINGS:
            raise InputError(f"padding must be one of {', '.join(PADDINGS)}, got {self.padding!r}")


class Geometry(NamedTuple):
    """What was drawn for each of N slices; every field but flips is float32."""

    angle: Tensor  # (N,) radians, positive turns x towards y
    zoom: Tensor  # (N, 2) y, x; above 1 the atrium gets larger
    shift: Tensor  # (N, 2) y, x; part of the slice's own height and width
    flip: Tensor  # (N, 2) y, x; bool


def no_geometry(count: int) -> Geometry:
    """The draw that changes nothing: resampling is then a plain centre crop (or mirror padding)."""
    return Geometry(
        torch.zeros(count),
        torch.ones(count, 2),
        torch.zeros(count, 2),
        torch.zeros(count, 2, dtype=torch.bool),
    )


def draw_geometry(config: GeometryConfig, *, count: int, generator: torch.Generator) -> Geometry:
    """Draw flips, angles, zooms and shifts for `count` slices (on the CPU, whatever the device)."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    limit = torch.deg2rad(torch.tensor(config.rotation_degrees)).item()
    angle = uniform(-limit, limit, count)
    zoom = uniform(config.zoom_low, config.zoom_high, count, 2)
    if not config.independent_zoom:
        zoom = zoom[:, :1].expand(-1, 2)
    shift = uniform(-config.shift, config.shift, count, 2)
    chances = torch.tensor([config.flip_up_down, config.flip_left_right])
    flip = torch.rand(count, 2, generator=generator) < chances
    return Geometry(angle, zoom, shift, flip)


def source_positions(drawn: Geometry, sizes: Tensor, crop: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Where in its slice each pixel of the crop comes from.

    Args: sizes: (N, 2) height and width of each slice; crop: height and width of the result.
    Returns: y and x in pixels, each (N, crop height, crop width), possibly outside the slice. Two tensors,
        because torch is many times slower where the last axis has length 2.
    """
    device = sizes.device
    angle = drawn.angle.to(device)[:, None, None]
    cosine, sine = torch.cos(angle), torch.sin(angle)
    centre_y, centre_x = _y_and_x((sizes - 1) / 2)
    scale_y, scale_x = _y_and_x(torch.where(drawn.flip, -1.0, 1.0).to(device) / drawn.zoom.to(device))
    # a centre crop must fall on whole pixels: round the half pixel of an odd difference away
    half = torch.remainder(sizes - torch.tensor(crop, device=device), 2) / 2  # (N, 2): 0 or 0.5
    away_y, away_x = _y_and_x(half - drawn.shift.to(device) * sizes)  # pixels

    y = torch.arange(crop[0], device=device)[:, None] - (crop[0] - 1) / 2 + away_y  # (N, height, 1)
    x = torch.arange(crop[1], device=device) - (crop[1] - 1) / 2 + away_x  # (N, 1, width)
    # undo shift, rotation, zoom and flip; only the last operation of each line works on whole pictures
    from_y = (centre_y + scale_y * cosine * y) - scale_y * sine * x
    from_x = (centre_x + scale_x * cosine * x) + scale_x * sine * y
    return from_y, from_x


def _y_and_x(pairs: Tensor) -> tuple[Tensor, ...]:
    """(N, 2) -> the first and the second column, each (N, 1, 1) to go with pictures."""
    return pairs[:, :, None, None].unbind(dim=1)


def resample(
    canvas: Tensor, sizes: Tensor, drawn: Geometry, crop: tuple[int, int], *, padding: str = "mirror"
) -> tuple[Tensor, Tensor]:
    """Apply the drawn geometry to every channel at once, bilinearly.

    Args:
        canvas: (N, C, H, W) float; slice n fills its top left corner, `sizes[n]` pixels large.
        sizes: (N, 2) height and width of each slice.
        crop: height and width of the result.
        padding: "mirror" (the paper), "zero" or "edge" (authors' code) beyond the slice.
    Returns: the slices (N, C, crop height, crop width), and where they show the slice itself and not
        padding (N, 1, crop height, crop width), bool.
    """
    sizes = sizes.to(canvas.device, torch.float32)
    positions = source_positions(drawn, sizes, crop)
    inside = torch.ones_like(positions[0], dtype=torch.bool)
    columns = []
    for position, size, extent in zip(positions, _y_and_x(sizes), canvas.shape[-2:], strict=True):
        inside &= (position >= -0.5) & (position <= size - 0.5)
        if padding == "mirror":
            position = mirror(position, size)
        else:
            position = torch.minimum(position.clamp(min=0), size - 1)
        # grid_sample has -1 and 1 at the centres of the canvas's first and last pixel
        columns.append(position * (2 / max(extent - 1, 1)) - 1)
    grid = torch.stack(columns[::-1], dim=-1)  # it wants x before y
    sampled = functional.grid_sample(canvas, grid, mode="bilinear", padding_mode="border", align_corners=True)
    inside = inside[:, None]
    if padding == "zero":
        sampled = sampled * inside
    return sampled, inside

"""How far one output pixel sees: worked out from the layers, measured by gradient, and weighed.

Beside architecture.py; uses network/unet.py. Three questions that are easily taken for one:
`computed_field`: which input pixels *could* matter, by walking the layers backwards; `measured_field`: the
same by experiment, where is the gradient of one output pixel not zero; `influence`: how *much* each pixel
does matter, in a network with real weights. Source of the last: Luo et al. 2016, arXiv:1701.04128.
"""

import copy
import math
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig
from atriacourse.pages.pictures.style import STYLE, closed


def computed_field(config: NetworkConfig, *, size: int, pixel: int) -> tuple[int, int]:
    """The first and last row that one output row can depend on, walking the network backwards.

    Two 3x3 convolutions reach two pixels to either side. One step up takes its pixel from the coarser
    grid; one pooling takes two pixels of the finer one. Skips reach less far than the way through the bottom.

    Args: size: rows of the slice; pixel: the output row. Returns: (first, last), within the slice.
    """
    size //= config.fold  # a folded square is one pixel until the end
    first = last = pixel // config.fold
    for level in range(config.poolings):  # down the decoder's side, from the output to the bottom
        rows = size >> level
        first, last = max(first - 2, 0), min(last + 2, rows - 1)
        first, last = _coarse(first, rows, config.upsampling)[0], _coarse(last, rows, config.upsampling)[1]
    first, last = first - 2, last + 2  # the deepest block
    for level in reversed(range(config.poolings)):  # and up the encoder's side, to the input
        rows = size >> level
        first, last = max(2 * first, 0), min(2 * last + 1, rows - 1)
        first, last = first - 2, last + 2
    first, last = max(first, 0), min(last, size - 1)
    return first * config.fold, (last + 1) * config.fold - 1


def _coarse(row: int, rows: int, upsampling: str) -> tuple[int, int]:
    """The first and last row of the grid of half the size that up-sampling makes `row` of."""
    if upsampling in ("nearest", "transposed"):
        return row // 2, row // 2
    half = rows // 2
    corners = upsampling == "bilinear_corners"
    place = row * (half - 1) / (rows - 1) if corners else (row + 0.5) / 2 - 0.5
    return max(math.floor(place), 0), min(math.ceil(place), half - 1)


def measured_field(config: NetworkConfig, *, size: int, pixel: int) -> tuple[int, int]:
    """The first and last row on which the gradient of one output pixel is not zero.

    The network is made one channel wide, with positive weights and mean in place of maximum pooling: so
    nothing cancels, no ReLU is shut, and every connection shows. Widths do not change the field.

    Args: size: of the square slice; pixel: row and column of the output pixel.
    """
    thin = replace(
        config, encoder=(1,) * len(config.encoder), decoder=(1,) * len(config.decoder), label_head=False
    )
    network = MultiTaskUNet(replace(thin, inputs=1)).double().eval()
    network.pool = nn.AvgPool2d(kernel_size=2, stride=2)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.constant_(module.weight, 0.1)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    seen = influence(network, torch.ones(1, 1, size, size, dtype=torch.float64), pixel=(pixel, pixel))
    rows = np.flatnonzero(seen.any(axis=1))
    return int(rows[0]), int(rows[-1])


def influence(network: nn.Module, images: Tensor, *, pixel: tuple[int, int]) -> np.ndarray:
    """The mean squared derivative of one output pixel by every input pixel, (H, W).

    Args: network: a `MultiTaskUNet`, used in evaluation mode; images: (N, C, H, W), averaged over, and over
        their channels; pixel: (row, column) of the atrium's logit.
    """
    network.eval()
    images = images.detach().clone().requires_grad_()
    logit = network(images).mask_logits[:, 1, pixel[0], pixel[1]].sum()
    (slope,) = torch.autograd.grad(logit, images)
    return slope.square().mean(dim=(0, 1)).numpy()


def settled(network: nn.Module, images: Tensor) -> nn.Module:
    """A copy whose batch normalisations have seen `images` once: a fair stand-in for an untrained network."""
    network = copy.deepcopy(network).train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network(images)
    return network.eval()


def side_holding(seen: np.ndarray, *, pixel: tuple[int, int], share: float) -> int:
    """The side, in pixels, of the smallest square around `pixel` that holds this share of the influence.

    Raises: InputError if the share is not above 0 and at most 1, or nothing has any influence.
    """
    total = seen.sum()
    if not 0 < share <= 1 or not total > 0:
        raise InputError(f"share must be above 0 and at most 1 of something, got {share} of {total}")
    row, column = pixel
    for radius in range(max(seen.shape)):
        part = seen[max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1]
        if part.sum() >= share * total * (1 - 1e-12):
            return 2 * radius + 1
    raise InputError(f"pixel {pixel} lies outside of the slice of {seen.shape}")


def draw_influence(
    maps: dict[str, np.ndarray], *, pixel: tuple[int, int], share: float = 0.95, decades: float = 5
) -> Figure:
    """Maps of `influence` beside each other, on a logarithmic scale; a square holds `share` of each.

    Args: maps: title -> (H, W). decades: how many powers of ten below its maximum a map goes down to black.
    """
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            1, len(maps), figsize=(3.4 * len(maps) + 0.6, 3.6), layout="constrained", squeeze=False
        )
        for axes, (title, seen) in zip(grid.flat, maps.items(), strict=True):
            relative = np.log10(np.maximum(seen / seen.max(), 10.0 ** (-2 * decades)))
            shown = axes.imshow(relative, cmap="cividis", vmin=-decades, vmax=0)
            side = side_holding(seen, pixel=pixel, share=share)
            corner = (pixel[1] - side / 2, pixel[0] - side / 2)
            axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="white", linewidth=1.5))
            axes.set(title=f"{title}\n{share:.0%} within {side} x {side}", xticks=[], yticks=[])
        figure.colorbar(shown, ax=grid.ravel().tolist(), label="influence, log10 of its maximum", shrink=0.8)
        return closed(figure)

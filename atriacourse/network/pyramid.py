"""Spatial pyramid pooling: a vector of one length from feature maps of any size.

Between the encoder and the label head (network/unet.py). Feature maps are (N, C, H, W).
Source: He et al. 2014; Chen, Bai and Rueckert 2018, section 2.1; DIFFERENCES row "SPP": the authors'
code computes its own windows, which differ from ours at crops 480 and 576 and fail at four others.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

EVEN_CELLS_ONLY = ("mps",)  # types of devices on which torch pools only into cells of one size


class SpatialPyramidPooling(nn.Module):
    """Maximum over the cells of several grids laid on the feature map, side by side.

    A grid of g x g cells on a map of H x W: cell i covers rows floor(i*H/g) to ceil((i+1)*H/g), so
    every pixel is covered and any H, W >= 1 is allowed (cells repeat pixels where H < g).

    Shapes: (N, C, H, W) -> (N, C * sum(g * g for g in grids)).
    """

    def __init__(self, grids: tuple[int, ...] = (8, 4, 1)) -> None:
        super().__init__()
        self.grids = grids

    @property
    def bins(self) -> int:
        """How many cells there are in all: 81 for grids 8, 4 and 1."""
        return sum(grid * grid for grid in self.grids)

    def forward(self, features: Tensor) -> Tensor:
        """Pool every grid and lay the results end to end."""
        there = features.device
        if there.type in EVEN_CELLS_ONLY:
            features = features.cpu()  # a small map: the detour costs little, and gradients take it back
        pooled = [functional.adaptive_max_pool2d(features, grid).flatten(1) for grid in self.grids]
        return torch.cat(pooled, dim=1).to(there)

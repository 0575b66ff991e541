"""The two bricks of every network here: two convolutions, and one step up the decoder.

Batches are (N, C, H, W). Source: Chen, Bai and Rueckert 2018, section 2.1; Ronneberger et al. 2015.
"""

import torch
from torch import Tensor, nn

UPSAMPLINGS = ("bilinear_corners", "bilinear", "nearest", "transposed")


class ConvBlock(nn.Sequential):
    """(3x3 convolution, batch normalisation, ReLU) twice; keeps height and width.

    Shapes: (N, inputs, H, W) -> (N, outputs, H, W).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel_size=3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, kernel_size=3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


def make_upsampling(kind: str, channels: int) -> nn.Module:
    """A module that doubles height and width: (N, channels, H, W) -> (N, channels, 2H, 2W).

    `bilinear_corners` is the authors' choice (corner pixels stay where they are); `transposed` is
    the learned up-convolution of the original U-Net.
    """
    if kind == "transposed":
        return nn.ConvTranspose2d(channels, channels, kernel_size=2, stride=2)
    if kind == "nearest":
        return nn.Upsample(scale_factor=2, mode="nearest")
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=kind == "bilinear_corners")


class UpBlock(nn.Module):
    """One step up the decoder: double the size, put the skip connection first, convolve twice.

    Shapes: coarse (N, coarse, H, W) and skip (N, skip, 2H, 2W) -> (N, outputs, 2H, 2W).
    """

    def __init__(self, coarse: int, skip: int, outputs: int, *, upsampling: str) -> None:
        super().__init__()
        self.up = make_upsampling(upsampling, coarse)
        self.block = ConvBlock(skip + coarse, outputs)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Join the coarse features with the skip connection of the same size."""
        return self.block(torch.cat([skip, self.up(coarse)], dim=1))

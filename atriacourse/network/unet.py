"""The network: a U-Net with 4 or 5 poolings and, if wanted, a pre/post-ablation label head.

After augment/, before training/ and inference/. A batch is (N, inputs, H, W) with H and W multiples of
fold * 2 ** poolings. The vanilla U-Net and the multi-task Deep U-Net are this one class with another config.
Source: Chen, Bai and Rueckert 2018, section 2.1 and Fig. 1; widths and up-sampling from the authors' code.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from atriacourse.bounds import bounded, check_settings
from atriacourse.errors import InputError
from atriacourse.network.blocks import UPSAMPLINGS, ConvBlock, UpBlock
from atriacourse.network.pyramid import SpatialPyramidPooling

MOST_WEIGHTS = 500_000_000


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """What distinguishes one U-Net from another."""

    inputs: int = 1  # slices the network sees at once; 1 in the paper
    encoder: tuple[int, ...] = (64, 128, 256, 512, 512, 512)  # authors' code; one more than poolings
    decoder: tuple[int, ...] = (512, 256, 128, 64, 64)  # authors' code; deepest first
    fold: int = 1  # ours: squares of fold x fold pixels become channels of the first convolution
    upsampling: str = "bilinear_corners"  # authors' code
    label_head: bool = True  # the multi-task network of Table 2
    label_stage: int = 4  # section 2.1: features after the 4th max pooling
    grids: tuple[int, ...] = (8, 4, 1)  # authors' code: 81 bins
    hidden: int = 512  # authors' code
    dropout: float = 0.5  # section 2.1

    def __post_init__(self) -> None:
        """Refuse settings that do not fit together."""
        check_settings(self, "network")
        if len(self.encoder) != len(self.decoder) + 1 or len(self.decoder) < 1:
            raise InputError(
                f"network has {len(self.encoder)} encoder widths and {len(self.decoder)} decoder widths; "
                f"it needs one encoder width more than decoder widths (poolings + 1 and poolings)"
            )
        if not self.grids:
            raise InputError("grids of the network must be one or more; (8, 4, 1) are the paper's")
        if self.upsampling not in UPSAMPLINGS:
            raise InputError(f"upsampling must be one of {', '.join(UPSAMPLINGS)}, got {self.upsampling!r}")
        bounded("network.poolings", self.poolings)
        if self.label_head and self.label_stage > self.poolings:
            raise InputError(
                f"label_stage must be 0 to {self.poolings} (the number of poolings), got {self.label_stage}"
            )
        if self.weights > MOST_WEIGHTS:
            raise InputError(
                f"this network has about {self.weights:,} weights; at most {MOST_WEIGHTS:,} are allowed, ten "
                f"times the paper's: take narrower widths, fewer hidden units or coarser grids"
            )

    @property
    def poolings(self) -> int:
        """How often the encoder halves the slice: 5 in the Deep U-Net, 4 in the vanilla one."""
        return len(self.decoder)

    @property
    def multiple(self) -> int:
        """Height and width of the input must be multiples of this: 32 for five poolings, fold 1."""
        return self.fold * 2**self.poolings

    @property
    def weights(self) -> int:
        """About how many weights it has: the convolutions' and those of the label head's first layer."""
        return self._label_weights + sum(9 * out * (into + out) for _, into, out in self._blocks)

    @property
    def _blocks(self) -> list[tuple[int, int, int]]:
        """Of each pair of convolutions: the level, and the channels that go in and come out."""
        up = zip((self.encoder[-1], *self.decoder), reversed(self.encoder[:-1]), self.decoder, strict=False)
        down = enumerate(pairwise((self.inputs * self.fold**2, *self.encoder)))
        levels = reversed(range(self.poolings))
        return [
            *((level, into, out) for level, (into, out) in down),
            *((level, low + skip, out) for level, (low, skip, out) in zip(levels, up, strict=True)),
        ]

    @property
    def _label_weights(self) -> int:
        bins = sum(grid * grid for grid in self.grids)
        return bins * self.encoder[self.label_stage] * self.hidden if self.label_head else 0

    def forward_flops(self, crop: int) -> int:
        """Multiplications and additions for one slice of crop x crop pixels, torch's own count (see test)."""
        side = crop // self.fold
        blocks = sum(9 * out * (into + out) * (side >> level) ** 2 for level, into, out in self._blocks)
        heads = 2 * self.decoder[-1] * crop**2 + self._label_weights  # two logits for every pixel
        heads += 2 * self.hidden if self.label_head else 0
        if self.upsampling == "transposed":
            coarse = (self.encoder[-1], *self.decoder[:-1])
            widths = zip(range(self.poolings, 0, -1), coarse, strict=True)
            blocks += sum(4 * width**2 * (side >> level) ** 2 for level, width in widths)
        return 2 * (blocks + heads)

    def activations(self, crop: int) -> int:
        """About how many numbers training keeps of one slice: four maps for each block's two convolutions."""
        levels = [*enumerate(self.encoder), *enumerate(reversed(self.decoder))]
        return sum(4 * width * (crop // self.fold // 2**level) ** 2 for level, width in levels)

    def narrowed(self, divisor: int) -> "NetworkConfig":
        """The same shape with every width divided, for a laptop."""
        return replace(
            self,
            encoder=tuple(max(1, width // divisor) for width in self.encoder),
            decoder=tuple(max(1, width // divisor) for width in self.decoder),
            hidden=max(1, self.hidden // divisor),
        )


def deep_unet(*, label_head: bool = True) -> NetworkConfig:
    """The paper's network: five poolings, 46,432,068 parameters (25,196,866 without the label head)."""
    return NetworkConfig(label_head=label_head)


def vanilla_unet(*, label_head: bool = False) -> NetworkConfig:
    """The baseline of Table 2: four poolings. The paper gives no widths; we drop the deepest level."""
    return NetworkConfig(encoder=(64, 128, 256, 512, 512), decoder=(256, 128, 64, 64), label_head=label_head)


def folded(images: Tensor, fold: int) -> Tensor:
    """(N, C, H, W) -> (N, C * fold**2, H / fold, W / fold): each square of pixels becomes channels.

    Torch's pixel unshuffle (Shi et al. 2016), in the memory layout of the images.
    """
    if fold == 1:
        return images
    last = images.is_contiguous(memory_format=torch.channels_last)
    layout = torch.channels_last if last else torch.contiguous_format
    return functional.pixel_unshuffle(images, fold).contiguous(memory_format=layout)


def without_finest(network: NetworkConfig, *, fold: int) -> NetworkConfig:
    """The network without its finest level, whose pixels it folds: a third faster, as many weights."""
    return replace(
        network,
        fold=fold * network.fold,
        encoder=network.encoder[1:],
        decoder=(*network.decoder[:-2], network.encoder[1]),
    )


class MultiTaskOutput(NamedTuple):
    """What the network returns."""

    mask_logits: Tensor  # (N, 2, H, W): background, atrium; before softmax
    label_logits: Tensor | None  # (N, 2): pre-, post-ablation; None for a single-task network


class MultiTaskUNet(nn.Module):
    """Encoder, decoder, mask head and, if the config asks for it, a label head.

    Raises: InputError if height or width is not a multiple of `config.multiple`.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        widths = (config.inputs * config.fold**2, *config.encoder)
        self.encoder = nn.ModuleList(ConvBlock(a, b) for a, b in pairwise(widths))
        self.pool: nn.Module = nn.MaxPool2d(kernel_size=2, stride=2)

        self.decoder = nn.ModuleList()
        coarse = config.encoder[-1]
        for skip, outputs in zip(reversed(config.encoder[:-1]), config.decoder, strict=True):
            self.decoder.append(UpBlock(coarse, skip, outputs, upsampling=config.upsampling))
            coarse = outputs
        self.mask_head = nn.Conv2d(coarse, 2 * config.fold**2, kernel_size=1)
        self.label_head = self._make_label_head() if config.label_head else None

    def _make_label_head(self) -> nn.Sequential:
        config = self.config
        pyramid = SpatialPyramidPooling(config.grids)
        return nn.Sequential(
            pyramid,
            nn.Linear(config.encoder[config.label_stage] * pyramid.bins, config.hidden),
            nn.Dropout(config.dropout),  # authors' code: no activation between the two layers
            nn.Linear(config.hidden, 2),
        )

    def forward(self, images: Tensor) -> MultiTaskOutput:
        """Shapes: (N, inputs, H, W) -> mask logits (N, 2, H, W) and label logits (N, 2) or None."""
        self._check(images)
        stages = [self.encoder[0](folded(images, self.config.fold))]  # at 1 / fold of the input's size
        for block in self.encoder[1:]:
            stages.append(block(self.pool(stages[-1])))  # each half the size of the one before
        features = stages[-1]
        for block, skip in zip(self.decoder, reversed(stages[:-1]), strict=True):
            features = block(features, skip)
        mask_logits = self.mask_head(features)
        if self.config.fold > 1:
            mask_logits = functional.pixel_shuffle(mask_logits, self.config.fold)
        if self.label_head is None:
            return MultiTaskOutput(mask_logits, None)
        return MultiTaskOutput(mask_logits, self.label_head(stages[self.config.label_stage]))

    def _check(self, images: Tensor) -> None:
        if images.ndim != 4 or images.shape[1] != self.config.inputs:
            raise InputError(
                f"batch is {tuple(images.shape)}, but the network needs (N, {self.config.inputs}, H, W)"
            )
        height, width = images.shape[-2:]
        multiple = self.config.multiple
        if height % multiple or width % multiple:
            behind = f" after folding by {self.config.fold}" if self.config.fold > 1 else ""
            up_height, up_width = -(-height // multiple) * multiple, -(-width // multiple) * multiple
            raise InputError(
                f"slice is {height}x{width}, but {self.config.poolings} halvings{behind} need multiples of "
                f"{multiple}; mirror-pad it to {up_height}x{up_width} with pad_to_multiple()"
            )

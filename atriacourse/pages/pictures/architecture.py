"""Draw a network from the network itself: a slice of shapes runs through it, and hooks note what passes.

Beside charts.py; uses network/unet.py. Nothing is computed but shapes (torch's "meta" device), so the
paper's full width costs no memory. Drawn so, the picture cannot disagree with the code: change a width in
the config and it changes with it. Source of the picture's form: Chen, Bai and Rueckert 2018, Fig. 1.
"""

from itertools import pairwise
from typing import NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import nn

from atriacourse.network.pyramid import SpatialPyramidPooling
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig
from atriacourse.pages.pictures.style import BLUE, GREEN, ORANGE, STYLE, closed

COLOURS = {"encoder": BLUE, "decoder": GREEN, "mask head": GREEN, "label head": ORANGE}
STEP = 1.15  # from one column of the picture to the next


class Stage(NamedTuple):
    """What one block of the network makes of one slice."""

    name: str  # the module's own, e.g. "encoder.3"
    part: str  # "encoder", "decoder", "mask head" or "label head"
    level: int  # the slice has been halved so often; -1 where there is no picture any more
    channels: int  # the length of the vector where there is no picture any more
    height: int  # 1 where there is no picture any more
    width: int
    joined: int  # of the channels that come in, how many are a skip connection's
    parameters: int


def walk(config: NetworkConfig, crop: int) -> list[Stage]:
    """Every block of the network in the order in which a slice of crop x crop meets it.

    Raises: InputError if the crop is no multiple of `config.multiple`.
    """
    with torch.device("meta"):
        network = MultiTaskUNet(config).eval()
        image = torch.empty(1, config.inputs, crop, crop)
    stages: list[Stage] = []

    def note(name: str, part: str, module: nn.Module) -> None:
        def hook(_: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
            flat = output.ndim == 2
            height, width = (1, 1) if flat else tuple(output.shape[2:])
            level = -1 if flat else (crop // height).bit_length() - 1
            joined = inputs[1].shape[1] if part == "decoder" else 0
            size = sum(weight.numel() for weight in module.parameters())
            stages.append(Stage(name, part, level, output.shape[1], height, width, joined, size))

        module.register_forward_hook(hook)

    for part in ("encoder", "decoder"):
        for number, block in enumerate(getattr(network, part)):
            note(f"{part}.{number}", part, block)
    note("mask_head", "mask head", network.mask_head)
    for number, layer in enumerate(network.label_head or ()):
        if isinstance(layer, SpatialPyramidPooling | nn.Linear):
            note(f"label_head.{number}", "label head", layer)
    network(image)
    return stages


def shape_table(config: NetworkConfig, crop: int) -> pd.DataFrame:
    """The stages of `walk` as a table for a page: one row a block, sizes and parameters."""
    rows = [
        {
            "block": stage.name,
            "channels": stage.channels,
            "size": f"{stage.height} x {stage.width}" if stage.level >= 0 else "a vector",
            "of a skip": stage.joined,
            "parameters": stage.parameters,
        }
        for stage in walk(config, crop)
    ]
    return pd.DataFrame(rows).set_index("block").rename_axis(None)


def draw_network(config: NetworkConfig, *, crop: int) -> Figure:
    """The U of the network: a box for each block, as wide as it has channels, as high as its level allows.

    Numbers above a box are its channels, those on the left the size of the picture at that level.
    """
    stages = walk(config, crop)
    widest = max(stage.channels for stage in stages if stage.level >= 0)
    rows = {stage.level: stage.height for stage in stages if stage.part == "encoder"}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9.2, 5.4), layout="constrained")
        encoder = _column(axes, [s for s in stages if s.part == "encoder"], widest, first=0)
        back = [s for s in stages if s.part in ("decoder", "mask head")]
        decoder = _column(axes, back, widest, first=len(encoder))
        label = _label_head(axes, [s for s in stages if s.part == "label head"], encoder, config)
        for level, size in rows.items():
            axes.text(-0.75, -level, f"{size} x {size}", ha="right", va="center", color="#444444")
        for one, next_one in pairwise(encoder):
            _arrow(axes, one, next_one, colour=BLUE)
        for one, next_one in pairwise([encoder[-1], *decoder]):
            _arrow(axes, one, next_one, colour=GREEN)
        for level in range(config.poolings):
            _arrow(axes, encoder[level], decoder[config.poolings - 1 - level], colour="#777777", dashed=True)
        _legend(axes, config, labelled=bool(label))
        axes.set(xlim=(-1.9, STEP * (len(encoder) + len(decoder))), ylim=(-config.poolings - 1.3, 0.85))
        axes.set_axis_off()
        return closed(figure)


def _column(axes: Axes, stages: list[Stage], widest: int, *, first: int) -> list[Rectangle]:
    boxes = []
    for number, stage in enumerate(stages, start=first):
        width, height = 0.12 + 0.78 * stage.channels / widest, 0.66 * 0.86**stage.level
        corner = (number * STEP - width / 2, -stage.level - height / 2)
        box = Rectangle(corner, width, height, facecolor=COLOURS[stage.part], edgecolor="none")
        axes.add_patch(box)
        axes.text(number * STEP, -stage.level + height / 2 + 0.04, str(stage.channels), ha="center")
        if stage.part == "mask head":
            axes.text(number * STEP, -height / 2 - 0.06, "mask", ha="center", va="top", weight="bold")
        boxes.append(box)
    return boxes


def _label_head(
    axes: Axes, stages: list[Stage], encoder: list[Rectangle], config: NetworkConfig
) -> list[Rectangle]:
    """The vectors of the label head in a row below the U, from the block whose features they pool."""
    if not stages:
        return []
    y, tail = -config.poolings - 0.85, encoder[config.label_stage]
    boxes = []
    for number, stage in enumerate(stages):
        x = STEP * (config.label_stage - 2.6 + 1.5 * number)
        box = Rectangle((x - 0.5, y - 0.11), 1.0, 0.22, facecolor=ORANGE, edgecolor="none")
        axes.add_patch(box)
        axes.text(x, y - 0.16, f"{stage.channels:,}", ha="center", va="top")
        boxes.append(box)
    _arrow(axes, tail, boxes[0], colour=ORANGE)
    for one, next_one in pairwise(boxes):
        _arrow(axes, one, next_one, colour=ORANGE)
    axes.text(x + 0.6, y, "label", va="center", weight="bold")
    return boxes


def _arrow(axes: Axes, tail: Rectangle, head: Rectangle, *, colour: str, dashed: bool = False) -> None:
    (ax, ay), (bx, by) = tail.get_center(), head.get_center()
    if dashed or ay == by:
        start, end = (tail.get_x() + tail.get_width(), ay), (head.get_x(), by)
    elif by < ay:  # down: out of the bottom, in at the top or the side
        start, end = (ax, tail.get_y()), (head.get_x() if bx > ax else bx, by)
    else:
        start, end = (tail.get_x() + tail.get_width(), ay), (bx, head.get_y())
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            shrinkA=1,
            shrinkB=1,
            color=colour,
            linestyle=(0, (4, 3)) if dashed else "-",
            linewidth=1.2,
        )
    )


def _legend(axes: Axes, config: NetworkConfig, *, labelled: bool) -> None:
    said = {
        BLUE: "2x2 max pooling, then two 3x3 convolutions",
        GREEN: f"up-sampling ({config.upsampling.replace('_', ', ')}), skip joined, two 3x3 convolutions",
        "#777777": "skip connection",
    }
    if labelled:
        said[ORANGE] = f"spatial pyramid pooling ({config.label_stage} halvings deep), fully connected layers"
    handles = [
        plt.Line2D([], [], color=colour, linestyle="--" if colour == "#777777" else "-", label=text)
        for colour, text in said.items()
    ]
    axes.figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=8)

"""The drawn network is the network: its boxes, sizes and parameters against an independent count."""

import matplotlib as mpl
import pytest
import torch
from matplotlib.patches import Rectangle

from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig, deep_unet, vanilla_unet
from atriacourse.pages.pictures.architecture import draw_network, shape_table, walk

mpl.use("agg")  # no screen needed


def test_every_parameter_belongs_to_one_stage():
    assert sum(stage.parameters for stage in walk(deep_unet(), 256)) == 46_432_068
    assert sum(stage.parameters for stage in walk(deep_unet(label_head=False), 256)) == 25_196_866


def test_the_way_of_a_slice_through_four_poolings():
    config = NetworkConfig(encoder=(2, 3, 4, 5, 6), decoder=(7, 8, 9, 10), label_stage=4, hidden=11)
    stages = walk(config, 64)
    # 64 halved four times and doubled four times; a skip brings the encoder's width of its level
    assert [s.height for s in stages if s.part == "encoder"] == [64, 32, 16, 8, 4]
    assert [s.height for s in stages if s.part == "decoder"] == [8, 16, 32, 64]
    assert [s.joined for s in stages if s.part == "decoder"] == [5, 4, 3, 2]
    assert [s.level for s in stages if s.part == "decoder"] == [3, 2, 1, 0]
    # 81 cells of 6 channels, then the two fully connected layers
    assert [s.channels for s in stages if s.part == "label head"] == [486, 11, 2]


def test_sizes_are_those_of_a_real_slice():
    config = deep_unet().narrowed(64)
    network, seen = MultiTaskUNet(config).eval(), {}
    for name, module in network.named_modules():
        module.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    network(torch.zeros(1, 1, 96, 96))
    for stage in walk(config, 96):
        assert seen[stage.name].numel() == stage.channels * stage.height * stage.width


def test_a_network_without_label_head_has_no_vectors():
    assert {stage.part for stage in walk(vanilla_unet(), 64)} == {"encoder", "decoder", "mask head"}


def test_table_has_a_row_for_each_stage():
    table = shape_table(vanilla_unet(label_head=True), 64)
    assert len(table) == len(walk(vanilla_unet(label_head=True), 64))
    assert table.loc["encoder.4", "size"] == "4 x 4"
    assert table.loc["label_head.3", "size"] == "a vector"


@pytest.mark.parametrize("config", [deep_unet(), vanilla_unet(), deep_unet(label_head=False)])
def test_picture_has_a_box_for_each_stage_and_names_its_channels(config):
    figure = draw_network(config, crop=256)
    (axes,) = figure.axes
    stages = walk(config, 256)
    assert len([patch for patch in axes.patches if isinstance(patch, Rectangle)]) == len(stages)
    written = [text.get_text() for text in axes.texts]
    for stage in stages:
        assert f"{stage.channels:,}" in written
    assert "256 x 256" in written
    # a wider block is drawn wider
    widths = {s.channels: p.get_width() for s, p in zip(stages, axes.patches, strict=False) if s.level >= 0}
    assert sorted(widths.values()) == [widths[channels] for channels in sorted(widths)]


def test_a_crop_that_is_no_multiple_of_32_is_refused():
    with pytest.raises(InputError, match="multiples of 32"):
        walk(deep_unet(), 250)

"""The field of one output pixel: worked out and measured agree, and both agree with sums by hand."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from atriacourse.errors import InputError
from atriacourse.network.blocks import UPSAMPLINGS
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig, deep_unet
from atriacourse.pages.chapters.network_receptive import (
    computed_field,
    draw_influence,
    influence,
    measured_field,
    settled,
    side_holding,
)

mpl.use("agg")  # no screen needed


def thin(poolings, upsampling="bilinear_corners"):
    return NetworkConfig(
        encoder=(1,) * (poolings + 1), decoder=(1,) * poolings, label_head=False, upsampling=upsampling
    )


@pytest.mark.parametrize("upsampling", UPSAMPLINGS)
@pytest.mark.parametrize("poolings", [1, 2, 3, 4])
def test_computed_and_measured_fields_agree(poolings, upsampling):
    for size, pixel in ((64, 31), (128, 3), (128, 127), (96, 50)):
        config = thin(poolings, upsampling)
        asked = {"size": size, "pixel": pixel}
        assert computed_field(config, **asked) == measured_field(config, **asked)


@pytest.mark.parametrize(("size", "pixel"), [(64, 31), (96, 50), (128, 127)])
def test_the_fields_agree_when_pixels_are_folded(size, pixel):
    config = replace(thin(3), fold=2)
    asked = {"size": size, "pixel": pixel}
    assert computed_field(config, **asked) == measured_field(config, **asked)


def test_one_pooling_by_hand():
    # output row 32 of 64; decoder block 30..34; nearest: coarse rows 15..17; deepest block 13..19;
    # pooling: fine rows 26..39; first block 24..41
    assert computed_field(thin(1, "nearest"), size=64, pixel=32) == (24, 41)


def test_four_and_five_poolings_of_the_paper():
    widths = [
        last - first + 1 for first, last in (computed_field(thin(p), size=1024, pixel=512) for p in (4, 5))
    ]
    assert widths == [220, 444]


def test_width_does_not_change_the_field():
    config = deep_unet().narrowed(64)
    assert measured_field(config, size=64, pixel=5) == measured_field(thin(5), size=64, pixel=5)


def test_influence_is_the_squared_derivative():
    # a 1x1 network would be simpler, but the mask head is one: its weight is the derivative by its input
    torch.manual_seed(0)
    network, images = MultiTaskUNet(deep_unet().narrowed(64)).eval(), torch.randn(2, 1, 32, 32)
    seen = influence(network, images, pixel=(7, 9))
    step = torch.zeros_like(images)
    step[:, 0, 8, 10] = 1e-2
    with torch.no_grad():
        after, before = (network(x).mask_logits[:, 1, 7, 9] for x in (images + step, images - step))
    slopes = (after - before) / 2e-2
    assert seen.shape == (32, 32)
    assert seen[8, 10] == pytest.approx(float(slopes.square().mean()), rel=1e-2)


def test_settled_leaves_the_network_alone():
    network, images = MultiTaskUNet(deep_unet().narrowed(64)), 5 + torch.randn(4, 1, 64, 64)
    before = network.encoder[0][1].running_mean.clone()
    calm = settled(network, images)
    torch.testing.assert_close(network.encoder[0][1].running_mean, before)
    expected = network.encoder[0][0](images).mean(dim=(0, 2, 3))
    torch.testing.assert_close(calm.encoder[0][1].running_mean, expected)
    assert not calm.training


def test_side_of_the_square_that_holds_a_share():
    seen = np.zeros((9, 9))
    seen[4, 4], seen[4, 6] = 3, 1  # three quarters in the middle, a quarter two pixels away
    assert side_holding(seen, pixel=(4, 4), share=0.75) == 1
    assert side_holding(seen, pixel=(4, 4), share=0.76) == 5
    assert side_holding(seen, pixel=(4, 4), share=1) == 5
    with pytest.raises(InputError, match="share must be"):
        side_holding(seen, pixel=(4, 4), share=0)
    with pytest.raises(InputError, match="share must be"):
        side_holding(np.zeros((3, 3)), pixel=(1, 1), share=0.5)


def test_maps_show_the_square():
    seen = np.zeros((9, 9))
    seen[4, 4], seen[4, 6] = 3, 1
    figure = draw_influence({"random": seen, "trained": seen}, pixel=(4, 4), share=0.9)
    squares = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert [square.get_width() for square in squares] == [5]
    assert "90% within 5 x 5" in figure.axes[1].get_title()

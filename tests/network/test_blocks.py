"""The bricks of the network, against the same arithmetic spelled out."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from atriacourse.network.blocks import UPSAMPLINGS, ConvBlock, UpBlock, make_upsampling


def test_conv_block_is_twice_convolution_normalisation_relu():
    torch.manual_seed(1)
    block, images = ConvBlock(2, 3), torch.randn(4, 2, 6, 5)
    x = images
    for weight, bias in ((block[0].weight, block[0].bias), (block[3].weight, block[3].bias)):
        x = functional.conv2d(x, weight, bias, padding=1)
        # training: the batch's own mean and biased variance; scale 1 and shift 0 at first
        mean, variance = x.mean(dim=(0, 2, 3), keepdim=True), x.var(dim=(0, 2, 3), correction=0, keepdim=True)
        x = ((x - mean) / (variance + 1e-5).sqrt()).clamp(min=0)
    torch.testing.assert_close(block(images), x)


def test_corner_pixels_stay_where_they_are():
    # a row 0 1 doubled with its ends kept is 0 1/3 2/3 1
    image = torch.tensor([[0.0, 1.0], [2.0, 3.0]])[None, None]
    up = make_upsampling("bilinear_corners", 1)(image)[0, 0]
    steps = torch.tensor([0, 1 / 3, 2 / 3, 1])
    torch.testing.assert_close(up, 2 * steps[:, None] + steps)


def test_the_other_upsamplings_by_hand():
    image = torch.tensor([[0.0, 1.0]])[None, None].expand(1, 1, 2, 2)
    assert make_upsampling("nearest", 1)(image)[0, 0, 0].tolist() == [0, 0, 1, 1]
    # new pixel centres lie a quarter beside the old: 0, 0.25, 0.75, 1
    assert make_upsampling("bilinear", 1)(image)[0, 0, 0].tolist() == [0, 0.25, 0.75, 1]
    learned = make_upsampling("transposed", 1)
    with torch.no_grad():
        learned.weight.copy_(torch.tensor([[10.0, 20.0], [30.0, 40.0]]))
        learned.bias.fill_(5)
        # every pixel paints a 2x2 block: its value times the kernel, plus the bias
        assert learned(image)[0, 0, :2].tolist() == [[5, 5, 15, 25], [5, 5, 35, 45]]


@pytest.mark.parametrize("kind", UPSAMPLINGS)
def test_every_upsampling_doubles(kind):
    assert make_upsampling(kind, 3)(torch.rand(2, 3, 4, 7)).shape == (2, 3, 8, 14)
    assert UpBlock(3, 2, 6, upsampling=kind)(torch.rand(2, 3, 4, 7), torch.rand(2, 2, 8, 14)).shape == (
        2,
        6,
        8,
        14,
    )


def test_the_skip_connection_comes_first():
    block = UpBlock(3, 2, 4, upsampling="nearest")
    seen = []
    block.block.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    coarse, skip = torch.rand(1, 3, 2, 2), torch.rand(1, 2, 4, 4)
    block(coarse, skip)
    assert torch.equal(seen[0][:, :2], skip)
    np.testing.assert_array_equal(seen[0][0, 2:], np.kron(coarse[0], np.ones((1, 2, 2), np.float32)))

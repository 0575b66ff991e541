"""Bias field and noise: off by default, the field by hand, the noise as strong as drawn."""

import math

import numpy as np
import pytest
import torch

from atriacourse.augment.intensity import Intensity, IntensityConfig, apply_intensity, draw_intensity
from atriacourse.errors import InputError


def test_it_is_off_unless_asked_for():
    drawn = draw_intensity(IntensityConfig(), count=4, generator=torch.Generator().manual_seed(0))
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(apply_intensity(images, drawn), images)


def test_the_bias_field_by_hand():
    # y and x run from -1 to 1; slice 0 has 0.3 y - 0.2 x, slice 1 has 0.1 y*y + 0.4 x*y - 0.5 x*x
    bias = torch.tensor([[0.3, -0.2, 0, 0, 0], [0, 0, 0.1, 0.4, -0.5]])
    field = apply_intensity(torch.ones(2, 3, 3, 5), Intensity(bias, torch.zeros(2), 0))
    assert field[0, 0, 0, 0].item() == pytest.approx(math.exp(-0.3 + 0.2))  # top left: y = x = -1
    assert field[0, 0, 2, 3].item() == pytest.approx(math.exp(0.3 - 0.2 * 0.5))  # y = 1, x = 0.5
    assert field[1, 2, 0, 4].item() == pytest.approx(math.exp(0.1 - 0.4 - 0.5))  # y = -1, x = 1
    assert field[:, :, 1, 2].tolist() == [[1, 1, 1]] * 2  # nothing in the middle
    assert torch.equal(field[:, 0], field[:, 2])  # every channel has the same field


def test_the_noise_is_as_strong_as_drawn_and_follows_its_seed():
    drawn = Intensity(torch.zeros(3, 5), torch.tensor([0.0, 0.05, 0.2]), 7)
    noise = apply_intensity(torch.zeros(3, 1, 200, 200), drawn)
    # 40,000 pixels give the standard deviation to 0.4 %
    assert noise.std(dim=(1, 2, 3)).tolist() == pytest.approx([0, 0.05, 0.2], rel=0.02)
    assert noise.mean(dim=(1, 2, 3)).tolist() == pytest.approx([0, 0, 0], abs=0.005)
    torch.rand(5)  # the global generator has no say
    assert torch.equal(apply_intensity(torch.zeros(3, 1, 200, 200), drawn), noise)
    assert not torch.equal(apply_intensity(torch.zeros(3, 1, 200, 200), drawn._replace(noise_seed=8)), noise)


def test_the_draw_keeps_to_its_ranges():
    config = IntensityConfig(bias=0.4, noise=0.1)
    drawn = draw_intensity(config, count=5000, generator=torch.Generator().manual_seed(2))
    assert drawn.bias.shape == (5000, 5)
    for values, low, high in ((drawn.bias, -0.4, 0.4), (drawn.noise, 0.0, 0.1)):
        span = high - low
        assert low <= values.min() < low + 0.01 * span
        assert high - 0.01 * span < values.max() <= high
    again = draw_intensity(config, count=5000, generator=torch.Generator().manual_seed(2))
    assert torch.equal(again.bias, drawn.bias)
    assert again.noise_seed == drawn.noise_seed


def test_nothing_given_is_changed():
    images = torch.rand(2, 1, 8, 8)
    before = images.clone()
    drawn = draw_intensity(IntensityConfig(bias=0.3, noise=0.1), count=2, generator=torch.Generator())
    assert not np.allclose(apply_intensity(images, drawn), before)
    assert torch.equal(images, before)


@pytest.mark.parametrize(
    "settings_", [{"bias": -0.1}, {"noise": -0.1}, {"bias": math.nan}, {"noise": math.nan}]
)
def test_negative_strengths_are_refused(settings_):
    (value,) = settings_.values()
    with pytest.raises(InputError, match=f"must be a number from 0 to 10 .*, got {value}"):
        IntensityConfig(**settings_)

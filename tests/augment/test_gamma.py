"""Gamma augmentation: the power law by hand and by scikit-image, its draw, and that scale is irrelevant."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from skimage.exposure import adjust_gamma

from atriacourse.augment.gamma import GammaConfig, apply_gamma, draw_gamma
from atriacourse.errors import InputError


def test_the_power_law_by_hand():
    # 0.25 ** (1/2) = 0.5 and 0.25 ** (1/0.5) = 0.0625; black and white stay
    images = torch.tensor([0.0, 0.25, 1.0]).repeat(2, 1)[:, None, None]
    out = apply_gamma(images, torch.tensor([2.0, 0.5]))
    assert out[0, 0, 0].tolist() == pytest.approx([0, 0.5, 1])
    assert out[1, 0, 0].tolist() == pytest.approx([0, 0.0625, 1])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.3, 3), min_size=1, max_size=4))
def test_it_agrees_with_scikit_image(gammas):
    images = np.random.default_rng(2).random((len(gammas), 2, 7, 5))
    out = apply_gamma(torch.from_numpy(images), torch.tensor(gammas, dtype=torch.float64))
    # scikit-image's gamma is the exponent itself, the paper's its inverse
    expected = [adjust_gamma(image, 1 / gamma) for image, gamma in zip(images, gammas, strict=True)]
    np.testing.assert_allclose(out, expected, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.3, 3), st.floats(0.3, 3))
def test_the_inverse_gamma_takes_it_back_and_order_stays(first, second):
    images = torch.linspace(0, 1, 256, dtype=torch.float64).view(1, 1, 16, 16)
    once = apply_gamma(images, torch.tensor([first], dtype=torch.float64))
    torch.testing.assert_close(apply_gamma(once, torch.tensor([1 / first], dtype=torch.float64)), images)
    assert (once.flatten().diff() > 0).all()
    twice = apply_gamma(once, torch.tensor([second], dtype=torch.float64))
    torch.testing.assert_close(
        twice, apply_gamma(images, torch.tensor([first * second], dtype=torch.float64))
    )


def test_the_scale_of_the_grey_levels_is_irrelevant_once_z_scored():
    images = torch.rand(3, 1, 20, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gamma = torch.tensor([0.8, 1.3, 2.0], dtype=torch.float64)

    def scored(picture):
        out = apply_gamma(picture, gamma)
        return (out - out.mean(dim=(2, 3), keepdim=True)) / out.std(dim=(2, 3), keepdim=True)

    torch.testing.assert_close(scored(images), scored(255 * images))  # ours and the authors' range
    assert not torch.allclose(scored(images), scored(images + 0.5))  # an offset is not


def test_resampling_noise_below_zero_makes_no_nan():
    out = apply_gamma(torch.tensor([[[[-1e-7, 0.0]]]]), torch.tensor([1.7]))
    assert out.flatten().tolist() == [0, 0]


def test_the_last_digit_does_not_depend_on_the_threads():
    # the traps are the last pixels of a thread's share, where they do not fill a vector register
    generator = torch.Generator().manual_seed(1)
    before = torch.get_num_threads()
    try:
        for width in range(301, 317):
            images, gamma = torch.rand(1, 1, 250, width, generator=generator), torch.tensor([1.7])
            torch.set_num_threads(1)
            one = apply_gamma(images, gamma)
            torch.set_num_threads(2)
            assert torch.equal(apply_gamma(images, gamma), one)
    finally:
        torch.set_num_threads(before)


def test_the_draw_changes_half_of_the_slices_by_0_8_to_2():
    gamma = draw_gamma(GammaConfig(), count=20_000, generator=torch.Generator().manual_seed(4))
    changed = gamma[gamma != 1]
    assert len(changed) / len(gamma) == pytest.approx(0.5, abs=0.015)  # four standard deviations
    assert 0.8 <= changed.min() < 0.81
    assert 1.99 < changed.max() <= 2.0
    assert changed.mean() == pytest.approx(1.4, abs=0.015)  # the middle: uniform in gamma, not in 1 / gamma


def test_how_often_and_how_strong_are_settings():
    generator = torch.Generator().manual_seed(4)
    assert draw_gamma(GammaConfig(probability=0), count=50, generator=generator).tolist() == [1.0] * 50
    fixed = GammaConfig(probability=1, low=1.5, high=1.5)
    assert draw_gamma(fixed, count=50, generator=generator).tolist() == [1.5] * 50


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"probability": 1.2}, r"gamma.probability must be a number from 0 to 1 .*, got 1.2"),
        ({"probability": float("nan")}, "got nan"),
        ({"low": 0.0}, r"gamma.low must be a number from 0.01 to 100 .*, got 0.0"),
        ({"low": 3.0}, "got 3.0..2.0"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(settings_, message):
    with pytest.raises(InputError, match=message):
        GammaConfig(**settings_)

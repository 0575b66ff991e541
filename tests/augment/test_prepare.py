"""What is done to a whole volume once: block means by hand, and contrast before them."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from atriacourse.augment.contrast import ContrastConfig, apply_contrast
from atriacourse.augment.prepare import PrepareConfig, block_mean, prepare_grey, prepare_mask
from atriacourse.errors import InputError


def test_block_mean_by_hand():
    # 2x3 by 2: the last column is repeated. (0 + 10 + 20 + 31) / 4 = 15.25 and
    # (100 + 100 + 201 + 201) / 4 = 150.5; a half is rounded to the even neighbour
    stack = np.array([[[0, 10, 100], [20, 31, 201]]], np.uint8)
    assert block_mean(stack, 2).tolist() == [[[15, 150]]]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 3), st.integers(1, 20), st.integers(1, 20), st.integers(1, 5))
def test_block_mean_agrees_with_a_loop(depth, height, width, factor):
    stack = np.random.default_rng(3).integers(0, 256, (depth, height, width), np.uint8)
    out = block_mean(stack, factor)
    assert out.dtype == np.uint8
    assert out.shape == (depth, -(-height // factor), -(-width // factor))
    rows = np.minimum(np.arange(out.shape[1] * factor), height - 1)
    columns = np.minimum(np.arange(out.shape[2] * factor), width - 1)
    whole = stack[:, rows][:, :, columns].astype(float)
    for z, y, x in np.ndindex(out.shape):
        block = whole[z, y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        assert abs(out[z, y, x] - block.mean()) <= 0.5001


def test_a_slice_of_one_grey_keeps_it():
    assert (block_mean(np.full((2, 7, 9), 201, np.uint8), 3) == 201).all()


@pytest.mark.parametrize("dtype", [bool, np.uint8])
def test_the_mask_becomes_the_part_that_is_atrium(dtype):
    mask = np.zeros((1, 4, 4), dtype)
    mask[0, :2, :1] = 1  # half of the first block
    mask[0, 2:, 2:] = 1  # all of the last
    mask[0, 3, 0] = 1  # a quarter: 63.75
    assert prepare_mask(mask, PrepareConfig(downsample=2)).tolist() == [[[128, 0], [64, 255]]]
    assert np.unique(prepare_mask(mask, PrepareConfig())).tolist() == [0, 255]


def test_a_mask_of_0_and_255_is_understood_too():
    mask = np.array([[[0, 255]]], np.uint8)
    np.testing.assert_array_equal(prepare_mask(mask, PrepareConfig()), mask)


def test_the_paper_prepares_nothing(rng):
    grey = rng.integers(0, 256, (2, 16, 16), np.uint8)
    np.testing.assert_array_equal(prepare_grey(grey, PrepareConfig()), grey)


@pytest.mark.parametrize("method", ["clahe", "auto_gamma"])
def test_contrast_comes_first(rng, method):
    grey = rng.integers(0, 256, (2, 16, 24), np.uint8)
    out = prepare_grey(grey, PrepareConfig(contrast=method, downsample=2))
    np.testing.assert_array_equal(out, block_mean(apply_contrast(grey, method), 2))


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"contrast": "equalise"}, "contrast must be one of .*clahe.* got 'equalise'"),
        ({"downsample": 0}, "downsample must be a whole number from 1 to 16 .*, got 0"),
        ({"offsets": ()}, r"offsets must name at least one slice; \(0,\) is the slice itself"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings_, message):
    with pytest.raises(InputError, match=message):
        PrepareConfig(**settings_)


def test_a_contrast_method_is_given_its_settings(rng):
    grey = rng.integers(0, 256, (2, 64, 64), dtype=np.uint8)
    ways = (
        (PrepareConfig(contrast="clahe", clahe_regions=4), ContrastConfig(method="clahe", regions=4)),
        (
            PrepareConfig(contrast="clahe", clahe_clip_limit=0.5),
            ContrastConfig(method="clahe", clip_limit=0.5),
        ),
        (
            PrepareConfig(contrast="auto_gamma", auto_gamma_bounds=(0.8, 0.9)),
            ContrastConfig(method="auto_gamma", gamma_bounds=(0.8, 0.9)),
        ),
    )
    for config, contrast in ways:
        np.testing.assert_array_equal(prepare_grey(grey, config), apply_contrast(grey, contrast))
        assert not np.array_equal(prepare_grey(grey, config), apply_contrast(grey, contrast.method))
    for wrong in ({"clahe_regions": 0}, {"clahe_clip_limit": 2.0}, {"auto_gamma_bounds": (2.0, 1.0)}):
        with pytest.raises(InputError):
            PrepareConfig(**wrong)

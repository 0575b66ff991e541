"""Grids of other voxel sizes: an independent library agrees, and nothing shifts on the way there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import resize

from atriacourse.errors import InputError
from atriacourse.inference.resample import differs, resample, resample_grey, shape_at

SHAPES = [(7, 11, 30), (13, 11, 15), (26, 22, 60), (5, 40, 10), (1, 3, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_scikit_images_resize(rng, shape):
    volume = rng.random((13, 11, 30)).astype(np.float32)
    for smooth in (True, False):
        expected = resize(volume, shape, order=1, mode="edge", anti_aliasing=smooth, preserve_range=True)
        np.testing.assert_allclose(resample(volume, shape, smooth=smooth), expected, atol=2e-6)


def test_twice_as_coarse_by_hand():
    # the coarse centre lies midway between two fine ones: the mean of 0 and 4, of 8 and 12
    assert resample(np.array([[[0, 4, 8, 12]]]), (1, 1, 2)).tolist() == [[[2, 10]]]
    # twice as fine: a quarter of a voxel to either side of each centre, and flat beyond the outermost
    assert resample(np.array([[[0, 4]]]), (1, 1, 4)).tolist() == [[[0, 1, 3, 4]]]


def test_the_same_shape_changes_nothing(rng):
    volume = rng.random((4, 5, 6)).astype(np.float32)
    np.testing.assert_array_equal(resample(volume, (4, 5, 6), smooth=True), volume)
    grey = rng.integers(0, 256, (4, 5, 6)).astype(np.uint8)
    np.testing.assert_array_equal(resample_grey(grey, (4, 5, 6)), grey)


@given(
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    other=st.tuples(*[st.integers(1, 20)] * 3),
    value=st.integers(0, 255),
)
def test_any_shape_comes_back_and_a_constant_stays(shape, other, value):
    grey = np.full(shape, value, np.uint8)
    there = resample_grey(grey, other)
    assert there.shape == other and there.dtype == np.uint8
    np.testing.assert_array_equal(resample_grey(there, shape), grey)


def blob(shape, spacing_mm, centre_mm=(21.0, 30.0, 34.0), radii_mm=(9.0, 14.0, 11.0)):
    """A smooth probability of an ellipsoid; voxel i of an axis has its centre at (i + 0.5) spacings."""
    axes = [(np.arange(n) + 0.5) * step for n, step in zip(shape, spacing_mm, strict=True)]
    grid = np.meshgrid(*axes, indexing="ij")
    far = sum(((p - c) / r) ** 2 for p, c, r in zip(grid, centre_mm, radii_mm, strict=True))
    return (1 / (1 + np.exp(4 * (np.sqrt(far) - 1)))).astype(np.float32)


def test_a_smooth_probability_keeps_its_place_in_millimetres():
    """Sampled from the formula at both grids: a shift of half a fine voxel would show as 0.05 or more."""
    coarse, fine = (1.37, 1.25, 1.25), (0.625, 0.625, 0.625)
    shape = (30, 48, 52)
    there = shape_at(shape, coarse, fine)
    exact = np.multiply(shape, coarse) / there  # the rounding to whole voxels stretches them a little
    np.testing.assert_allclose(exact, fine, rtol=0.01)
    assert np.abs(resample(blob(shape, coarse), there) - blob(there, exact)).max() < 0.02
    assert np.abs(resample(blob(there, exact), shape) - blob(shape, coarse)).max() < 0.02


@pytest.mark.parametrize("spacing_mm", [(1.37, 1.25, 1.25), (0.4, 2.0, 0.7)])
def test_there_and_back(spacing_mm):
    shape = tuple(np.rint(np.divide((42, 60, 66), spacing_mm)).astype(int))
    there = shape_at(shape, spacing_mm, (0.625, 0.625, 0.625))
    before = blob(shape, spacing_mm)
    after = resample(resample(before, there), shape)
    assert after.shape == shape and np.abs(after - before).max() < 0.06
    wrong = (after > 0.5) ^ (before > 0.5)
    assert wrong.sum() < 0.02 * (before > 0.5).sum()


def test_shapes_by_hand():
    # 88 * 1.37 / 0.625 = 192.9; 256 * 1.25 / 0.625 = 512; 3 * 0.1 / 0.625 = 0.48, but one voxel is left
    assert shape_at((88, 256, 3), (1.37, 1.25, 0.1), (0.625, 0.625, 0.625)) == (193, 512, 1)
    assert shape_at((44, 96, 96), (1.25, 3.75, 3.75), (1.25, 3.75, 3.75)) == (44, 96, 96)


def test_a_shape_beyond_all_memory_is_refused():
    # 20 voxels of 625 mm are 20,000 of 0.625 mm; cubed, 8e12
    with pytest.raises(InputError, match=r"20 x 20 x 20 voxels of 625 x 625 x 625 mm would be 8e\+12 of"):
        shape_at((20, 20, 20), (625, 625, 625), (0.625, 0.625, 0.625))


def test_a_fifth_is_tolerated_along_every_axis():
    one = (1.0, 1.0, 1.0)
    assert not differs(one, one) and not differs((1.19, 0.84, 1.0), one)
    for axis in range(3):
        for size in (1.21, 0.82):
            other = [1.0, 1.0, 1.0]
            other[axis] = size
            assert differs(tuple(other), one)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 0), (1, 4, 5, 6)])
def test_what_is_no_volume_is_refused(shape):
    with pytest.raises(InputError, match=r"resample takes volumes \(z, y, x\)"):
        resample(np.zeros(shape), (2, 2, 2))
    with pytest.raises(InputError, match=r"resample takes volumes \(z, y, x\)"):
        resample(np.zeros((2, 2, 2)), shape)

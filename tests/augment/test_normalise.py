"""The z-score: its three statistics by hand, and what happens to slices that are all one grey."""

import numpy as np
import pytest
import torch

from atriacourse.augment.normalise import STATISTICS, normalise, z_score
from atriacourse.errors import InputError

# a crop of 2x3 whose last column is padding
TINY = torch.tensor([[0.2, 0.4, 0.9], [0.4, 0.6, 0.9]])[None, None]
INSIDE = torch.tensor([[True, True, False], [True, True, False]])[None, None]


def test_inside_leaves_the_padding_out():
    # of 0.2 0.4 0.4 0.6 the mean is 0.4, the variance (0.04 + 0 + 0 + 0.04) / 4 = 0.02, the deviation 0.1414
    out = normalise(TINY, INSIDE, statistics="inside")
    root = 0.02**0.5
    expected = [-0.2 / root, 0, 0.5 / root, 0, 0.2 / root, 0.5 / root]
    assert out.flatten().tolist() == pytest.approx(expected, abs=1e-5)


def test_crop_counts_the_padding():
    # of all six the mean is 3.4 / 6 = 0.5667; the squares add up to 2.34: variance 0.39 - 0.3211 = 0.0689
    out = normalise(TINY, INSIDE, statistics="crop")
    expected = [(value - 3.4 / 6) / 0.0688889**0.5 for value in TINY.flatten().tolist()]
    assert out.flatten().tolist() == pytest.approx(expected, abs=1e-5)


def test_slice_takes_what_the_whole_slice_had():
    # mean 0.5, variance 0.04: 0.2 becomes -0.3 / 0.2 = -1.5
    moments = torch.tensor([[0.5]]), torch.tensor([[0.04]])
    out = normalise(TINY, INSIDE, statistics="slice", slice_moments=moments)
    assert out.flatten().tolist() == pytest.approx([-1.5, -0.5, 2, -0.5, 0.5, 2], abs=1e-5)


def test_every_slice_and_channel_has_statistics_of_its_own(rng):
    images = rng.normal(rng.normal(size=(4, 3, 1, 1)), 1 + rng.random((4, 3, 1, 1)), (4, 3, 16, 17))
    inside = rng.random((4, 1, 16, 17)) > 0.4
    ours = {
        kind: normalise(torch.from_numpy(images), torch.from_numpy(inside), statistics=kind).numpy()
        for kind in ("inside", "crop")
    }
    masked = np.ma.array(images, mask=np.broadcast_to(~inside, images.shape))  # numpy.ma as the oracle
    mean, deviation = masked.mean(axis=(2, 3), keepdims=True), masked.std(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(ours["inside"], (images - mean.data) / deviation.data)
    for out, counted in ((ours["inside"], inside), (ours["crop"], np.ones_like(inside))):
        for n, c in np.ndindex(4, 3):
            assert out[n, c][counted[n, 0]].mean() == pytest.approx(0, abs=1e-9)
            assert out[n, c][counted[n, 0]].std() == pytest.approx(1)


def test_without_padding_inside_and_crop_are_the_same():
    images, inside = torch.rand(2, 1, 9, 9), torch.ones(2, 1, 9, 9, dtype=torch.bool)
    a, b = (normalise(images, inside, statistics=kind) for kind in ("inside", "crop"))
    assert torch.equal(a, b)


def test_scale_and_offset_of_the_grey_levels_do_not_matter():
    images, inside = torch.rand(2, 1, 9, 9, dtype=torch.float64), torch.rand(2, 1, 9, 9) > 0.3
    for kind in ("inside", "crop"):
        plain = normalise(images, inside, statistics=kind)
        torch.testing.assert_close(normalise(0.25 * images + 0.5, inside, statistics=kind), plain)


@pytest.mark.parametrize("level", [0.0, 77 / 255, 1.0])
@pytest.mark.parametrize("kind", STATISTICS)
def test_a_slice_all_of_one_grey_becomes_zeros(kind, level):
    images, inside = torch.full((2, 1, 64, 64), level), torch.ones(2, 1, 64, 64, dtype=torch.bool)
    moments = torch.full((2, 1), level), torch.zeros(2, 1)
    out = normalise(images, inside, statistics=kind, slice_moments=moments)
    # the mean of 4096 float32 numbers is good to about 1e-7, and nothing is divided by less than 1e-4
    assert out.abs().max() < 0.01


def test_a_crop_that_shows_nothing_but_padding_counts_it():
    images, inside = torch.rand(2, 1, 9, 9), torch.zeros(2, 1, 9, 9, dtype=torch.bool)
    inside[1, :, :5] = True
    out = normalise(images, inside, statistics="inside")
    assert torch.equal(out[:1], normalise(images[:1], inside[:1], statistics="crop"))
    assert torch.equal(out[1:], normalise(images[1:], inside[1:], statistics="inside"))


@pytest.mark.parametrize("kind", ["inside", "crop"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_last_digit_does_not_depend_on_the_threads(kind, count):
    # one slice alone is the trap: torch splits a single long sum among its threads
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(count, 1, 257, 256, generator=generator)
    inside = torch.rand(count, 1, 257, 256, generator=generator) > 0.3
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            results.append(normalise(images, inside, statistics=kind))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*results)


def test_z_score_divides_by_the_standard_deviation():
    out = z_score(torch.tensor([3.0, 5.0]), torch.tensor(4.0), torch.tensor(0.25))
    assert out.tolist() == [-2, 2]


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(InputError, match="one of inside, crop, slice, got 'volume'"):
        normalise(TINY, INSIDE, statistics="volume")
    with pytest.raises(InputError, match='"slice" needs slice_moments, the mean and variance'):
        normalise(TINY, INSIDE, statistics="slice")

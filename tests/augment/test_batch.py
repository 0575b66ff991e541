"""Bank to batch: image and mask move together, and the seed alone decides what comes out."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from atriacourse.augment.batch import (
    AugmentConfig,
    Drawn,
    augment,
    draw_augmentation,
    gamma_moments,
    no_augmentation,
)
from atriacourse.augment.gamma import GammaConfig
from atriacourse.augment.geometry import Geometry, GeometryConfig
from atriacourse.augment.intensity import Intensity, IntensityConfig
from atriacourse.augment.normalise import STATISTICS
from atriacourse.augment.tone import Tone, ToneConfig
from atriacourse.data.bank import BankCase, SliceBank
from atriacourse.errors import InputError

SHAPES = [(3, 40, 52), (2, 64, 36), (4, 48, 48)]
EVERYTHING = AugmentConfig(intensity=IntensityConfig(bias=0.3, noise=0.05), tone=ToneConfig(probability=0.5))


@pytest.fixture
def bank(rng):
    """Smooth cases of three sizes, whose mask is the grey picture itself: 128 and above is atrium."""
    cases = []
    for number, shape in enumerate(SHAPES):
        picture = ndimage.gaussian_filter(rng.random(shape), (0, 2, 2))
        grey = np.uint8(255 * (picture - picture.min()) / np.ptp(picture))
        cases.append(BankCase(name=str(number), grey=grey, mask=grey, post_ablation=bool(number % 2)))
    return SliceBank(cases)


def make(bank, config, *, seed=5, crop=(44, 60), cases=(0, 1, 2, 1), slices=(0, 1, 3, 0)):
    drawn = draw_augmentation(config, count=len(cases), generator=torch.Generator().manual_seed(seed))
    return augment(bank.gather(cases, slices), drawn, crop, config)


def take(drawn, n):
    """The draw of slice n alone."""
    geometry = Geometry(*(part[n : n + 1] for part in drawn.geometry))
    intensity = Intensity(drawn.intensity.bias[n : n + 1], drawn.intensity.noise[n : n + 1], 0)
    tone = Tone(drawn.tone.changed[n : n + 1], drawn.tone.curve[n : n + 1])
    return Drawn(geometry, drawn.gamma[n : n + 1], intensity, tone)


def test_a_batch_is_what_the_network_takes(bank):
    batch = make(bank, AugmentConfig())
    assert batch.images.shape == (4, 1, 44, 60)
    assert batch.images.dtype == torch.float32
    assert batch.images.isfinite().all()
    assert batch.masks.shape == (4, 44, 60)
    assert batch.masks.dtype == torch.int64
    assert batch.masks.unique().tolist() == [0, 1]
    assert batch.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("padding", ["mirror", "edge", "zero"])
def test_image_and_mask_move_together(bank, padding):
    # The mask is the image's own threshold, gamma keeps the order of grey levels and so does the z-score:
    # every atrium pixel must stay brighter than every other, wherever the two have gone.
    config = AugmentConfig(geometry=GeometryConfig(padding=padding), gamma=GammaConfig(probability=1))
    for seed in range(5):
        batch = make(bank, config, seed=seed)
        for image, mask in zip(batch.images[:, 0], batch.masks, strict=True):
            assert 0 < mask.float().mean() < 1
            assert image[mask == 1].min() >= image[mask == 0].max()


def test_a_pixel_half_covered_is_atrium():
    mask = np.array([[[0, 127, 128, 255]]], np.uint8)
    raw = SliceBank([BankCase(name="A", grey=mask, mask=mask, post_ablation=None)]).gather([0], [0])
    batch = augment(raw, no_augmentation(1), (1, 4), AugmentConfig())
    assert batch.masks.tolist() == [[[0, 0, 1, 1]]]


@pytest.mark.parametrize("statistics", STATISTICS)
def test_nothing_drawn_is_the_z_scored_slice(bank, statistics):
    raw = bank.gather([2], [1])
    batch = augment(raw, no_augmentation(1), (48, 48), AugmentConfig(statistics=statistics))
    grey = raw.canvas[0, 0].double().numpy()
    np.testing.assert_allclose(batch.images[0, 0], (grey - grey.mean()) / grey.std(), atol=1e-3)
    np.testing.assert_array_equal(batch.masks[0], raw.canvas[0, 1] >= 0.5)


@pytest.mark.parametrize("statistics", STATISTICS)
def test_slices_of_different_sizes_come_out_as_each_alone(bank, statistics):
    config = AugmentConfig(statistics=statistics)
    cases, slices = [0, 1, 2], [2, 0, 1]
    drawn = draw_augmentation(config, count=3, generator=torch.Generator().manual_seed(8))
    together = augment(bank.gather(cases, slices), drawn, (80, 64), config)
    for n in range(3):
        alone = augment(bank.gather(cases[n : n + 1], slices[n : n + 1]), take(drawn, n), (80, 64), config)
        # positions are rounded otherwise in a larger canvas, by less than a thousandth of a pixel
        torch.testing.assert_close(together.images[n], alone.images[0], atol=5e-3, rtol=0)
        assert (together.masks[n] != alone.masks[0]).float().mean() < 0.002
        assert together.labels[n] == alone.labels[0]


# one slice alone, where torch shares single sums out; five of 250x250, whose halves do not fill vectors
@pytest.mark.parametrize(("statistics", "count"), [("inside", 1), ("inside", 5), ("crop", 1), ("slice", 5)])
def test_the_same_seed_gives_the_same_batch_on_any_number_of_threads(rng, statistics, count):
    grey = rng.integers(0, 256, (5, 80, 90), np.uint8)
    cases = [BankCase(name="A", grey=grey, mask=grey, post_ablation=None)]
    config = AugmentConfig(
        gamma=GammaConfig(probability=1), intensity=EVERYTHING.intensity, statistics=statistics
    )
    before = torch.get_num_threads()
    made = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            torch.rand(threads)  # the global generator stands elsewhere each time
            made.append(
                make(SliceBank(cases), config, crop=(250, 250), cases=[0] * count, slices=range(count))
            )
    finally:
        torch.set_num_threads(before)
    assert torch.equal(made[0].images, made[1].images)
    assert torch.equal(made[0].masks, made[1].masks)


def test_another_seed_gives_another_batch(bank):
    images = [make(bank, EVERYTHING, seed=seed).images for seed in (1, 1, 2)]
    assert torch.equal(images[0], images[1])
    assert not torch.equal(images[0], images[2])


@pytest.mark.parametrize("crop", [(1, 1), (32, 32), (17, 90), (640, 640)])
def test_any_crop_can_be_asked_for(bank, crop):
    batch = make(bank, AugmentConfig(), crop=crop)
    assert batch.images.shape[-2:] == crop
    assert batch.masks.shape[-2:] == crop
    assert batch.images.isfinite().all()


@pytest.mark.parametrize("statistics", STATISTICS)
def test_gamma_changes_the_image_and_not_the_mask(bank, statistics):
    config = AugmentConfig(statistics=statistics)
    raw = bank.gather([0], [0])
    plain = no_augmentation(1)
    bright = plain._replace(gamma=torch.tensor([2.0]))
    before, after = (augment(raw, drawn, (40, 52), config) for drawn in (plain, bright))
    assert torch.equal(before.masks, after.masks)
    grey = raw.canvas[0, 0, :40, :52].double().numpy() ** 0.5  # ** (1 / gamma)
    np.testing.assert_allclose(after.images[0, 0], (grey - grey.mean()) / grey.std(), atol=1e-3)


def test_padding_does_not_shift_the_statistics_unless_asked():
    # a slice of 0.2 and 0.6 in a crop twice as wide, the rest zero padding: "inside" sees -1 and 1,
    # "crop" the numbers 0.2 0.6 0 0 with mean 0.2 and variance (0 + 0.16 + 0.04 + 0.04) / 4 = 0.06
    grey = np.array([[[51, 153]]], np.uint8)
    raw = SliceBank([BankCase(name="A", grey=grey, mask=grey, post_ablation=None)]).gather([0], [0])
    zero = GeometryConfig(padding="zero")
    ours, authors, paper = (
        augment(
            raw, no_augmentation(1), (1, 4), AugmentConfig(geometry=zero, statistics=kind)
        ).images.flatten()
        for kind in ("inside", "crop", "slice")
    )
    assert ours.tolist() == pytest.approx([-2, -1, 1, -2], abs=1e-4)
    assert authors.tolist() == pytest.approx(
        [-0.2 / 0.06**0.5, 0, 0.4 / 0.06**0.5, -0.2 / 0.06**0.5], abs=1e-4
    )
    assert paper.tolist() == pytest.approx(ours.tolist(), abs=1e-4)


def test_gamma_moments_are_those_of_the_pixels(bank):
    raw = bank.gather([0, 1, 2], [0, 1, 2])
    gamma = torch.tensor([0.8, 1.0, 2.0])
    mean, variance = gamma_moments(raw.histograms, gamma)
    for n in range(3):
        height, width = SHAPES[n][1:]
        grey = raw.canvas[n, 0, :height, :width].double().numpy() ** (1 / gamma[n].item())
        assert mean[n, 0].item() == pytest.approx(grey.mean(), rel=1e-5)
        assert variance[n, 0].item() == pytest.approx(grey.var(), rel=1e-4)


def test_gamma_moments_by_hand():
    # three black pixels and one of 51 / 255 = 0.2; gamma 0.5 squares it to 0.04: mean 0.01,
    # variance (3 * 0.01**2 + 0.03**2) / 4 = 0.0003
    histogram = torch.zeros(1, 1, 256)
    histogram[0, 0, 0], histogram[0, 0, 51] = 3, 1
    mean, variance = gamma_moments(histogram, torch.tensor([0.5]))
    assert mean.item() == pytest.approx(0.01, rel=1e-5)
    assert variance.item() == pytest.approx(0.0003, rel=1e-5)


def test_neighbouring_slices_share_their_geometry():
    picture = np.add.outer(np.arange(50), 3 * np.arange(40)).astype(np.uint8)
    grey = np.tile(picture, (3, 1, 1))  # all slices alike
    bank = SliceBank([BankCase(name="A", grey=grey, mask=grey, post_ablation=None)], offsets=(-1, 0, 1))
    batch = make(bank, AugmentConfig(), cases=[0, 0], slices=[0, 1])
    assert batch.images.shape == (2, 3, 44, 60)
    torch.testing.assert_close(batch.images[:, 0], batch.images[:, 1])
    torch.testing.assert_close(batch.images[:, 2], batch.images[:, 1])


def test_an_unknown_statistic_is_refused():
    with pytest.raises(InputError, match="statistics must be one of inside, crop, slice, got 'volume'"):
        AugmentConfig(statistics="volume")

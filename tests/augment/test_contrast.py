"""The contrast baselines: golden values by hand, a textbook CLAHE and OpenCV as oracles, properties."""

import math
import subprocess
import sys

import cv2
import h5py
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from atriacourse.augment.contrast import METHODS, ContrastConfig, apply_contrast
from atriacourse.errors import InputError

stacks = hnp.arrays(np.uint8, st.tuples(st.integers(1, 3), st.integers(8, 40), st.integers(8, 40)))


def soft_slice(rng, size=128):
    """A (size, size) slice with smooth structure, noise, and both 0 and 255 in it."""
    y, x = np.mgrid[:size, :size] / size
    grey = 90 + 60 * np.sin(5 * x) * np.cos(7 * y) + 12 * rng.normal(size=(size, size))
    grey = np.clip(grey, 1, 254)
    grey[0, 0], grey[-1, -1] = 0, 255
    return grey.astype(np.uint8)


def textbook_clahe(grey, regions, clip_limit):
    """CLAHE pixel by pixel (Zuiderveld 1994), the last regions completed by mirroring; stretched to 0..255.

    The excess over the clip limit is spread evenly over all bins, in fractions and in one go.
    """
    height, width = -(-grey.shape[0] // regions), -(-grey.shape[1] // regions)
    missing = [(0, regions * height - grey.shape[0]), (0, regions * width - grey.shape[1])]
    whole = np.pad(grey, missing, mode="reflect")
    limit = clip_limit * height * width
    curves = np.empty((regions, regions, 256))
    for row in range(regions):
        for column in range(regions):
            tile = whole[row * height : (row + 1) * height, column * width : (column + 1) * width]
            histogram = np.bincount(tile.ravel(), minlength=256).astype(float)
            excess = np.maximum(histogram - limit, 0).sum()
            curves[row, column] = np.cumsum(np.minimum(histogram, limit) + excess / 256) / (height * width)
    out = np.empty(grey.shape)
    for y, x in np.ndindex(grey.shape):
        v, u = y / height - 0.5, x / width - 0.5  # in regions, 0 at the centre of the first
        top, left = math.floor(v), math.floor(u)
        blend = 0.0
        for row, across in ((top, 1 - (v - top)), (top + 1, v - top)):
            for column, along in ((left, 1 - (u - left)), (left + 1, u - left)):
                curve = curves[np.clip(row, 0, regions - 1), np.clip(column, 0, regions - 1)]
                blend += across * along * curve[grey[y, x]]
        out[y, x] = blend
    return 255 * (out - out.min()) / (out.max() - out.min())


# ---- golden values


def test_auto_gamma_carries_the_mean_to_mid_grey():
    # mean (0 + 51 + 102 + 102) / 4 = 63.75 = 255 / 4, so gamma = log(1/2) / log(1/4) = 1/2:
    # 255 * sqrt(51 / 255) = 114.04 and 255 * sqrt(102 / 255) = 161.28
    grey = np.array([[[0, 51], [102, 102]]], np.uint8)
    assert apply_contrast(grey, "auto_gamma").tolist() == [[[0, 114], [161, 161]]]


def test_auto_gamma_leaves_a_slice_with_a_mid_grey_mean():
    grey = np.array([[[0, 255], [100, 155]]], np.uint8)  # mean 127.5, gamma 1
    np.testing.assert_array_equal(apply_contrast(grey, "auto_gamma"), grey)


def test_gamma_bounds_hold_the_power_back():
    # gamma 1/2 as above, held at 0.8: 255 * 0.2**0.8 = 70.4 and 255 * 0.4**0.8 = 122.5146
    grey = np.array([[[0, 51], [102, 102]]], np.uint8)
    bounded = ContrastConfig(method="auto_gamma", gamma_bounds=(0.8, 1.2))
    assert apply_contrast(grey, bounded).tolist() == [[[0, 70], [123, 123]]]
    # The mirror case: mean 191.25, gamma = log(0.5) / log(0.75) = 2.41, held at 1.2:
    # 255 * 0.8**1.2 = 195.1 and 255 * 0.6**1.2 = 138.1
    bright = 255 - grey
    assert apply_contrast(bright, bounded).tolist() == [[[255, 195], [138, 138]]]


def test_one_unclipped_region_is_histogram_equalisation():
    # Of 16 pixels eight are 0, three are 10, five are 200: the cumulated shares 8/16, 11/16, 16/16 become,
    # stretched so that the first is 0 and the last 1: 0, (11 - 8) / (16 - 8) = 3/8, 1; 255 * 3/8 = 95.6.
    grey = np.array([0] * 8 + [10] * 3 + [200] * 5, np.uint8).reshape(1, 4, 4)
    flat = apply_contrast(grey, ContrastConfig(method="clahe", regions=1, clip_limit=1.0))
    assert flat.ravel().tolist() == [0] * 8 + [96] * 3 + [255] * 5


# ---- oracles


# Away from a strong clip what is left is scikit-image's 253 bins instead of 256 and its whole counts. At 0.01
# of a 32x32 region, 10 pixels, the way the excess is handed out shows too: scikit-image lets no bin pass the
# limit again, the textbook and OpenCV do; the pictures are then alike, but several grey levels apart.
CLOSENESS = [
    (1.0, 1.5, 0.999),
    (0.03, 1.5, 0.999),
    (0.01, 10.0, 0.985),
]  # limit, mean difference, correlation


def assert_alike(ours, oracle, mean_difference, correlation):
    assert np.abs(ours - oracle).mean() < mean_difference
    assert np.corrcoef(ours.ravel(), oracle.ravel())[0, 1] > correlation


@pytest.mark.parametrize(("clip_limit", "mean_difference", "correlation"), CLOSENESS)
def test_clahe_agrees_with_a_textbook_one(rng, clip_limit, mean_difference, correlation):
    grey = soft_slice(rng, 128)[-93:, -126:]  # regions of 24x32, the last ones short
    grey[0, 0] = 0  # both ends of the range, so that scikit-image has nothing to stretch
    ours = apply_contrast(grey[None], ContrastConfig(method="clahe", regions=4, clip_limit=clip_limit))[0]
    assert_alike(ours, textbook_clahe(grey, regions=4, clip_limit=clip_limit), mean_difference, correlation)


@pytest.mark.parametrize("shape", [(256, 256), (250, 383)])  # the second is not cut evenly by 8
@pytest.mark.parametrize(("clip_limit", "mean_difference", "correlation"), CLOSENESS)
def test_clahe_agrees_with_opencv(rng, shape, clip_limit, mean_difference, correlation):
    grey = np.ascontiguousarray(soft_slice(rng, 384)[-shape[0] :, -shape[1] :])
    grey[0, 0] = 0
    ours = apply_contrast(grey[None], ContrastConfig(method="clahe", clip_limit=clip_limit))[0]
    # OpenCV counts its limit in multiples of an even histogram: 0.01 of the pixels is 2.56 of 256 bins.
    theirs = cv2.createCLAHE(clipLimit=256 * clip_limit, tileGridSize=(8, 8)).apply(grey).astype(float)
    theirs = 255 * (theirs - theirs.min()) / (theirs.max() - theirs.min())
    assert_alike(ours, theirs, mean_difference, correlation)


# ---- properties


@settings(max_examples=60, deadline=None)
@given(stacks, st.sampled_from(METHODS))
def test_a_slice_alone_is_the_slice_in_a_stack(stack, method):
    before = stack.copy()
    together = apply_contrast(stack, method)
    assert together.shape == stack.shape
    assert together.dtype == np.uint8
    alone = [apply_contrast(grey[None].copy(), method)[0] for grey in stack]
    np.testing.assert_array_equal(together, np.stack(alone))  # and so it is deterministic
    np.testing.assert_array_equal(stack, before)


@settings(max_examples=60, deadline=None)
@given(stacks)
def test_auto_gamma_keeps_the_order_of_grey_levels(stack):
    for grey, out in zip(stack, apply_contrast(stack, "auto_gamma"), strict=True):
        order = np.argsort(grey, axis=None, kind="stable")
        assert (np.diff(out.ravel()[order].astype(int)) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 253), st.data())
def test_auto_gamma_puts_the_mean_level_in_the_middle(mean, data):
    spread = data.draw(st.integers(1, min(mean, 255 - mean)))
    grey = np.array([[[mean - spread, mean, mean + spread]]], np.uint8)
    assert apply_contrast(grey, "auto_gamma")[0, 0, 1] in (127, 128)  # 255 / 2 = 127.5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [0, 1, 77, 255])
def test_a_constant_slice_stays_as_it_is(method, level):
    flat = np.full((2, 24, 16), level, np.uint8)
    np.testing.assert_array_equal(apply_contrast(flat, method), flat)


def test_clahe_ignores_a_stretch_of_the_grey_levels(rng):
    narrow = soft_slice(rng)[None] // 4 + 20  # levels 20..83
    wide = 3 * narrow - 30
    np.testing.assert_array_equal(apply_contrast(narrow, "clahe"), apply_contrast(wide, "clahe"))


def test_clahe_raises_the_contrast_of_a_faint_region(rng):
    grey = np.full((128, 128), 30, np.uint8) + rng.integers(0, 4, (128, 128), np.uint8)
    grey[:, 64:] = 220
    grey[40:60, 20:40] += 8  # a faint square in the dark half

    def contrast(picture):
        inside, outside = picture[42:58, 22:38], picture[42:58, 2:18]
        return inside.mean() - outside.mean()

    assert contrast(apply_contrast(grey[None], "clahe")[0].astype(float)) > 1.5 * contrast(grey.astype(float))


def test_no_method_is_a_copy_and_an_empty_stack_is_fine():
    stack = np.arange(2 * 8 * 8, dtype=np.uint8).reshape(2, 8, 8)
    same = apply_contrast(stack, "none")
    np.testing.assert_array_equal(same, stack)
    assert not np.shares_memory(same, stack)
    for method in METHODS:
        assert apply_contrast(stack[:0], method).shape == (0, 8, 8)


# ---- errors


@pytest.mark.parametrize(
    ("slices", "method", "message"),
    [
        (np.zeros((2, 9, 9), np.float32), "clahe", "uint8 grey levels, got float32"),
        (np.full((2, 9, 9), np.nan), "none", "uint8 grey levels, got float64"),
        (np.zeros((9, 9), np.uint8), "auto_gamma", r"must be \(n, h, w\), got \(9, 9\)"),
        (np.zeros((1, 0, 9), np.uint8), "auto_gamma", r"got \(1, 0, 9\)"),
        (np.zeros((1, 7, 9), np.uint8), "clahe", "7x9 pixels cannot be cut into 8x8 regions"),
        (np.zeros((1, 9, 9), np.uint8), "histogram", "must be one of .* got 'histogram'"),
    ],
)
def test_bad_input_is_refused_with_what_came_and_what_is_needed(slices, method, message):
    with pytest.raises(InputError, match=message):
        apply_contrast(slices, method)


@pytest.mark.parametrize(
    "settings_",
    [
        {"regions": 0},
        {"regions": 2.5},
        {"clip_limit": 0.0},
        {"clip_limit": float("nan")},
        {"gamma_bounds": (1.2, 0.8)},
        {"gamma_bounds": (0.0, 1.0)},
        {"gamma_bounds": (0.8, float("nan"))},
    ],
)
def test_bad_settings_are_refused(settings_):
    with pytest.raises(InputError, match=next(iter(settings_))):
        ContrastConfig(**settings_)


def test_the_module_does_not_need_torch():
    code = "import sys, atriacourse.augment.contrast; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- real slices


@pytest.mark.real
def test_real_slices_get_brighter_or_flatter(real_data):
    path = sorted(real_data.glob("la2018/*/*/mri_norm2.h5"))[0]
    with h5py.File(path) as file:
        image = file["image"][:, :, 40:44].T  # (z, y, x), z-scores: spread them over the grey levels
    grey = np.uint8(255 * (image - image.min()) / np.ptp(image))
    assert abs(apply_contrast(grey, "auto_gamma").mean() - 127.5) < abs(grey.mean() - 127.5)
    flat = apply_contrast(grey, "clahe")
    assert (flat.min(axis=(1, 2)) == 0).all()
    assert (flat.max(axis=(1, 2)) == 255).all()
    assert flat.std() > grey.std()

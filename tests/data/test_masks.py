"""Masks and spacings are checked once; what is wrong is said in words."""

import numpy as np
import pytest

from atriacourse.data.masks import as_mask, as_mask_pair, as_spacing, bounding_box
from atriacourse.errors import InputError

CORNER = np.zeros((2, 3, 4), dtype=bool)
CORNER[0, 0, 0] = True


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("top", [1, 255])
def test_accepts_bool_and_zero_one_and_zero_255(dtype, top):
    if dtype is bool and top == 255:
        top = 1
    mask = as_mask((CORNER * top).astype(dtype))
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, CORNER)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_accepts_all_background_and_all_foreground(dtype):
    assert not as_mask(np.zeros((2, 2, 2), dtype=dtype)).any()
    assert as_mask(np.ones((2, 2, 2), dtype=dtype)).all()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 3)), r"shape \(3, 3\).*\(z, y, x\)"),
        (np.zeros((1, 1, 3, 3)), r"shape \(1, 1, 3, 3\)"),
        (np.zeros((0, 3, 3)), "no voxels"),
        (CORNER * 2, "holds the values 0, 2; .*labels == 1"),
        (CORNER * -1, "holds the values -1, 0"),
        (CORNER * 0.3, r"holds the values 0, 0\.3; .*p > 0\.5"),
        (CORNER * 255 + np.roll(CORNER, 1) * 1, "holds the values 0, 1, 255"),
        (np.linspace(0, 1, 24).reshape(2, 3, 4), r"0\.217391, \.\.\.; it must hold"),
        (np.where(CORNER, np.nan, 0.0), "NaN"),
        (np.where(CORNER, np.inf, 0.0), "holds the values 0, inf"),
        (np.where(CORNER, -np.inf, 0.0), "holds the values -inf, 0"),
        (CORNER.astype(complex), "type complex128"),
        (CORNER.astype(str), "type <U5"),
        (CORNER.astype(object), "type object"),
    ],
)
def test_refuses_what_is_no_mask_and_says_why(array, message):
    with pytest.raises(InputError, match=f"guess.*{message}"):
        as_mask(array, name="guess")


def test_a_pair_must_lie_on_one_grid():
    with pytest.raises(InputError, match=r"truth is \(2, 3, 4\) and guess is \(2, 4, 3\)"):
        as_mask_pair(CORNER, CORNER.swapaxes(1, 2))


@pytest.mark.parametrize(
    "spacing", [(1, 1), (1, 1, 0), (1, -1, 1), (1, 1, np.nan), (1, np.inf, 1), 0.625, [[1, 1, 1]]]
)
def test_refuses_a_spacing_that_is_not_three_positive_numbers(spacing):
    with pytest.raises(InputError, match=r"three positive numbers \(z, y, x\)"):
        as_spacing(spacing)


def test_spacing_comes_back_as_plain_floats():
    assert as_spacing(np.array([2, 1, 0.5], dtype=np.float32)) == (2.0, 1.0, 0.5)


def test_bounding_box():
    mask = np.zeros((9, 8, 7), dtype=bool)
    assert bounding_box(mask) is None
    mask[2, 3, 4] = mask[5, 1, 6] = True
    assert bounding_box(mask) == (slice(2, 6), slice(1, 4), slice(4, 7))
    # margin 2: z 2-2 = 0 to 6+2 = 8; y 1-2 is cut to 0; x 7+2 is cut to 7
    assert bounding_box(mask, margin=2) == (slice(0, 8), slice(0, 6), slice(2, 7))

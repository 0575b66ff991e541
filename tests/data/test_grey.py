"""Padding and damage do not take the grey levels from the picture; nothing else is touched."""

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atriacourse.data.cohort import open_cohort
from atriacourse.data.grey import grey_window
from atriacourse.data.grid import plain_grid
from atriacourse.data.volume import Volume, grey_levels, read_volume


def grey(voxels):
    return grey_levels(Volume(voxels=voxels, grid=plain_grid(voxels.shape, (1, 1, 1))))


def picture(rng, dtype, top=1000):
    """Noise from 0 to `top`, both of which occur."""
    voxels = rng.integers(0, top + 1, (8, 32, 32)).astype(dtype)
    voxels[0, 0, :2] = 0, top
    return voxels


@pytest.mark.parametrize(
    ("dtype", "padding"),
    [
        ("int16", -32768), ("int16", 32767), ("uint16", 65535), ("int32", -(2**31)), ("int32", 2**31 - 1),
        ("float32", -3.4e38), ("float32", 3.4e38), ("float32", -1e6), ("float32", 1e20), ("int16", -9999),
        ("float64", 1e300), ("float64", -1.7e308),
    ],
)  # fmt: skip
@pytest.mark.parametrize("share", ["one voxel", "one row", "a border", "half", "nearly all"])
def test_padding_leaves_the_rest_as_it_is_without(rng, dtype, padding, share):
    voxels = picture(rng, dtype)
    without = grey(voxels)
    where = np.zeros(voxels.shape, bool)
    where[{"one voxel": (3, 4, 5), "one row": np.s_[:, 31], "a border": np.s_[:, :, :6],
           "half": np.s_[4:], "nearly all": np.s_[1:]}[share]] = True  # fmt: skip
    voxels[where] = padding
    padded = grey(voxels)
    np.testing.assert_array_equal(padded[~where], without[~where])
    assert (padded[where] == (0 if padding < 0 else 255)).all()
    assert grey_window(voxels) == (0, 1000)


def test_both_ends_and_several_values_at_once(rng):
    voxels = picture(rng, "float32", top=5000)
    without = grey(voxels)
    voxels[5, :, 3], voxels[6, :5, 3], voxels[7, 7] = -3e38, [1e6, 3e6, 1e7, 9e9, 1e30], 65535
    kept = np.abs(voxels) <= 5000
    np.testing.assert_array_equal(grey(voxels)[kept], without[kept])


def test_a_middling_range_is_left_alone(rng):
    # 0..1000, and one vessel at 3500: the middle 98 % of the different numbers are 980 wide, 3500 < 4 * 980
    voxels = picture(rng, "int16")
    voxels[2, 2, 2] = 3500
    assert grey_window(voxels) == (0, 3500)


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=15, unique=True))
def test_a_few_numbers_are_never_cut(values):
    voxels = np.resize(np.array(values, np.int16), (2, 3, 16))
    assert grey_window(voxels) == (min(values), max(values))


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["uniform", "normal", "gamma", "exponential"]),
    scale=st.floats(1e-3, 1e4),
    outliers=st.lists(st.floats(-3e38, 3e38), max_size=3),
)
def test_once_cleaned_nothing_more_is_cut(seed, kind, scale, outliers):
    draw = getattr(np.random.default_rng(seed), kind)
    voxels = (
        draw(2.0, size=(4, 20, 20)) if kind in ("gamma", "exponential") else draw(size=(4, 20, 20))
    ) * scale
    voxels[0, 0, : len(outliers)] = outliers
    low, high = grey_window(voxels)
    clean = voxels.clip(low, high)
    assert grey_window(clean) == (low, high)
    assert np.count_nonzero(clean != voxels) <= 3 + 0.03 * voxels.size


def test_it_is_said_and_8_bit_scans_are_never_cut(tmp_path, rng):
    voxels = picture(rng, "int16")
    voxels[:, 31] = -32768
    nibabel.save(nibabel.Nifti1Image(voxels.T, np.diag([1.5, 1.5, 2, 1])), tmp_path / "a.nii")
    (note,) = read_volume(tmp_path / "a.nii").notes
    assert note.startswith("256 of its 8,192 voxels lie far outside the others, at -32768 or 1")
    assert "cut off at 0 and 1000" in note
    eight = picture(rng, "uint8", top=40)
    eight[3] = 255
    assert grey(eight) is eight


@pytest.mark.real
def test_no_real_scan_is_cut(real_data):
    """MSD's scans are stretched from their minimum to their maximum as before; LA2018's have 8 bits."""
    cases = list(open_cohort(real_data / "msd_heart" / "Task02_Heart"))
    assert len(cases) == 4
    for case in cases:
        voxels = case.image().voxels
        assert grey_window(voxels) == (voxels.min(), voxels.max()) and voxels.dtype == np.int16


@pytest.mark.parametrize(
    "damage", ["noisy padding", "interpolated padding", "metal", "spikes", "a float's padding"]
)
def test_padding_of_many_numbers_leaves_most_grey_levels(rng, damage):
    # 1000 numbers of picture; the damage has as many, so that counting numbers alone would not tell it apart
    voxels = picture(rng, "float32")
    flat = voxels.reshape(-1)
    where = rng.permutation(np.arange(2, flat.size))[: flat.size // 50]  # 163 of 8192 voxels
    flat[where] = {
        "noisy padding": rng.uniform(-32768, -32000, where.size),
        "interpolated padding": np.linspace(-32768, 0, where.size),
        "metal": rng.uniform(20_000, 32_767, where.size),
        "spikes": rng.choice([-1, 1], where.size) * rng.uniform(20_000, 32_767, where.size),
        "a float's padding": np.linspace(-1e30, -1e20, where.size),
    }[damage]
    low, high = grey_window(voxels)
    # the middle 94 % are less than 1000 wide, and four times that is left on either side
    assert -4000 <= low <= 0 and 1000 <= high <= 5000
    cleaned = voxels.clip(low, high)
    assert grey_window(cleaned) == (low, high)


@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.0, 0.96))
def test_an_empty_background_does_not_count(seed, share):
    # an organ alone in zeros, as other programs cut it out: nothing of it is damage
    rng = np.random.default_rng(seed)
    voxels = rng.gamma(3.0, 100.0, 20_000).astype(np.int16) + 1
    voxels[: int(share * voxels.size)] = 0
    assert grey_window(voxels.reshape(20, 20, 50)) == (voxels.min(), voxels.max())

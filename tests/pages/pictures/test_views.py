"""Which slices, window and grey values a picture shows."""

import numpy as np
import pytest

from atriacourse.pages.pictures.views import middle, readable_range, spread_slices, window_around


@pytest.fixture
def mask():
    filled = np.zeros((10, 20, 30), dtype=bool)
    filled[3:8, 5:9, 10:21] = True
    return filled


def test_slices_run_from_the_first_to_the_last_filled_one(mask):
    # filled are 3 4 5 6 7; three of them, evenly spaced: 3 5 7
    assert spread_slices(mask, depth=10, count=3) == [3, 5, 7]


def test_no_slice_is_shown_twice(mask):
    assert spread_slices(mask, depth=10, count=99) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("empty", [None, np.zeros((10, 4, 4), dtype=bool)])
def test_without_a_mask_the_whole_volume_is_spread(empty):
    assert spread_slices(empty, depth=10, count=4) == [0, 3, 6, 9]


def test_window_grows_by_the_margin_in_millimetres(mask):
    # 2 mm are 1 voxel along z (2 mm each), 2 along y, 4 along x (0.5 mm each)
    assert window_around({"a": mask}, mask.shape, (2.0, 1.0, 0.5), 2.0) == np.s_[2:9, 3:11, 6:25]


def test_window_stops_at_the_volume(mask):
    assert window_around({"a": mask}, mask.shape, (1, 1, 1), 100.0) == np.s_[0:10, 0:20, 0:30]


def test_window_holds_every_mask_and_skips_empty_ones(mask):
    other, empty = np.zeros_like(mask), np.zeros_like(mask)
    other[9, 0, 29] = True
    window = window_around({"a": mask, "b": other, "c": empty}, mask.shape, (1, 1, 1), 0.0)
    assert window == np.s_[3:10, 0:9, 10:30]


def test_window_without_margin_or_masks_is_everything(mask):
    everything = np.s_[0:10, 0:20, 0:30]
    assert window_around({"a": mask}, mask.shape, (1, 1, 1), None) == everything
    assert window_around({}, mask.shape, (1, 1, 1), 5.0) == everything


def test_middle_is_the_median_voxel_of_the_mask(mask):
    assert middle(mask, mask.shape) == (5, 6, 15)  # medians of 3..7, 5..8 (6.5, cut), 10..20


def test_middle_of_nothing_is_the_middle_of_the_volume(mask):
    assert middle(None, mask.shape) == middle(np.zeros_like(mask), mask.shape) == (5, 10, 15)


def test_one_bright_voxel_does_not_darken_the_picture():
    voxels = np.zeros((10, 10, 10))
    voxels[:, :, 5:] = 100.0
    voxels[0, 0, 0] = 60_000.0
    assert readable_range(voxels) == (0.0, 100.0)

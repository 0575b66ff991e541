"""Grey levels out of z-scores."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atriacourse.data.uamt_file import recover_grey_levels
from atriacourse.data.volume import read_mask, read_volume
from atriacourse.errors import InputError


def test_by_hand():
    # grey 10, 11, 13, 20 with mean 12 and SD 4 -> -0.5, -0.25, 0.25, 2.0: the step is 0.25, the smallest is 0
    scores = np.array([[-0.5, -0.25, 0.25, 2.0]], dtype=np.float32)
    levels = recover_grey_levels(scores)
    assert levels.dtype == np.uint8 and levels.tolist() == [[0, 1, 3, 10]]


@given(
    greys=st.lists(st.integers(0, 255), min_size=2, max_size=60),
    mean=st.floats(1, 200),
    deviation=st.floats(2, 80),
)
def test_any_eight_bit_scan_comes_back_up_to_its_offset(greys, mean, deviation):
    greys = np.array([*greys, 100, 101])  # two neighbouring levels, as every scan has
    scores = ((greys - mean) / deviation).astype(np.float32)
    np.testing.assert_array_equal(recover_grey_levels(scores), greys - greys.min())


def test_constant():
    assert recover_grey_levels(np.full((2, 2), 0.3, np.float32)).tolist() == [[0, 0], [0, 0]]


def test_a_missing_neighbour_only_divides_the_scale():
    # Levels 0, 4, 8, 20: no two are neighbours, so the step looks four times as large.
    scores = (np.array([0, 4, 8, 20]) / 30).astype(np.float32)
    assert recover_grey_levels(scores).tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize("count", [300, 5000])
def test_what_is_no_eight_bit_scan_is_refused(rng, count):
    with pytest.raises(InputError, match="are not z-scored 8-bit grey levels"):
        recover_grey_levels(rng.normal(size=count).astype(np.float32))
    with pytest.raises(InputError, match=rf"{count} different values .* would take {count}, straying"):
        recover_grey_levels(np.arange(count, dtype=np.float32))


def test_nan_is_refused():
    with pytest.raises(InputError, match="1 voxels are NaN"):
        recover_grey_levels(np.array([0, np.nan, 1], np.float32))


@pytest.fixture
def mirror_file(tmp_path):
    """Axes (x, y, z): a bright block at x = 3, y = 1, z = 0."""
    grey = np.full((4, 3, 2), 50)
    grey[0, 0, 0], grey[3, 1, 0] = 51, 90
    with h5py.File(tmp_path / "mri_norm2.h5", "w") as file:
        file["image"] = ((grey - 60) / 7).astype(np.float32)
        file["label"] = (grey == 90).astype(np.uint8)
    return tmp_path / "mri_norm2.h5"


def test_axes(mirror_file):
    image, mask = read_volume(mirror_file), read_mask(mirror_file)
    assert image.shape == mask.shape == (2, 3, 4)
    assert np.argwhere(mask.voxels).tolist() == [[0, 1, 3]]
    assert image.voxels[0, 1, 3] == 40 and image.voxels.dtype == np.uint8
    assert image.grid.orientation == "LPS"
    assert (image.spacing_mm, image.grid.spacing_source) == ((0.625, 0.625, 0.625), "assumed")
    assert read_volume(mirror_file, spacing_mm=(1.25, 0.625, 0.625)).spacing_mm == (1.25, 0.625, 0.625)


def test_a_missing_data_set_is_named(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["picture"] = np.zeros((2, 2, 2), np.float32)
    for read, name in ((read_volume, "image"), (read_mask, "label")):
        with pytest.raises(InputError, match=rf"a\.h5: no data set '{name}', only \['picture'\]"):
            read(tmp_path / "a.h5")

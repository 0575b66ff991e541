"""Blood, rim and noise on masks small enough to draw."""

import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.chapters.contrast_tissue import rim_around, tissue


def test_the_rim_leaves_the_gap_out_and_stays_in_its_slice():
    mask = np.zeros((3, 1, 9), dtype=bool)
    mask[1, 0, 4] = True
    rim = rim_around(mask, gap=1, width=2)
    # one row: the mask is at 4, the gap at 3 and 5, the rim two further on each side
    assert np.flatnonzero(rim[1, 0]).tolist() == [1, 2, 6, 7]
    assert not rim[[0, 2]].any()


def test_no_gap_starts_at_the_mask():
    mask = np.zeros((1, 1, 5), dtype=bool)
    mask[0, 0, 2] = True
    assert np.flatnonzero(rim_around(mask, gap=0, width=1)).tolist() == [1, 3]
    with pytest.raises(InputError, match="width 1 or more"):
        rim_around(mask, width=0)


def test_tissue_reads_both_sides_of_the_border():
    mask = np.zeros((1, 5, 6), dtype=bool)
    mask[0, 1:4, 1:5] = True
    values = np.where(mask, 100.0, 40.0)
    values[0, 0, 1:3] = 120  # two of the fourteen pixels of the rim outshine the blood
    found = tissue(values, mask, gap=0, width=1)
    assert found.blood == 100
    assert found.around == 40
    assert found.as_bright == pytest.approx(2 / 14)
    assert found.grain == 0


def test_grain_is_the_noise_without_the_shading():
    rng = np.random.default_rng(0)
    mask = np.ones((1, 200, 200), dtype=bool)
    shading = np.linspace(0, 100, 200)  # half a grey level from pixel to pixel
    values = shading + 3 * rng.normal(size=mask.shape)
    assert tissue(values, mask).grain == pytest.approx(3, rel=0.02)


def test_what_cannot_be_measured_is_refused_or_undefined():
    empty = np.zeros((1, 4, 4), dtype=bool)
    with pytest.raises(InputError, match="mask is empty"):
        tissue(np.zeros((1, 4, 4)), empty)
    with pytest.raises(InputError, match="must agree"):
        tissue(np.zeros((1, 4, 5)), empty)
    full = tissue(np.ones((1, 4, 4)), ~empty)
    assert np.isnan([full.around, full.as_bright]).all()  # nothing lies outside
    one = np.zeros((1, 1, 3), dtype=bool)
    one[0, 0, 1] = True
    assert np.isnan(tissue(np.ones((1, 1, 3)), one).grain)  # one pixel has no neighbour

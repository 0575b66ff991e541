"""A guess from the frame alone is right exactly where the frame tells."""

import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.bench.blind import frame_dice
from atriacourse.pages.chapters.audit_leak import cut_around


def ball(shape, centre, radius):
    grid = np.indices(shape) - np.reshape(centre, (3, 1, 1, 1))
    return (grid**2).sum(axis=0) <= radius**2


def test_a_cut_around_the_answer_gives_it_away(rng):
    places = rng.integers(15, 49, size=(8, 2))
    masks = [ball((12, 64, 64), (6, y, x), 5) for y, x in places]
    cut = [mask[cut_around(mask, (1.0, 2.0, 2.0), rng=rng)] for mask in masks]
    assert np.mean(frame_dice(masks)) < 0.2  # anywhere in the field
    assert np.mean(frame_dice(cut)) > 0.6


def test_the_cut_keeps_all_slices_and_a_margin_within_the_mirrors(rng):
    mask = ball((20, 100, 100), (10, 50, 40), 6)  # y 44..56, x 34..46
    for _ in range(50):
        z, y, x = cut_around(mask, (2.0, 0.5, 0.5), rng=rng)
        assert (z.start, z.stop) == (0, 20)
        # 6.25 to 12.5 mm are 12.5 to 25 voxels of 0.5 mm
        for part, low, high in ((y, 44, 57), (x, 34, 47)):
            assert 12 <= low - part.start <= 25 and 12 <= part.stop - high <= 25
    near = ball((20, 100, 100), (10, 6, 50), 6)
    assert cut_around(near, (2.0, 0.5, 0.5), rng=rng)[1].start == 0  # no further than the scan
    with pytest.raises(InputError, match="nothing to cut around"):
        cut_around(np.zeros((3, 3, 3), bool), (1, 1, 1), rng=rng)

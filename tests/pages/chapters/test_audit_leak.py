"""A guess from the frame alone is right exactly where the frame tells."""

import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.chapters.audit_leak import cut_around, frame_dice, frame_guess, sampled


def ball(shape, centre, radius):
    grid = np.indices(shape) - np.reshape(centre, (3, 1, 1, 1))
    return (grid**2).sum(axis=0) <= radius**2


def test_sampling_takes_the_nearest_voxel():
    row = np.arange(6).reshape(1, 1, 6)
    assert sampled(row, (1, 1, 6)).ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert sampled(row, (1, 1, 3)).ravel().tolist() == [1, 3, 5]  # centres at 1, 3, 5 of the old grid
    assert sampled(row, (2, 1, 12)).ravel()[:12].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_the_guess_is_what_most_others_mark():
    one, two, three = (np.zeros((1, 1, 3), bool) for _ in range(3))
    one[..., :2] = two[..., 1:] = True
    three[..., 1] = True
    # marked by 1, 3 and 1 of the three
    assert frame_guess([one, two, three], (1, 1, 3)).ravel().tolist() == [False, True, False]
    assert frame_guess([one, two, three], (1, 1, 3), least=0.3).all()
    with pytest.raises(InputError, match="at least one other mask"):
        frame_guess([], (1, 1, 3))


def test_dice_leaves_the_case_itself_out():
    left, right = np.zeros((2, 4, 4), bool), np.zeros((2, 4, 4), bool)
    left[..., :2], right[..., 2:] = True, True
    assert frame_dice([left, right]) == [0, 0]
    assert frame_dice([left, left, right]) == pytest.approx([2 / 3, 2 / 3, 0])  # a tie marks everything


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

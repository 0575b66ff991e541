"""The mask of whoever never looks is what most others mark, laid into the scan's frame."""

import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.bench.blind import frame_dice, frame_guess, sampled


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

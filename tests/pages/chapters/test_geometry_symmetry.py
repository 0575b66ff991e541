"""Centring and flipping of masks small enough to draw."""

import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.chapters.geometry_symmetry import centred, overlap_with_others


def mask_of(row: str) -> np.ndarray:
    return np.array([[[letter == "x" for letter in row]]])


def test_the_centre_of_mass_comes_to_the_middle():
    assert centred(mask_of("....xxx"), half=(0, 0, 2))[0, 0].tolist() == [False, True, True, True, False]
    assert centred(mask_of("x......"), half=(0, 0, 1))[0, 0].tolist() == [False, True, False]  # past the edge


def test_a_cut_mask_keeps_its_window():
    assert centred(mask_of("xxxxxxx"), half=(0, 0, 1)).shape == (1, 1, 3)
    with pytest.raises(InputError, match="empty mask has no centre"):
        centred(mask_of("..."), half=(0, 0, 1))


def test_a_lopsided_mask_overlaps_less_when_flipped():
    masks = [mask_of("xx.x."), mask_of("xx.x.")]
    assert overlap_with_others(masks).tolist() == [1, 1]
    # xx.x. against .x.xx: two of three pixels in common, 2 * 2 / 6
    assert overlap_with_others(masks, flipped=(2,)) == pytest.approx([2 / 3, 2 / 3])


def test_a_case_is_not_compared_with_itself():
    masks = [mask_of("xx"), mask_of("x."), mask_of(".x")]
    # second: 2/3 with the first, 0 with the third
    assert overlap_with_others(masks)[1] == pytest.approx(1 / 3)
    with pytest.raises(InputError, match="two masks or more, got 1"):
        overlap_with_others(masks[:1])

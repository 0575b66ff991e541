"""A network is told from the library's by one step; a look-alike point lies outside of the organ."""

import numpy as np
import pytest
from torch import nn

from atriacourse.pages.chapters.network_plain import library_unet, one_step
from atriacourse.pages.chapters.network_points import look_alike


def test_one_step_is_the_same_twice_and_another_for_another_seed():
    ours = one_step(library_unet)
    count, *shape, before, after = ours(1)
    assert (shape, count) == ([2, 2, 16, 24], sum(one.numel() for one in library_unet().parameters()))
    assert after != before
    assert ours(1) == pytest.approx([count, *shape, before, after])
    assert ours(2)[-1] != pytest.approx(after, abs=1e-4)


def test_another_layer_gives_another_loss():
    other = library_unet()
    other.pool = nn.AvgPool2d(2)
    assert one_step(lambda: other)(1)[-1] != pytest.approx(one_step(library_unet)(1)[-1], abs=1e-4)


def test_the_other_point_is_as_bright_and_near_but_outside():
    plane = np.zeros((60, 60))
    plane[10:50, 10:50] = 5.0
    plane[25:35, 20:28] = plane[25:35, 38:46] = 9.0  # twins, 10 mm apart
    mask = np.zeros((60, 60), bool)
    mask[25:35, 20:28] = True
    row, column = look_alike(plane, mask, (30, 24), plane_mm=(1.0, 1.0))
    assert not mask[row, column]
    assert plane[row, column] == 9.0

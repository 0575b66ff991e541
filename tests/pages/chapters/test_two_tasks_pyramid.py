"""The cells of both arithmetics, against torch's own pooling."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle
from torch.nn import functional

from atriacourse.errors import InputError
from atriacourse.pages.chapters.two_tasks_pyramid import (
    ceiling_windows,
    draw_bins,
    draw_windows,
    exact_windows,
)

mpl.use("agg")  # no screen needed
PAPER_CROPS = (256, 384, 480, 512, 576, 640)


def pooled(values, windows):
    return torch.tensor([float(values[start:stop].max()) for start, stop in windows])


@pytest.mark.parametrize("grid", [1, 4, 8])
@pytest.mark.parametrize("size", [3, 16, 18, 30, 36, 40])
def test_exact_windows_are_those_of_adaptive_pooling(size, grid):
    values = torch.rand(size, generator=torch.Generator().manual_seed(size))
    expected = functional.adaptive_max_pool1d(values[None], grid)[0]
    torch.testing.assert_close(pooled(values, exact_windows(size, grid)), expected)


@pytest.mark.parametrize("grid", [1, 4, 8])
@pytest.mark.parametrize("size", [16, 22, 28, 30, 36, 40])
def test_ceiling_windows_are_those_of_padded_pooling(size, grid):
    values = torch.rand(size, generator=torch.Generator().manual_seed(size))
    window = -(-size // grid)
    padding = (window * grid - size + 1) // 2
    expected = functional.max_pool1d(values[None], window, stride=window, padding=padding)[0][:grid]
    torch.testing.assert_close(pooled(values, ceiling_windows(size, grid)), expected)


def test_where_the_two_differ_among_the_papers_crops():
    other = [
        crop
        for crop in PAPER_CROPS
        if any(exact_windows(crop // 16, g) != ceiling_windows(crop // 16, g) for g in (8, 4, 1))
    ]
    assert other == [480, 576]


def test_crops_that_the_other_arithmetic_refuses():
    refused = []
    for crop in range(256, 641, 32):
        try:
            for grid in (8, 4, 1):
                ceiling_windows(crop // 16, grid)
        except InputError:
            refused.append(crop)
            with pytest.raises(RuntimeError, match="should be at most half"):
                window = -(-(crop // 16) // 8)
                padding = (window * 8 - crop // 16 + 1) // 2
                functional.max_pool1d(torch.zeros(1, crop // 16), window, window, padding)
    assert refused == [288, 320, 416, 544]


def test_pictures_have_a_box_for_each_cell():
    figure = draw_windows([30, 18], grid=8)
    boxes = [[p for p in axes.patches if isinstance(p, Rectangle)] for axes in figure.axes]
    assert [len(row) for row in boxes] == [16, 8]  # the second is refused by the authors' arithmetic
    assert "refused" in figure.axes[1].texts[0].get_text()
    bins = draw_bins(np.arange(144.0).reshape(12, 12), grids=(4, 1))
    assert [len(axes.patches) for axes in bins.axes] == [16, 1]
    # the largest of rising numbers is the last of each cell
    assert bins.axes[1].lines[0].get_xydata().tolist() == [[11, 11]]

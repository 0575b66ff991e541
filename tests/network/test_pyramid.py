"""Spatial pyramid pooling: one length for every size, every pixel seen, the maxima found by hand."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from atriacourse.network.pyramid import SpatialPyramidPooling


def pool_by_loops(features, grids):
    """Cell i of g covers rows floor(i * H / g) to ceil((i + 1) * H / g); channels stay together in a grid."""
    count, channels, height, width = features.shape
    parts = []
    for g in grids:
        cells = np.empty((count, channels, g, g))
        for i, j in np.ndindex(g, g):
            rows = slice(i * height // g, math.ceil((i + 1) * height / g))
            columns = slice(j * width // g, math.ceil((j + 1) * width / g))
            cells[:, :, i, j] = features[:, :, rows, columns].max(axis=(2, 3))
        parts.append(cells.reshape(count, -1))
    return np.concatenate(parts, axis=1)


def test_maxima_by_hand():
    # 3 rows by 2 columns, grids 2 and 1: the upper cells see rows 0 and 1, the lower rows 1 and 2
    features = torch.tensor([[1.0, 8.0], [5.0, 2.0], [3.0, 4.0]])[None, None]
    assert SpatialPyramidPooling((2, 1))(features).tolist() == [[5, 8, 5, 4, 8]]


def test_the_papers_pyramid_is_41472_long():
    pyramid = SpatialPyramidPooling((8, 4, 1))
    assert pyramid.bins == 81  # 64 + 16 + 1
    assert pyramid(torch.zeros(2, 512, 16, 16)).shape == (2, 41_472)  # 81 * 512


@pytest.mark.parametrize("crop", [256, 288, 320, 384, 416, 480, 512, 544, 576, 640])
def test_every_crop_gives_the_same_length(crop):
    # at 288, 320, 416 and 544 the authors' windows fail, at 480 and 576 they differ from these
    features = torch.rand(2, 3, crop // 16, crop // 16, generator=torch.Generator().manual_seed(crop))
    pooled = SpatialPyramidPooling((8, 4, 1))(features)
    assert pooled.shape == (2, 3 * 81)
    np.testing.assert_array_equal(pooled, pool_by_loops(features.numpy(), (8, 4, 1)).astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 25), st.integers(1, 25), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_any_size_and_any_grids(height, width, grids):
    features = np.random.default_rng(height).random((2, 2, height, width), np.float32)
    pyramid = SpatialPyramidPooling(tuple(grids))
    pooled = pyramid(torch.from_numpy(features))
    assert pooled.shape == (2, 2 * pyramid.bins)
    np.testing.assert_array_equal(pooled, pool_by_loops(features, grids).astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 25), st.integers(1, 25), st.integers(1, 9), st.data())
def test_every_pixel_can_be_the_one_found(height, width, grid, data):
    features = torch.zeros(1, 1, height, width)
    features[0, 0, data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))] = 1
    assert SpatialPyramidPooling((grid,))(features).max() == 1

"""Mirror padding against numpy's, and that taking it off again restores every pixel."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from atriacourse.augment.mirror import mirror, pad_to_multiple
from atriacourse.errors import InputError

sizes = st.integers(1, 40)


def test_positions_beyond_the_edge_by_hand():
    # a slice of 4 pixels a b c d continues ... c b | a b c d | c b a b c d ...
    position = torch.arange(-3, 10)
    assert mirror(position, 4).tolist() == [3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    # half way between a and b, mirrored at a; a quarter beyond d
    assert mirror(torch.tensor([-0.5, 3.25]), 4).tolist() == [0.5, 2.75]


@settings(max_examples=50, deadline=None)
@given(sizes, st.integers(0, 200), st.integers(0, 200))
def test_whole_positions_agree_with_numpy(size, before, after):
    expected = np.pad(np.arange(size), (before, after), mode="reflect")
    assert mirror(torch.arange(-before, size + after), size).tolist() == expected.tolist()


@settings(max_examples=50, deadline=None)
@given(st.lists(sizes, min_size=1, max_size=4), st.floats(-300, 300))
def test_fractional_positions_stay_inside_and_repeat(lengths, position):
    size = torch.tensor(lengths, dtype=torch.float32)
    folded = mirror(torch.full_like(size, position), size)
    assert (folded >= 0).all()
    assert (folded <= size - 1).all()
    again = mirror(torch.full_like(size, position) + 2 * (size - 1), size)  # one whole period later
    mirrored = mirror(-torch.full_like(size, position), size)
    torch.testing.assert_close(again, folded, atol=1e-3, rtol=0)
    torch.testing.assert_close(mirrored, folded, atol=1e-3, rtol=0)


def test_a_slice_one_pixel_wide_has_but_one_place():
    position = torch.tensor([-7.0, -0.25, 0.0, 0.75, 3.0])
    assert mirror(position, 1).tolist() == [0] * 5
    assert mirror(position, torch.ones(5)).tolist() == [0] * 5


@settings(max_examples=50, deadline=None)
@given(sizes, sizes, st.sampled_from([1, 2, 16, 32]))
def test_padding_agrees_with_numpy_and_is_undone(height, width, multiple):
    images = torch.arange(2.0 * height * width).view(2, 1, height, width)
    padded, padding = pad_to_multiple(images, multiple)
    assert padded.shape[-2] == -(-height // multiple) * multiple
    assert padded.shape[-1] == -(-width // multiple) * multiple
    assert 0 <= padding.bottom - padding.top <= 1  # the same on both sides but for an odd pixel
    assert 0 <= padding.right - padding.left <= 1
    around = [(0, 0), (0, 0), (padding.top, padding.bottom), (padding.left, padding.right)]
    np.testing.assert_array_equal(padded, np.pad(images.numpy(), around, mode="reflect"))
    assert torch.equal(padding.undo(padded), images)


def test_undo_cuts_a_result_without_channels():
    padded, padding = pad_to_multiple(torch.rand(3, 1, 33, 50), 32)
    assert padded.shape == (3, 1, 64, 64)
    assert padding.undo(padded[:, 0]).shape == (3, 33, 50)


@pytest.mark.parametrize(
    ("shape", "multiple", "message"),
    [((1, 1, 4, 4), 0, "4x4 to a multiple of 0"), ((1, 1, 0, 4), 32, "0x4 to a multiple of 32")],
)
def test_nothing_to_pad_is_refused(shape, multiple, message):
    with pytest.raises(InputError, match=f"{message}; both must be 1 or more"):
        pad_to_multiple(torch.zeros(shape), multiple)

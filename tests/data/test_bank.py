"""The slice bank: what it gives back is what was put in, neighbours, labels and histograms included."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from atriacourse.data.bank import UNKNOWN_LABEL, BankCase, SliceBank, neighbours
from atriacourse.errors import InputError


def make_case(rng, name="A", shape=(4, 6, 5), post_ablation=True):
    grey = rng.integers(0, 256, shape, np.uint8)
    return BankCase(
        name=name, grey=grey, mask=255 * (grey > 128).astype(np.uint8), post_ablation=post_ablation
    )


@pytest.fixture
def cases(rng):
    """Three cases of different depth and size: post-, pre-ablation and unknown."""
    return [
        make_case(rng, "A", (4, 6, 5), True),
        make_case(rng, "B", (3, 4, 9), False),
        make_case(rng, "C", (1, 2, 2), None),
    ]


def test_a_gathered_slice_is_the_stored_one(cases):
    raw = SliceBank(cases).gather([1, 0, 2, 1], [2, 0, 0, 2])
    assert raw.canvas.shape == (4, 2, 6, 9)  # the largest height, 6 of A, and the largest width, 9 of B
    assert raw.sizes.tolist() == [[4, 9], [6, 5], [2, 2], [4, 9]]
    assert raw.labels.tolist() == [0, 1, UNKNOWN_LABEL, 0]
    for n, (case, z) in enumerate([(1, 2), (0, 0), (2, 0), (1, 2)]):
        height, width = cases[case].grey.shape[1:]
        shown = np.rint(raw.canvas[n].numpy() * 255).astype(np.uint8)
        np.testing.assert_array_equal(shown[0, :height, :width], cases[case].grey[z])
        np.testing.assert_array_equal(shown[1, :height, :width], cases[case].mask[z])
        assert not shown[:, height:].any()
        assert not shown[:, :, width:].any()
        np.testing.assert_array_equal(
            raw.histograms[n, 0], np.histogram(cases[case].grey[z], bins=256, range=(0, 256))[0]
        )


def test_grey_levels_lie_in_0_to_1():
    grey = np.array([[[0, 51, 255]]], np.uint8)
    raw = SliceBank([BankCase(name="A", grey=grey, mask=grey, post_ablation=None)]).gather([0], [0])
    assert raw.canvas.dtype == torch.float32
    assert raw.canvas[0, 0, 0].tolist() == pytest.approx([0, 0.2, 1])  # 51 / 255


def test_neighbours_are_channels_and_the_mask_is_the_slices_own(cases):
    raw = SliceBank(cases, offsets=(-1, 0, 1)).gather([0, 0], [0, 3])
    shown = np.rint(raw.canvas.numpy()[:, :, :6, :5] * 255).astype(np.uint8)
    grey, mask = cases[0].grey, cases[0].mask
    # below slice 0 and above slice 3 the edge slice is repeated
    np.testing.assert_array_equal(shown[0], np.stack([grey[0], grey[0], grey[1], mask[0]]))
    np.testing.assert_array_equal(shown[1], np.stack([grey[2], grey[3], grey[3], mask[3]]))
    assert raw.histograms.shape == (2, 3, 256)
    assert raw.histograms[0, 2].tolist() == np.bincount(grey[1].ravel(), minlength=256).tolist()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.data())
def test_neighbours_are_numpys_edge_padding(depth, data):
    z = data.draw(st.integers(0, depth - 1))
    offsets = tuple(data.draw(st.lists(st.integers(-12, 12), min_size=1, max_size=5)))
    padded = np.pad(np.arange(depth), 12, mode="edge")
    assert neighbours(z, offsets, depth) == [padded[12 + z + offset] for offset in offsets]


def test_gathering_leaves_the_bank_as_it_was(cases):
    bank = SliceBank(cases)
    first = bank.gather([0, 1], [1, 1])
    kept = first.canvas.clone()
    first.canvas.zero_()
    assert torch.equal(bank.gather([0, 1], [1, 1]).canvas, kept)


def test_a_view_that_runs_backwards_is_taken(rng):
    case = make_case(rng)
    turned = BankCase(
        name="A",
        grey=case.grey[:, ::-1].swapaxes(1, 2),
        mask=case.mask[:, ::-1].swapaxes(1, 2),
        post_ablation=None,
    )
    raw = SliceBank([turned]).gather([0], [1])
    np.testing.assert_array_equal(np.rint(raw.canvas[0, 0].numpy() * 255), case.grey[1, ::-1].T)


def test_the_bank_says_how_large_it_is(cases):
    bank = SliceBank(cases)
    assert len(bank) == 3
    assert bank.names == ["A", "B", "C"]
    assert bank.depths == [4, 3, 1]
    assert bank.bytes == 2 * (4 * 6 * 5 + 3 * 4 * 9 + 2 * 2)  # one byte a voxel, grey and mask


GOOD = np.zeros((2, 3, 4), np.uint8)


@pytest.mark.parametrize(
    ("grey", "mask", "message"),
    [
        (GOOD.astype(np.float32), GOOD, r"case B7: grey levels must be uint8 \(z, y, x\), got float32"),
        (GOOD[0], GOOD, r"case B7: grey levels must be .* got uint8 \(3, 4\)"),
        (GOOD, GOOD > 0, "case B7: mask must be uint8 .* got bool"),
        (GOOD[:0], GOOD[:0], r"got uint8 \(0, 3, 4\)"),
        (GOOD, GOOD[:, :2], r"case B7: grey \(2, 3, 4\) and mask \(2, 2, 4\) differ"),
    ],
)
def test_arrays_that_are_no_pair_of_volumes_are_refused(grey, mask, message):
    with pytest.raises(InputError, match=message):
        BankCase(name="B7", grey=grey, mask=mask, post_ablation=None)


def test_an_empty_bank_is_refused(cases):
    with pytest.raises(InputError, match="at least one case; check the split and the data folder"):
        SliceBank([])
    with pytest.raises(InputError, match=r"offsets .* \(0,\) is the slice itself"):
        SliceBank(cases, offsets=())

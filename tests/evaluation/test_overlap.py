"""Dice and Jaccard against hand counts, MedPy and SimpleITK."""

import warnings

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from atriacourse.errors import InputError
from atriacourse.evaluation.overlap import dice, jaccard

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MedPy's dependencies deprecate things as they are imported
    from medpy.metric import binary as medpy

pairs = array_shapes(min_dims=3, max_dims=3, max_side=5).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


def boxes():
    """Two overlapping boxes in a volume of 4x5x6."""
    truth, guess = np.zeros((2, 4, 5, 6), dtype=bool)
    truth[1:3, 1:4, 1:4] = True  # 2 * 3 * 3 = 18 voxels
    guess[1:3, 2:5, 1:4] = True  # 18 voxels, one row further: 2 * 2 * 3 = 12 shared
    return truth, guess


def test_golden_values():
    # dice = 2 * 12 / (18 + 18) = 2/3; jaccard = 12 / (18 + 18 - 12) = 1/2
    assert dice(*boxes()) == pytest.approx(2 / 3)
    assert jaccard(*boxes()) == pytest.approx(1 / 2)


def test_labels_may_be_bool_or_one_or_255():
    truth, guess = boxes()
    assert dice(truth.astype(np.uint8) * 255, guess.astype(float)) == dice(truth, guess)


def test_empty_masks():
    truth, empty = boxes()[0], np.zeros((4, 5, 6), dtype=bool)
    for metric in (dice, jaccard):
        assert np.isnan(metric(empty, empty))
        assert metric(truth, empty) == 0
        assert metric(empty, truth) == 0


def test_refuses_other_shapes_and_labels():
    truth, guess = boxes()
    for metric in (dice, jaccard):
        with pytest.raises(InputError, match="same grid"):
            metric(truth, guess[1:])
        with pytest.raises(InputError, match="guess holds the values 0, 3"):
            metric(truth, guess * 3)


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_properties(pair):
    truth, guess = pair
    d, j = dice(truth, guess), jaccard(truth, guess)
    if not (truth | guess).any():
        assert np.isnan(d)
        assert np.isnan(j)
        return
    assert 0 <= j <= d <= 1
    assert d == dice(guess, truth)
    assert j == jaccard(guess, truth)
    assert j == pytest.approx(d / (2 - d))
    assert (d == 1) == np.array_equal(truth, guess)
    assert d == pytest.approx(dice(truth[::-1, :, ::-1], guess[::-1, :, ::-1]))


def test_agrees_with_medpy_and_simpleitk(rng):
    for density in (0.02, 0.3, 0.9):
        truth, guess = rng.random((2, 9, 11, 13)) < density
        assert dice(truth, guess) == pytest.approx(medpy.dc(guess, truth), abs=1e-15)
        assert jaccard(truth, guess) == pytest.approx(medpy.jc(guess, truth), abs=1e-15)
        measure = SimpleITK.LabelOverlapMeasuresImageFilter()
        measure.Execute(*(SimpleITK.GetImageFromArray(mask.astype(np.uint8)) for mask in (truth, guess)))
        assert dice(truth, guess) == pytest.approx(measure.GetDiceCoefficient(1), abs=1e-12)
        assert jaccard(truth, guess) == pytest.approx(measure.GetJaccardCoefficient(1), abs=1e-12)


@pytest.mark.real
def test_two_human_masks_of_one_scan(real_data):
    # MSD la_005 and la_026 are one image, outlined twice: how far two humans differ
    nibabel = pytest.importorskip("nibabel")
    folder = real_data / "msd_heart" / "Task02_Heart" / "labelsTr"
    first, second = (
        np.asarray(nibabel.load(folder / f"{name}.nii.gz").dataobj) for name in ("la_005", "la_026")
    )
    assert dice(first, second) == pytest.approx(0.927, abs=5e-4)

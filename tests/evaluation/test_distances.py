"""Surface distances against hand counts, brute force, MedPy and scikit-image."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage
from skimage.metrics import hausdorff_distance

from atriacourse.errors import InputError
from atriacourse.evaluation.distances import (
    assd_mm,
    distances_between,
    hausdorff95_mm,
    hausdorff_mm,
    surface_distances,
    surface_voxels,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MedPy's dependencies deprecate things as they are imported
    from medpy.metric import binary as medpy

SPACINGS = [(1, 1, 1), (0.625, 0.625, 0.625), (1.37, 1.25, 1.25), (2.5, 0.3, 0.7)]
pairs = array_shapes(min_dims=3, max_dims=3, max_side=6).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


def points(*voxels, shape=(7, 8, 9)):
    mask = np.zeros(shape, dtype=bool)
    for voxel in voxels:
        mask[voxel] = True
    return mask


def blobs(rng, shape=(14, 20, 18)):
    """Two smooth random masks that overlap, some of them reaching the volume's edge."""
    fields = ndimage.gaussian_filter(rng.standard_normal((2, *shape)), (0, 2, 2, 2))
    fields[1] += fields[0]
    return fields > fields.mean()


@pytest.mark.parametrize(
    ("other", "expected"),
    [((3, 7, 4), 1.5), ((5, 4, 4), 4.0), ((3, 4, 7), 0.75), ((4, 5, 5), np.sqrt(4 + 0.25 + 0.0625))],
)
def test_one_voxel_to_another(other, expected):
    # spacing z 2, y 0.5, x 0.25 mm, from voxel (3, 4, 4): three along y are 3 * 0.5 = 1.5 mm, two
    # along z 2 * 2 = 4 mm, three along x 3 * 0.25 = 0.75 mm, one of each sqrt(2^2 + 0.5^2 + 0.25^2)
    distances = surface_distances(points((3, 4, 4)), points(other), (2, 0.5, 0.25))
    assert hausdorff_mm(distances) == pytest.approx(expected)
    assert hausdorff95_mm(distances) == pytest.approx(expected)
    assert assd_mm(distances) == pytest.approx(expected)


def test_unequal_surfaces_tell_the_definitions_apart():
    # truth: one voxel at y = 0. guess: that one and two more, at y = 2 and y = 6; y spacing 0.5 mm.
    truth = points((3, 0, 4))
    guess = points((3, 0, 4), (3, 2, 4), (3, 6, 4))
    distances = surface_distances(truth, guess, (2, 0.5, 0.25))
    np.testing.assert_allclose(distances.truth_to_guess, [0])
    np.testing.assert_allclose(sorted(distances.guess_to_truth), [0, 1, 3])  # 2 * 0.5, 6 * 0.5
    assert hausdorff_mm(distances) == pytest.approx(3)
    assert assd_mm(distances) == pytest.approx((0 + 4 / 3) / 2)  # mean of the directed means
    assert assd_mm(distances, pooled=True) == pytest.approx(4 / 4)  # all four distances together
    # sorted 0, 0, 1, 3: position 0.95 * 3 = 2.85, so 1 + 0.85 * (3 - 1)
    assert hausdorff95_mm(distances) == pytest.approx(2.7)


def test_surface_is_what_has_a_face_neighbour_outside():
    # a 3x4x5 box keeps a core of 1x2x3: 60 - 6 = 54 border voxels; an edge or corner hole is no face
    box = np.zeros((7, 8, 9), dtype=bool)
    box[2:5, 2:6, 2:7] = True
    assert len(surface_voxels(box)) == 54
    # the same box filling a volume: outside the volume is outside the mask, so nothing changes
    assert len(surface_voxels(np.ones((3, 4, 5)))) == 54
    assert len(surface_voxels(np.zeros((3, 4, 5)))) == 0
    # a diagonal neighbour is missing: the centre of a 3x3x3 cube without a corner stays inside
    cube = np.ones((3, 3, 3), dtype=bool)
    cube[0, 0, 0] = False
    assert [1, 1, 1] not in surface_voxels(cube).tolist()
    assert len(surface_voxels(cube)) == 25


def test_equal_masks_have_distance_zero(rng):
    mask = blobs(rng)[0]
    distances = surface_distances(mask, mask, (2, 0.5, 0.25))
    assert hausdorff_mm(distances) == assd_mm(distances) == hausdorff95_mm(distances) == 0


@pytest.mark.parametrize("metric", [hausdorff_mm, hausdorff95_mm, assd_mm, lambda d: assd_mm(d, pooled=True)])
def test_empty_masks(metric):
    some, none = points((3, 4, 4)), points()
    assert np.isnan(metric(surface_distances(none, none, (1, 1, 1))))
    assert metric(surface_distances(some, none, (1, 1, 1))) == np.inf
    assert metric(surface_distances(none, some, (1, 1, 1))) == np.inf


def test_refuses_bad_input():
    some = points((3, 4, 4))
    with pytest.raises(InputError, match="same grid"):
        surface_distances(some, some[1:], (1, 1, 1))
    with pytest.raises(InputError, match="spacing_mm is"):
        surface_distances(some, some, (1, 1, 0))
    with pytest.raises(InputError, match="truth contains NaN"):
        surface_distances(np.where(some, np.nan, 0), some, (1, 1, 1))


@pytest.mark.parametrize("spacing", SPACINGS)
def test_agrees_with_medpy(rng, spacing):
    for _ in range(4):
        truth, guess = blobs(rng)
        ours = surface_distances(truth, guess, spacing)
        assert hausdorff_mm(ours) == pytest.approx(medpy.hd(guess, truth, spacing), rel=1e-14)
        assert hausdorff95_mm(ours) == pytest.approx(medpy.hd95(guess, truth, spacing), rel=1e-14)
        assert assd_mm(ours, pooled=True) == pytest.approx(medpy.assd(guess, truth, spacing), rel=1e-13)
        there, back = medpy.asd(truth, guess, spacing), medpy.asd(guess, truth, spacing)
        assert assd_mm(ours) == pytest.approx((there + back) / 2, rel=1e-13)  # MedPy 0.3's assd
        assert ours.truth_to_guess.mean() == pytest.approx(there, rel=1e-13)  # which direction is which


def test_agrees_with_scikit_image(rng):
    truth, guess = blobs(rng)
    borders = [mask & ~ndimage.binary_erosion(mask) for mask in (truth, guess)]
    ours = hausdorff_mm(surface_distances(truth, guess, (1, 1, 1)))
    assert ours == pytest.approx(hausdorff_distance(*borders), rel=1e-14)


@given(pairs, st.sampled_from(SPACINGS))
@settings(max_examples=60, deadline=None)
def test_agrees_with_brute_force_and_is_symmetric(pair, spacing):
    truth, guess = pair
    ours, swapped = surface_distances(truth, guess, spacing), surface_distances(guess, truth, spacing)
    np.testing.assert_array_equal(ours.truth_to_guess, swapped.guess_to_truth)
    if not (truth.any() and guess.any()):
        return
    a, b = (np.argwhere(mask & ~ndimage.binary_erosion(mask)) * spacing for mask in (truth, guess))
    every = np.linalg.norm(a[:, None] - b[None], axis=2)  # (A, B): each border voxel to each
    np.testing.assert_allclose(ours.truth_to_guess, every.min(axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.guess_to_truth, every.min(axis=0), rtol=1e-12, atol=1e-12)
    assert assd_mm(ours) <= hausdorff_mm(ours)
    assert hausdorff95_mm(ours) <= hausdorff_mm(ours)


def test_place_and_surroundings_do_not_matter(rng):
    # the same pair deep inside a larger volume: equal to the last bit, whatever the spacing
    truth, guess = blobs(rng)
    around = ((30, 3), (0, 41), (17, 2))
    alone = surface_distances(truth, guess, (1.37, 0.3, 0.7))
    inside = surface_distances(np.pad(truth, around), np.pad(guess, around), (1.37, 0.3, 0.7))
    np.testing.assert_array_equal(alone.truth_to_guess, inside.truth_to_guess)
    np.testing.assert_array_equal(alone.guess_to_truth, inside.guess_to_truth)


def test_twice_the_spacing_is_twice_the_distance(rng):
    surfaces = [surface_voxels(mask) for mask in blobs(rng)]
    once, twice = (distances_between(*surfaces, spacing) for spacing in ((1, 0.5, 0.75), (2, 1, 1.5)))
    assert assd_mm(twice) == pytest.approx(2 * assd_mm(once))
    assert hausdorff_mm(twice) == pytest.approx(2 * hausdorff_mm(once))


@pytest.mark.real
def test_agrees_with_medpy_on_two_human_masks(real_data):
    nibabel = pytest.importorskip("nibabel")
    folder = real_data / "msd_heart" / "Task02_Heart" / "labelsTr"
    files = [nibabel.load(folder / f"{name}.nii.gz") for name in ("la_005", "la_026")]
    spacing = tuple(float(size) for size in files[0].header.get_zooms()[::-1])
    truth, guess = (np.asarray(file.dataobj).T > 0 for file in files)
    ours = surface_distances(truth, guess, spacing)
    window = np.ix_(*(np.flatnonzero((truth | guess).any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))))
    truth, guess = np.pad(truth[window], 1), np.pad(guess[window], 1)  # MedPy on the whole volume takes long
    assert hausdorff_mm(ours) == pytest.approx(medpy.hd(guess, truth, spacing), rel=1e-14)
    assert assd_mm(ours, pooled=True) == pytest.approx(medpy.assd(guess, truth, spacing), rel=1e-12)
    assert 0.1 < assd_mm(ours) < 1.25  # two humans agree to within a voxel

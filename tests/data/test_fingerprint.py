"""Copies are found through crops, rescaling and second masks; different scans are left apart."""

import numpy as np
import pytest
from scipy import ndimage

from atriacourse.data.cohort import Case, Cohort
from atriacourse.data.fingerprint import SAMPLES, alike, fingerprint, grouped, scan_groups, window
from atriacourse.data.grid import plain_grid
from atriacourse.data.volume import Volume, write_volume

SPACING = (2.0, 2.0, 2.0)


def volume_of(voxels, spacing=SPACING):
    return Volume(voxels=voxels, grid=plain_grid(voxels.shape, spacing))


def scan(seed, shape=(30, 40, 50), radii=(8, 11, 15)):
    """A smooth random picture with a bumpy ellipsoid as its atrium."""
    rng = np.random.default_rng(seed)
    texture = ndimage.gaussian_filter(rng.normal(size=shape), 2.5)
    image = np.uint8(np.interp(texture, (texture.min(), texture.max()), (0, 255)))
    at = np.indices(shape).reshape(3, -1).T - np.array(shape) / 2
    bumps = 1 + 2.0 * ndimage.gaussian_filter(rng.normal(size=shape), 3).ravel()
    mask = (np.linalg.norm(at / radii, axis=1) < bumps).reshape(shape)
    return image, mask


def take(name, image, mask, spacing=SPACING):
    return fingerprint(name, volume_of(image, spacing), None if mask is None else volume_of(mask, spacing))


def test_window_by_hand():
    # 1 mm voxels along x, a sample every 2 mm, centre at x = 2: samples at ..., -2, 0, 2, 4, 6, ...; of the
    # five voxels 0, 2 and 4 are hit and the rest is outside.
    line = np.array([[[10, 11, 12, 13, 14]]], dtype=np.uint8)
    samples = window(line, (0, 0, 2), (2, 2, 1))
    middle = SAMPLES[2] // 2
    hit = samples[SAMPLES[0] // 2, SAMPLES[1] // 2]
    assert hit[middle - 1 : middle + 2].tolist() == [10, 12, 14]
    assert np.count_nonzero(samples) == 3


def test_two_crops_of_one_scan_are_a_copy():
    image, mask = scan(1)
    cut = (slice(2, None), slice(4, -3), slice(5, -6))
    pair = alike([take("a", image, mask), take("b", image[cut], mask[cut])])
    assert len(pair) == 1 and pair[0].copy and pair[0].same_mask and not pair[0].same_image
    assert pair[0].mask_dice == 1 and pair[0].image_correlation > 0.95


def test_one_image_with_two_masks_is_a_copy():
    image, mask = scan(1)
    (pair,) = alike([take("a", image, mask), take("b", image, ndimage.binary_dilation(mask))])
    assert pair.copy and pair.same_image and not pair.same_mask


def test_a_rescaled_copy_with_another_mask_is_found_by_its_looks():
    image, mask = scan(1)
    retouched = mask.copy()
    retouched[np.argwhere(mask)[0][0]] = False  # one slice less: the centre moves by less than a sample
    duller = np.uint8(image * 0.6 + 20)
    (pair,) = alike([take("a", image, mask), take("b", duller, retouched)])
    assert pair.copy and not pair.same_image and not pair.same_mask


def test_the_window_that_is_kept_is_the_scan_around_the_centre():
    """Packed into bits and sums, and the same as taken straight from the volume."""
    image, mask = scan(3)
    kept = take("a", image, mask).window
    centre = ndimage.center_of_mass(mask)
    grey = window(image, centre, SPACING).astype(float)
    there = window(np.ones_like(mask), centre, SPACING)
    blocks = [
        array.reshape(24, 2, 28, 2, 36, 2).mean(axis=(1, 3, 5)) for array in (grey, there.astype(float))
    ]
    seen = blocks[1] == 1
    np.testing.assert_array_equal(kept.mask, window(mask, centre, SPACING))
    np.testing.assert_array_equal(kept.seen, seen)
    np.testing.assert_allclose(kept.image, np.where(seen, blocks[0] - blocks[0][seen].mean(), 0), atol=1e-4)
    assert sum(array.nbytes for array in kept) < 76_000


def test_pairs_are_the_same_however_many_are_compared_at_a_time(monkeypatch):
    prints = [take(f"{seed % 5}-{seed}", *scan(seed % 5)) for seed in range(13)]
    prints += [take("none", scan(1)[0], None), take("empty", scan(2)[0], np.zeros((30, 40, 50), bool))]
    whole = alike(prints)
    assert len(whole) > 13
    for together in (1, 2, 7):
        monkeypatch.setattr("atriacourse.data.fingerprint.TOGETHER", together)
        for one, other in zip(alike(prints), whole, strict=True):
            assert one[:2] == other[:2] and one[4:] == other[4:]
            np.testing.assert_allclose(one[2:4], other[2:4], atol=1e-5)


def test_without_masks_only_equal_images_are_copies():
    image, _ = scan(1)
    pairs = alike([take("a", image, None), take("b", image.copy(), None), take("c", image[1:], None)])
    assert [(pair.first, pair.second, pair.copy) for pair in pairs] == [("a", "b", True)]
    assert np.isnan(pairs[0].mask_dice)


def test_empty_masks_are_not_each_others_copies():
    prints = [take(str(seed), scan(seed)[0], np.zeros((30, 40, 50), bool)) for seed in range(3)]
    assert alike(prints) == []


def test_same_shape_other_scan_is_a_lookalike_not_a_copy():
    (image, mask), (other, _) = scan(1), scan(2)
    nearly = mask.copy()
    nearly[:, :, :14] = False  # a piece cut off
    (pair,) = alike([take("a", image, mask), take("b", other, nearly)])
    assert 0.87 <= pair.mask_dice < 1 and pair.image_correlation < 0.5 and not pair.copy


def test_mask_dice_agrees_with_dice_on_aligned_masks():
    """Both centred on a voxel, so that centre-on-centre is the identity; 2 mm voxels are the samples."""
    mask = np.zeros((31, 41, 51), bool)
    other = mask.copy()
    mask[10:21, 10:31, 10:41] = True  # 11 x 21 x 31
    other[8:23, 10:31, 10:41] = True  # 15 x 21 x 31, centre the same; Dice = 2 * 11 / (11 + 15)
    (pair,) = alike([take("a", np.uint8(mask) * 9, mask), take("b", np.uint8(mask) * 9, other)])
    assert pair.mask_dice == pytest.approx(22 / 26)


def test_different_scans_are_left_apart():
    radii = [(8, 11, 15), (6, 13, 15), (8, 8, 19), (10, 14, 10)]
    assert alike([take(str(seed), *scan(seed, radii=size)) for seed, size in enumerate(radii)]) == []


def test_chains_become_one_group_called_after_its_first():
    image, mask = scan(1)
    prints = [
        take("d", image, mask),
        take("b", image, ndimage.binary_dilation(mask)),  # same image as d
        take("c", scan(9)[0], mask),  # same mask as d
        take("a", *scan(4)),
    ]
    pairs = [pair for pair in alike(prints) if pair.copy]
    assert grouped(["a", "b", "c", "d"], pairs) == {"a": "a", "b": "b", "c": "b", "d": "b"}


def test_scan_groups_reads_files(tmp_path):
    cases = []
    for name, seed in (("a", 1), ("b", 2), ("c", 1)):
        image, mask = scan(seed)
        grid = plain_grid(image.shape, SPACING)
        cases.append(
            Case(
                name=name,
                image_path=write_volume(tmp_path / f"{name}.nii", image, like=grid),
                mask_path=write_volume(tmp_path / f"{name}_mask.nii", mask, like=grid),
            )
        )
    before = sorted(tmp_path.iterdir())
    cohort = Cohort(name="x", layout="official", root=tmp_path, cases=tuple(cases))
    assert scan_groups(cohort) == {"a": "a", "b": "b", "c": "a"}
    assert sorted(tmp_path.iterdir()) == before  # nothing is left beside the data


def test_lookalikes_are_grouped_only_on_request(tmp_path):
    cases = []
    for name, seed, cut in (("a", 1, 0), ("b", 2, 14)):
        image, mask = scan(seed)[0], scan(1)[1].copy()
        mask[:, :, :cut] = False
        grid = plain_grid(image.shape, SPACING)
        cases.append(
            Case(
                name=name,
                image_path=write_volume(tmp_path / f"{name}.nii", image, like=grid),
                mask_path=write_volume(tmp_path / f"{name}_mask.nii", mask, like=grid),
            )
        )
    cohort = Cohort(name="x", layout="official", root=tmp_path, cases=tuple(cases))
    assert scan_groups(cohort) == {"a": "a", "b": "b"}
    assert scan_groups(cohort, lookalikes=True) == {"a": "a", "b": "a"}

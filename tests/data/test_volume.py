"""Reading and writing, against nibabel and SimpleITK, in every orientation a scanner can produce."""

import itertools

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (everybody calls it so)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from atriacourse.data.grid import plain_grid
from atriacourse.data.volume import (
    Volume,
    grey_levels,
    read_grid,
    read_mask,
    read_volume,
    write_volume,
)
from atriacourse.errors import InputError

SUFFIXES = [".nii", ".nii.gz", ".nrrd"]
SIGNED_AXES = [
    np.eye(3)[:, list(order)] * signs
    for order in itertools.permutations(range(3))
    for signs in itertools.product([1, -1], repeat=3)
]  # the 48 ways to lay three axes along three directions, mirrored ones included
TILT = Rotation.from_euler("xyz", [12, -7, 15], degrees=True).as_matrix()  # an oblique scan


def affine_of(axes, spacing=(0.8, 1.1, 2.3), origin=(-31.5, 22.25, 7.0), tilt=TILT):
    affine = np.eye(4)
    affine[:3, :3] = tilt @ axes * spacing
    affine[:3, 3] = origin
    return affine


def voxels_of(rng, shape=(4, 5, 6), dtype=np.int16):
    return rng.integers(0, 200, shape).astype(dtype)


def save(path, native, affine):
    """Write a file with the format's own library, (i, j, k) voxels and a RAS affine."""
    if path.name.endswith(".nrrd"):
        lps = np.diag([-1, -1, 1, 1]) @ affine
        header = {
            "space": "left-posterior-superior",
            "space directions": lps[:3, :3].T,
            "space origin": lps[:3, 3],
        }
        nrrd.write(str(path), native, header)  # index_order "F": the other way than the library does it
    else:
        image = nibabel.Nifti1Image(native, affine)
        image.set_sform(affine, code=1)
        image.set_qform(affine, code=1)
        nibabel.save(image, path)
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nrrd"])
@pytest.mark.parametrize("axes", SIGNED_AXES)
def test_every_orientation_reads_as_lps_axial_slices(tmp_path, rng, axes, suffix):
    native, affine = voxels_of(rng), affine_of(axes)
    volume = read_volume(save(tmp_path / f"scan{suffix}", native, affine))
    # nibabel's closest canonical is (x, y, z) to the right, front, head: ours is (z, y, x), left, back, head.
    ras = nibabel.as_closest_canonical(nibabel.Nifti1Image(native, affine))
    np.testing.assert_array_equal(volume.voxels, np.asarray(ras.dataobj).T[:, ::-1, ::-1])
    assert volume.spacing_mm == pytest.approx(ras.header.get_zooms()[::-1], rel=1e-6)
    assert volume.grid.spacing_source == "file"
    assert volume.grid.orientation == "".join(nibabel.aff2axcodes(affine))
    assert volume.voxels.flags.c_contiguous and volume.voxels.dtype == np.int16
    assert read_grid(tmp_path / f"scan{suffix}") == volume.grid


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("axes", [axes for axes in SIGNED_AXES if np.linalg.det(axes) > 0][::5])
def test_reading_agrees_with_simpleitk(tmp_path, rng, axes, suffix):
    path = save(tmp_path / f"scan{suffix}", voxels_of(rng), affine_of(axes))
    oracle = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
    volume = read_volume(path)
    np.testing.assert_array_equal(volume.voxels, sitk.GetArrayFromImage(oracle))
    assert volume.spacing_mm == pytest.approx(oracle.GetSpacing()[::-1], rel=1e-5)


def places(path, indices=((0, 0, 0), (3, 0, 0), (0, 4, 0), (1, 2, 5))):
    """Where ITK puts some voxels of a file, in mm."""
    image = sitk.ReadImage(str(path))
    return np.array([image.TransformIndexToPhysicalPoint(index) for index in indices])


@pytest.mark.parametrize("output", SUFFIXES)
@pytest.mark.parametrize("source", SUFFIXES)
@pytest.mark.parametrize("axes", [axes for axes in SIGNED_AXES if np.linalg.det(axes) > 0][::7])
def test_a_mask_overlays_its_image_in_the_files_own_space(tmp_path, rng, axes, source, output):
    native, affine = voxels_of(rng), affine_of(axes)
    scan = save(tmp_path / f"scan{source}", native, affine)
    volume = read_volume(scan)
    written = write_volume(tmp_path / f"mask{output}", volume.voxels > 100, like=volume.grid)

    # ITK, which knows nothing of us, sees the same array order at the same places.
    mask = sitk.ReadImage(str(written))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(mask).T, native > 100)
    assert mask.GetPixelIDTypeAsString() == "8-bit unsigned integer"
    np.testing.assert_allclose(places(written), places(scan), atol=2e-5)
    # And so do we.
    again = read_mask(written)
    np.testing.assert_array_equal(again.voxels, volume.voxels > 100)
    np.testing.assert_allclose(again.grid.affine, volume.grid.affine, atol=1e-5)
    assert again.spacing_mm == pytest.approx(volume.spacing_mm, rel=1e-6)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_voxels_may_be_written_into(tmp_path, rng, suffix):
    """Torch takes no array that may not: it warns, and a page shows the warning."""
    path = save(tmp_path / f"scan{suffix}", voxels_of(rng), affine_of(np.diag([-1, -1, 1])))
    assert read_volume(path).voxels.flags.writeable


def test_a_scan_from_a_big_endian_machine(tmp_path, rng):
    native = voxels_of(rng)
    header = nibabel.Nifti1Header(endianness=">")
    nibabel.save(
        nibabel.Nifti1Image(native.astype(">i2"), np.diag([-1, -1, 2, 1]), header), tmp_path / "a.nii"
    )
    nrrd.write(str(tmp_path / "a.nrrd"), native.astype(">i2"), {"spacings": [1, 1, 2]})
    for name in ("a.nii", "a.nrrd"):
        voxels = read_volume(tmp_path / name).voxels
        np.testing.assert_array_equal(voxels, native.T)
        assert voxels.dtype.isnative


def test_a_nifti_keeps_its_affine_to_the_last_bit(tmp_path, rng):
    scan = save(tmp_path / "scan.nii.gz", voxels_of(rng), affine_of(SIGNED_AXES[11]))
    volume = read_volume(scan)
    written = write_volume(tmp_path / "mask.nii.gz", volume.voxels > 100, like=volume.grid)
    np.testing.assert_array_equal(nibabel.load(written).affine, nibabel.load(scan).affine)
    qform, code = nibabel.load(written).get_qform(coded=True)
    np.testing.assert_allclose(qform, nibabel.load(scan).affine, atol=1e-5)
    assert code == 1  # both transforms are valid, for viewers that use only this one


def test_a_mirrored_affine_survives_too(tmp_path, rng):
    """Determinant below zero, as in any LAS file: common, and where quaternions need their extra sign."""
    mirrored = affine_of(np.diag([-1.0, 1, 1]))
    scan = save(tmp_path / "scan.nii", voxels_of(rng), mirrored)
    written = write_volume(tmp_path / "mask.nii", read_volume(scan).voxels > 100, like=read_grid(scan))
    np.testing.assert_allclose(nibabel.load(written).get_qform(), mirrored, atol=1e-5)
    np.testing.assert_array_equal(nibabel.load(written).affine, nibabel.load(scan).affine)


def test_a_sheared_affine_is_kept_where_nifti_can_say_it(tmp_path, rng):
    sheared = affine_of(np.eye(3))
    sheared[0, 1] += 0.2
    scan = tmp_path / "scan.nii"
    nibabel.save(nibabel.Nifti1Image(voxels_of(rng), sheared), scan)
    volume = read_volume(scan)
    written = write_volume(tmp_path / "mask.nii", volume.voxels > 100, like=volume.grid)
    np.testing.assert_array_equal(nibabel.load(written).affine, nibabel.load(scan).affine)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_probabilities_come_back_exactly(tmp_path, rng, suffix):
    grid = plain_grid((4, 5, 6), (1.25, 0.625, 0.625))
    probability = rng.random((4, 5, 6)).astype(np.float32)
    path = write_volume(tmp_path / "new" / f"p{suffix}", probability.astype(np.float64), like=grid)
    volume = read_volume(path)
    np.testing.assert_array_equal(volume.voxels, probability)
    assert volume.voxels.dtype == np.float32
    assert volume.spacing_mm == (1.25, 0.625, 0.625) and volume.grid.spacing_source == "file"


@settings(max_examples=40, deadline=None)
@given(
    letters=st.permutations(["LR", "AP", "SI"]).flatmap(
        lambda pairs: st.tuples(*(st.sampled_from(pair) for pair in pairs))
    ),
    shape=st.tuples(*[st.integers(1, 5)] * 3),
)
def test_to_native_undoes_to_canonical(letters, shape):
    from dataclasses import replace

    native = np.arange(np.prod(shape)).reshape(shape)
    grid = replace(plain_grid((1, 1, 1), (1, 1, 1)), orientation="".join(letters))
    canonical = grid.to_canonical(native)
    back = replace(grid, shape=canonical.shape).to_native(canonical)
    np.testing.assert_array_equal(back, native)


def test_an_orientation_known_better_overrides_the_header(tmp_path):
    # One bright voxel at i = 3: with "ASR" the first axis runs to the front, so y (to the back) counts down.
    native = np.zeros((4, 5, 6), dtype=np.uint8)
    native[3, 1, 0] = 9
    path = save(tmp_path / "scan.nii", native, np.diag([1.25, 1.5, 2, 1]))
    volume = read_volume(path, orientation="ASR")
    # z = S = j = 1 of 5; y = P = 3 - i = 0 of 4; x = L = 5 - k = 5 of 6
    assert np.argwhere(volume.voxels).tolist() == [[1, 0, 5]]
    assert volume.shape == (5, 4, 6) and volume.spacing_mm == (1.5, 1.25, 2)
    written = write_volume(tmp_path / "mask.nii", volume.voxels > 0, like=volume.grid)
    np.testing.assert_array_equal(np.asarray(nibabel.load(written).dataobj), native > 0)
    np.testing.assert_array_equal(nibabel.load(written).affine, nibabel.load(path).affine)
    assert nibabel.load(written).header.get_xyzt_units()[0] == "unknown"  # as the scan says


@pytest.mark.parametrize("letters", ["RAX", "RLS", "RA", "RASS", "ras?"])
def test_a_bad_orientation_is_refused(tmp_path, letters):
    path = save(tmp_path / "scan.nii", np.zeros((2, 2, 2), np.uint8), np.eye(4))
    with pytest.raises(InputError, match="one each of L/R, P/A and S/I"):
        read_volume(path, orientation=letters)


class TestSpacing:
    """From the file where it means something, else 0.625 mm, said; the caller's word beats both."""

    def official(self, path, **header):
        """A header as LA2018's: identity directions, no unit."""
        fields = {
            "space": "left-posterior-superior",
            "space directions": np.eye(3),
            "space origin": [0, 0, 0],
        }
        nrrd.write(str(path), np.zeros((4, 5, 6), np.uint8), fields | header)
        return path

    def test_the_official_placeholder_becomes_the_assumption(self, tmp_path):
        grid = read_grid(self.official(tmp_path / "lgemri.nrrd"))
        assert (grid.spacing_mm, grid.spacing_source) == ((0.625, 0.625, 0.625), "assumed")
        assert grid.shape == (6, 5, 4)

    def test_without_any_geometry_too(self, tmp_path):
        nrrd.write(str(tmp_path / "a.nrrd"), np.zeros((4, 5, 6), np.uint8))
        assert read_grid(tmp_path / "a.nrrd").spacing_source == "assumed"

    def test_one_millimetre_with_a_unit_is_meant(self, tmp_path):
        path = self.official(tmp_path / "a.nrrd", **{"space units": ["mm"] * 3})
        assert (read_grid(path).spacing_mm, read_grid(path).spacing_source) == ((1, 1, 1), "file")

    def test_old_style_spacings_count(self, tmp_path):
        nrrd.write(str(tmp_path / "a.nrrd"), np.zeros((4, 5, 6), np.uint8), {"spacings": [0.5, 0.6, 1.25]})
        assert (read_grid(tmp_path / "a.nrrd").spacing_mm) == (1.25, 0.6, 0.5)

    def test_micrometres_become_millimetres(self, tmp_path):
        um = {"space directions": np.diag([625.0, 625, 1250]), "space units": ["um"] * 3}
        assert read_grid(self.official(tmp_path / "a.nrrd", **um)).spacing_mm == (1.25, 0.625, 0.625)

    @pytest.mark.parametrize(("unit", "factor"), [("micron", 1e3), ("meter", 1e-3)])
    def test_nifti_units_too(self, tmp_path, unit, factor):
        image = nibabel.Nifti1Image(np.zeros((4, 5, 6), np.uint8), np.diag([0.5 * factor] * 3 + [1]))
        image.header.set_xyzt_units(unit)
        nibabel.save(image, tmp_path / "a.nii")
        assert read_grid(tmp_path / "a.nii").spacing_mm == (0.5, 0.5, 0.5)

    @pytest.mark.parametrize(("unit", "source"), [("unknown", "assumed"), ("mm", "file")])
    def test_a_nifti_of_ones_means_it_only_with_a_unit(self, tmp_path, unit, source):
        image = nibabel.Nifti1Image(np.zeros((4, 5, 6), np.uint8), np.eye(4))
        image.header.set_xyzt_units(unit)
        nibabel.save(image, tmp_path / "a.nii")
        assert read_grid(tmp_path / "a.nii").spacing_source == source

    def test_the_callers_word(self, tmp_path):
        grid = read_grid(self.official(tmp_path / "a.nrrd"), spacing_mm=(1.25, 0.625, 0.625))
        assert (grid.spacing_mm, grid.spacing_source) == ((1.25, 0.625, 0.625), "caller")

    @pytest.mark.parametrize("suffix", SUFFIXES)
    @pytest.mark.parametrize("spacing", [None, (1.25, 0.625, 0.625)])
    def test_a_mask_of_a_placeholder_scan_stays_in_the_files_space(self, tmp_path, suffix, spacing):
        scan = self.official(tmp_path / "lgemri.nrrd")
        grid = read_grid(scan, spacing_mm=spacing)
        written = write_volume(tmp_path / f"mask{suffix}", np.ones((6, 5, 4), bool), like=grid)
        np.testing.assert_allclose(places(written), places(scan))
        assert read_grid(written).spacing_source == "assumed"  # not 1 mm

    def test_a_deliberate_millimetre_is_written_as_one(self, tmp_path):
        path = write_volume(
            tmp_path / "a.nrrd", np.ones((2, 3, 4), bool), like=plain_grid((2, 3, 4), (1, 1, 1))
        )
        assert (read_grid(path).spacing_mm, read_grid(path).spacing_source) == ((1, 1, 1), "file")

    @pytest.mark.parametrize("bad", [(0.6, 0.6), (0.6, 0, 1), (1, -1, 1), (1, np.nan, 1)])
    def test_bad_spacings_are_refused(self, tmp_path, bad):
        with pytest.raises(InputError, match="three positive numbers"):
            read_grid(self.official(tmp_path / "a.nrrd"), spacing_mm=bad)


@pytest.mark.parametrize(("space", "signs"), [("RAS", (1, 1, 1)), ("left-anterior-superior", (-1, 1, 1))])
def test_other_nrrd_spaces_agree_with_simpleitk(tmp_path, rng, space, signs):
    native = voxels_of(rng)
    header = {"space": space, "space directions": np.diag([0.5, 0.6, 0.7]), "space origin": [1.0, 2.0, 3.0]}
    nrrd.write(str(tmp_path / "a.nrrd"), native, header)
    volume = read_volume(tmp_path / "a.nrrd")
    np.testing.assert_allclose(volume.grid.affine, np.diag([*signs, 1]) @ affine_of(
        np.eye(3), (0.5, 0.6, 0.7), (1, 2, 3), np.eye(3)))  # fmt: skip
    if space == "RAS":  # ITK knows this one
        oracle = sitk.DICOMOrient(sitk.ReadImage(str(tmp_path / "a.nrrd")), "LPS")
        np.testing.assert_array_equal(volume.voxels, sitk.GetArrayFromImage(oracle))


class TestMask:
    """Two values and no others."""

    @pytest.mark.parametrize(("values", "found"), [((0, 1), (0, 1)), ((0, 255), (0, 255)), ((0, 0), (0,))])
    def test_accepted(self, tmp_path, values, found):
        native = np.array(values * 4, dtype=np.uint8).reshape(2, 2, 2)
        mask = read_mask(save(tmp_path / "mask.nrrd", native, np.eye(4)))
        assert mask.voxels.dtype == bool and mask.voxels.sum() == (native > 0).sum()
        assert mask.label_values == found

    def test_all_inside_is_a_mask_too(self, tmp_path):
        assert read_mask(save(tmp_path / "m.nii", np.ones((2, 2, 2), np.uint8), np.eye(4))).voxels.all()

    @pytest.mark.parametrize("values", [(0, 2), (0, 1, 255), (0.0, 0.5), (-1, 0)])
    def test_refused_with_the_values_found(self, tmp_path, values):
        native = np.resize(np.array(values, dtype=np.float32), (2, 2, 2))
        with pytest.raises(InputError, match=rf"m\.nii: a mask must hold .* found {min(values):g}, "):
            read_mask(save(tmp_path / "m.nii", native, np.eye(4)))

    def test_an_image_given_as_mask_does_not_list_every_grey_value(self, tmp_path, rng):
        path = save(tmp_path / "m.nii", voxels_of(rng, (20, 20, 20)), np.eye(4))
        with pytest.raises(InputError) as caught:
            read_mask(path)
        assert "..." in str(caught.value) and len(str(caught.value)) < 400


class TestGreyLevels:
    """8-bit stays, the rest is stretched from its minimum to its maximum."""

    def test_stretched(self):
        # 100 of -50..350 is 150/400 = 3/8 of 255 = 95.6
        voxels = np.array([[[-50.0, 100.0, 350.0]]], dtype=np.float64)
        grey = grey_levels(Volume(voxels=voxels, grid=plain_grid((1, 1, 3), (1, 1, 1))))
        assert grey.dtype == np.uint8 and grey.tolist() == [[[0, 96, 255]]]

    def test_eight_bits_stay(self):
        voxels = np.array([[[3, 7, 80]]], dtype=np.uint8)
        assert grey_levels(Volume(voxels=voxels, grid=plain_grid((1, 1, 3), (1, 1, 1)))) is voxels

    def test_large_numbers_keep_their_differences(self):
        # 2^24 + 1 and + 2 are one float32 number: 1/2 of 255 = 127.5 rounds to the even 128
        voxels = np.array([[[2**24, 2**24 + 1, 2**24 + 2]]], dtype=np.int32)
        grey = grey_levels(Volume(voxels=voxels, grid=plain_grid((1, 1, 3), (1, 1, 1))))
        assert grey.tolist() == [[[0, 128, 255]]]

    def test_constant(self):
        voxels = np.full((1, 2, 3), 7.5)
        assert not grey_levels(Volume(voxels=voxels, grid=plain_grid((1, 2, 3), (1, 1, 1)))).any()

    @given(low=st.integers(-32768, 32766), span=st.integers(1, 65535))
    def test_full_range_and_order_are_kept(self, low, span):
        voxels = np.linspace(low, min(low + span, 32767), 50).astype(np.int16).reshape(1, 5, 10)
        grey = grey_levels(Volume(voxels=voxels, grid=plain_grid((1, 5, 10), (1, 1, 1)))).ravel()
        assert (grey[0], grey[-1]) == (0, 255) and (np.diff(grey.astype(int)) >= 0).all()

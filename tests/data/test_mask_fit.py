"""A mask lies on its scan by its header, or voxel by voxel and aloud, or is refused; never in silence."""

import itertools

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (everybody calls it so)

from atriacourse.data.case import Case
from atriacourse.data.mirrored import mirrored
from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.errors import InputError

SHAPE = (9, 8, 7)  # (i, j, k), of 12 x 14 x 16 mm
LPS = np.diag([-12.0, -14.0, 16.0, 1.0])
LPS[:3, 3] = 50, 40, -30
RAS = np.diag([12.0, 14.0, 16.0, 1.0])
RAS[:3, 3] = -50, -40, -30
TILTED = LPS.copy()
COS, SIN = np.cos(0.2), np.sin(0.2)
TILTED[:3, :3] = np.array([[1, 0, 0], [0, COS, -SIN], [0, SIN, COS]]) @ LPS[:3, :3]
REAL = {"LPS": LPS, "RAS": RAS, "tilted": TILTED}
PLACEHOLDERS = {"eye": np.eye(4), "ITK's": np.diag([-1.0, -1.0, 1.0, 1.0])}
OVERRIDES = ({}, {"spacing_mm": (16.0, 14.0, 12.0)}, {"orientation": "ASR"})


def corner_mask():
    """A mask that no flip and no exchange of axes takes to itself."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:6, 1:4, 1:3] = 1
    mask[1, 1, 4] = mask[5, 2, 1] = 1
    return mask


def save(path, voxels, affine, unit):
    image = nibabel.Nifti1Image(voxels, affine)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)
    return path


def case(folder, scan_affine, mask_affine, *, scan_unit="mm", mask_unit="mm", mask=None, **known):
    mask = corner_mask() if mask is None else mask
    scan = np.uint8(100 * corner_mask() + 20)  # bright where the mask is, so that both must turn alike
    return Case(
        name="X",
        image_path=save(folder / "scan.nii", scan, scan_affine, scan_unit),
        mask_path=save(folder / "mask.nii", mask, mask_affine, mask_unit),
        **known,
    )


def laid_on(one):
    """Whether the mask covers exactly the bright voxels of the scan, as both are read."""
    return np.array_equal(one.mask().voxels, one.image().voxels > 100)


@pytest.mark.parametrize("known", OVERRIDES, ids=str)
@pytest.mark.parametrize("affine", REAL)
def test_a_mask_with_its_scans_header_lies_on_it_without_a_word(tmp_path, affine, known):
    one = case(tmp_path, REAL[affine], REAL[affine], **known)
    assert laid_on(one) and one.mask().notes == ()
    assert one.mask().grid == one.grid()


@pytest.mark.parametrize("known", OVERRIDES, ids=str)
@pytest.mark.parametrize("unit", ["unknown", "mm"])  # nibabel and ITK leave the one and the other
@pytest.mark.parametrize(
    ("scan", "mask"),
    [*itertools.product(REAL, PLACEHOLDERS), *itertools.product(PLACEHOLDERS, REAL), ("eye", "ITK's")],
)
def test_where_one_header_says_nothing_the_arrays_are_laid_on_each_other_and_it_is_said(
    tmp_path, scan, mask, unit, known
):
    affines = REAL | PLACEHOLDERS
    units = {"scan_unit": "mm" if scan in REAL else unit, "mask_unit": "mm" if mask in REAL else unit}
    one = case(tmp_path, affines[scan], affines[mask], **units, **known)
    assert laid_on(one)
    (note,) = one.mask().notes
    assert ("header of the mask" in note) == (mask in PLACEHOLDERS)
    assert ("scan says" in note) == (scan in PLACEHOLDERS)


@pytest.mark.parametrize("known", OVERRIDES, ids=str)
@pytest.mark.parametrize(
    "other",
    [
        "another origin",
        "half a voxel aside",
        "mirrored",
        "another size",
        "tilted otherwise",
        "exchanged axes",
    ],
)
def test_two_headers_that_disagree_are_refused_whatever_the_caller_knows(tmp_path, other, known):
    """With --spacing-mm, too: the affines were compared only where both spacings came from the files."""
    affine = LPS.copy()
    if other == "another origin":
        affine[:3, 3] += 12
    elif other == "half a voxel aside":
        affine[1, 3] += 7
    elif other == "mirrored":
        affine = RAS
    elif other == "another size":
        affine[2, 2] *= 1.1
    elif other == "tilted otherwise":
        affine = TILTED
    else:
        affine[:3, :3] = LPS[:3, [1, 0, 2]]
    with pytest.raises(
        InputError, match=r"case X: mask\.nii (and scan\.nii lie at different|is \(7, 9, 8\))"
    ):
        case(tmp_path, LPS, affine, **known).mask()


def test_a_header_of_one_millimetre_with_an_origin_says_something(tmp_path):
    affine = np.eye(4)
    affine[:3, 3] = 5, 6, 7
    with pytest.raises(InputError, match="lie at different places"):
        case(tmp_path, LPS, affine, mask_unit="unknown").mask()


@pytest.mark.parametrize(
    "order", list(itertools.permutations(range(3))), ids=lambda order: "".join("ijk"[axis] for axis in order)
)
@pytest.mark.parametrize("flips", list(itertools.product([1, -1], repeat=3)), ids=str)
def test_a_mask_stored_in_another_order_of_axes_lies_where_its_header_says(tmp_path, order, flips):
    """All 48 ways to store one mask; ITK's resampling onto the scan is the oracle."""
    ornt = np.array([(order.index(axis), flips[axis]) for axis in range(3)])
    stored = nibabel.Nifti1Image(corner_mask(), TILTED).as_reoriented(ornt)
    one = case(tmp_path, TILTED, stored.affine, mask=np.asarray(stored.dataobj))
    assert laid_on(one) and one.mask().notes == ()
    scan, mask = (sitk.ReadImage(str(path)) for path in (one.image_path, one.mask_path))
    oracle = sitk.GetArrayFromImage(sitk.Resample(mask, scan, sitk.Transform(), sitk.sitkNearestNeighbor)).T
    np.testing.assert_array_equal(one.grid().to_native(one.mask().voxels), oracle)


@pytest.mark.parametrize("cut", [np.s_[1:], np.s_[:, :-1], np.s_[:, :, 2:]], ids=["i", "j", "k"])
@pytest.mark.parametrize("affine", [*REAL, *PLACEHOLDERS])
def test_a_mask_cut_or_padded_is_refused(tmp_path, cut, affine):
    affine = (REAL | PLACEHOLDERS)[affine]
    padded = np.pad(corner_mask(), 1)
    for mask in (corner_mask()[cut], padded):
        with pytest.raises(
            InputError, match=r"case X: mask\.nii is .* but scan\.nii is \(7, 8, 9\) \(z, y, x\)"
        ):
            case(tmp_path, LPS, affine, mask=mask).mask()


def test_equal_shapes_do_not_hide_exchanged_axes(tmp_path):
    """A cube fits itself in every order of axes; its header tells them apart."""
    cube = np.zeros((8, 8, 8), np.uint8)
    cube[1:6, 1:4, 2] = 1
    affine = np.diag([-12.0, -12.0, 12.0, 1.0])
    affine[:3, 3] = 42, 42, -42
    scan = save(tmp_path / "scan.nii", cube, affine, "mm")
    for order in itertools.permutations(range(3)):
        stored = affine.copy()
        stored[:, :3] = affine[:, order]
        mask = save(tmp_path / "mask.nii", cube.transpose(order), stored, "mm")
        one = Case(name="X", image_path=scan, mask_path=mask)
        np.testing.assert_array_equal(one.mask().voxels, one.image().voxels > 0)
        if order != (0, 1, 2):  # the array exchanged, the header not: the same shape, and no word of it
            save(mask, cube.transpose(order), np.eye(4), "unknown")
            assert one.mask().notes  # at least it is said that nobody can know


def test_roundings_of_other_programs_are_let_through(tmp_path):
    affine = TILTED.copy()
    affine[:3] += 1e-4
    one = case(tmp_path, TILTED, affine)
    assert laid_on(one) and one.mask().notes == ()


class TestMirrored:
    """Blood is even and bright: a mirrored mask shows."""

    @pytest.fixture(scope="class")
    @staticmethod
    def phantoms():
        return [make_phantom(PhantomConfig(matrix=96, slices=24), seed=seed) for seed in range(6)]

    def test_right_masks_are_not_accused(self, phantoms):
        assert [mirrored(one.image, one.mask) for one in phantoms] == [None] * 6

    @pytest.mark.parametrize("axes", ["z", "y", "x", "zy", "zx", "yx", "zyx"])
    def test_every_mirror_image_is_found(self, phantoms, axes):
        places = tuple("zyx".index(axis) for axis in axes)
        assert [mirrored(one.image, np.flip(one.mask, places)) for one in phantoms] == [axes] * 6

    def test_a_dark_place_is_no_blood_however_even(self, rng):
        # The mask's mirror image lies in air, all zeros; the mask itself on noisy grey: not suspicious.
        grey = np.zeros((20, 20, 40), np.uint8)
        grey[..., 20:] = rng.integers(80, 120, (20, 20, 20))
        mask = np.zeros(grey.shape, bool)
        mask[5:15, 5:15, 25:35] = True
        assert mirrored(grey, mask) is None
        grey[..., :20] = 95  # as bright, and even
        assert mirrored(grey, mask) == "x"

    def test_small_and_empty_masks_say_nothing(self, rng):
        grey = rng.integers(0, 255, (9, 9, 9)).astype(np.uint8)
        mask = np.zeros(grey.shape, bool)
        assert mirrored(grey, mask) is None
        mask[1:4, 1:4, 1:4] = True  # 27 voxels
        assert mirrored(grey, mask) is None

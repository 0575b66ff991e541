"""A mask lies where its scan lies, whichever transform, unit or space the header speaks of, for all readers.

The oracles, SimpleITK and nibabel, read the scan and the mask that we wrote for it."""

import itertools
import re

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (everybody calls it so)
from scipy.spatial.transform import Rotation

from atriacourse.data.nifti import affine_for_itk
from atriacourse.data.volume import read_grid, read_mask, read_volume, write_volume

SHAPE = (4, 5, 6)  # of the file, (i, j, k)
STRAIGHT = np.diag([0.8, 0.9, 2.0, 1.0])
OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = Rotation.from_euler("xyz", [12, -7, 15], degrees=True).as_matrix() * (0.8, 0.9, 2.0)
OBLIQUE[:3, 3] = -31.5, 22.25, 7
MIRRORED = OBLIQUE @ np.diag([-1, 1, 1, 1])
MOVED, TURNED, SHEARED = OBLIQUE.copy(), STRAIGHT @ np.diag([-1, -1, 1, 1]), OBLIQUE.copy()
MOVED[:3, 3] += 9
SHEARED[0, 1] += 0.2


def nifti(
    path,
    *,
    sform=None,
    qform=None,
    unit="mm",
    kind=nibabel.Nifti1Image,
    shape=SHAPE,
    order="<",
    extension=None,
    **raw,
):
    """A scan; `sform` and `qform` are (affine, code) or None for code 0, `raw` are fields set as they are."""
    voxels = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    header = kind.header_class(endianness=order)
    header.set_data_dtype(np.int16)
    image = kind(voxels, None, header)
    image.header["pixdim"][1:4] = 0.8, 0.9, 2.0
    if qform:
        image.set_qform(qform[0], qform[1])
    image.set_sform(*(sform or (None, 0)))
    image.header.set_xyzt_units(unit)
    if extension:
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, extension))
    whole = image.to_bytes()
    header = kind.header_class(whole[: header.sizeof_hdr], check=False)
    for field, value in raw.items():
        header[field] = value
    path.write_bytes(header.binaryblock + whole[header.sizeof_hdr :])
    return path


def times(affine, factor):
    return np.diag([factor, factor, factor, 1]) @ affine


NIFTI = {
    "both alike": {"sform": (OBLIQUE, 1), "qform": (OBLIQUE, 1)},
    "moved by 9 mm": {"sform": (OBLIQUE, 2), "qform": (MOVED, 1)},
    "turned about": {"sform": (STRAIGHT, 1), "qform": (TURNED, 1)},
    "sform alone": {"sform": (OBLIQUE, 2)},
    "qform alone": {"qform": (OBLIQUE, 1)},
    "qform alone, mirrored": {"qform": (MIRRORED, 1)},
    "both mirrored": {"sform": (MIRRORED, 1), "qform": (MIRRORED, 1)},
    "neither": {},
    "codes 4 and 3": {"sform": (OBLIQUE, 4), "qform": (OBLIQUE, 3)},
    "sheared sform, straight qform": {"sform": (SHEARED, 2), "qform": (OBLIQUE, 1)},
    "metres": {"sform": (times(OBLIQUE, 1e-3), 1), "qform": (times(OBLIQUE, 1e-3), 1), "unit": "meter"},
    "microns": {"sform": (times(OBLIQUE, 1e3), 1), "qform": (times(OBLIQUE, 1e3), 1), "unit": "micron"},
    "no unit": {"sform": (OBLIQUE, 1), "qform": (OBLIQUE, 1), "unit": 0},
    "a fourth axis": {"sform": (OBLIQUE, 1), "qform": (OBLIQUE, 1), "shape": (*SHAPE, 1)},
    "a fifth axis": {"sform": (OBLIQUE, 1), "shape": (*SHAPE, 1, 1)},
    "big-endian": {"sform": (OBLIQUE, 2), "qform": (MOVED, 1), "order": ">"},
    "qfac 0": {"qform": (OBLIQUE, 1), "pixdim": [0, 0.8, 0.9, 2, 0, 0, 0, 0]},
    "pixdim of another size": {"sform": (OBLIQUE, 1), "pixdim": [1, 1, 1, 1, 0, 0, 0, 0]},
    "scaled": {"sform": (OBLIQUE, 1), "qform": (MOVED, 1), "scl_slope": 0.25, "scl_inter": -3},
    "display window": {"sform": (OBLIQUE, 1), "cal_max": 900, "cal_min": 40, "descrip": b"TE 1.3"},
    "an extension": {"sform": (OBLIQUE, 1), "extension": b"patient: Mueller"},
    "NIfTI-2": {"sform": (OBLIQUE, 2), "qform": (OBLIQUE, 1), "kind": nibabel.Nifti2Image},
    "NIfTI-2, big-endian, moved": {
        "sform": (OBLIQUE, 2),
        "qform": (MOVED, 1),
        "kind": nibabel.Nifti2Image,
        "order": ">",
    },
}


def seen_by_itk(path):
    image = sitk.ReadImage(str(path))
    return [*image.GetSize(), *image.GetOrigin(), *image.GetSpacing(), *image.GetDirection()]


def seen_by_nibabel(path):
    image = nibabel.load(path)
    forms = [form for forms in (image.get_sform(coded=True), image.get_qform(coded=True)) for form in forms]
    numbers = [np.ravel(form) for form in forms if form is not None]
    return [*image.shape, *np.concatenate([image.affine.ravel(), *numbers]), *image.header.get_zooms()[:3]]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("case", NIFTI)
def test_a_nifti_mask_keeps_the_header_of_its_scan(tmp_path, case, suffix):
    scan = nifti(tmp_path / "scan.nii", **NIFTI[case])
    volume = read_volume(scan)
    inside = volume.voxels > 30
    mask = write_volume(tmp_path / f"mask{suffix}", inside, like=volume.grid)

    assert seen_by_nibabel(mask) == pytest.approx(seen_by_nibabel(scan), abs=0, nan_ok=True)
    if "NIfTI-2" not in case:  # SimpleITK has no reader for it
        assert seen_by_itk(mask) == pytest.approx(seen_by_itk(scan), abs=0)
    assert b"Mueller" not in mask.read_bytes()  # what may name a patient stays with the scan
    wrote, had = nibabel.load(mask).header, nibabel.load(scan).header
    changed = {name for name in had if wrote[name].tobytes() != had[name].tobytes()}
    assert changed <= {"datatype", "bitpix", "scl_slope", "scl_inter", "descrip", "cal_max", "cal_min"}
    assert (wrote["cal_max"], wrote.get_data_dtype()) == (0, np.uint8)
    values = np.asarray(nibabel.load(scan).dataobj).reshape(SHAPE) > 30
    np.testing.assert_array_equal(np.asarray(nibabel.load(mask).dataobj).reshape(SHAPE), values)
    np.testing.assert_array_equal(read_mask(mask).voxels, inside)
    assert read_grid(mask) == volume.grid


DIRECTIONS = "space directions: (0.8,0,0) (0,0.9,0) (0,0,2)"
TILTED = "space directions: (0.79,0.1,0) (-0.11,0.88,0.02) (0,-0.05,1.99)"
NRRD = {
    "nothing": [],
    "LPS": ["space: left-posterior-superior", DIRECTIONS, "space origin: (1,2,3)"],
    "RAS": ["space: right-anterior-superior", DIRECTIONS, "space origin: (1,2,3)"],
    "LAS": ["space: LAS", DIRECTIONS, "space origin: (1,2,3)"],
    "RAS, short and tilted": ["space: RAS", TILTED, "space origin: (1,2,3)"],
    "scanner-xyz": ["space: scanner-xyz", DIRECTIONS, "space origin: (1,2,3)"],
    "3D-right-handed": ["space: 3D-right-handed", DIRECTIONS, "space origin: (1,2,3)"],
    "space dimension": ["space dimension: 3", TILTED, "space origin: (1,2,3)"],
    "no origin": ["space: LPS", DIRECTIONS],
    "spaces in vectors": ["space: LPS", "space directions: (0.8, 0, 0) (0, 0.9, 0) (0, 0, 2)"],
    "fields in capitals": ["Space: LPS", DIRECTIONS.upper().replace("E", "e"), "SPACE ORIGIN: (1,2,3)"],
    "measurement frame": ["space: RAS", DIRECTIONS, "measurement frame: (0,1,0) (1,0,0) (0,0,-1)"],
    "units and kinds": ["space: LPS", DIRECTIONS, 'space units: "mm" "mm" "mm"', "kinds: space space space"],
    "centerings beside directions": ["space: LPS", DIRECTIONS, "centerings: cell cell cell"],
    "labels": ["space: LPS", DIRECTIONS, 'labels: "left to right" "y" "z"'],
    "spacings": ["spacings: 0.8 0.9 2"],
    "spacings and minima": ["spacings: 0.8 0.9 2", "axis mins: 10 20 30"],
    "minima at nodes": ["spacings: 0.8 0.9 2", "axis mins: 10 20 30", "centerings: node node node"],
    "minima of cells": ["spacings: 0.8 0.9 2", "axismins: 10 20 30", "centers: cell cell cell"],
    "node, cell and unknown": ["spacings: 0.8 0.9 2", "axis mins: 1 2 3", "centerings: node cell ???"],
    "minima, maxima, spacings": ["spacings: 0.8 0.9 2", "axis mins: 1 2 3", "axis maxs: 91 92 93"],
    "thicknesses": ["spacings: 0.8 0.9 2", "thicknesses: nan nan 1.5"],
    "negative spacing": ["spacings: -0.8 0.9 2", "axis mins: 10 20 30"],
    "an axis without spacing": ["spacings: nan 0.9 2"],
    "minima without spacing": ["axis mins: 10 20 30"],
    "a last axis of one": ["space: LPS", DIRECTIONS + " none", "kinds: space space space list"],
    "first axis of one": ["space: LPS", DIRECTIONS.replace(": ", ": none "), "kinds: list space space space"],
    "notes of the scanner": ["space: LPS", DIRECTIONS, "content: Mueller", "modality:=DWMRI", "# a remark"],
}  # fmt: skip


ODD_SPACES = ("scanner-xyz", "3D-right-handed")


def nrrd_file(path, lines):
    sizes = {"a last axis of one": "4 5 6 1", "first axis of one": "1 4 5 6"}
    size = next((sizes[name] for name in sizes if NRRD[name] is lines), "4 5 6")
    head = ["type: uint8", f"dimension: {len(size.split())}", f"sizes: {size}", "encoding: raw", *lines]
    path.write_bytes("\n".join(["NRRD0005", *head, "", ""]).encode() + bytes(range(120)))
    return path


@pytest.mark.parametrize("case", NRRD)
def test_an_nrrd_mask_keeps_the_header_of_its_scan(tmp_path, case):
    scan = nrrd_file(tmp_path / "scan.nrrd", NRRD[case])
    volume = read_volume(scan)
    mask = write_volume(tmp_path / "mask.nrrd", volume.voxels > 30, like=volume.grid)
    assert seen_by_itk(mask) == pytest.approx(seen_by_itk(scan), abs=0)
    ours, theirs = sitk.ReadImage(str(mask)), sitk.ReadImage(str(scan))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(theirs) > 30)
    fields = (line.split(":")[0].lower() for line in NRRD[case] if ":=" not in line and line[0] != "#")
    kept = mask.read_bytes().split(b"\n\n")[0].decode()
    alike = {"axismins": "axis mins", "centers": "centerings"}
    assert all(f"\n{alike.get(field, field)}:" in kept for field in fields if field != "content")
    assert "Mueller" not in kept and "DWMRI" not in kept  # what may name a patient stays with the scan
    assert read_grid(mask) == volume.grid


@pytest.mark.parametrize("case", NRRD)
def test_an_nrrd_scan_lies_where_simpleitk_puts_it(tmp_path, case):
    scan = nrrd_file(tmp_path / "scan.nrrd", NRRD[case])
    image, affine = sitk.ReadImage(str(scan)), np.diag([-1, -1, 1, 1]) @ read_grid(scan).affine
    for corner in itertools.product(*((0, size - 1) for size in SHAPE)):
        place = image.TransformIndexToPhysicalPoint(corner)
        np.testing.assert_allclose((affine @ [*corner, 1])[:3], place, atol=1e-9)


@pytest.mark.parametrize("case", NRRD)
def test_a_space_that_names_no_direction_of_the_body_is_said(tmp_path, case):
    notes = read_grid(nrrd_file(tmp_path / "scan.nrrd", NRRD[case])).notes
    assert any("left-posterior-superior is assumed" in note for note in notes) == (case in ODD_SPACES)


def test_minima_and_maxima_give_the_spacing_that_is_not_said(tmp_path):
    # (18 - 10) / 4 cells = 2; (35 - 20) / (5 - 1) nodes = 3.75; (54 - 30) / 6 = 4. ITK takes 1 mm, against
    # the format's own words.
    lines = ["axis mins: 10 20 30", "axis maxs: 18 35 54", "centerings: cell node cell"]
    grid = read_grid(nrrd_file(tmp_path / "a.nrrd", lines))
    assert grid.spacing_mm == (4, 3.75, 2)
    assert np.array(grid.affine)[:3, 3].tolist() == [-11, -20, 32]  # half a cell inside; RAS turns x and y


# A header that contradicts itself in the voxel's size is read differently by each, and a note says so.
TRANSLATED = [case for case in NIFTI if "NIfTI-2" not in case and case != "pixdim of another size"]


@pytest.mark.parametrize("case", [case for case in TRANSLATED if case != "a fifth axis"])
def test_a_nifti_scan_becomes_an_nrrd_mask_at_the_same_place(tmp_path, case):
    scan = nifti(tmp_path / "scan.nii", **NIFTI[case])
    volume = read_volume(scan)
    mask = write_volume(tmp_path / "mask.nrrd", volume.voxels > 30, like=volume.grid)
    assert seen_by_itk(mask) == pytest.approx(seen_by_itk(scan), rel=1e-5, abs=1e-4)


@pytest.mark.parametrize(("sform", "qform"), [*itertools.product(range(5), range(5))])
def test_itks_choice_between_two_transforms_is_known(tmp_path, sform, qform):
    forms = {"sform": (OBLIQUE, sform) if sform else None, "qform": (MOVED, qform) if qform else None}
    scan = nifti(tmp_path / "scan.nii", **forms)
    lps = np.diag([-1, -1, 1, 1]) @ affine_for_itk(scan.read_bytes()[:348])
    corner = sitk.ReadImage(str(scan)).TransformIndexToPhysicalPoint((3, 4, 5))
    np.testing.assert_allclose((lps @ [3, 4, 5, 1])[:3], corner, atol=1e-4)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("case", [case for case in NRRD if "axis of one" not in case])
def test_an_nrrd_scan_becomes_a_nifti_mask_at_the_same_place(tmp_path, case, suffix):
    scan = nrrd_file(tmp_path / "scan.nrrd", NRRD[case])
    volume = read_volume(scan)
    mask = write_volume(tmp_path / f"mask{suffix}", volume.voxels > 30, like=volume.grid)
    if (
        "tilted" in case or case == "space dimension"
    ):  # not quite a rotation, so NIfTI's sform alone can say it
        lps = np.diag([-1, -1, 1, 1]) @ nibabel.load(mask).affine
        image = sitk.ReadImage(str(scan))
        corner = image.TransformIndexToPhysicalPoint((3, 4, 5))
        np.testing.assert_allclose((lps @ [3, 4, 5, 1])[:3], corner, atol=1e-5)
    else:
        assert seen_by_itk(mask) == pytest.approx(seen_by_itk(scan), rel=1e-5, abs=1e-5)


class TestNotes:
    """What a header leaves open is said, once for each kind."""

    @pytest.mark.parametrize(
        ("case", "said"),
        [
            ("moved by 9 mm", r"two places, up to 15\.6 mm apart"),  # 9 along each axis: 9 * sqrt(3)
            ("neither", "does not say how the patient lies"),
            (
                "pixdim of another size",
                r"two voxel sizes, \[1\.0, 1\.0, 1\.0\] \(pixdim\) and \[0\.8, 0\.9, 2",
            ),
        ],
    )
    def test_of_nifti(self, tmp_path, case, said):
        scan = nifti(tmp_path / "scan.nii", **NIFTI[case])
        (note,) = read_grid(scan).notes
        assert note in read_volume(scan).notes and re.search(said, note)

    @pytest.mark.parametrize(
        "case", ["both alike", "metres", "no unit", "a fourth axis", "qfac 0", "NIfTI-2"]
    )
    def test_an_honest_header_is_left_in_peace(self, tmp_path, case):
        assert read_volume(nifti(tmp_path / "scan.nii", **NIFTI[case])).notes == ()

    def test_a_unit_that_nifti_does_not_have(self, tmp_path):
        scan = nifti(tmp_path / "a.nii", sform=(OBLIQUE, 1), xyzt_units=5)
        assert "code 5, is not one of NIfTI's; millimetres are assumed" in read_grid(scan).notes[0]

    def test_one_millimetre_without_a_unit(self, tmp_path):
        scan = nifti(tmp_path / "a.nii", sform=(np.eye(4), 1), unit=0, pixdim=[1, 1, 1, 1, 0, 0, 0, 0])
        assert "0.625 mm is assumed along each axis" in read_grid(scan).notes[0]
        assert read_grid(scan, spacing_mm=(1, 1, 1)).notes == ()


@pytest.mark.parametrize(
    ("words", "mm"),
    [
        *((word, 1) for word in ("mm", "MM", "millimeter", "millimeters", "Millimetres", "milli-meter")),
        *((word, 10) for word in ("cm", "centimeter", "centimetres")),
        *((word, 1000) for word in ("m", "meter", "metres")),
        *((word, 1e-3) for word in ("um", "µm", "μm", "micron", "microns", "micrometer", "micrometres")),
        *((word, 100) for word in ("dm", "decimetre")),
        *((word, 1e-6) for word in ("nm", "nanometers")),
    ],
)
@pytest.mark.parametrize("field", ["space units", "units"])
def test_the_words_for_a_unit(tmp_path, words, mm, field):
    size = f"{0.5 / mm:.17g}"
    place = "spacings: {0} {0} {0}" if field == "units" else "space directions: ({0},0,0) (0,{0},0) (0,0,{0})"
    lines = [place.format(size), f'{field}: "{words}" "{words}" "{words}"']
    lines += ["space: LPS"] if field == "space units" else []
    grid = read_grid(nrrd_file(tmp_path / "a.nrrd", lines))
    assert grid.spacing_mm == (0.5, 0.5, 0.5) and grid.spacing_source == "file" and grid.notes == ()


def test_each_axis_has_its_own_unit(tmp_path):
    lines = [
        "spacings: 0.08 900 2",
        "axis mins: 1 2000 3",
        'units: "cm" "um" "mm"',
        "centerings: node node node",
    ]
    grid = read_grid(nrrd_file(tmp_path / "a.nrrd", lines))
    assert grid.spacing_mm == (2, 0.9, 0.8)
    assert np.array(grid.affine)[:3, 3].tolist() == [-10, -2, 3]


@pytest.mark.parametrize(("size", "source"), [("0.5", "file"), ("1", "assumed")])
def test_an_unknown_unit_is_said_and_means_nothing(tmp_path, size, source):
    grid = read_grid(
        nrrd_file(tmp_path / "a.nrrd", [f"spacings: {size} {size} {size}", 'units: "px" "px" "px"'])
    )
    assert "its unit of length, 'px', is not known; millimetres are assumed" in grid.notes
    assert grid.spacing_source == source

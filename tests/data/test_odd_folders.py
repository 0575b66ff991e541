"""Folders as people have them: what is found and not used is named with its reason, and stops nothing."""

import os
import shutil
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pytest

from atriacourse.data.audit import audit
from atriacourse.data.cohort import open_cohort
from atriacourse.data.grid import plain_grid
from atriacourse.data.volume import write_volume
from atriacourse.errors import InputError

GRID = plain_grid((6, 7, 8), (12.0, 12.0, 12.0))
IMAGE = np.arange(336, dtype=np.uint16).reshape(6, 7, 8)
MASK = IMAGE > 200


def scan(path):
    return write_volume(path, IMAGE.astype(np.float32), like=GRID)


def official(root):
    for name in ("AAA", "BBB"):
        scan(root / "Training Set" / name / "lgemri.nrrd")
        write_volume(root / "Training Set" / name / "laendo.nrrd", MASK, like=GRID)
    return root


def msd(root):
    for name in ("la_001", "la_002"):
        scan(root / f"imagesTr/{name}.nii.gz")
        write_volume(root / f"labelsTr/{name}.nii.gz", MASK, like=GRID)
    (root / "dataset.json").write_text("{}")
    return root


def mirror(root):
    for name in ("AAA", "BBB"):
        folder = root / "2018LA_Seg_Training Set" / name
        folder.mkdir(parents=True)
        with h5py.File(folder / "mri_norm2.h5", "w") as file:
            file["image"], file["label"] = (IMAGE.T / 7 % 9).astype(np.float32), MASK.T.astype(np.uint8)
    return root


def loose(root):
    scan(root / "a.nii.gz")
    scan(root / "b.nrrd")
    return root


def touch(path, content=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


# Each: the layout, what is put into it, and the path and part of the reason that must be told of it.
ODD = {
    "a scan above the case folders": (official, lambda r: scan(r / "extra.nrrd"), "extra.nrrd", "not where"),
    "a scan above a recognised cohort": (
        lambda r: official(r / "set"),
        lambda r: scan(r / "x.nii"),
        "../x.nii",
        "not where",
    ),
    "a scan beside the case folders": (
        official,
        lambda r: scan(r / "Training Set/y.nii"),
        "Training Set/y.nii",
        "not where",
    ),
    "a mask as Slicer names it": (
        official,
        lambda r: scan(r / "Training Set/AAA/laendo.seg.nrrd"),
        "Training Set/AAA/laendo.seg.nrrd",
        "not named as",
    ),
    "a scan in two formats": (
        official,
        lambda r: scan(r / "Training Set/AAA/lgemri.nii.gz"),
        "Training Set/AAA/lgemri.nrrd",
        "a second file of that name; lgemri.nii.gz is used",
    ),
    "a mask in two formats": (
        msd,
        lambda r: write_volume(r / "labelsTr/la_001.nrrd", MASK, like=GRID),
        "labelsTr/la_001.nrrd",
        "a second file",
    ),
    "a dangling link": (
        loose,
        lambda r: (r / "c.nii.gz").symlink_to(r / "gone"),
        "c.nii.gz",
        "a link that leads nowhere",
    ),
    "a case whose mask is a dangling link": (
        official,
        lambda r: (
            os.remove(r / "Training Set/AAA/laendo.nrrd"),
            (r / "Training Set/AAA/laendo.nrrd").symlink_to("/gone/laendo.nrrd"),
        ),
        "Training Set/AAA/laendo.nrrd",
        "a link that leads nowhere",
    ),
    "a link to itself": (loose, lambda r: (r / "c.nii").symlink_to(r / "c.nii"), "c.nii", "leads nowhere"),
    "a pipe": (loose, lambda r: os.mkfifo(r / "c.nii"), "c.nii", "no ordinary file"),
    "DICOM": (loose, lambda r: touch(r / "IM1.dcm"), "IM1.dcm", "DICOM: convert"),
    "Analyze": (loose, lambda r: touch(r / "x.HDR"), "x.HDR", "a pair of header and voxels"),
    "MetaImage": (loose, lambda r: touch(r / "x.mha"), "x.mha", "not a format that is read"),
    "NRRD in two files": (loose, lambda r: touch(r / "x.nhdr"), "x.nhdr", "not a format that is read"),
    "an archive": (loose, lambda r: touch(r / "x.zip"), "x.zip", "not a format that is read"),
    "text": (loose, lambda r: touch(r / "notes.txt"), "notes.txt", "no scan"),
    "a hidden scan": (loose, lambda r: touch(r / "._a.nii.gz"), "._a.nii.gz", "hidden"),
    "scans one folder below": (loose, lambda r: scan(r / "more/c.nii"), "more", "a folder of 1 scans"),
    "scans without masks": (
        msd,
        lambda r: scan(r / "imagesTs/la_9.nii.gz"),
        "imagesTs",
        "a folder of 1 scans",
    ),
    "an empty folder": (loose, lambda r: (r / "empty").mkdir(), "empty", "no scan"),
    "a half-written case": (
        official,
        lambda r: scan(r / "Training Set/.CCC.part/lgemri.nrrd"),
        "Training Set/.CCC.part",
        "half written",
    ),
    "what predict wrote": (
        loose,
        lambda r: (
            write_volume(r / "z_la.nii.gz", MASK, like=GRID),
            touch(r / "predictions.json", b'{"z": {}}'),
        ),
        "z_la.nii.gz",
        "written by `atriacourse predict`",
    ),
    "a human's mask beside its scan": (
        loose,
        lambda r: write_volume(r / "a_la.nii.gz", MASK, like=GRID),
        "a_la.nii.gz",
        "named as a mask of a, which lies beside it",
    ),
    "a list that is no text": (
        mirror,
        lambda r: touch(r / "train.list", b"\xff\xfeA\x00"),
        "train.list",
        "is damaged: it is no UTF-8 text",
    ),
    "a stranger in the mirror": (
        mirror,
        lambda r: scan(r / "2018LA_Seg_Training Set/AAA/other.nii"),
        "2018LA_Seg_Training Set/AAA/other.nii",
        "not named as",
    ),
    "a damaged dataset beside": (
        lambda r: official(r / "good"),
        lambda r: (msd(r / "bad"), (r / "bad/dataset.json").write_text("[1]")),
        "../bad",
        "dataset.json is damaged",
    ),
    "foreign phantom notes beside": (
        lambda r: official(r / "good"),
        lambda r: (official(r / "bad"), (r / "bad/phantom.json").write_text('{"cases": [1, 2]}')),
        "../bad",
        "phantom.json is damaged",
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_not_used_is_named_once(tmp_path, kind):
    layout, put, path, reason = ODD[kind]
    layout(tmp_path)
    before = open_cohort(tmp_path)
    assert before.unused == ()
    put(tmp_path)
    cohort = open_cohort(tmp_path)
    assert cohort.names == before.names  # and none of it is taken for a case
    found = [(where, why) for where, why in cohort.unused if where == path]
    assert len(found) == 1 and reason in found[0][1], cohort.unused
    text = " ".join(audit(cohort).to_text().split())
    assert f"{len(cohort.unused)} found and not used" in text and path in text


@pytest.mark.parametrize("layout", [official, msd, mirror, loose])
def test_a_folder_that_may_not_be_read_stops_nothing(tmp_path, layout, monkeypatch):
    """lost+found, made by mkfs, belongs to root; the tests may run as root, so the refusal is made here."""
    layout(tmp_path)
    before = open_cohort(tmp_path)
    places = [tmp_path, before.cases[0].image_path.parents[1]]
    for place in places:
        (place / "lost+found").mkdir(exist_ok=True)
    really = Path.iterdir

    def refuses(self):
        if self.name == "lost+found":
            raise PermissionError(13, "Permission denied", str(self))
        return really(self)

    monkeypatch.setattr(Path, "iterdir", refuses)
    cohort = open_cohort(tmp_path)
    assert cohort.names == before.names and cohort.incomplete == before.incomplete
    told = [why for where, why in cohort.unused if where.endswith("lost+found")]
    assert told and set(told) == {"may not be read"}
    with pytest.raises(InputError, match="found what may not be read"):
        open_cohort(tmp_path / "lost+found")


def test_a_scan_that_ends_like_a_mask_is_a_scan_where_nothing_says_otherwise(tmp_path):
    for name in ("patient_la.nii.gz", "case_probability.nii"):
        scan(tmp_path / name)
    assert open_cohort(tmp_path).names == ("case_probability", "patient_la")
    (tmp_path / "predictions.json").write_text("[]")  # notes that say nothing
    assert len(open_cohort(tmp_path)) == 2


def test_cases_listed_and_absent_or_without_a_scan_are_counted_with_the_unused(tmp_path):
    mirror(tmp_path)
    (tmp_path / "train.list").write_text("AAA\nZZZ\n")
    (tmp_path / "2018LA_Seg_Training Set/EMPTY").mkdir()
    touch(tmp_path / "readme.md")
    cohort = open_cohort(tmp_path)
    assert cohort.unused == (("readme.md", "no scan"),)  # an audit lists it; no command need
    assert [path for path, _ in cohort.left_out] == ["EMPTY", "ZZZ"]


def test_only_the_folder_that_was_named_is_looked_through(tmp_path):
    official(tmp_path)
    scan(tmp_path / "above.nrrd")
    scan(tmp_path / "Training Set/AAA/beside.nrrd")
    assert open_cohort(tmp_path / "Training Set/BBB").unused == ()
    assert open_cohort(tmp_path / "Training Set/AAA/lgemri.nrrd").unused == ()
    (left,) = open_cohort(tmp_path / "Training Set/AAA").unused
    assert left[0] == "beside.nrrd"


@pytest.mark.parametrize(
    "text",
    [
        '{"training": 3}',
        '{"training": {"image": "x"}}',
        '{"training": [3, null, [], {}, {"image": 3}]}',
        '{"name": ["LeftAtrium"]}',
        '{"name": null, "labels": [0, 1]}',
        '{"numTraining": "many", "test": {}}',
    ],
)
def test_a_dataset_json_of_another_shape_costs_its_list_alone(tmp_path, text):
    (msd(tmp_path) / "dataset.json").write_text(text)
    cohort = open_cohort(tmp_path)
    assert cohort.names == ("la_001", "la_002") and cohort.lists == {} and len(audit(cohort).rows) == 2


def test_a_list_of_paths_alone_is_a_list(tmp_path):
    text = '{"training": ["./imagesTr/la_001.nii.gz", "./imagesTr/la_003.nii.gz", 7]}'
    (msd(tmp_path) / "dataset.json").write_text(text)
    assert open_cohort(tmp_path).missing == ("la_003",)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "3",
        '{"cases"',
        '{"cases": []}',
        '{"cases": {"AAA": 3}}',
        "{}",
        '{"cases": {"AAA": {"site": 3}}}',
        "[" * 10_000,
        "\x00",
    ],
)
@pytest.mark.parametrize("name", ["phantom.json", "dataset.json"])
def test_notes_that_cannot_be_believed_are_one_line(tmp_path, name, text):
    root = official(tmp_path) if name == "phantom.json" else msd(tmp_path)
    (root / name).write_text(text)
    if name == "dataset.json" and text.startswith("{") and text.endswith("}"):
        assert len(open_cohort(root)) == 2  # a JSON object: odd, and harmless
        return
    with pytest.raises(InputError, match=rf"{name} is damaged: .*; restore") as caught:
        open_cohort(root)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


class TestMsdAxes:
    """The name LeftAtrium turns no scan whose header is right."""

    @staticmethod
    def chest(letters, sizes=(1.25, 1.25, 1.37)):
        """A box of body in air, which lies at the front and back alone; the array's axes as `letters`."""
        body = np.full((40, 30, 20), 10, np.int16)  # A, S, R
        body[5:35] = 200
        body[20:30, 10:20, 5:15] = 500
        true = np.zeros((4, 4))
        true[1, 0], true[2, 1], true[0, 2], true[3, 3] = *sizes, 1  # i goes to A, j to S, k to R
        image = nibabel.Nifti1Image(body, true)
        to = nibabel.orientations.ornt_transform(
            nibabel.io_orientation(true), nibabel.orientations.axcodes2ornt(letters)
        )
        return image.as_reoriented(to)

    @staticmethod
    def cohort(root, images):
        (root / "imagesTr").mkdir(parents=True)
        for name, image in images.items():
            image.header.set_xyzt_units("mm")
            nibabel.save(image, root / f"imagesTr/{name}.nii.gz")
        (root / "dataset.json").write_text('{"name": "LeftAtrium"}')
        return open_cohort(root)

    def published(self, sizes=(1.25, 1.25, 1.37)):
        """The array as MSD has it, under the header that MSD wrote."""
        return nibabel.Nifti1Image(np.asarray(self.chest("ASR").dataobj), np.diag([*sizes, 1.0]))

    def test_as_published(self, tmp_path):
        cohort = self.cohort(tmp_path, {"a": self.published(), "b": self.published()})
        assert [case.orientation for case in cohort] == ["ASR", "ASR"]

    @pytest.mark.parametrize("letters", ["ASR", "RAS", "LPS", "LAS", "RPI", "SRA", "PIL"])
    def test_a_copy_that_was_put_right_is_read_by_its_header(self, tmp_path, letters):
        cohort = self.cohort(tmp_path, {"right": self.chest(letters), "wrong": self.published()})
        right, wrong = cohort.case("right"), cohort.case("wrong")
        assert (right.orientation, wrong.orientation) == (None, "ASR")
        np.testing.assert_array_equal(right.image().voxels, wrong.image().voxels)
        assert right.image().spacing_mm == pytest.approx(wrong.image().spacing_mm, abs=1e-6)

    def test_a_resampled_copy_is_told_by_its_picture(self, tmp_path):
        right = self.chest("RAS", sizes=(1.0, 1.0, 1.0))
        cohort = self.cohort(tmp_path, {"right": right})
        assert cohort.cases[0].orientation is None
        other = self.cohort(tmp_path / "other", {"wrong": self.published(sizes=(1.0, 1.0, 1.0))})
        assert other.cases[0].orientation == "ASR"

    def test_published_sizes_under_a_right_header(self, tmp_path):
        """The voxel sizes are those of the files that are wrong; only the picture tells."""
        image = self.chest("RAS")
        image = nibabel.Nifti1Image(np.asarray(image.dataobj), np.diag([1.25, 1.25, 1.37, 1.0]))
        assert self.cohort(tmp_path, {"right": image}).cases[0].orientation is None

    def test_the_caller_knows_better(self, tmp_path):
        self.cohort(tmp_path, {"a": self.published()})
        assert open_cohort(tmp_path, orientation="LPS").cases[0].orientation == "LPS"


@pytest.mark.real
def test_real_msd_scans_put_right_are_read_by_their_headers(real_data, tmp_path):
    """la_003 three ways: as published, reoriented to RAS, and with its axes written into the header."""
    source = real_data / "msd_heart/Task02_Heart"
    (tmp_path / "imagesTr").mkdir()
    shutil.copy(source / "dataset.json", tmp_path)
    published = nibabel.load(source / "imagesTr/la_003.nii.gz")
    true = np.zeros((4, 4))
    true[1, 0], true[2, 1], true[0, 2], true[3, 3] = 1.25, 1.25, 1.37, 1
    named = nibabel.Nifti1Image(np.asarray(published.dataobj), true)
    named.header.set_xyzt_units("mm")
    for name, image in {
        "wrong": published,
        "named": named,
        "turned": nibabel.as_closest_canonical(named),
    }.items():
        nibabel.save(image, tmp_path / f"imagesTr/{name}.nii.gz")
    cohort = open_cohort(tmp_path)
    assert {case.name: case.orientation for case in cohort} == {"wrong": "ASR", "named": None, "turned": None}
    images = [case.image().voxels for case in cohort]
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[0], images[2])


def test_scans_named_as_nnunet_names_them_have_their_masks(tmp_path):
    root = msd(tmp_path)
    for path in (root / "imagesTr").iterdir():
        path.rename(path.with_name(path.name.replace(".nii.gz", "_0000.nii.gz")))
    cohort = open_cohort(root)
    assert cohort.names == ("la_001", "la_002") and not cohort.without_mask and not cohort.left_out
    np.testing.assert_array_equal(cohort.case("la_001").mask().voxels, MASK)
    scan(root / "imagesTr/la_003_0000.nii.gz")  # no mask of that name: nothing says that the end is a mark
    assert open_cohort(root).without_mask == ("la_003_0000",)

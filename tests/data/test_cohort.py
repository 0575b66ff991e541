"""Every layout is recognised by looking at it, from any level a user would name."""

import json

import h5py
import nibabel
import numpy as np
import pytest

from atriacourse.data.cohort import Case, open_cohort
from atriacourse.data.grid import plain_grid
from atriacourse.data.volume import write_volume
from atriacourse.errors import InputError

GRID = plain_grid((2, 3, 4), (1.25, 0.625, 0.625))
IMAGE = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
MASK = IMAGE > 12


def write_case(folder, suffix=".nrrd", mask=MASK):
    write_volume(folder / f"lgemri{suffix}", IMAGE, like=GRID)
    if mask is not None:
        write_volume(folder / f"laendo{suffix}", mask, like=GRID)
    write_volume(folder / f"lawall{suffix}", ~MASK, like=GRID)


def write_labels(folder, rows, head="Patient Code,post_ablation?"):
    path = folder / "pre post ablation recrods.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def official(tmp_path):
    root = tmp_path / "2018_UTAH_MICCAI"
    write_case(root / "Training Set" / "BBB")
    write_case(root / "Training Set" / "AAA")
    write_case(root / "Testing Set" / "TTT", mask=None)
    (root / "Training Set" / "EMPTY").mkdir()
    (root / "__MACOSX").mkdir()
    write_labels(root, ["AAA,TRUE", "TTT,FALSE", "ELSEWHERE,TRUE"])
    return root


@pytest.fixture
def mirror(tmp_path):
    root = tmp_path / "UA-MT" / "data"
    for name in ("AAA", "BBB", "CCC"):
        folder = root / "2018LA_Seg_Training Set" / name
        folder.mkdir(parents=True)
        with h5py.File(folder / "mri_norm2.h5", "w") as file:
            file["image"], file["label"] = ((IMAGE.T - 9.0) / 7).astype(np.float32), MASK.T.astype(np.uint8)
    (root / "2018LA_Seg_Training Set" / "CCC" / "desktop.ini").touch()
    (root / "train.list").write_text("AAA\nCCC\nDDD\n\n")
    (root / "test.list").write_text("BBB\r\nEEE\r\n")
    return root


@pytest.fixture
def msd(tmp_path):
    root = tmp_path / "msd" / "Task02_Heart"
    for folder in ("imagesTr", "labelsTr", "imagesTs"):
        (root / folder).mkdir(parents=True)
    for name in ("la_003", "la_007"):
        nibabel.save(
            nibabel.Nifti1Image(IMAGE, np.diag([1.25, 1.25, 1.37, 1])), root / f"imagesTr/{name}.nii.gz"
        )
        nibabel.save(
            nibabel.Nifti1Image(MASK.astype(np.uint8), np.diag([1.25, 1.25, 1.37, 1])),
            root / f"labelsTr/{name}.nii.gz",
        )
    nibabel.save(nibabel.Nifti1Image(IMAGE, np.diag([1.25, 1.25, 1.37, 1])), root / "imagesTs/la_001.nii.gz")
    (root / "imagesTr/._la_003.nii.gz").write_bytes(b"left by an archive")
    names = ("la_003", "la_007", "la_009")
    training = [{"image": f"./imagesTr/{n}.nii.gz", "label": f"./labelsTr/{n}.nii.gz"} for n in names]
    (root / "dataset.json").write_text(json.dumps({"name": "LeftAtrium", "training": training}))
    return root


class TestOfficial:
    """The challenge's archive as unpacked."""

    def test_root(self, official):
        cohort = open_cohort(official)
        assert (cohort.layout, cohort.name, cohort.names) == (
            "official",
            official.name,
            ("AAA", "BBB", "TTT"),
        )
        assert cohort.lists == {"train": ("AAA", "BBB"), "test": ("TTT",)}
        assert cohort.incomplete == ("EMPTY",)
        assert [case.post_ablation for case in cohort] == [True, None, False]
        case = cohort.case("AAA")
        assert (case.image_path.name, case.mask_path.name) == ("lgemri.nrrd", "laendo.nrrd")
        np.testing.assert_array_equal(case.image().voxels, IMAGE)
        np.testing.assert_array_equal(case.mask().voxels, MASK)
        assert cohort.case("TTT").mask_path is None

    @pytest.mark.parametrize(
        ("inside", "names"),
        [
            ("..", "AAA BBB TTT"),
            ("Training Set", "AAA BBB"),
            ("Testing Set", "TTT"),
            ("Training Set/BBB", "BBB"),
        ],
    )
    def test_other_levels(self, official, inside, names):
        cohort = open_cohort(official / inside)
        assert (cohort.layout, cohort.names) == ("official", tuple(names.split()))
        assert {case.name: case.post_ablation for case in cohort}.get("AAA", True) is True

    def test_one_scan(self, official):
        cohort = open_cohort(official / "Training Set" / "AAA" / "lgemri.nrrd")
        assert cohort.names == ("AAA",) and cohort.cases[0].post_ablation is True
        with pytest.raises(InputError, match=r"laendo\.nrrd: is not a scan of the official cohort"):
            open_cohort(official / "Training Set" / "AAA" / "laendo.nrrd")

    def test_relative_path(self, official, monkeypatch):
        monkeypatch.chdir(official)
        assert open_cohort(".").root == official
        assert open_cohort("Training Set").cases[0].image_path.is_absolute()

    def test_spacing_for_every_case(self, official):
        cohort = open_cohort(official, spacing_mm=(2, 1, 1))
        assert {case.image().spacing_mm for case in cohort} == {(2, 1, 1)}

    def test_the_same_name_in_both_sets_is_refused(self, official):
        write_case(official / "Testing Set" / "AAA")
        with pytest.raises(InputError, match="same case name occurs twice: AAA"):
            open_cohort(official)


def test_phantom(official):
    record = {"cases": {"AAA": {"site": "B"}, "BBB": {"site": "A"}, "LATER": {"site": "A"}}}
    (official / "phantom.json").write_text(json.dumps(record))
    (official / "Training Set" / "LATER.part").mkdir()
    cohort = open_cohort(official / "Training Set")
    assert cohort.layout == "phantom"
    assert [case.site for case in cohort] == ["B", "A"]
    assert cohort.missing == ("LATER",) and cohort.incomplete == ("EMPTY",)


def test_phantom_in_nifti(tmp_path):
    write_case(tmp_path / "Training Set" / "X", suffix=".nii.gz")
    (tmp_path / "phantom.json").write_text('{"cases": {}}')
    assert open_cohort(tmp_path).case("X").mask().voxels.sum() == MASK.sum()


class TestMirror:
    """The HDF5 mirror, with cases listed that are not there."""

    @pytest.mark.parametrize("inside", [".", "..", "../..", "2018LA_Seg_Training Set"])
    def test_any_level(self, mirror, inside):
        cohort = open_cohort(mirror / inside)
        assert (cohort.layout, cohort.names, cohort.root) == ("mirror", ("AAA", "BBB", "CCC"), mirror)
        assert cohort.lists == {"train": ("AAA", "CCC", "DDD"), "test": ("BBB", "EEE")}
        assert cohort.missing == ("DDD", "EEE")

    def test_a_few_case_folders_and_nothing_else(self, mirror, tmp_path):
        (mirror / "2018LA_Seg_Training Set").rename(tmp_path / "few")
        cohort = open_cohort(tmp_path / "few")
        assert (cohort.layout, cohort.name, cohort.lists, len(cohort)) == ("mirror", "few", {}, 3)

    def test_reading(self, mirror):
        case = open_cohort(mirror).case("BBB")
        np.testing.assert_array_equal(case.image().voxels, IMAGE)
        np.testing.assert_array_equal(case.mask().voxels, MASK)

    @pytest.mark.parametrize("where", [".", "..", "2018LA_Seg_Training Set"])
    def test_labels_are_found_around_it(self, mirror, where):
        write_labels(mirror / where, ["AAA,TRUE", "BBB,FALSE"])
        assert [case.post_ablation for case in open_cohort(mirror)] == [True, False, None]


class TestMsd:
    """A Decathlon task, whose headers misstate the axes."""

    @pytest.mark.parametrize("inside", [".", "..", "imagesTr"])
    def test_any_level(self, msd, inside):
        cohort = open_cohort(msd / inside)
        assert (cohort.layout, cohort.name, cohort.names) == ("msd", "Task02_Heart", ("la_003", "la_007"))
        assert cohort.missing == ("la_009",)
        assert {case.orientation for case in cohort} == {"ASR"}

    def test_mask_and_image_turn_together(self, msd):
        case = open_cohort(msd).case("la_007")
        # file axes (i, j, k) = (A, S, R); canonical (z, y, x) = (S, P, L): j, reversed i, reversed k
        np.testing.assert_array_equal(case.image().voxels, IMAGE[::-1, :, ::-1].transpose(1, 0, 2))
        np.testing.assert_array_equal(case.mask().voxels, case.image().voxels > 12)
        assert case.image().spacing_mm == (1.25, 1.25, 1.37)

    def test_scans_without_masks(self, msd):
        cohort = open_cohort(msd / "imagesTs")
        assert cohort.names == ("la_001",) and cohort.lists == {} and cohort.cases[0].orientation == "ASR"
        assert open_cohort(msd / "imagesTs" / "la_001.nii.gz").cases[0].orientation == "ASR"

    def test_a_mask_without_its_scan_is_not_forgotten(self, msd):
        (msd / "imagesTr/la_003.nii.gz").unlink()
        assert open_cohort(msd).incomplete == ("la_003",)

    def test_other_tasks_follow_their_affine(self, msd):
        (msd / "dataset.json").write_text('{"name": "Spleen"}')
        assert open_cohort(msd).cases[0].orientation is None

    @pytest.mark.parametrize("text", ["{", "[1, 2]", ""])
    def test_a_broken_dataset_json_is_named(self, msd, text):
        (msd / "dataset.json").write_text(text)
        with pytest.raises(InputError, match=r"dataset\.json is damaged: .*; restore the dataset's own file"):
            open_cohort(msd)


class TestImages:
    """Loose scans, for prediction."""

    def test_folder(self, tmp_path):
        for name in ("b.nii.gz", "a.nrrd", ".hidden.nrrd"):
            write_volume(tmp_path / name, IMAGE, like=GRID)
        (tmp_path / "notes.txt").touch()
        cohort = open_cohort(tmp_path)
        assert (cohort.layout, cohort.names) == ("images", ("a", "b"))
        np.testing.assert_array_equal(cohort.case("b").image().voxels, IMAGE)
        with pytest.raises(InputError, match="case b has no mask"):
            cohort.case("b").mask()

    def test_one_file(self, tmp_path):
        write_volume(tmp_path / "a.b.nii.gz", IMAGE, like=GRID)
        write_volume(tmp_path / "other.nrrd", IMAGE, like=GRID)
        assert open_cohort(tmp_path / "a.b.nii.gz").names == ("a.b",)

    def test_two_formats_of_one_name_are_refused(self, tmp_path):
        for name in ("a.nii", "a.nrrd"):
            write_volume(tmp_path / name, IMAGE, like=GRID)
        with pytest.raises(InputError, match="same case name occurs twice: a"):
            open_cohort(tmp_path)


class TestNothingRecognised:
    """The message says what was found and what would be."""

    def test_what_was_found(self, tmp_path):
        for name in "abcdefgh":
            (tmp_path / name).mkdir()
        with pytest.raises(InputError, match=r"found a/, b/, c/, d/, e/, f/ and 2 more") as caught:
            open_cohort(tmp_path)
        for layout in ("official", "phantom", "mirror", "msd", "images"):
            assert layout in str(caught.value)

    def test_empty(self, tmp_path):
        with pytest.raises(InputError, match="found nothing"):
            open_cohort(tmp_path)

    def test_absent(self, tmp_path):
        with pytest.raises(InputError, match=r"nowhere: there is no such file or folder"):
            open_cohort(tmp_path / "nowhere")

    def test_a_file_of_another_kind(self, tmp_path):
        (tmp_path / "train.list").touch()
        with pytest.raises(InputError, match=r"train\.list: cannot read this kind of file"):
            open_cohort(tmp_path / "train.list")

    def test_several(self, official, msd, tmp_path):
        with pytest.raises(InputError, match=r"several cohorts \(2018_UTAH_MICCAI, msd.Task02_Heart\)"):
            open_cohort(tmp_path)


class TestLabels:
    """The pre/post table."""

    def test_given(self, official, tmp_path):
        table = write_labels(tmp_path, ["AAA, false ", "BBB,True"])
        assert [case.post_ablation for case in open_cohort(official, labels_csv=table)] == [False, True, None]

    def test_a_spreadsheets_mark_is_no_part_of_the_name(self, official, tmp_path):
        table = write_labels(tmp_path, ["AAA,TRUE"], head="\ufeffPatient Code,post_ablation?")
        assert open_cohort(official, labels_csv=table).case("AAA").post_ablation is True

    @pytest.mark.parametrize(
        ("head", "rows", "said"),
        [
            (
                "code,post",
                ["AAA,TRUE"],
                "needs the columns 'Patient Code' and 'post_ablation\\?'; found code, post",
            ),
            ("Patient Code,post_ablation?", [], "found no rows"),
            ("Patient Code,post_ablation?", ["AAA,TRUE", "BBB,maybe"], "line 3: .* got 'BBB', 'maybe'"),
            ("Patient Code,post_ablation?", ["AAA"], "line 2: .* got 'AAA', None"),
            ("Patient Code,post_ablation?", ["AAA,TRUE", "AAA,FALSE"], "line 3: .* the same each time"),
            ("Patient Code,post_ablation?", ["ZZZ,TRUE"], "none of its 1 codes is a case"),
        ],
    )
    def test_refused(self, official, tmp_path, head, rows, said):
        table = write_labels(tmp_path, rows, head=head)
        with pytest.raises(InputError, match=said):
            open_cohort(official, labels_csv=table)

    @pytest.mark.parametrize("mark", [";", "\t", ","])
    def test_a_spreadsheets_delimiters(self, official, tmp_path, mark):
        rows = [mark.join(words) for words in (["AAA", "TRUE", "x"], ["BBB", " false ", ""], ["", "", ""])]
        table = write_labels(tmp_path, rows, head=mark.join(["Patient Code ", "post_ablation?", "remark"]))
        cohort = open_cohort(official, labels_csv=table)
        assert [case.post_ablation for case in cohort] == [True, False, None]

    @pytest.mark.parametrize(
        ("case", "code"),
        [
            ("007", "7"),
            ("007", "7.0"),
            ("7", "007"),
            ("00", "0"),
            ("Müller", "Mu\u0308ller"),  # NFC on disk, NFD in the table
            ("Mu\u0308ller", "Müller"),
            ("Mu\u0308ller", "MÜLLER"),
            ("aaa", "AAA"),
            ("aaa", " aaa\u00a0"),
            ("\uac00", "\u1100\u1161"),  # Hangul, composed and not
        ],
    )
    def test_a_code_in_another_form_is_still_the_cases(self, tmp_path, case, code):
        write_case(tmp_path / "Training Set" / case)
        table = write_labels(tmp_path, [f"{code},TRUE", "other,FALSE"])
        cohort = open_cohort(tmp_path)
        assert cohort.cases[0].post_ablation is True and cohort.unused == ()
        assert open_cohort(tmp_path, labels_csv=table).cases[0].post_ablation is True

    def test_a_form_that_fits_two_cases_fits_none(self, tmp_path):
        for name in ("007", "07", "8"):
            write_case(tmp_path / "Training Set" / name)
        write_labels(tmp_path, ["7,TRUE", "07,FALSE", "8,TRUE"])
        cohort = open_cohort(tmp_path)
        assert [case.post_ablation for case in cohort] == [None, False, True]
        ((path, reason),) = cohort.unused
        assert path == "pre post ablation recrods.csv"
        assert reason == "1 of its codes fit no case, first '7', and 1 cases have no label"

    def test_codes_of_cases_elsewhere_are_no_trouble_while_every_case_has_a_label(self, official):
        write_labels(official, ["AAA,TRUE", "BBB,TRUE", "TTT,FALSE", "ELSEWHERE,TRUE"])
        assert open_cohort(official).unused == (("__MACOSX", "no scan"),)

    @pytest.mark.parametrize(
        "rows",
        [
            ["Mu\u0308ller,TRUE", "Müller,FALSE"],  # one name in two Unicode forms
            ["7,TRUE", "7.0,FALSE"],
            ["07,TRUE", "7,FALSE"],
        ],
    )
    def test_two_forms_of_a_code_that_disagree_are_refused(self, tmp_path, rows):
        for name in ("Müller", "007"):
            write_case(tmp_path / "Training Set" / name)
        write_labels(tmp_path, rows)
        with pytest.raises(InputError, match=r"the same each time a code occurs|do not agree"):
            open_cohort(tmp_path)

    @pytest.mark.parametrize(
        "text", ["Patient Code,post_ablation?\nMüller,TRUE\n".encode("cp1252"), b"\xff\xfeP\0"]
    )
    def test_another_encoding_is_named(self, official, text):
        (official / "pre post ablation recrods.csv").write_bytes(text)
        with pytest.raises(
            InputError, match=r"recrods\.csv is damaged: it is no UTF-8 text .*save the table"
        ):
            open_cohort(official)

    def test_no_file_is_named(self, official, tmp_path):
        with pytest.raises(InputError, match=r"is no ordinary file; save the table"):
            open_cohort(official, labels_csv=tmp_path)

    def test_a_table_that_may_not_be_read_is_named(self, official, monkeypatch):
        def refuses(self):
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr("pathlib.Path.read_bytes", refuses)
        with pytest.raises(InputError, match=r"recrods\.csv may not be read"):
            open_cohort(official)

    def test_absent(self, official, tmp_path):
        with pytest.raises(InputError, match=r"there is no .*nope\.csv; save the table"):
            open_cohort(official, labels_csv=tmp_path / "nope.csv")


class TestCase:
    """A mask has to be its image's."""

    def pair(self, folder, mask, grid):
        write_volume(folder / "image.nii", IMAGE, like=GRID)
        write_volume(folder / "mask.nii", mask, like=grid)
        return Case(name="X", image_path=folder / "image.nii", mask_path=folder / "mask.nii")

    def test_another_shape(self, tmp_path):
        case = self.pair(tmp_path, np.zeros((2, 3, 5), bool), plain_grid((2, 3, 5), GRID.spacing_mm))
        with pytest.raises(
            InputError, match=r"case X: mask\.nii is \(2, 3, 5\) but image\.nii is \(2, 3, 4\)"
        ):
            case.mask()

    def test_another_place(self, tmp_path):
        case = self.pair(tmp_path, MASK, plain_grid((2, 3, 4), (1.0, 0.625, 0.625)))
        with pytest.raises(InputError, match="lie at different places in space"):
            case.mask()

    def test_a_mask_without_geometry_fits_by_its_shape(self, tmp_path):
        write_volume(tmp_path / "image.nii", IMAGE, like=GRID)
        # LPS axes, spacing 1 without a unit: a placeholder
        nibabel.save(
            nibabel.Nifti1Image(MASK.T.astype(np.uint8), np.diag([-1, -1, 1, 1])), tmp_path / "mask.nii"
        )
        case = Case(name="X", image_path=tmp_path / "image.nii", mask_path=tmp_path / "mask.nii")
        np.testing.assert_array_equal(case.mask().voxels, MASK)


class TestSubset:
    """Some of the cases."""

    def test_order_and_repeats(self, mirror):
        cohort = open_cohort(mirror)
        assert cohort.subset(["CCC", "AAA", "CCC"]).names == ("AAA", "CCC")
        assert len(cohort.subset([])) == 0

    def test_unknown(self, mirror):
        with pytest.raises(InputError, match="no case 'QQQ' among the 3"):
            open_cohort(mirror).subset(["QQQ"])

"""The audit tells what is there, what is wrong, and never stops."""

import os
import subprocess
import sys

import nibabel
import numpy as np
import pandas as pd
import pytest

from atriacourse.data.audit import audit
from atriacourse.data.cohort import open_cohort
from atriacourse.data.grid import plain_grid
from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.data.volume import write_volume
from atriacourse.errors import InputError

GRID = plain_grid((6, 8, 10), (2.0, 1.0, 1.0))


def write_case(root, name, image, mask, grid=GRID):
    folder = root / "Training Set" / name
    write_volume(folder / "lgemri.nrrd", image, like=grid)
    if mask is not None:
        write_volume(folder / "laendo.nrrd", mask, like=grid)
    return folder


def box(size):
    mask = np.zeros((6, 8, 10), bool)
    mask[1:4, 2:6, 2 : 2 + size] = True
    return mask


@pytest.fixture
def cohort(tmp_path, rng):
    """Eight cases: two good ones, a copy, and one of each kind of trouble."""
    root = tmp_path / "clinic"
    images = {name: rng.integers(5, 200, (6, 8, 10)).astype(np.uint8) for name in "ABDEFGH"}
    images["A"][0, 0, :2] = 3, 240
    write_case(root, "A", images["A"], box(5))
    write_case(root, "B", images["B"], np.uint8(box(2)) * 255)
    write_case(root, "C-copy-of-A", images["A"], box(4))
    write_case(root, "D-damaged", images["D"], box(5))
    (root / "Training Set/D-damaged/lgemri.nrrd").write_bytes(b"NRRD0004\ntype: uint8\n")
    folder = write_case(root, "E-bad-mask", images["E"], box(5))
    write_volume(folder / "laendo.nrrd", np.uint8(box(5)) * 7, like=GRID)
    write_case(root, "F-empty", images["F"], box(0))
    write_case(root, "G-no-mask", images["G"], None)
    folder = write_case(root, "H-short-mask", images["H"], None)
    write_volume(folder / "laendo.nrrd", np.ones((5, 8, 10), bool), like=plain_grid((5, 8, 10), (2, 1, 1)))
    (root / "Training Set" / "I-nothing").mkdir()
    table = "Patient Code,post_ablation?\nA,TRUE\nB,FALSE\nE-bad-mask,TRUE\n"
    (root / "pre post ablation recrods.csv").write_text(table)
    return open_cohort(root)


def test_counts(cohort):
    counts = audit(cohort).counts
    assert (counts["cases"], counts["readable"], counts["unreadable"]) == (8, 5, 3)
    assert (counts["with_mask"], counts["empty_masks"], counts["incomplete"]) == (7, 1, 1)
    assert (counts["post"], counts["pre"], counts["unlabelled"]) == (2, 1, 5)
    assert counts["duplicates"] == 1


def test_trouble_is_reported_with_its_reason(cohort):
    report = audit(cohort)
    assert sorted(report.unreadable) == ["D-damaged", "E-bad-mask", "H-short-mask"]
    assert "lgemri.nrrd: cannot be read" in report.unreadable["D-damaged"]
    assert "found 0, 7" in report.unreadable["E-bad-mask"]
    assert "is (5, 8, 10) but lgemri.nrrd is (6, 8, 10)" in report.unreadable["H-short-mask"]
    assert [(pair.first, pair.second, pair.same_image) for pair in report.duplicates] == [
        ("A", "C-copy-of-A", True)
    ]
    assert report.empty_masks == ("F-empty",)


def test_table(cohort):
    table = audit(cohort).table.set_index("name")
    assert len(table) == 8
    row = table.loc["A"]
    # 3 x 4 x 5 = 60 voxels of 2 x 1 x 1 mm: 120 mm3 = 0.12 mL
    assert (row.la_voxels, row.la_ml) == (60, pytest.approx(0.12))
    assert (row.grey_min, row.grey_max, row.voxel_type) == (3, 240, "uint8")
    assert (row.size_z, row.size_y, row.size_x, row.spacing_z_mm, row.spacing_source) == (
        6,
        8,
        10,
        2.0,
        "file",
    )
    assert list(table.label_values[["A", "B", "F-empty"]]) == ["0, 1", "0, 255", "0"]
    assert table.error.notna().sum() == 3
    assert np.isnan(table.la_voxels["G-no-mask"]) and np.isnan(table.size_z["D-damaged"])
    assert table.size_z["E-bad-mask"] == 6  # its image was fine


def test_text(cohort):
    text = audit(cohort).to_text()
    for said in [
        "clinic: layout 'official'",
        "cases            8, 5 readable, 7 with a mask",
        "label            2 post-ablation, 1 pre, 5 unknown",
        "size (z, y, x)   6 x 8 x 10 voxels",
        "spacing (mm)     2 x 1 x 1 from the file (7)",
        "grey values      uint8 (7); darkest 3..5, brightest",
        "mask values      0, 1 (2); 0 (1); 0, 255 (1)",
        "atrium           0.0 to 0.1 mL, median 0.1 mL at this spacing (0 to 60 voxels)",
        "A and C-copy-of-A: same image, mask Dice",
        "incomplete       1 no scan beside the other files",
        "unreadable       3",
        "! Duplicates:",
        "! Empty masks: F-empty",
    ]:
        assert said in text
    assert "assumed" not in text


def test_progress(cohort):
    seen = []
    audit(cohort, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(count, 8) for count in range(1, 9)]


def test_the_assumed_spacing_is_said_out_loud(tmp_path, rng):
    # Spacing 1 without a unit: LA2018's placeholder.
    image = nibabel.Nifti1Image(rng.integers(0, 99, (4, 5, 6)).astype(np.uint8), np.eye(4))
    nibabel.save(image, tmp_path / "a.nii")
    text = audit(open_cohort(tmp_path)).to_text()
    assert "0.625 x 0.625 x 0.625 assumed (1)" in text and "1 scans do not say theirs" in text
    assert "1.25" in text
    image.header.set_xyzt_units("mm")
    nibabel.save(image, tmp_path / "a.nii")
    assert "1 headers say exactly 1 x 1 x 1 mm" in audit(open_cohort(tmp_path)).to_text()
    assert "as set (1)" in audit(open_cohort(tmp_path, spacing_mm=(1, 1, 1))).to_text()


def test_what_the_readers_assumed_is_listed_once_with_its_cases(tmp_path, rng):
    voxels = rng.integers(0, 99, (4, 5, 6)).astype(np.int16)
    voxels[0] = -32768
    for name, qform in (("a", np.eye(4)), ("b", np.diag([1, -1, -1, 1]))):
        image = nibabel.Nifti1Image(voxels, np.diag([2, 2, 2, 1]))
        image.set_sform(np.diag([2, 2, 2, 1]), 1)
        image.set_qform(qform @ np.diag([2, 2, 2, 1]), 1)
        nibabel.save(image, tmp_path / f"{name}.nii")
    report = audit(open_cohort(tmp_path))
    text = " ".join(report.to_text().split())
    assert "! 2 cases, first a: 30 of its 120 voxels lie far outside the others, at -32768" in text
    # turned about the first voxel: the far corner moves by 2 * (0, 2 * 4, 2 * 5) = (0, 16, 20), 25.6 mm
    assert "! 1 case, first b: its header puts it in two places, up to 25.6 mm apart" in text
    assert [row["notes"].count(" | ") for row in report.rows] == [0, 1]


def test_nothing_readable_at_all(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"x")
    report = audit(open_cohort(tmp_path))
    assert report.counts["unreadable"] == 1 and "unreadable       1" in report.to_text()
    assert len(report.table) == 1


def test_long_lists_are_cut(tmp_path):
    for index in range(30):
        (tmp_path / f"scan{index:02}.nii").write_bytes(b"x")
    for index in range(30):
        (tmp_path / "Training Set" / f"none{index:02}").mkdir(parents=True)
    write_case(tmp_path, "A", np.ones((6, 8, 10), np.uint8), box(5))
    text = audit(open_cohort(tmp_path)).to_text()
    assert "none19, and 10 more" in " ".join(text.split())


def test_a_mirrored_mask_is_named(tmp_path):
    """One case of three, saved with identity headers under the scan's LPS: what numpy's users do."""
    for seed, name in enumerate("ABC"):
        phantom = make_phantom(PhantomConfig(matrix=96, slices=24), seed=seed)
        grid = plain_grid(phantom.image.shape, phantom.spacing_mm)
        mask = phantom.mask[:, ::-1, ::-1] if name == "B" else phantom.mask
        write_case(tmp_path, name, phantom.image, mask, grid)
    report = audit(open_cohort(tmp_path))
    assert report.mirrored_masks == {"B": "yx"} and report.counts["mirrored_masks"] == 1
    assert "! Mirrored masks: B (yx): along the axes named" in report.to_text()


def test_what_masks_and_scans_were_taken_for_is_said_once(tmp_path):
    for name in "AB":
        folder = write_case(tmp_path, name, np.arange(480, dtype=np.uint8).reshape(6, 8, 10) % 99, None)
        nibabel.save(nibabel.Nifti1Image(box(5).T.astype(np.uint8), np.eye(4)), folder / "laendo.nii")
    report = audit(open_cohort(tmp_path))
    text = " ".join(report.to_text().split())
    assert "! 2 cases, first A: the header of the mask says nothing of where its voxels lie" in text
    assert report.table.notes.str.startswith("the header of the mask").all()


def test_a_cohort_of_alike_cases_is_told_in_groups(tmp_path):
    """Nine copies of each of three scans: 3 x 36 pairs, 20 lines, and what all of them amount to."""
    for index in range(27):
        image = np.full((6, 8, 10), index % 3, np.uint8)
        image[0] = 99
        write_case(tmp_path, f"c{index:02}", image, None)
    report = audit(open_cohort(tmp_path))
    assert len(report.duplicates) == 108
    assert "and 88 more; all together 27 cases in 3 groups, the largest of 9 (with c00)" in report.to_text()
    assert report.to_text().count("same image") == 20


class TestTable:
    """--csv: written whole, and never over what no audit wrote."""

    def test_written_again(self, cohort, tmp_path):
        report, path = audit(cohort), tmp_path / "new" / "audit.csv"
        for _ in range(2):
            assert pd.read_csv(report.write_csv(path)).name.tolist() == report.table.name.tolist()
        older = report.table.drop(columns=["mask_mirrored", "notes"])  # as 0.1.0 wrote it
        older.to_csv(path, index=False)
        report.write_csv(path)
        assert "mask_mirrored" in path.read_text()

    @pytest.mark.parametrize(
        "text", ["", "name\nA\n", "mine", "name,post_ablation,site,size_z\n", "\xff\x00"]
    )
    def test_a_foreign_file_is_kept(self, cohort, tmp_path, text):
        path = tmp_path / "mine.csv"
        path.write_text(text, encoding="latin-1")
        with pytest.raises(InputError, match=r"mine\.csv is there and is no table of an audit"):
            audit(cohort).write_csv(path)
        assert path.read_text(encoding="latin-1") == text

    def test_a_column_that_somebody_added_is_kept(self, cohort, tmp_path):
        report, path = audit(cohort), tmp_path / "audit.csv"
        report.table.assign(seen_by="me").to_csv(path, index=False)
        with pytest.raises(InputError, match="no table of an audit"):
            report.write_csv(path)

    @pytest.mark.parametrize("line", ["my,notes", "\n\nlook at B again"])
    def test_a_line_that_somebody_added_is_kept(self, cohort, tmp_path, line):
        report, path = audit(cohort), tmp_path / "audit.csv"
        report.write_csv(path)
        report.write_csv(path)  # its own, unchanged, is replaced
        path.write_text(text := path.read_text() + line)
        with pytest.raises(InputError, match="was changed since an audit wrote it"):
            report.write_csv(path)
        assert path.read_text() == text

    @pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
    def test_what_is_no_file_is_kept(self, cohort, tmp_path, kind):
        path = tmp_path / "here"
        {"folder": path.mkdir, "link": lambda: path.symlink_to("gone"), "pipe": lambda: os.mkfifo(path)}[
            kind
        ]()
        with pytest.raises(InputError, match="no table of an audit"):
            audit(cohort).write_csv(path)

    def test_a_full_disk_leaves_the_table_before(self, cohort, tmp_path, monkeypatch):
        report = audit(cohort)
        path = report.write_csv(tmp_path / "audit.csv")
        before = path.read_bytes()

        def full(self, target, **kwargs):
            target.write_text("name,po")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pd.DataFrame, "to_csv", full)
        with pytest.raises(OSError, match="No space left"):
            report.write_csv(path)
        assert path.read_bytes() == before and list(tmp_path.glob(".*")) == []


def test_an_audit_needs_pandas_only_for_its_table():
    script = "import sys, atriacourse.data.audit; print('pandas' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"

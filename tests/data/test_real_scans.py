"""What must hold on the real scans: counts, copies, orientation, spacing. Skipped where they are absent."""

import itertools

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (everybody calls it so)
from scipy import ndimage

from atriacourse.data.audit import audit
from atriacourse.data.cohort import open_cohort
from atriacourse.data.fingerprint import window
from atriacourse.data.grid import GridGeometry, grid_from
from atriacourse.data.splits import holdout_split, list_split, scan_groups
from atriacourse.data.volume import write_volume
from atriacourse.errors import InputError

pytestmark = pytest.mark.real
PAIR = ("0RZDK210BSMWAA6467LU", "CMPXO4J23G58J53Q98SZ")


@pytest.fixture(scope="module")
def la2018(real_data):
    return open_cohort(real_data / "la2018")


@pytest.fixture(scope="module")
def heart(real_data):
    return open_cohort(real_data / "msd_heart")


@pytest.fixture(scope="module")
def report(la2018):
    return audit(la2018)


def test_la2018_audit(report):
    counts = report.counts
    assert (counts["cases"], counts["readable"], counts["with_mask"]) == (80, 80, 80)
    assert (counts["post"], counts["pre"], counts["unlabelled"]) == (49, 31, 0)
    assert [(pair.first, pair.second) for pair in report.duplicates] == [PAIR]
    assert report.duplicates[0].same_mask and report.duplicates[0].image_correlation > 0.99
    assert all(pair.mask_dice < 0.92 and pair.image_correlation < 0.92 for pair in report.lookalikes)
    assert 10 <= len(report.lookalikes) <= 25
    assert "0.625 x 0.625 x 0.625 assumed (80)" in report.to_text()


def test_la2018_table(report):
    table = report.table
    assert set(table.size_z) == {88} and set(table.label_values) == {"0, 1"}
    assert (table.grey_min == 0).all() and table.grey_max.between(30, 255).all()
    assert table.la_ml.median() == pytest.approx(49, abs=1)  # of the 100 training masks at 0.625 mm: 49


def test_la2018_splits(la2018):
    few = la2018.subset([*PAIR, *la2018.names[2:8]])
    groups = scan_groups(few)
    assert {name: group for name, group in groups.items() if name != group} == {PAIR[1]: PAIR[0]}
    for seed in range(10):
        assert not holdout_split(few, seed=seed, fraction=0.25, groups=groups).straddling
    with pytest.raises(InputError, match="has no test list"):
        list_split(la2018)  # the development set has no test.list


def test_the_mirrors_labels_lie_on_its_images(la2018):
    """The blood pool is most uniform under the mask as stored, not under any of its seven flips."""
    for case in la2018.cases[::16]:
        smooth = ndimage.uniform_filter(case.image().voxels.astype(np.float32), 3)
        mask = case.mask().voxels
        flips = [axes for count in range(4) for axes in itertools.combinations(range(3), count)]
        spread = {axes: smooth[np.flip(mask, axes) if axes else mask].std() for axes in flips}
        assert min(spread, key=spread.get) == ()


def test_msd_audit(heart):
    report = audit(heart)
    assert [(pair.first, pair.second) for pair in report.duplicates] == [("la_005", "la_026")]
    assert report.duplicates[0].same_image and not report.duplicates[0].same_mask
    assert report.lookalikes == () and len(heart.missing) == 16
    assert set(report.table.spacing_source) == {"file"}
    assert scan_groups(heart)["la_026"] == "la_005"


def around_the_atrium(image, mask, spacing_mm):
    """The scan every 2 mm around the atrium's centre, 96 x 112 x 144 mm; nan outside the scan."""
    look = window(image.astype(np.float32) + 1, ndimage.center_of_mass(mask), spacing_mm)
    return np.where(look > 0, look, np.nan)


def test_msd_hearts_lie_as_la2018s_do_only_when_read_as_asr(la2018, heart):
    """Of 48 readings of la_007, "ASR" is most like the average LA2018 scan; the header's own "RAS" is not."""
    looks = []
    for case in la2018.cases[::10]:
        image = case.image()
        look = around_the_atrium(
            ndimage.uniform_filter(image.voxels, 3), case.mask().voxels, image.spacing_mm
        )
        looks.append((look - np.nanmean(look)) / np.nanstd(look))
    seen = np.sum(np.isfinite(looks), axis=0)
    mean = np.nansum(looks, axis=0) / np.maximum(seen, 1)

    case, likeness = heart.case("la_007"), {}
    image, mask = (
        np.asarray(nibabel.load(path).dataobj)[::2, ::2, ::2] for path in (case.image_path, case.mask_path)
    )
    for order in itertools.permutations(["RL", "AP", "SI"]):
        for letters in itertools.product(*order):
            geometry = GridGeometry(image.shape, np.diag([2.5, 2.5, 2.74, 1]), real_spacing=True)
            grid = grid_from(geometry, spacing_mm=None, orientation="".join(letters))
            turned = around_the_atrium(grid.to_canonical(image), grid.to_canonical(mask), grid.spacing_mm)
            both = (seen > 4) & np.isfinite(turned)
            likeness["".join(letters)] = np.corrcoef(mean[both], turned[both])[0, 1]
    assert len(likeness) == 48
    assert max(likeness, key=likeness.get) == case.orientation == "ASR"
    assert likeness["ASR"] > likeness["RAS"] + 0.1


@pytest.mark.parametrize("output", [".nii.gz", ".nrrd"])
def test_a_mask_overlays_the_msd_image_in_its_own_space(heart, tmp_path, output):
    case = heart.case("la_003")
    written = write_volume(tmp_path / f"mask{output}", case.mask().voxels, like=case.image().grid)
    mask, image = sitk.ReadImage(str(written)), sitk.ReadImage(str(case.image_path))
    truth = nibabel.load(case.mask_path)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(mask).T, np.asarray(truth.dataobj))
    np.testing.assert_allclose(mask.GetOrigin(), image.GetOrigin(), atol=1e-5)
    np.testing.assert_allclose(mask.GetSpacing(), image.GetSpacing(), atol=1e-6)
    np.testing.assert_allclose(mask.GetDirection(), image.GetDirection(), atol=1e-6)


def test_a_scan_written_as_official_nrrd_reads_the_same(la2018, tmp_path):
    """The mirror's grey levels in the official layout: same voxels, same assumption, mask in place."""
    case = la2018.cases[0]
    folder = tmp_path / "Training Set" / case.name
    folder.mkdir(parents=True)
    header = {"space": "left-posterior-superior", "space directions": np.eye(3), "space origin": [0, 0, 0]}
    for name, voxels in (("lgemri", case.image().voxels), ("laendo", np.uint8(case.mask().voxels) * 255)):
        nrrd.write(str(folder / f"{name}.nrrd"), voxels.T, header, compression_level=1)
    again = open_cohort(tmp_path).cases[0]
    np.testing.assert_array_equal(again.image().voxels, case.image().voxels)
    np.testing.assert_array_equal(again.mask().voxels, case.mask().voxels)
    assert again.image().grid.spacing_source == "assumed" and again.mask().spacing_mm == (0.625,) * 3

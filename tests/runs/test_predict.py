"""Masks on the scan's own grid, kept when they are there, and one bad file stopping nothing."""

import shutil
from dataclasses import replace

import nibabel
import nrrd
import numpy as np
import pytest
import torch
from skimage.transform import resize

from atriacourse.data.cohort import open_cohort
from atriacourse.data.grid import plain_grid
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.data.volume import Volume, read_mask, read_volume
from atriacourse.errors import InputError
from atriacourse.evaluation.overlap import dice
from atriacourse.inference.postprocess import postprocess
from atriacourse.network.unet import MultiTaskOutput
from atriacourse.runs.folder import open_model
from atriacourse.runs.predict import Segmenter, other_voxels, predict_cohort


@pytest.fixture(scope="module")
def segmenter(tiny_run):
    return Segmenter(open_model(tiny_run), device="cpu")


@pytest.fixture
def cohort(phantom_folder):
    cohort = open_cohort(phantom_folder)
    return cohort.subset(cohort.names[:2])


def half_brain(rng, shape):
    """A scan with something bright, so that an untrained network's mask is not all or nothing."""
    grey = rng.integers(0, 60, shape).astype(np.uint8)
    grey[3:9, 10:20, 8:16] += 120
    return grey


AFFINES = {
    "RAS": np.diag([1.2, 1.5, 2.0, 1.0]),
    "LPS": np.diag([-1.2, -1.5, 2.0, 1.0]),
    "oblique": np.array([[0, 1.4, 0.2, -30], [-1.1, 0.1, 0, 12], [0, 0, 2.5, 5], [0, 0, 0, 1.0]]),
}


@pytest.mark.parametrize("affine", AFFINES.values(), ids=AFFINES)
def test_a_nifti_mask_overlays_its_scan(segmenter, tmp_path, rng, affine):
    grey = half_brain(rng, (21, 25, 13))
    scan = nibabel.Nifti1Image(grey, affine)
    scan.header.set_xyzt_units("mm")
    nibabel.save(scan, tmp_path / "scan.nii.gz")
    cohort = open_cohort(tmp_path / "scan.nii.gz")
    (outcome,) = predict_cohort(segmenter, cohort, tmp_path / "out", probabilities=True)
    mask = nibabel.load(outcome.mask_path)
    assert outcome.mask_path == tmp_path / "out" / "scan_la.nii.gz" and outcome.problem is None
    assert mask.shape == scan.shape and mask.get_data_dtype() == np.uint8
    np.testing.assert_allclose(mask.affine, affine, atol=1e-5)
    expected = segmenter(read_volume(tmp_path / "scan.nii.gz"))
    np.testing.assert_array_equal(read_mask(outcome.mask_path).voxels, expected.mask)
    probability = read_volume(tmp_path / "out" / "scan_probability.nii.gz").voxels
    np.testing.assert_array_equal(probability, expected.atrium)
    assert len(np.unique(probability)) > 100  # not of one value, which would lie right any way round


def test_an_nrrd_mask_overlays_its_scan(segmenter, tmp_path, rng):
    header = {
        "space": "left-posterior-superior",
        "space directions": np.array([[0.6, 0, 0], [0, 0.7, 0], [0, 0, 1.3]]),
        "space origin": np.array([-10.0, 20.0, 3.0]),
    }
    nrrd.write(str(tmp_path / "scan.nrrd"), half_brain(rng, (21, 25, 13)), header)
    cohort = open_cohort(tmp_path / "scan.nrrd")
    predict_cohort(segmenter, cohort, tmp_path / "out", file_format="nrrd", probabilities=True)
    voxels, written = nrrd.read(str(tmp_path / "out" / "scan_la.nrrd"))
    assert voxels.shape == (21, 25, 13) and set(np.unique(voxels)) <= {0, 1}
    np.testing.assert_allclose(written["space directions"], header["space directions"], atol=1e-6)
    np.testing.assert_allclose(written["space origin"], header["space origin"], atol=1e-6)
    probability, _ = nrrd.read(str(tmp_path / "out" / "scan_probability.nrrd"))
    assert probability.dtype == np.float32 and 0 <= probability.min() <= probability.max() <= 1
    raw = segmenter(read_volume(tmp_path / "scan.nrrd")).raw_mask
    kept = read_volume(tmp_path / "out" / "scan_probability.nrrd").voxels > 0.5
    np.testing.assert_array_equal(kept, raw)


def test_a_segmentation_is_its_parts(segmenter, cohort):
    told = []
    image = cohort.cases[0].image()
    result = segmenter(image, progress=lambda *args: told.append(args))
    assert result.mask.shape == result.raw_mask.shape == result.atrium.shape == image.shape
    np.testing.assert_array_equal(result.raw_mask, result.atrium > 0.5)
    np.testing.assert_array_equal(result.mask, postprocess(result.raw_mask))
    assert 0 < result.post_ablation < 1 and told[-1] == (8, 8)


def test_masks_that_are_there_are_kept_until_overwritten(segmenter, cohort, tmp_path):
    first = predict_cohort(segmenter, cohort, tmp_path)
    assert [outcome.kept for outcome in first] == [False, False]
    first[0].mask_path.write_bytes(b"mine")
    again = predict_cohort(segmenter, cohort, tmp_path)
    assert [outcome.kept for outcome in again] == [True, True]
    assert first[0].mask_path.read_bytes() == b"mine"
    first[1].mask_path.unlink()  # interrupted after the first: the second is made
    assert [outcome.kept for outcome in predict_cohort(segmenter, cohort, tmp_path)] == [True, False]
    anew = predict_cohort(segmenter, cohort, tmp_path, overwrite=True)
    assert [outcome.kept for outcome in anew] == [False, False]
    assert first[0].mask_path.read_bytes() != b"mine"


def test_probabilities_asked_for_later_are_made(segmenter, cohort, tmp_path):
    predict_cohort(segmenter, cohort, tmp_path)
    outcomes = predict_cohort(segmenter, cohort, tmp_path, probabilities=True)
    assert not any(outcome.kept for outcome in outcomes)
    assert len(list(tmp_path.glob("*_probability.nii.gz"))) == 2


def test_masks_of_another_model_are_not_mixed_in(segmenter, tiny_run, cohort, tmp_path):
    predict_cohort(segmenter, cohort, tmp_path)
    other = Segmenter(open_model(tiny_run, checkpoint="last"), device="cpu")
    with pytest.raises(InputError, match="holds masks of another model"):
        predict_cohort(other, cohort, tmp_path)
    predict_cohort(other, cohort, tmp_path, overwrite=True)
    with pytest.raises(InputError, match="holds masks of another model"):
        predict_cohort(segmenter, cohort, tmp_path)


def test_a_scan_that_cannot_be_read_is_told_and_the_others_are_done(segmenter, cohort, tmp_path):
    broken = shutil.copy(cohort.cases[0].image_path, tmp_path / "lgemri.nrrd")
    broken.write_bytes(broken.read_bytes()[:3000])
    cases = (replace(cohort.cases[0], image_path=broken), cohort.cases[1])
    told = []
    outcomes = predict_cohort(segmenter, replace(cohort, cases=cases), tmp_path / "out", on_case=told.append)
    assert told == outcomes
    assert "lgemri.nrrd" in outcomes[0].problem and outcomes[0].mask_path is None
    assert outcomes[1].problem is None and outcomes[1].mask_path.is_file()


def test_an_unknown_format_is_refused(segmenter, cohort, tmp_path):
    with pytest.raises(InputError, match=r"nii\.gz, nii, nrrd, got 'dcm'"):
        predict_cohort(segmenter, cohort, tmp_path / "out", file_format="dcm")
    assert not (tmp_path / "out").exists()


def test_a_run_loads_its_network_once(tiny_run, cohort, monkeypatch):
    saved = open_model(tiny_run)
    loads = []
    load = type(saved).load
    monkeypatch.setattr(type(saved), "load", lambda self, *args: loads.append(args) or load(self, *args))
    segmenter = Segmenter(saved, device="cpu")
    for case in cohort:
        segmenter(case.image())
    assert len(loads) == 1


# ---- scans of other voxels -----------------------------------------------------------------------


class Threshold(torch.nn.Module):
    """In place of a network: atrium is what is brighter than one SD above the slice's mean."""

    def __init__(self, config):
        super().__init__()
        self.config, self.seen = config, []
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images):
        self.seen.append(tuple(images.shape))
        atrium = 8 * (images[:, :1] - 1)
        return MultiTaskOutput(torch.cat([-atrium, atrium], dim=1), None)


@pytest.fixture
def threshold(segmenter, monkeypatch):
    """The network of every run becomes a threshold; returns it, to ask what it has seen."""
    network = Threshold(segmenter.saved.config.network)
    monkeypatch.setattr(type(segmenter.saved), "load", lambda *args: network)
    return network


def body(shape, spacing_mm):
    """A bright oblique cylinder of one size in millimetres, at any voxel size; grey levels of 8 bits."""
    axes = [(np.arange(n) + 0.5) * step for n, step in zip(shape, spacing_mm, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    far = np.sqrt(((y - 70 - 0.8 * z) / 40) ** 2 + ((x - 110) / 55) ** 2)
    grey = np.rint(20 + 200 / (1 + np.exp(12 * (far - 1)))).astype(np.uint8)
    return Volume(voxels=grey, grid=plain_grid(shape, spacing_mm))


# the tiny run's phantoms have voxels of 55 / 8 = 6.875 mm along z and 360 / 64 = 5.625 mm in-plane;
# 16 * 3.4375 = 8 * 6.875, 90 * 2.0 = 32 * 5.625, 100 * 2.25 = 40 * 5.625: two grids in one box
COARSE, FINE = ((8, 32, 40), (6.875, 5.625, 5.625)), ((16, 90, 100), (3.4375, 2.0, 2.25))


def test_a_body_is_found_alike_at_two_voxel_sizes(threshold, tiny_run):
    masks = []
    for shape, spacing_mm in (COARSE, FINE):
        result = Segmenter(open_model(tiny_run), device="cpu")(body(shape, spacing_mm))
        assert result.mask.shape == result.raw_mask.shape == result.atrium.shape == shape
        # the network is shown eight slices of 32 x 40, whichever scan it is
        assert sum(batch[0] for batch in threshold.seen) == 8
        assert {batch[2:] for batch in threshold.seen} == {(32, 40)}
        threshold.seen.clear()
        masks.append(result.raw_mask)
    coarse, fine = masks
    assert fine.sum() * np.prod(FINE[1]) == pytest.approx(coarse.sum() * np.prod(COARSE[1]), rel=0.05)
    on_fine = resize(coarse.astype(float), fine.shape, order=1, mode="edge") > 0.5
    assert dice(on_fine, fine) > 0.95


def test_a_scan_of_the_voxels_trained_on_is_not_touched(tiny_run, cohort):
    image = cohort.cases[0].image()
    asked = Segmenter(open_model(tiny_run), device="cpu")(image)
    without = Segmenter(open_model(tiny_run), device="cpu", resample=False)(image)
    np.testing.assert_array_equal(asked.atrium, without.atrium)


def test_without_resampling_the_network_sees_the_scan_as_it_is(threshold, tiny_run):
    scan = body(*FINE)
    Segmenter(open_model(tiny_run), device="cpu", resample=False)(scan)
    assert sum(batch[0] for batch in threshold.seen) == 16


def test_the_callers_word_on_the_voxels_trained_on(threshold, tiny_run):
    scan = body(*FINE)
    segmenter = Segmenter(open_model(tiny_run), device="cpu", trained_mm=(13.75, 2.0, 2.25))
    segmenter(scan)  # 16 * 3.4375 / 13.75 = 4 slices; the plane is padded to multiples of 4
    assert sum(batch[0] for batch in threshold.seen) == 4
    assert {batch[2:] for batch in threshold.seen} == {(92, 100)}
    with pytest.raises(InputError, match="three positive numbers"):
        Segmenter(open_model(tiny_run), device="cpu", trained_mm=(1.0, 0.0, 1.0))


def test_a_voxel_size_that_was_assumed_is_no_ground_to_resample(threshold, tiny_run):
    scan = body(*FINE)
    assumed = replace(scan, grid=replace(scan.grid, spacing_source="assumed"))
    Segmenter(open_model(tiny_run), device="cpu")(assumed)
    assert sum(batch[0] for batch in threshold.seen) == 16


def test_scans_of_other_voxels_are_sorted_by_what_becomes_of_them(tiny_run, cohort, tmp_path):
    z, y, x = cohort.cases[0].grid().spacing_mm
    cases = [replace(cohort.cases[0], spacing_mm=(z, y * factor, x)) for factor in (1.1, 1.3, 0.7)]
    odd = replace(cohort, cases=tuple(replace(case, name=f"{k}") for k, case in enumerate(cases)))
    saved = open_model(tiny_run)
    assert other_voxels(Segmenter(saved, device="cpu"), odd) == (("1", "2"), (), ())
    assert other_voxels(Segmenter(saved, device="cpu", resample=False), odd) == ((), ("1", "2"), ())
    header = {"space dimension": 3}  # and no spacing
    nrrd.write(str(tmp_path / "lgemri.nrrd"), np.zeros((5, 6, 7), np.uint8), header)
    nameless = open_cohort(tmp_path / "lgemri.nrrd")
    assert nameless.cases[0].grid().spacing_source == "assumed"
    assert other_voxels(Segmenter(saved, device="cpu"), nameless) == ((), (), (nameless.names[0],))


def test_a_phantom_written_at_two_voxel_sizes_gets_about_the_same_mask(threshold, tiny_run, tmp_path):
    """The same patient, drawn by the phantom's own code at both; the threshold finds its bright blood."""
    masks = []
    for matrix, slices in ((64, 8), (144, 16)):
        config = PhantomConfig(matrix=matrix, slices=slices, site="A")
        folder = write_phantom_cohort(tmp_path / str(matrix), cases=1, config=config, seed=5)
        case = open_cohort(folder).cases[0]
        (outcome,) = predict_cohort(
            Segmenter(open_model(tiny_run), device="cpu"), open_cohort(folder), tmp_path / f"out{matrix}"
        )
        written = read_mask(outcome.mask_path)
        assert written.shape == case.image().shape == (slices, matrix, matrix)
        np.testing.assert_allclose(written.spacing_mm, case.grid().spacing_mm, rtol=1e-5)
        masks.append(written)
    coarse, fine = masks
    on_fine = resize(coarse.voxels.astype(float), fine.shape, order=1, mode="edge") > 0.5
    assert dice(on_fine, fine.voxels) > 0.7


def test_masks_of_another_resampling_are_not_mixed_in(tiny_run, cohort, tmp_path):
    z, y, x = cohort.cases[0].grid().spacing_mm
    odd = replace(cohort, cases=tuple(replace(case, spacing_mm=(z, y / 2, x / 2)) for case in cohort))
    saved = open_model(tiny_run)
    predict_cohort(Segmenter(saved, device="cpu"), odd, tmp_path)
    for other in ({"resample": False}, {"trained_mm": (z, y, x * 1.1)}):
        with pytest.raises(InputError, match=r"masks of another resampling \(2 of these scans"):
            predict_cohort(Segmenter(saved, device="cpu", **other), odd, tmp_path)
    assert all(outcome.kept for outcome in predict_cohort(Segmenter(saved, device="cpu"), odd, tmp_path))
    # the caller's word on the scans was wrong: these masks were made from voxels of another size
    right = replace(odd, cases=tuple(replace(case, spacing_mm=(z, y / 3, x / 3)) for case in odd))
    with pytest.raises(InputError, match=r"masks of another resampling \(2 of these scans"):
        predict_cohort(Segmenter(saved, device="cpu"), right, tmp_path)


def test_a_header_in_another_unit_is_told_and_stops_nobody(threshold, tiny_run, cohort, tmp_path):
    first, second = cohort
    wrong = replace(first, spacing_mm=(6875.0, 5625.0, 5625.0))  # micrometres taken for millimetres
    segmenter = Segmenter(open_model(tiny_run), device="cpu")
    outcomes = predict_cohort(segmenter, replace(cohort, cases=(wrong, second)), tmp_path)
    assert "is that another unit? Give the true size (--spacing-mm)" in outcomes[0].problem
    assert outcomes[0].mask_path is None and outcomes[1].mask_path.is_file()
    as_it_is = Segmenter(open_model(tiny_run), device="cpu", resample=False)
    (outcome,) = predict_cohort(as_it_is, replace(cohort, cases=(wrong,)), tmp_path)
    assert "is that another unit?" in outcome.problem  # no heart has such voxels, resampled or not


# ---- the real scans ------------------------------------------------------------------------------


@pytest.mark.real
def test_two_real_scans_of_the_mirror(segmenter, real_data, tmp_path):
    cohort = open_cohort(real_data / "la2018")
    outcomes = predict_cohort(segmenter, cohort.subset(cohort.names[:2]), tmp_path)
    for outcome, name in zip(outcomes, cohort.names, strict=False):
        assert outcome.problem is None
        assert read_mask(outcome.mask_path).shape == cohort.case(name).image().shape


@pytest.mark.real
def test_a_real_nifti_is_overlaid_in_its_own_space(segmenter, real_data, tmp_path):
    cohort = open_cohort(real_data / "msd_heart" / "Task02_Heart")
    case = cohort.cases[0]
    (outcome,) = predict_cohort(segmenter, cohort.subset([case.name]), tmp_path, probabilities=True)
    scan, mask = nibabel.load(case.image_path), nibabel.load(outcome.mask_path)
    assert mask.shape == scan.shape
    np.testing.assert_allclose(mask.affine, scan.affine, atol=1e-4)
    # and the voxels are where they belong: read as the case is read, they are the prediction
    image = case.image()
    result = segmenter(image)
    back = image.grid.to_canonical(np.asarray(mask.dataobj))
    np.testing.assert_array_equal(back.astype(bool), result.mask)
    probability = nibabel.load(tmp_path / f"{case.name}_probability.nii.gz")
    np.testing.assert_array_equal(image.grid.to_canonical(np.asarray(probability.dataobj)), result.atrium)


@pytest.mark.real
def test_a_real_scan_of_other_voxels_comes_back_on_its_own_grid(threshold, tiny_run, real_data, tmp_path):
    """MSD's 1.25 x 1.25 x 1.37 mm, shown at 2.5 mm cubed to what stands in for the network."""
    cohort = open_cohort(real_data / "msd_heart" / "Task02_Heart")
    case = cohort.subset(["la_003"]).cases[0]
    image = case.image()
    slices = round(image.shape[0] * image.spacing_mm[0] / 2.5)
    segmenter = Segmenter(open_model(tiny_run), device="cpu", trained_mm=(2.5, 2.5, 2.5))
    (outcome,) = predict_cohort(segmenter, cohort.subset(["la_003"]), tmp_path)
    assert sum(batch[0] for batch in threshold.seen) == slices
    scan, mask = nibabel.load(case.image_path), nibabel.load(outcome.mask_path)
    assert mask.shape == scan.shape
    np.testing.assert_allclose(mask.affine, scan.affine, atol=1e-4)
    # the bright voxels of the scan itself are those of the mask, up to what half the resolution blurs
    as_it_is = Segmenter(open_model(tiny_run), device="cpu", resample=False)(image)
    resampled = segmenter(image)
    np.testing.assert_array_equal(image.grid.to_canonical(np.asarray(mask.dataobj)) > 0, resampled.mask)
    assert dice(as_it_is.raw_mask, resampled.raw_mask) > 0.8

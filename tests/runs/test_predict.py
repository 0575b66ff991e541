"""Masks on the scan's own grid, kept when they are there, and one bad file stopping nothing."""

import shutil
from dataclasses import replace

import nibabel
import nrrd
import numpy as np
import pytest

from atriacourse.data.cohort import open_cohort
from atriacourse.data.volume import read_mask, read_volume
from atriacourse.errors import InputError
from atriacourse.inference.postprocess import postprocess
from atriacourse.runs.folder import open_model
from atriacourse.runs.predict import Segmenter, predict_cohort


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

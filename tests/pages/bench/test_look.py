"""Phantoms to be looked at: the same patient as the cohort's, finer in the plane."""

from dataclasses import replace

import numpy as np
import pytest

from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.data.phantom.write import RECORD
from atriacourse.errors import InputError
from atriacourse.pages.bench.scans import to_look_at


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    config = PhantomConfig(matrix=72, slices=8, post_ablation=True)  # of 5 mm
    folder = tmp_path_factory.mktemp("look") / "phantoms"
    return open_cohort(write_phantom_cohort(folder, cases=2, config=config, seed=3))


def test_a_phantom_is_the_same_patient_with_the_pixels_of_a_real_scan(cohort):
    case = cohort.cases[1]
    seen, coarse = to_look_at(cohort, case), case.mask()
    assert seen.spacing_mm == (coarse.spacing_mm[0], 0.625, 0.625)
    assert seen.grey.shape == seen.mask.shape == (8, 320, 320)
    assert seen.grey.min() >= 0 and seen.grey.max() <= 255
    assert to_look_at(cohort, case, pixel_mm=2.5).spacing_mm[1:] == (2.5, 2.5)
    # the middle 200 mm of the coarse one: 5 mm hold 8 x 8 fine pixels
    shares = seen.mask.reshape(8, 40, 8, 40, 8).mean(axis=(2, 4))
    inside = coarse.voxels[:, 16:56, 16:56]
    assert inside.sum() == coarse.voxels.sum()
    common = np.sum((shares > 0.5) & inside)
    assert 2 * common / (np.sum(shares > 0.5) + inside.sum()) > 0.9  # another patient: about 0.6


def test_any_other_scan_is_shown_as_it_is(cohort):
    case = cohort.cases[0]
    seen = to_look_at(replace(cohort, layout="official"), case)
    assert seen.spacing_mm == case.image().spacing_mm
    assert np.array_equal(seen.mask, case.mask().voxels)


def test_phantoms_without_their_record_are_named(cohort):
    (cohort.root / RECORD).unlink()
    with pytest.raises(InputError, match=r"phantom\.json.*make the phantoms once more"):
        to_look_at(cohort, cohort.cases[0])

"""The class's scans: three centres, made once, found again by whoever is told where they are."""

import pytest

from atriacourse.assignments import centres
from atriacourse.assignments.allocation import CENTRES


def test_a_shared_clinic_is_not_made_again(small_centres, tmp_path, monkeypatch):
    monkeypatch.setenv(centres.CLASS, str(small_centres))
    cohort = centres.open_centre(2019, scratch=tmp_path)
    assert len(cohort.names) == 10 and not list(tmp_path.iterdir()) and cohort.name == "centre2019"
    monkeypatch.setattr(centres, "CASES", 2)
    own = centres.open_centre(2018, scratch=tmp_path)  # not among the shared
    assert len(own.names) == 2 and (tmp_path / "centre2018").is_dir()


def test_all_clinics_are_made_at_once_and_differ(tmp_path, monkeypatch):
    monkeypatch.setattr(centres, "CASES", 1)
    centres.make_centres(tmp_path)
    scans = [centres.open_centre(number, scratch=tmp_path).cases[0] for number in CENTRES]
    assert len({scan.image().voxels.tobytes() for scan in scans}) == 3


@pytest.mark.parametrize("centre", CENTRES)
def test_the_first_scan_of_a_clinic_is_the_recorded_one(centre, tmp_path, monkeypatch):
    monkeypatch.setattr(centres, "CASES", 1)
    (name,) = centres.open_centre(centre, scratch=tmp_path).names
    from atriacourse.school.bands.band import RECORDS
    from atriacourse.studies.records import read_records

    of_centre = [one for one in read_records(RECORDS).values() if one.cohort == f"clinic{centre}"]
    whole = [one for one in of_centre if one.split == "safe" and one.kind == "network" and not one.subsets]
    assert whole and all(name in {*one.cases, *one.trained_on} for one in whole)

"""The class's scans: three clinics, made once, found again by whoever is told where they are."""

import pytest

from atriacourse.assignments import clinics
from atriacourse.assignments.allocation import CLINICS


def test_a_shared_clinic_is_not_made_again(small_clinics, tmp_path, monkeypatch):
    monkeypatch.setenv(clinics.CLASS, str(small_clinics))
    cohort = clinics.open_clinic(2019, scratch=tmp_path)
    assert len(cohort.names) == 10 and not list(tmp_path.iterdir()) and cohort.name == "clinic2019"
    monkeypatch.setattr(clinics, "CASES", 2)
    own = clinics.open_clinic(2018, scratch=tmp_path)  # not among the shared
    assert len(own.names) == 2 and (tmp_path / "clinic2018").is_dir()


def test_all_clinics_are_made_at_once_and_differ(tmp_path, monkeypatch):
    monkeypatch.setattr(clinics, "CASES", 1)
    clinics.make_clinics(tmp_path)
    scans = [clinics.open_clinic(number, scratch=tmp_path).cases[0] for number in CLINICS]
    assert len({scan.image().voxels.tobytes() for scan in scans}) == 3


@pytest.mark.parametrize("clinic", CLINICS)
def test_the_first_scan_of_a_clinic_is_the_recorded_one(clinic, tmp_path, monkeypatch):
    monkeypatch.setattr(clinics, "CASES", 1)
    (name,) = clinics.open_clinic(clinic, scratch=tmp_path).names
    from atriacourse.school.bands.band import RECORDS
    from atriacourse.studies.records import read_records

    of_clinic = [one for one in read_records(RECORDS).values() if one.cohort == f"clinic{clinic}"]
    whole = [one for one in of_clinic if one.split == "safe" and one.kind == "network" and not one.subsets]
    assert whole and all(name in {*one.cases, *one.trained_on} for one in whole)

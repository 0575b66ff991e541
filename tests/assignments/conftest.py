"""A class small enough for tests: ten phantoms a clinic, networks of two epochs."""

from dataclasses import replace

import pytest

from atriacourse.assignments import clinics
from atriacourse.assignments.assignment import SCALE
from atriacourse.studies import scales


@pytest.fixture(scope="session")
def small_clinics(tmp_path_factory):
    """A folder with one clinic of ten phantoms, for the variant of the id "ada"."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clinics, "CASES", 10)
        folder = tmp_path_factory.mktemp("class")
        clinics.make_clinic(folder, 2019)
    return folder


@pytest.fixture
def small_class(small_clinics, monkeypatch, one_thread):
    """Makes every measurement of a test take seconds."""
    base = scales.SCALES[SCALE]
    short = replace(base, settings=lambda: replace(scales.smoke_scale(), epochs=2))
    monkeypatch.setitem(scales.SCALES, SCALE, short)
    monkeypatch.setenv(clinics.CLASS, str(small_clinics))
    monkeypatch.delenv("ATRIACOURSE_WORK", raising=False)
    return small_clinics

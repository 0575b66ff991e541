"""A class small enough for tests: ten phantoms a clinic, networks of two epochs."""

from dataclasses import replace

import pytest

from atriacourse.assignments import centres
from atriacourse.assignments.assignment import SCALE
from atriacourse.studies import scales


@pytest.fixture(scope="session")
def small_centres(tmp_path_factory):
    """A folder with one clinic of ten phantoms, for the variant of the id "ada"."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centres, "CASES", 10)
        folder = tmp_path_factory.mktemp("class")
        centres.make_centre(folder, 2019)
    return folder


@pytest.fixture
def small_class(small_centres, monkeypatch, one_thread):
    """Makes every measurement of a test take seconds."""
    base = scales.SCALES[SCALE]
    short = replace(base, settings=lambda: replace(scales.smoke_scale(), epochs=2))
    monkeypatch.setitem(scales.SCALES, SCALE, short)
    monkeypatch.setenv(centres.CLASS, str(small_centres))
    monkeypatch.delenv("ATRIACOURSE_WORK", raising=False)
    return small_centres

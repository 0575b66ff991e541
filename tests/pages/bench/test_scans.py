"""Which scans a chapter takes, and that it says so."""

import pytest

from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort
from atriacourse.errors import InputError
from atriacourse.pages.bench.scans import chapter_scans

TINY = PhantomConfig(matrix=32, slices=8)


def scans(data, folder):
    return chapter_scans(data, scratch=folder, phantom=TINY, cases=2, seed=1)


@pytest.fixture
def no_real_data(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIACOURSE_DATA", str(tmp_path / "nothing here"))


@pytest.mark.parametrize("data", ["phantom", None])
def test_phantoms_where_nothing_else_is_there(data, tmp_path, no_real_data):
    cohort, said = scans(data, tmp_path)
    assert len(cohort) == 2
    assert said == "2 synthetic scans with known truth (phantoms)"
    assert scans(data, tmp_path).cohort.names == cohort.names  # made once, found again


def test_real_scans_that_are_asked_for_and_missing_are_an_error(tmp_path, no_real_data):
    with pytest.raises(InputError, match="no folder la2018 or la2018_official"):
        scans("la2018", tmp_path)


def test_a_folder_is_opened_in_whatever_layout_it_has(tmp_path):
    folder = write_phantom_cohort(tmp_path / "mine", cases=3, config=TINY, seed=5)
    assert len(scans(str(folder), tmp_path).cohort) == 3


@pytest.mark.real
def test_real_scans_are_taken_where_they_are(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIACOURSE_DATA", str(real_data))
    cohort, said = scans(None, tmp_path)
    assert cohort.layout == "mirror"
    assert said == f"{len(cohort)} scans of {cohort.name} (mirror layout)"
    assert scans("msd", tmp_path).cohort.layout == "msd"

"""tools/bands.py: what is recorded stays, what is missing is made again, under the same key."""

import shutil

import pytest
from bands import record_runs

from atriacourse.assignments.allocation import CENTRES
from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.listing import assignment
from atriacourse.errors import InputError
from atriacourse.school.bands.band import RECORDS
from atriacourse.studies.catalogue import study
from atriacourse.studies.cells import plan_study
from atriacourse.studies.records import read_record


@pytest.mark.slow  # one training of the class's scale
def test_a_lost_record_is_made_again_and_nothing_else_is_touched(tmp_path):
    committed, records = {path.name for path in RECORDS.glob("*.json")}, tmp_path / "records"
    shutil.copytree(RECORDS, records)
    (data,) = {
        one.data for path in RECORDS.glob("*.json") if (one := read_record(path)).cohort[-4:] == "2018"
    }
    (lost, *_) = plan_study(study("gamma_range"), scale_name=SCALE, data=data, seeds=(1,), variants=["wide"])
    (records / f"{lost.key}.json").unlink()
    where = {"records": records, "work": tmp_path / "work", "centres": CENTRES[:1], "seeds": (1,)}
    assert [path.name for path in record_runs(assignment("gamma"), **where)] == [f"{lost.key}.json"]
    assert {path.name for path in records.glob("*.json")} == committed
    made, before = (read_record(folder / f"{lost.key}.json") for folder in (records, RECORDS))
    assert made.settings == before.settings and made.cases == before.cases  # scores: as machines round
    assert record_runs(assignment("gamma"), **where) == []  # all is there
    untouched = [path for path in RECORDS.glob("*.json") if path.stem != lost.key]
    assert all((records / path.name).read_bytes() == path.read_bytes() for path in untouched)


def test_an_assignment_that_trains_nothing_has_no_bands(tmp_path):
    with pytest.raises(InputError, match="clinic trains no network"):
        record_runs(assignment("clinic"), records=tmp_path, work=tmp_path)
    assert list(tmp_path.iterdir()) == []

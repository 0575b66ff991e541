"""A study's folder of format 1: read as it is, and renamed where a run goes on with it."""

import json
import shutil

import pytest

from atriacourse.studies.formats import DEFAULTS_1, FORMAT, bag_key_1, hash_1, key_1
from atriacourse.studies.identity import ADDED, PARTS
from atriacourse.studies.progress import status
from atriacourse.studies.records import read_records, records_in
from atriacourse.studies.results import gather
from atriacourse.studies.runner import run_units
from atriacourse.studies.upgrade import older_keys, upgrade_folder, upgrade_records


@pytest.fixture
def older(tiny_study, tmp_path):
    """The tiny study as a version of format 1 would have left it."""
    folder = shutil.copytree(tiny_study, tmp_path / "study")
    names = {}
    for key, record in sorted(
        read_records(folder / "records").items(), key=lambda item: item[1].kind, reverse=True
    ):
        content = json.loads((folder / "records" / f"{key}.json").read_text())
        del content["format"]
        before = DEFAULTS_1 | {name: added.before for name, added in ADDED.items()}
        content["settings"] = {n: v for n, v in record.settings.items() if v != before[n]}
        if record.kind == "bag":
            content["members"] = [names[member] for member in record.members]
            content["key"] = bag_key_1(content["members"], record.combine)
        else:
            content["key"] = hash_1({name: content[name] for name in PARTS})
            (folder / "cells" / key).rename(folder / "cells" / content["key"])
        (folder / "records" / f"{key}.json").unlink()
        (folder / "records" / f"{content['key']}.json").write_text(json.dumps(content))
        names[key] = content["key"]
    shutil.rmtree(folder / "locks")
    return folder


def test_an_older_folder_is_read_as_it_is(older, tiny_units, tiny_study):
    study, units = tiny_units
    files = sorted(path.name for path in (older / "records").iterdir())
    assert not {f"{unit.key}.json" for unit in units} & set(files)
    end = status(units, older)
    assert end.done == end.total and not end.failed
    found, fresh = (
        gather(units, study, read_records(folder / "records"), scale="smoke", cohort="phantoms")
        for folder in (older, tiny_study)
    )
    assert found.table.equals(fresh.table) and not found.missing
    assert files == sorted(path.name for path in (older / "records").iterdir())  # nothing was written


def test_a_run_goes_on_with_an_older_folder_and_trains_nothing_twice(
    older, tiny_units, tiny_data, tiny_study
):
    end = run_units(tiny_units[1], tiny_data, older, device="cpu", threads=1)
    assert end.done == end.total and not end.failed
    assert read_records(older / "records") == read_records(tiny_study / "records")
    assert sorted(path.name for path in (older / "cells").iterdir()) == sorted(
        path.name for path in (tiny_study / "cells").iterdir()
    )
    assert all(json.loads(path.read_text())["format"] == FORMAT for path in (older / "records").iterdir())
    assert upgrade_folder(older, tiny_units[1]) == 0  # once


def test_what_is_begun_is_gone_on_with_and_a_failure_keeps_its_reason(older, tiny_units, tiny_data):
    unit = tiny_units[1][0]
    old, new = key_1(unit.cells[0].identity), unit.key
    (older / "records" / f"{old}.json").unlink()  # trained, and stopped before it was scored
    (older / "failed").mkdir(exist_ok=True)
    (older / "failed" / f"{old}.json").write_text('{"says": "tiny/plain, seed 1", "error": "no memory"}')
    weights = (older / "cells" / old / "run" / "best.safetensors").stat().st_mtime_ns
    assert upgrade_folder(older, tiny_units[1]) == 4
    assert status(tiny_units[1], older).failed == {"tiny/plain, seed 1": "no memory"}
    run_units(tiny_units[1], tiny_data, older, device="cpu", threads=1)
    assert (older / "cells" / new / "run" / "best.safetensors").stat().st_mtime_ns == weights
    assert not (older / "cells" / old).exists() and new in read_records(older / "records")


def test_stopped_in_between_it_is_gone_on_with(older, tiny_units, tiny_study):
    records = sorted((older / "records").glob("*.json"))
    kept = records[0].read_text()
    upgrade_records(older / "records", cells=older / "cells")
    records[0].write_text(kept)  # killed before the old file was removed
    assert upgrade_records(older / "records", cells=older / "cells") == 1
    assert read_records(older / "records") == read_records(tiny_study / "records")


def test_a_damaged_record_is_left_alone(older, tiny_units):
    damaged = older / "records" / "0123456789abcdef.json"
    damaged.write_text('{"format": 1, "key": ')
    upgrade_folder(older, tiny_units[1])
    assert damaged.read_text() == '{"format": 1, "key": '
    found, faults = records_in(older)
    assert list(faults) == ["0123456789abcdef"] and len(found) == 5


def test_every_unit_has_an_older_key_but_where_a_new_setting_is_used(tiny_units):
    keys = older_keys(tiny_units[1])
    assert len(keys) == 5 and len(set(keys.values())) == 5 and not set(keys) & set(keys.values())


def test_nothing_is_renamed_over_something(older, tiny_units):
    old, new = next(iter(older_keys(tiny_units[1]).items()))
    (older / "cells" / new).mkdir()
    (older / "cells" / new / "mine").write_text("x")
    upgrade_folder(older, tiny_units[1])
    assert (older / "cells" / new / "mine").read_text() == "x" and (older / "cells" / old).is_dir()

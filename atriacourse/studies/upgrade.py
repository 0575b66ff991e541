"""A study's folder of an older version: its files take the names that today's keys give them.

After records.py, before runner.py, which calls it before it goes on with a folder. Reading needs none of it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.studies.cells import Unit
from atriacourse.studies.formats import FORMAT, bag_key_1, key_1
from atriacourse.studies.records import AGAIN, read_record, write_record


def upgrade_folder(folder: Path, units: Sequence[Unit]) -> int:
    """Rename what a folder holds of an older format: its records, and what is begun of some units.

    Stopped at any moment, it is gone on with by the next call. Damaged records stay as they are.
    Returns: how many records were brought to today's format.
    """
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "locks" / "upgrade.lock"):  # two commands may begin at once
        count = upgrade_records(folder / "records", cells=folder / "cells")
        for old, new in older_keys(units).items():
            _rename(folder / "cells" / old, folder / "cells" / new)
            for note in (folder / "failed").glob(f"{old}*.json"):
                _rename(note, note.with_name(note.name.replace(old, new)))
    return count


def upgrade_records(records: Path, *, cells: Path | None = None) -> int:
    """Bring every record of a folder to today's format; a record's folder of its network follows its name."""
    count = 0
    for path in sorted(records.glob("*.json")):
        try:
            if read_json(path, way_out=AGAIN).get("format", 1) == FORMAT:
                continue
            record = read_record(path)
        except InputError:  # told where it is needed
            continue
        if cells is not None:
            _rename(cells / path.stem, cells / record.key)
        if write_record(records, record) != path:
            path.unlink()
        count += 1
    return count


def older_keys(units: Sequence[Unit]) -> Mapping[str, str]:
    """Key of format 1 -> today's, of all that some units need."""
    keys: dict[str, str] = {}
    for unit in units:
        before = [key_1(cell.identity) for cell in unit.cells]
        keys |= {old: cell.key for old, cell in zip(before, unit.cells, strict=True)}
        if len(unit.cells) > 1:
            keys[bag_key_1(before, unit.combine)] = unit.key
    return keys


def _rename(old: Path, new: Path) -> None:
    if old.exists() and not new.exists():
        old.rename(new)

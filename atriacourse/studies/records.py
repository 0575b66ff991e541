"""What is kept of a trained cell or a bag: numbers and where they come from, no voxel and no weight.

After formats.py, which brings older ones to this shape. One JSON file a record, named by its key. The
committed collection is the atlas, in this package's folder `atlas/`; a study that is being run keeps its own
in `<folder>/records/`, and beside them `data.json`: fingerprint and name of every cohort that was run there,
written before the first cell.
"""

import json
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from atriacourse.errors import InputError
from atriacourse.evaluation.metrics import METRICS
from atriacourse.files import first_fault, read_json, write_whole
from atriacourse.studies.formats import FORMAT, current
from atriacourse.studies.identity import PARTS, bag_key, key_of, known_settings

ATLAS = Path(__file__).parent / "atlas"
AGAIN = "remove it, and run the study again"
DIGITS = 6

Number = float | Literal["inf"] | None  # JSON has no infinity and no NaN; None is NaN


class Record(BaseModel):
    """The schema of a record; every part is checked when one is read.

    Parts, settings and metrics that are not known are kept and named (`unknown`); a metric that is known may
    be missing, from a record made before it was.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    format: int = FORMAT
    key: str
    kind: Literal["network", "bag"]
    scale: str
    cohort: str
    data: str  # the cohort's fingerprint
    settings: dict[str, Any]  # dotted name -> value, all that shape the network; of a bag, its members'
    split: str
    subsets: str | None
    member: int
    seed: int
    members: list[str] = []  # of a bag: the keys of its networks
    combine: str | None = None
    trained_on: list[str]  # names, as often as drawn
    trained_data: str | None = None  # hash of the names and bytes trained on
    made: dict[str, Any]  # commit, versions, device, threads, date
    seconds: dict[str, float]
    memory_gb: float  # the most that the process has held so far
    curve: dict[str, list[Number]] = {}  # one value an epoch
    cases: list[str]  # held out, in the order of every list below
    sites: list[str | None]
    post_ablation: list[bool | None]
    post_ablation_probability: list[Number]
    scores: dict[str, dict[str, list[Number]]]  # reading -> metric -> one value a case

    @model_validator(mode="after")
    def _is_whole(self) -> "Record":
        if not self.cases:
            raise ValueError("no case is scored")
        if set(self.cases) & set(self.trained_on):
            raise ValueError("cases that were trained on are scored")
        beside = ("sites", "post_ablation", "post_ablation_probability")
        lists = {name: getattr(self, name) for name in beside}
        for reading, metrics in self.scores.items():
            lists |= {f"{reading} {metric}": values for metric, values in metrics.items()}
        for name, values in lists.items():
            if len(values) != len(self.cases):
                raise ValueError(f"{name} must have one value for each of the {len(self.cases)} cases")
        if (self.kind == "bag") != (len(self.members) > 1):
            raise ValueError("a bag, and only a bag, has members")
        return self

    @property
    def unknown(self) -> tuple[str, ...]:
        """What is written there and this version does not know, by name."""
        metrics = {metric for one in self.scores.values() for metric in one} - set(METRICS)
        settings = set(self.settings) - set(known_settings())
        return (*(self.model_extra or {}), *sorted(settings), *sorted(metrics))

    def check_key(self) -> None:
        """Raise InputError unless the key follows from what the record says of the network."""
        known = known_settings()
        names = list(known)
        if self.settings.get("training.validations") == 1:  # one validation does not choose
            names = [name for name in names if not name.startswith("postprocessing.")]
        absent = [name for name in names if name not in self.settings]
        if absent:
            raise InputError(
                f"its settings say nothing of {', '.join(absent)}; who adds a setting declares it in ADDED "
                f"(studies/identity.py), with the value at which everything is as it was before"
            )
        identity = {name: getattr(self, name) for name in PARTS}
        due = bag_key(self.members, self.combine) if self.kind == "bag" else key_of(identity)
        if due != self.key and set(self.settings) <= set(known):
            raise InputError(f"its key is {self.key}, but what it says of the network gives {due}")

    def table(self, reading: str) -> pd.DataFrame:
        """One row a case, columns as `score_case` gives them; a metric that was not recorded is NaN.

        Raises: InputError for another reading.
        """
        if reading not in self.scores:
            raise InputError(f"record {self.key} has no reading {reading!r}, only {', '.join(self.scores)}")
        columns: dict[str, float | list[float]] = dict.fromkeys(METRICS, math.nan)
        for metric, values in self.scores[reading].items():
            columns[metric] = [restored(value) for value in values]
        return pd.DataFrame({"name": self.cases, **columns})

    def same_result(self, other: "Record") -> bool:
        """Whether both say the same, leaving out when, where and how fast they were made."""
        apart = {"made", "seconds", "memory_gb"}
        return self.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def kept(value: float | None) -> Number:
    """A number as a record holds it: six digits after the point, NaN as None, infinity as a word."""
    if value is None or math.isnan(value):
        return None
    return "inf" if math.isinf(value) else round(float(value), DIGITS)


def restored(value: Number) -> float:
    """The number behind what `kept` wrote."""
    return math.nan if value is None else math.inf if value == "inf" else float(value)


def scores_of(rows: Iterable[dict[str, Any]]) -> dict[str, list[Number]]:
    """Rows of `score_case` as one list a metric."""
    rows = list(rows)
    return {metric: [kept(row[metric]) for row in rows] for metric in METRICS}


def write_record(folder: Path, record: Record) -> Path:
    """Write one record, all or nothing; one line for each of its parts."""
    path = folder / f"{record.key}.json"
    parts = (
        f"{json.dumps(name)}: {json.dumps(part)}" for name, part in record.model_dump(mode="json").items()
    )
    write_whole(path, "{\n" + ",\n".join(parts) + "\n}\n")
    return path


def read_record(path: Path) -> Record:
    """Read one record, of any format up to today's. Raises: InputError, naming the file and its fault."""
    content = read_json(path, way_out=AGAIN)
    try:
        record = Record.model_validate(current(content))
        record.check_key()
    except ValidationError as error:
        raise InputError(f"{path} is not a whole record: {first_fault(error)}; {AGAIN}") from error
    except InputError as error:
        raise InputError(f"{path} cannot be used: {error}") from error
    if path.stem not in (record.key, content["key"]):
        raise InputError(f"{path} holds the record {content['key']}; a record is named by its key")
    return record


def read_records(folder: Path = ATLAS) -> dict[str, Record]:
    """All records of a folder by key, which is not an older record's name; empty if there is none."""
    return {record.key: record for record in map(read_record, sorted(folder.glob("*.json")))}


def look_at(path: Path) -> Record | InputError:
    """A record, or why it cannot be used; a file that did not change is not read again.

    Raises: FileNotFoundError.
    """
    stat = path.stat()
    return _look(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)


@lru_cache(maxsize=10_000)
def _look(path: Path, *changed: int) -> Record | InputError:
    try:
        return read_record(path)
    except InputError as error:
        return error


def records_in(folder: Path) -> tuple[dict[str, Record], dict[str, InputError]]:
    """What a study's folder holds: usable records by key, and why others are not, by their file's name."""
    found, faults = {}, {}
    for path in sorted((folder / "records").glob("*.json")):
        try:
            seen = look_at(path)
        except FileNotFoundError:  # another command renamed it just now
            continue
        if isinstance(seen, Record):
            found[seen.key] = seen
        else:
            faults[path.stem] = seen
    return found, faults


def note_data(folder: Path, fingerprint: str, cohort: str) -> None:
    """Add a data set to those of a folder; one that is known keeps its name."""
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "locks" / "data.lock"):  # two commands may begin at once
        known = _noted(folder) if (folder / "data.json").exists() else _data_of_records(folder)
        known.setdefault(fingerprint, cohort)
        write_whole(folder / "data.json", json.dumps(known, indent=2) + "\n")


def data_sets(folder: Path) -> dict[str, str]:
    """Fingerprint -> cohort name of what was run in a folder; empty if nothing was.

    Folders from before `data.json` are asked for their records.
    Raises: InputError for a damaged file.
    """
    if (folder / "data.json").exists():
        return _noted(folder)
    _, faults = records_in(folder)
    for fault in faults.values():
        raise fault
    return _data_of_records(folder)


def _noted(folder: Path) -> dict[str, str]:
    return read_json(folder / "data.json", dict[str, str], way_out="remove it: the records say the same")


def _data_of_records(folder: Path) -> dict[str, str]:
    return {record.data: record.cohort for record in records_in(folder)[0].values()}

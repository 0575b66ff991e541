"""What is kept of a trained cell or a bag: numbers and where they come from, no voxel and no weight.

After cells.py. One JSON file a record, named by its key. The committed collection is the atlas, in this
package's folder `atlas/`; a study that is being run keeps its own in `<folder>/records/`, and beside them
`data.json`: fingerprint and name of every cohort that was run there, written before the first cell.
"""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import METRICS
from atriacourse.files import write_whole

ATLAS = Path(__file__).parent / "atlas"
AGAIN = "remove it, and run the study again"
DIGITS = 6

Number = float | Literal["inf"] | None  # JSON has no infinity and no NaN; None is NaN


class Record(BaseModel):
    """The schema of a record; every part is checked when one is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    kind: Literal["network", "bag"]
    scale: str
    cohort: str
    data: str  # the cohort's fingerprint
    settings: dict[str, Any]  # those that differ from RunConfig()'s; of a bag, its members'
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
        if set(self.cases) & set(self.trained_on):
            raise ValueError("cases that were trained on are scored")
        for reading, metrics in self.scores.items():
            if set(metrics) != set(METRICS):
                raise ValueError(f"{reading} must have exactly the metrics {', '.join(METRICS)}")
            if any(len(values) != len(self.cases) for values in metrics.values()):
                raise ValueError(f"{reading} must have one value for each of the {len(self.cases)} cases")
        if (self.kind == "bag") != (len(self.members) > 1):
            raise ValueError("a bag, and only a bag, has members")
        return self

    def table(self, reading: str) -> pd.DataFrame:
        """One row a case, columns as `score_case` gives them. Raises: InputError for another reading."""
        if reading not in self.scores:
            raise InputError(f"record {self.key} has no reading {reading!r}, only {', '.join(self.scores)}")
        columns = {metric: [restored(v) for v in values] for metric, values in self.scores[reading].items()}
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
    """Read one record. Raises: InputError, naming the file and what is wrong with it."""
    try:
        record = Record.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise InputError(f"there is no record {path}; `atriacourse study run` makes it") from error
    except ValueError as error:  # a ValidationError is one
        raise InputError(f"{path} is not a whole record: {_first_fault(error)}; {AGAIN}") from error
    if record.key != path.stem:
        raise InputError(f"{path} holds the record {record.key}; a record is named by its key")
    return record


def read_records(folder: Path = ATLAS) -> dict[str, Record]:
    """All records of a folder by key; empty if there is none."""
    return {path.stem: read_record(path) for path in sorted(folder.glob("*.json"))}


def note_data(folder: Path, fingerprint: str, cohort: str) -> None:
    """Add a data set to those of a folder; one that is known keeps its name."""
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "locks" / "data.lock"):  # two commands may begin at once
        known = _noted(folder) if (folder / "data.json").is_file() else _data_of_records(folder)
        known.setdefault(fingerprint, cohort)
        write_whole(folder / "data.json", json.dumps(known, indent=2) + "\n")


def data_sets(folder: Path) -> dict[str, str]:
    """Fingerprint -> cohort name of what was run in a folder; empty if nothing was.

    Folders from before `data.json` are asked for their records.
    Raises: InputError for a damaged file.
    """
    if (folder / "data.json").is_file():
        return _noted(folder)
    return {record.data: record.cohort for record in read_records(folder / "records").values()}


def _noted(folder: Path) -> dict[str, str]:
    try:
        known = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    except ValueError:
        known = None
    if not isinstance(known, dict) or not all(isinstance(name, str) for name in known.values()):
        raise InputError(f"{folder / 'data.json'} is damaged; {AGAIN}")
    return known


def _data_of_records(folder: Path) -> dict[str, str]:
    known = {}
    for path in sorted((folder / "records").glob("*.json")):
        try:
            record = read_record(path)
        except InputError:  # a damaged record stops no other cell
            continue
        known[record.data] = record.cohort
    return known


def _first_fault(error: ValueError) -> str:
    """In one line, of an error that may have twenty."""
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors()
    place = ".".join(map(str, faults[0]["loc"]))
    says = (f"{place}: " if place else "") + faults[0]["msg"].removeprefix("Value error, ")
    return says + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")

"""Measure a fact about the data and keep it with where it came from: the numbers that the chapters cite.

    python tools/facts NAME --data FOLDER        e.g. la2018_audit --data data/la2018

imports NAME.py beside this file, calls its `measure(data: Path) -> dict`, and writes
atriacourse/studies/facts/NAME.json:

    {"title": first line of NAME.py's docstring,
     "provenance": {"command": ..., "commit": ..., "seed": ..., "data": ..., "data_hash": ..., ...},
     "values": what `measure` returned}

A chapter cites a value by its path: {claim}`facts/NAME/outer.inner`. `measure` returns numbers, texts and
lists of them, in dicts as deep as needed; no voxel of a scan. Floats are kept to three digits that count;
where more of them matter, give a text. A module that draws random numbers names its seed in `SEED`.
"""

import argparse
import hashlib
import importlib
import json
import math
import numbers
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from atriacourse.files import write_whole
from atriacourse.runs.provenance import provenance
from atriacourse.studies.claims import FACTS

PACKAGES = ("scipy", "scikit-image", "pandas")  # beside those that `provenance` names
DIGITS = 3  # that count, kept of a float: as many as a sentence shows


def plain(value: Any, place: str = "") -> Any:
    """The value as JSON can hold it, floats rounded; NumPy's numbers become Python's.

    Raises: TypeError or ValueError, naming the place, for anything that is not a fact.
    """
    if isinstance(value, dict):
        unusable = [key for key in value if not isinstance(key, str) or "." in key or "/" in key]
        if unusable:
            raise ValueError(f"{place or 'values'}: {unusable[0]!r} must be a text without '.' and '/'")
        return {key: plain(below, f"{place}.{key}".strip(".")) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, place) for one in value]
    if isinstance(value, str | bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        if not math.isfinite(value):
            raise ValueError(f"{place} is {value}; leave out what could not be measured")
        return float(f"{value:.{DIGITS}g}") if abs(value) < 10**DIGITS else round(float(value))
    raise TypeError(f"{place} is a {type(value).__name__}; give a number or a text")


def folder_hash(folder: Path) -> str:
    """Sixteen hex digits of the names and bytes of all files below a folder, hidden ones left out."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if not any(part.startswith(".") for part in name.split("/")):
            with path.open("rb") as file:
                digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def make_record(name: str, data: Path) -> dict[str, Any]:
    """Measure the facts of module `name` on the folder `data`."""
    module = importlib.import_module(name)
    values = plain(module.measure(data))
    facts = provenance(torch.device("cpu")) | {
        "command": f"python tools/facts {name} --data {data.name}",
        "seed": getattr(module, "SEED", None),
        "data": data.name,
        "data_hash": folder_hash(data),
    }
    facts |= {package: version(package) for package in PACKAGES}
    return {"title": module.__doc__.split("\n")[0], "provenance": facts, "values": values}


def write_record(name: str, record: dict[str, Any]) -> Path:
    """Replace a record in one step."""
    path = FACTS / f"{name}.json"
    write_whole(path, json.dumps(record, indent=1) + "\n")
    return path


def main(arguments: list[str]) -> None:
    """Measure one module's facts and write them."""
    parser = argparse.ArgumentParser(prog="python tools/facts", description=__doc__.split("\n")[0])
    here = Path(__file__).parent
    names = sorted(path.stem for path in here.glob("*.py") if path.stem != "__main__")
    parser.add_argument("name", choices=names)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data set")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        parser.error(f"{options.data}: there is no such folder")
    path = write_record(options.name, make_record(options.name, options.data.resolve()))
    print(path.relative_to(here.parents[1]))


if __name__ == "__main__":
    main(sys.argv[1:])

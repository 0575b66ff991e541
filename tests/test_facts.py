"""Every recorded fact about the data is whole: plain values, and where they come from."""

import importlib
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest

from atriacourse.studies.claims import FACTS

TOOL = Path(__file__).parents[1] / "tools" / "facts"
RECORDS = sorted(FACTS.glob("*.json"))
PROVENANCE = {"command", "commit", "seed", "data", "data_hash", "device", "date", "python", "torch", "numpy"}


def load(path):
    spec = importlib.util.spec_from_file_location(f"facts_{path.stem.strip('_')}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load(TOOL / "__main__.py")


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_each_record_is_whole(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert set(record) == {"title", "provenance", "values"}
    facts = record["provenance"]
    assert set(facts) >= PROVENANCE and all(facts[key] for key in PROVENANCE - {"seed"})
    assert facts["command"].startswith(f"python tools/facts {path.stem} --data ")
    assert re.fullmatch("[0-9a-f]{12}[+]?", facts["commit"])
    assert re.fullmatch("[0-9a-f]{16}", facts["data_hash"])
    assert tool.plain(record["values"]) == record["values"]  # plain, finite and rounded already
    assert record["values"]
    assert not re.search(r'"/|\\\\', path.read_text(encoding="utf-8"))  # no path of somebody's machine
    module = (TOOL / f"{path.stem}.py").read_text(encoding="utf-8")
    assert record["title"] == module.removeprefix('"""').split("\n")[0].removesuffix('"""')
    assert ("SEED = " in module) == (facts["seed"] is not None)


def test_there_is_a_record_of_every_module():
    modules = {path.stem for path in TOOL.glob("*.py")} - {"__main__"}
    assert {path.stem for path in RECORDS} == modules


def test_plain_values():
    given = {"count": np.int64(3), "share": np.float32(0.1), "sure": True, "sizes": (1, 2), "in": {"a": "b"}}
    assert tool.plain(given) == {"count": 3, "share": 0.1, "sure": True, "sizes": [1, 2], "in": {"a": "b"}}
    rounded = {"a": 0.646673, "b": 48.9745, "c": 1234.56, "d": -0.00687072, "e": 12345}
    assert tool.plain(rounded) == {"a": 0.647, "b": 49.0, "c": 1235, "d": -0.00687, "e": 12345}
    with pytest.raises(ValueError, match=r"a\.b is nan; leave out"):
        tool.plain({"a": {"b": float("nan")}})
    with pytest.raises(ValueError, match=r"'x\.y' must be a text without"):
        tool.plain({"x.y": 1})
    with pytest.raises(TypeError, match="picture is a ndarray; give a number"):
        tool.plain({"picture": np.zeros(3)})


def test_the_hash_knows_names_and_bytes(tmp_path):
    folder = tmp_path / "data"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "scan").write_bytes(b"1")
    first = tool.folder_hash(folder)
    (folder / ".hidden").write_bytes(b"2")
    assert tool.folder_hash(folder) == first
    (folder / "below" / "scan").write_bytes(b"3")
    second = tool.folder_hash(folder)
    (folder / "below" / "scan").rename(folder / "scan")
    assert len({first, second, tool.folder_hash(folder)}) == 3


def test_a_record_is_written_whole(tmp_path, monkeypatch):
    (tmp_path / "fact_of_a_test.py").write_text(
        '"""Files in a folder.\n\nMore."""\nSEED = 7\n\n'
        "def measure(data):\n    return {'files': len(list(data.iterdir()))}\n"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "scan").write_bytes(b"1")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(tool, "FACTS", tmp_path / "records")
    path = tool.write_record("fact_of_a_test", tool.make_record("fact_of_a_test", tmp_path / "data"))
    record = json.loads(path.read_text())
    assert record["title"] == "Files in a folder." and record["values"] == {"files": 1}
    assert record["provenance"]["seed"] == 7 and set(record["provenance"]) >= PROVENANCE
    assert [one.name for one in path.parent.iterdir()] == ["fact_of_a_test.json"]


@pytest.mark.real
def test_the_facts_of_la2018_are_of_these_scans(real_data):
    """Where all of the development set is there, its names and bytes give the recorded sum."""
    found = tool.folder_hash(real_data / "la2018")
    for path in RECORDS:
        facts = json.loads(path.read_text(encoding="utf-8"))["provenance"]
        if facts["data"] == "la2018":
            assert facts["data_hash"] == found, f"measure {path.stem} again"


@pytest.mark.real
def test_the_blind_guess_is_recomputed(real_data, monkeypatch):
    monkeypatch.syspath_prepend(TOOL)
    record = json.loads((RECORDS[0].parent / "la2018_crop.json").read_text(encoding="utf-8"))
    again = tool.plain(importlib.import_module("la2018_crop").measure(real_data / "la2018"))
    assert again == record["values"]

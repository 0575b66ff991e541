"""What the README says was measured is what the records say."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
specification = importlib.util.spec_from_file_location("record", ROOT / "tools" / "record.py")
record = importlib.util.module_from_spec(specification)
specification.loader.exec_module(record)


def test_the_readmes_results_are_made_from_the_records():
    text = record.README.read_text(encoding="utf-8")
    fresh = record.with_block(text, record.results_block(record.read_records()))
    assert fresh == text, "README.md is stale: python tools/record.py readme"


def test_a_record_is_whole_and_holds_numbers_only():
    records = record.read_records()
    assert records, "no record is kept: the README would show no result"
    for kept in records:
        run, evaluation = kept["run"], kept["evaluation"]
        for key in ("command", "commit", "torch", "device", "threads", "seed", "data", "date", "config"):
            assert run[key] is not None, key
        assert evaluation["model"] and evaluation["date"]
        names = [case["name"] for case in kept["cases"]]
        assert len(set(names)) == len(names)
        assert not set(names) & (set(run["trained_on"]) | set(run["validated_on"]))  # held out
        for case in kept["cases"]:
            # Dice and Jaccard of one pair of masks: J = D / (2 - D)
            assert case["jaccard"] == pytest.approx(case["dice"] / (2 - case["dice"]), abs=1e-5)

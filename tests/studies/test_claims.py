"""Claims: what a path stands for, and what an unknown one says."""

import json
import re
from pathlib import Path

import pytest

from atriacourse.errors import InputError
from atriacourse.studies.catalogue import study
from atriacourse.studies.claims import flatten, look_up, resolve_claim, said
from atriacourse.studies.comparison import compare_variants
from atriacourse.studies.published import TABLE_2, published_paths
from atriacourse.studies.results import study_results


def test_the_papers_numbers_keep_their_digits():
    assert resolve_claim("paper/table1/gamma_augmentation/dice") == "0.883"
    assert resolve_claim("paper/table2/multi_task/assd_mm") == "1.11"  # not 1.110
    assert resolve_claim("paper/table2/deep/hd_mm_sd") == "21.00"
    assert resolve_claim("paper/bagging/five/dice") == "0.9206"
    assert resolve_claim("paper/seconds/network") == "6"
    assert "Table 1" in look_up("paper/table1/standard/dice_sd").source


def test_jaccard_of_the_papers_table_fits_its_dice():
    # J = D / (2 - D) holds case by case and is convex, so the mean of J is at least J of the mean D,
    # and with the SDs given at most a few hundredths more; one digit typed wrong breaks it.
    for row in TABLE_2.values():
        of_mean = float(row["dice"]) / (2 - float(row["dice"]))
        assert of_mean - 0.006 <= float(row["jaccard"]) <= of_mean + 0.03


def test_an_unknown_claim_names_its_neighbours():
    with pytest.raises(InputError, match="table1/standard/dice"):
        resolve_claim("paper/table1/standart/dice")
    with pytest.raises(InputError, match="must begin with paper, facts, atlas"):
        resolve_claim("papers/table1")


def test_a_fact_is_read_from_its_file(tmp_path: Path):
    content = {
        "title": "what the headers say",
        "provenance": {"data": "la2018", "commit": "abc", "date": "2026-11-23"},
        "values": {"volume": {"median_ml": 49.25}, "cases": 80, "voxels": 123456, "shape": [88, 140]},
    }
    (tmp_path / "headers.json").write_text(json.dumps(content))
    assert look_up("facts/headers/volume.median_ml", facts=tmp_path).text == "49.25"
    assert look_up("facts/headers/shape.1", facts=tmp_path).text == "140"
    assert look_up("facts/headers/voxels", facts=tmp_path).text == "123,456"
    claim = look_up("facts/headers/cases", facts=tmp_path)
    assert claim.source == "what the headers say (la2018, abc, 2026-11-23)"
    assert claim.records == ("headers.json",)
    with pytest.raises(InputError, match=re.escape("volume.median_ml")):
        look_up("facts/headers/volume.median", facts=tmp_path)
    with pytest.raises(InputError, match="headers"):
        look_up("facts/header/cases", facts=tmp_path)


def test_values_read_as_prose():
    assert flatten({"a": {"b": [1, {"c": 2}]}}) == {"a.b.0": 1, "a.b.1.c": 2}
    assert [said(v) for v in (True, None, 3, 0.1234567, "word")] == ["yes", "none", "3", "0.123457", "word"]


def test_every_published_number_is_a_number_with_a_source():
    for path, number in published_paths().items():
        assert float(number.value) > 0, path
        assert number.source


def test_a_change_is_the_verdict_in_brief():
    one = compare_variants(study_results(study("closing")), "radius_2", "none", metric="hd_mm")
    text = look_up("atlas/closing/radius_2-vs-none/hd_mm/change").text
    assert text == one.change and text.startswith(f"{one.difference:+.3f} mm (") and text.endswith("worse)")
    below = look_up("atlas/flips/none-vs-both/dice/change").text
    assert below.startswith("\N{MINUS SIGN}0.") and "-" not in below
    with pytest.raises(InputError, match="an atlas claim is"):
        look_up("atlas/closing/radius_2/dice/change")

"""The band of seeds: a prediction interval, checked by hand and by simulation; the committed records."""

import json

import numpy as np
import pytest
from scipy import stats

from atriacourse.assignments.allocation import CENTRES
from atriacourse.assignments.assignment import SCALE
from atriacourse.assignments.listing import assignments
from atriacourse.errors import InputError
from atriacourse.evaluation.uncertainty import NARROWEST, band_of
from atriacourse.school.bands.band import RECORDS, differences, seed_band
from atriacourse.studies.records import read_records

ABLATIONS = [one for one in assignments().values() if one.levels]


def test_a_band_by_hand():
    # mean 0.2, SD 0.1 with n = 3; t(0.995, 2) = 9.9248; 9.9248 * 0.1 * sqrt(4 / 3) = 1.1460
    band = band_of([0.1, 0.2, 0.3])
    assert (band.low, band.high, band.runs) == (
        pytest.approx(-0.9460, abs=1e-4),
        pytest.approx(1.3460, abs=1e-4),
        3,
    )
    assert band.holds(1.3) and not band.holds(1.4)


def test_a_band_is_never_narrower_than_machines_differ():
    band = band_of([0.1, 0.1, 0.1])
    assert band.high - band.low == pytest.approx(2 * NARROWEST)


def test_one_more_run_lies_inside_in_ninety_nine_of_a_hundred(rng):
    draws = rng.normal(0.02, 0.05, size=(4000, 10))
    inside = np.mean([band_of(row[:9]).holds(row[9]) for row in draws])
    low, high = stats.binom.interval(0.9999, 4000, 0.99)
    assert low <= 4000 * inside <= high


@pytest.mark.parametrize("one", ABLATIONS, ids=[one.name for one in ABLATIONS])
def test_every_pair_of_every_assignment_has_a_band_from_many_runs(one):
    for pair in one.levels:
        band = seed_band(one.study, pair, one.metric)
        least = 6 if one.metric == "dice" else 5  # an empty mask has no distance
        assert least <= band.runs <= 9 and band.low < band.high, pair


def test_differences_recompute_from_the_raw_records():
    # by hand: where two records of a centre and seed differ in this one setting, subtract their cases
    gamma = "augmentation.gamma.probability"
    found = []
    records = [json.loads(path.read_text()) for path in RECORDS.glob("*.json")]
    alone = [one for one in records if one["split"] == "safe" and one["subsets"] is None]
    for one in alone:
        if one["settings"][gamma] != 0 or one["settings"]["prepare.contrast"] != "none":
            continue
        rest = one["settings"] | {gamma: 0.5}
        (other,) = [
            two
            for two in alone
            if two["settings"] == rest and (two["data"], two["seed"]) == (one["data"], one["seed"])
        ]
        gain = np.subtract(other["scores"]["clean"]["dice"], one["scores"]["clean"]["dice"])
        found.append(gain.mean())
    assert len(found) >= 6
    assert sorted(differences("table1", ("standard", "gamma_augmentation"), "dice")) == pytest.approx(
        sorted(found)
    )


def test_records_are_of_the_three_centres_and_hold_numbers_alone():
    records = read_records(RECORDS)
    # those made before the phantoms were called centres say clinic
    cohorts = {record.cohort.replace("clinic", "centre") for record in records.values()}
    assert cohorts == {f"centre{number}" for number in CENTRES}
    assert len({record.data for record in records.values()}) == 3
    assert {record.scale for record in records.values()} == {SCALE}


def test_an_unrecorded_pair_says_what_makes_it(tmp_path):
    with pytest.raises(InputError, match="0 runs of table1/clahe and standard"):
        seed_band("table1", ("clahe", "standard"), folder=tmp_path)


def test_a_band_of_distances_is_millimetres_wide():
    # runs that all agree say little of the next one: half-widths of 0.02 Dice and 2 mm are the least
    assert (band_of([0, 0, 0]).low, band_of([0, 0, 0]).high) == (-0.02, 0.02)
    found = seed_band("closing_deep", ("none", "radius_2"), "hd_mm")
    assert found.high - found.low >= 4

"""Every number of every table, claim and band is what it was before the records came to format 2."""

from pathlib import Path

import pandas as pd
import pytest
from study_numbers import NAMES, atlas_rows, class_rows, places, table

BEFORE = pd.read_csv(Path(__file__).with_name("numbers.csv")).set_index(NAMES)


def same_as_before(now, place):
    before = BEFORE.loc[[place]].dropna(axis="columns", how="all")
    now = now[now.index.isin(before.index)]  # a metric or a study that came later adds rows
    assert len(now) == len(before) > 10
    # seven digits are kept; means of sixteen numbers differ by less between two processors
    pd.testing.assert_frame_equal(now, before[now.columns], check_dtype=False, rtol=1e-6, atol=1e-7)


def test_the_places_are_those_of_before():
    known = {f"{cohort}@{scale}" for cohort, scale in places()}
    assert known | {"class"} == set(BEFORE.index.get_level_values("place"))


@pytest.mark.slow  # ten thousand resamples of every comparison
@pytest.mark.parametrize("place", ["la2018@atlas", "la2018@laptop", "phantom@smoke"])
def test_tables_of_the_atlas(place):
    same_as_before(table(atlas_rows(*place.split("@"))), place)


@pytest.mark.slow
def test_bands_of_the_class():
    same_as_before(table(class_rows()), "class")

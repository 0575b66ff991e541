"""Variants: the same for the same id, different for neighbours, spread over the levels."""

import hashlib
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atriacourse.assignments.allocation import CENTRES, allocation_of, roster_allocations, student_id
from atriacourse.assignments.listing import assignment
from atriacourse.errors import InputError

CONTRAST = assignment("contrast")
IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,11}", fullmatch=True).filter(lambda text: not text.endswith("."))


def test_a_variant_follows_from_assignment_and_id_alone():
    # by hand: 24 bytes of one hash, eight each for pair, seed and clinic
    digest = hashlib.sha256(b"contrast:ada").digest()
    pair, seed, clinic = (int.from_bytes(digest[start : start + 8], "big") for start in (0, 8, 16))
    found = allocation_of(CONTRAST, "ada")
    assert (found.a, found.b) == CONTRAST.levels[pair % 6]
    assert (found.seed, found.centre) == (100_000 + seed % 900_000, 2018 + clinic % 3)
    assert allocation_of(CONTRAST, " Ada ") == found
    assert allocation_of(replace(CONTRAST, name="other"), "ada") != found


@pytest.mark.slow
@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(IDS, min_size=30, max_size=30, unique=True))
def test_thirty_students_have_thirty_variants_spread_over_the_levels(ids):
    found = roster_allocations(CONTRAST, ids)
    assert len({(one.a, one.b, one.seed, one.centre) for one in found}) == 30
    assert found == [allocation_of(CONTRAST, one) for one in ids]  # whoever else is on the roster
    pairs, centres = (Counter(one) for one in (((v.a, v.b) for v in found), (v.centre for v in found)))
    # of 30 draws from 6 pairs, 17 alike have a chance below 1 in 50,000; from 3 centres, 25 alike
    assert max(pairs.values()) < 17 and len(pairs) >= 3
    assert max(centres.values()) < 25 and set(centres) <= set(CENTRES)


def test_students_on_a_numbered_list_differ_too():
    found = roster_allocations(CONTRAST, [f"s{number:03d}" for number in range(30)])
    assert len({(one.a, one.b, one.seed, one.centre) for one in found}) == 30
    assert {(one.a, one.b) for one in found} == set(CONTRAST.levels)
    assert {one.centre for one in found} == set(CENTRES)


def test_without_levels_there_is_a_seed_and_a_clinic():
    found = allocation_of(replace(CONTRAST, study=None, levels=()), "ada")
    assert (found.a, found.b) == (None, None) and found.centre in CENTRES


@pytest.mark.parametrize("text", ["", "  ", "../ada", 'a"b', "a/b", "a\nb", ".ada", "ada.", "a{b}"])
def test_an_id_that_no_file_should_have_is_refused(text):
    with pytest.raises(InputError, match="student's id needs"):
        student_id(text)


def test_ids_of_many_kinds_fit():
    assert [student_id(text) for text in ("Müller", "s-1", 4711, "a.b@c.org", "Ada L.ovelace")] == [
        "müller",
        "s-1",
        "4711",
        "a.b@c.org",
        "ada l.ovelace",
    ]


def test_an_id_is_the_same_however_a_file_system_spells_its_accents():
    assert student_id("Mu\u0308ller") == student_id("M\u00fcller") == "m\u00fcller"


def test_an_id_that_stands_twice_is_named():
    with pytest.raises(InputError, match="twice: ada"):
        roster_allocations(CONTRAST, ["ada", "bo", "ADA "])

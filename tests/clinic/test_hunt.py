"""The clinic as an assignment: who hunts what, whose checks count, and what they earn."""

import json
from dataclasses import replace

import numpy as np
import pytest

from atriacourse.clinic import healthy, worked_checks
from atriacourse.clinic.faults import FAULTS
from atriacourse.clinic.hunt import FAMILIES, hunt_of, leans_on, mark_hunt, try_hunt, try_on
from atriacourse.clinic.probes import assd_lopsided
from atriacourse.errors import InputError


def lopsided(pipeline):
    """Truth and guess change places: a check of one's own."""
    masks = np.zeros((2, 6, 12, 12), dtype=bool)
    masks[0, 1:5, 2:9, 2:9] = masks[1, 1:3, 2:5, 2:9] = True
    one, other = (pipeline.score(*pair, (1.0, 1.0, 1.0))["assd_mm"] for pair in (masks, masks[::-1]))
    return abs(one - other) > 1e-9


def nervous(pipeline):
    return True


def compares_with_sound(pipeline):
    return healthy(pipeline.seed).rate(5) != pipeline.rate(5)


def borrows(pipeline):
    return assd_lopsided(pipeline) > 0


def borrows_indirectly(pipeline):
    return borrows(pipeline)


def borrows_inside(pipeline):
    from atriacourse.clinic.probes import cleaning_eats as probe

    return probe(pipeline) > 0


def borrows_by_default(pipeline, probe=assd_lopsided):
    return probe(pipeline) > 0


def borrows_a_module(pipeline):
    import atriacourse.clinic.probes as library

    return library.cleaning_eats(pipeline) > 0


sound, another_name = healthy(0), healthy


def compares_with_one_at_hand(pipeline):
    return sound.rate(5) != pipeline.rate(5)


def compares_under_another_name(pipeline):
    return another_name(pipeline.seed).rate(5) != pipeline.rate(5)


probes = [1.0, 2.0]  # a name that a student may well choose


def has_probes_of_its_own(pipeline):
    return pipeline.rate(0) in probes


def test_hunts_follow_from_the_seed_and_all_pairs_of_families_occur():
    assert hunt_of(7) == hunt_of(7)
    assert len({hunt_of(seed).families for seed in range(40)}) == 10  # 5 families, 5 * 4 / 2 pairs


def test_a_hunt_has_the_faults_of_its_families():
    hunt = hunt_of(0)
    parts = {FAULTS[name].part for name in hunt.faults}
    assert parts == {part for family in hunt.families for part in FAMILIES[family]}
    assert {part for parts in FAMILIES.values() for part in parts} == {
        fault.part for fault in FAULTS.values()
    }


def test_ones_own_check_leans_on_nothing():
    assert leans_on(lopsided) is None
    assert leans_on(nervous) is None
    assert leans_on(has_probes_of_its_own) is None


@pytest.mark.parametrize(
    ("check", "what"),
    [
        (compares_with_sound, "healthy"),
        (borrows, "the worked checks"),
        (borrows_indirectly, "the worked checks"),
        (borrows_inside, "the worked checks"),
        (compares_with_one_at_hand, "a pipeline to compare with"),
        (compares_under_another_name, "healthy"),
        (borrows_by_default, "the worked checks"),
        (borrows_a_module, "the worked checks"),
        (worked_checks()["assd_lopsided"], "the worked checks"),
        (assd_lopsided, "the worked checks"),
    ],
)
def test_a_check_that_leans_on_the_answers_is_found(check, what):
    assert leans_on(check) == what


def test_marks_are_faults_caught_minus_false_alarms():
    # one of two faults caught, no false alarm: 1/2; the nervous one catches both and alarms always: 0
    faults = ["one_way_assd", "spacing_hard_coded"]
    found = mark_hunt([lopsided], faults=faults, seeds=[3])
    assert found["score"] == 0.5
    assert found["missed"] == ["spacing_hard_coded"]
    assert json.loads(json.dumps(found)) == found
    assert mark_hunt([lopsided, nervous], faults=faults, seeds=[3])["score"] == 0


def test_borrowed_checks_earn_nothing_and_are_named():
    found = mark_hunt([borrows, compares_with_sound], faults=["one_way_assd"], seeds=[3])
    assert found["score"] == 0
    assert set(found["errors"]) == {"borrows", "compares_with_sound"}


def test_further_faults_are_marked_alike():
    broken = {
        "doubled": lambda sound: replace(sound, rate=lambda epoch: 2 * sound.rate(epoch)),
        "one way": lambda sound: replace(sound, score=lambda t, g, s: {"assd_mm": float(t.sum())}),
    }
    found = mark_hunt([lopsided], broken=broken, seeds=[3])
    assert (found["score"], found["missed"]) == (0.5, ["doubled"])


def test_practice_speaks_and_never_raises():
    assert try_hunt([], ["one_way_assd"], seeds=[3]).message.startswith("No answer yet")
    assert "missed: spacing_hard_coded" in try_hunt([lopsided], ["spacing_hard_coded"], seeds=[3]).message
    assert try_hunt([lopsided], ["one_way_assd"], seeds=[3]).passed
    assert "same name" in try_hunt([lopsided, lopsided], ["one_way_assd"], seeds=[3]).message


def test_no_check_no_mark():
    with pytest.raises(InputError, match="at least one"):
        mark_hunt([], faults=["one_way_assd"], seeds=[3])


def test_one_check_is_tried_on_given_faults():
    broken = {"one way": lambda sound: replace(sound, score=lambda t, g, s: {"assd_mm": float(t.sum())})}
    assert try_on(lopsided, broken, seeds=[3]).passed
    assert "a sound run" in try_on(nervous, broken, seeds=[3]).message
    assert "silent at one way" in try_on(lambda pipeline: False, broken, seeds=[3]).message
    assert "No answer yet" in try_on(lambda pipeline: None, broken, seeds=[3]).message
    assert "ZeroDivisionError" in try_on(lambda pipeline: 1 / 0, broken, seeds=[3]).message
    assert "ValueError" in try_on(lambda pipeline: np.zeros(2) == 0, broken, seeds=[3]).message

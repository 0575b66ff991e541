"""Each damage does what it says: counted by hand on boxes, and severity 0 changes nothing."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import score_case
from atriacourse.evaluation.metrics import volume_ml
from atriacourse.evaluation.overlap import dice
from atriacourse.inference.postprocess import largest_component
from atriacourse.pages.bench.sandbox import (
    HUMAN,
    add_island,
    cut_ends,
    detach_vein,
    find_veins,
    grow,
    lose_veins,
    roughen,
    shift,
)
from atriacourse.studies.claims import FACTS

SPACING = (2.0, 1.0, 0.5)  # every axis another


@pytest.fixture
def box():
    """Four by four by four voxels in the middle of twelve."""
    mask = np.zeros((12, 12, 12), bool)
    mask[4:8, 4:8, 4:8] = True
    return mask


@pytest.fixture
def atrium():
    """A ball of radius 15 mm with two round veins of radius 3 mm, along y, 10 and 16 mm long."""
    z, y, x = np.ogrid[-20:21, -40:41, -20:21]
    body = z**2 + y**2 + x**2 <= 15**2
    tube = z**2 + x**2 <= 3**2
    return body | (tube & (y > 0) & (y <= 25)) | (tube & (y < 0) & (y >= -31))


def test_the_human_line_is_the_recorded_fact():
    values = json.loads((FACTS / "human_masks.json").read_text(encoding="utf-8"))["values"]
    values["slice_dice"] = values["slices"]["dice_mean"]
    assert {name: values[name] for name in HUMAN} == HUMAN


def test_a_shift_moves_by_millimetres_along_one_axis(box):
    # 1 mm along x is two voxels of 0.5 mm: of four columns two are shared, 2 * 2 / (4 + 4)
    moved = shift(box, mm=1.0, axis=2, spacing_mm=SPACING)
    assert moved[4:8, 4:8, 6:10].all() and moved.sum() == box.sum()
    assert dice(box, moved) == pytest.approx(0.5)
    assert np.array_equal(shift(moved, mm=-1.0, axis=2, spacing_mm=SPACING), box)
    # 2.9 mm along z is nearest to one voxel of 2 mm
    assert shift(box, mm=2.9, axis=0, spacing_mm=SPACING)[5:9, 4:8, 4:8].all()


def test_what_is_shifted_out_of_the_volume_is_lost(box):
    assert shift(box, mm=12.0, axis=0, spacing_mm=SPACING)[10:].sum() == 2 * 16  # two slices of four are left
    assert not shift(box, mm=100.0, axis=0, spacing_mm=SPACING).any()


def test_growing_adds_whole_millimetres_in_every_direction(box):
    # 1 mm reaches two voxels along x, one along y, none along z (2 mm). In a slice of y and x the corner is
    # at (1, 0.5) mm, further than 1 mm, so each of the four rows gains 2 + 2 and each edge row has four.
    grown = grow(box, mm=1.0, spacing_mm=SPACING)
    assert grown.sum() == 4 * (4 * 8 + 2 * 4)
    # taken away again: depth 1 mm leaves voxels more than 1 mm from the outside: 2 mm away in z, and the
    # inner two rows of y (2 mm), and no column of x (at most 1 mm), so nothing
    assert not grow(box, mm=-1.0, spacing_mm=SPACING).any()
    assert grow(box, mm=-0.5, spacing_mm=SPACING).sum() == 4 * 4 * 2  # the two inner columns


def test_a_mask_at_the_edge_shrinks_there_too():
    assert grow(np.ones((3, 3, 3), bool), mm=-1.0, spacing_mm=(1, 1, 1)).sum() == 1


def test_an_island_lies_as_far_away_as_asked(atrium):
    damaged = add_island(atrium, distance_mm=12, radius_mm=3, spacing_mm=(1, 1, 1))
    island = damaged & ~atrium
    assert ndimage.label(damaged)[1] == ndimage.label(atrium)[1] + 1
    assert island.sum() == 123  # lattice points in a ball of radius 3
    away = ndimage.distance_transform_edt(~atrium)[island]
    assert away.min() == pytest.approx(12, abs=1)
    # its far side decides the Hausdorff distance: 12 + 6 mm
    assert score_case("", atrium, damaged, (1, 1, 1))["hd_mm"] == pytest.approx(18, abs=1)


def test_an_island_that_cannot_be_so_far_goes_as_far_as_it_can(box):
    damaged = add_island(box, distance_mm=1000, radius_mm=1, spacing_mm=(1, 1, 1))
    assert damaged.sum() > box.sum()
    assert add_island(box, distance_mm=9, radius_mm=99, spacing_mm=(1, 1, 1)).all()
    with pytest.raises(InputError, match="an island needs a mask"):
        add_island(np.zeros((3, 3, 3), bool), distance_mm=1, radius_mm=1, spacing_mm=(1, 1, 1))


def test_the_veins_are_found_largest_first_and_lost_in_that_order(atrium):
    numbered, count = find_veins(atrium, spacing_mm=(1, 1, 1), body_radius_mm=8)
    assert count == 2
    assert (numbered == 1).sum() > (numbered == 2).sum()
    assert np.nonzero(numbered == 1)[1].max() < 40  # the longer vein runs towards lower y
    one_less = lose_veins(atrium, count=1, spacing_mm=(1, 1, 1))
    assert np.array_equal(atrium & ~one_less, numbered == 1)
    assert np.array_equal(lose_veins(atrium, count=9, spacing_mm=(1, 1, 1)), atrium & (numbered == 0))


def test_a_vein_is_cut_off_by_a_gap_and_its_end_stays(atrium):
    cut = detach_vein(atrium, gap_mm=4, spacing_mm=(1, 1, 1))
    assert ndimage.label(atrium)[1] == 1 and ndimage.label(cut)[1] == 2
    end = largest_component(cut) ^ cut
    assert (
        end[20, 9, 20] and np.nonzero(end)[1].max() < 20
    )  # the tip of the longer vein, y = -31, and no body
    away = ndimage.distance_transform_edt(~largest_component(cut))[end]
    assert 4 < away.min() <= 6
    assert np.array_equal(atrium & ~cut, atrium & ~largest_component(cut) & ~end)  # only the gap was taken
    assert detach_vein(atrium, gap_mm=4, spacing_mm=(1, 1, 1), number=3).sum() == atrium.sum()


def test_a_mask_without_a_body_has_no_veins(box):
    assert find_veins(box, spacing_mm=SPACING)[1] == 0


def test_a_rough_border_moves_by_about_what_was_asked(atrium):
    damaged = roughen(atrium, mm=1.5, spacing_mm=(1, 1, 1), seed=1)
    # a normal displacement of SD 1.5 mm has a mean size of 1.2 mm
    assert 0.6 < score_case("", atrium, damaged, (1, 1, 1))["assd_mm"] < 1.8
    assert volume_ml(damaged, (1, 1, 1)) == pytest.approx(volume_ml(atrium, (1, 1, 1)), rel=0.1)
    assert np.array_equal(damaged, roughen(atrium, mm=1.5, spacing_mm=(1, 1, 1), seed=1))
    assert not np.array_equal(damaged, roughen(atrium, mm=1.5, spacing_mm=(1, 1, 1), seed=2))


def test_the_ends_are_cut(box):
    assert np.flatnonzero(cut_ends(box, slices=1).any(axis=(1, 2))).tolist() == [5, 6]
    assert not cut_ends(box, slices=3).any()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16))
def test_severity_zero_changes_nothing(seed):
    mask = np.random.default_rng(seed).random((5, 6, 7)) < 0.3
    mask[2, 2, 2] = True
    for same in (
        shift(mask, mm=0, axis=1, spacing_mm=SPACING),
        grow(mask, mm=0, spacing_mm=SPACING),
        add_island(mask, distance_mm=5, radius_mm=0, spacing_mm=SPACING),
        lose_veins(mask, count=0, spacing_mm=SPACING),
        detach_vein(mask, gap_mm=0, spacing_mm=SPACING),
        roughen(mask, mm=0, spacing_mm=SPACING, seed=seed),
        cut_ends(mask, slices=0),
    ):
        assert np.array_equal(same, mask)

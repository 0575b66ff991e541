"""The solids and random fields of the phantoms, against distances and moments worked out by hand."""

import numpy as np
import pytest

from atriacourse.data.phantom.canvas import Canvas
from atriacourse.data.phantom.shapes import Ellipsoid, Tube, smooth_union
from atriacourse.data.phantom.waves import draw_waves


def points(*xyz):
    return tuple(np.array(axis, np.float32) for axis in zip(*xyz, strict=True))


def test_a_sphere_knows_its_exact_distance(rng):
    ball = Ellipsoid(centre=(1.0, 2.0, 3.0), half_axes=(5.0, 5.0, 5.0))
    where = rng.uniform(-10, 10, size=(50, 3))
    expected = np.linalg.norm(where - (1, 2, 3), axis=1) - 5
    assert ball.distance(points(*where)) == pytest.approx(expected, abs=1e-4)


def test_the_middle_of_an_ellipsoid_is_inside():
    assert Ellipsoid(centre=(0, 0, 0), half_axes=(3.0, 4.0, 5.0)).distance(points((0, 0, 0))) < -0.5


def test_an_ellipsoid_is_turned_from_left_to_back_and_tilted_to_the_head():
    turned = Ellipsoid(centre=(0, 0, 0), half_axes=(10.0, 2.0, 2.0), turn_deg=90)
    # the long axis now lies along y: (0, 10, 0) is on the surface, (10, 0, 0) is 8 mm outside or more
    on, off = turned.distance(points((0, 10, 0), (10, 0, 0)))
    assert on == pytest.approx(0, abs=1e-3) and off >= 8
    tilted = Ellipsoid(centre=(0, 0, 0), half_axes=(10.0, 2.0, 2.0), tilt_deg=90)
    assert tilted.distance(points((0, 0, 10))) == pytest.approx(0, abs=1e-3)


def test_a_bent_tube_against_the_nearest_of_many_points_on_its_middle_line(rng):
    tube = Tube(nodes=((0, 0, 0), (10, 0, 0), (10, 8, 6)), radii=(2.0, 2.0, 2.0))
    line = np.concatenate([np.linspace(a, b, 2001) for a, b in zip(tube.nodes, tube.nodes[1:], strict=False)])
    where = rng.uniform(-5, 15, size=(40, 3))
    expected = np.linalg.norm(where[:, None] - line[None], axis=2).min(axis=1) - 2
    assert tube.distance(points(*where)) == pytest.approx(expected, abs=0.01)


def test_a_tube_narrows_and_can_be_flat():
    tube = Tube(nodes=((0, 0, 0), (10, 0, 0)), radii=(4.0, 2.0), flat=0.5)
    # in the middle the radius is 3 along y and, flattened by half, 1.5 along z
    assert tube.distance(points((5, 3, 0), (5, 0, 1.5))) == pytest.approx([0, 0], abs=1e-5)


def test_smooth_union_is_the_minimum_away_from_the_crease():
    first, second = np.float32([-3, 0, 5, 9]), np.float32([4, 0, 5, 2])
    # equal distances d become d - blend / 4: 0 - 1 and 5 - 1
    assert smooth_union(first, second, blend_mm=4.0) == pytest.approx([-3, -1, 4, 2])


def test_a_solid_is_inside_its_box():
    tilted = Ellipsoid(centre=(1, 2, 3), half_axes=(9.0, 3.0, 2.0), turn_deg=30, tilt_deg=40)
    tube = Tube(nodes=((-5, 0, 0), (5, 4, 2)), radii=(3.0, 1.0))
    axis = np.linspace(-15, 15, 61, dtype=np.float32)
    grid = tuple(np.meshgrid(axis, axis, axis, indexing="ij"))
    for solid in (tilted, tube):
        inside = np.argwhere(solid.distance(grid) < 0) * 0.5 - 15  # x, y, z in mm
        low, high = solid.box()
        assert len(inside) > 100
        assert np.all(inside >= low - 1e-6) and np.all(inside <= high + 1e-6)


def test_waves_have_the_sd_asked_for_and_the_same_values_on_any_grid(rng):
    waves = draw_waves(rng, sd=2.0, shortest_mm=5, longest_mm=20, modes=64)
    axis = np.arange(0, 80, 1.0)
    fine = waves.on_grid(axis, axis + 7, axis[:40] - 3)
    assert fine.shape == (40, 80, 80)
    assert fine.std() == pytest.approx(2.0, rel=0.15)
    assert abs(fine.mean()) < 0.3
    assert np.array_equal(
        waves.on_grid(axis[::4], (axis + 7)[::2], (axis[:40] - 3)[::5]), fine[::5, ::2, ::4]
    )


def test_a_border_voxel_takes_a_share_of_both_tissues():
    axis = np.arange(5, dtype=np.float32)
    canvas = Canvas(
        signal=np.full((5, 5, 5), 2, np.float32),
        texture=np.ones((5, 5, 5), np.float32),
        axes=(axis, axis, axis),
        warp=None,
        edge_mm=2.0,
    )
    # distance -3, 0 and 0.5 mm with an edge of 2 mm: shares 1, 1/2 and 1/4 of a tissue of signal 10
    distance = np.full((5, 5, 5), 9, np.float32)
    distance[0, 0, :3] = (-3, 0, 0.5)
    canvas.lay(10.0, distance)
    assert canvas.signal[0, 0] == pytest.approx([10, 6, 4, 2, 2])


def test_distance_on_a_canvas_is_that_of_the_solids_near_them():
    axis = np.linspace(-30, 30, 61, dtype=np.float32)
    canvas = Canvas(
        signal=np.zeros((61, 61, 61), np.float32),
        texture=np.ones((61, 61, 61), np.float32),
        axes=(axis, axis, axis),
        warp=None,
        edge_mm=1.0,
    )
    solids = (
        Ellipsoid(centre=(0, 0, 0), half_axes=(8.0, 5.0, 5.0)),
        Tube(nodes=((6, 0, 0), (20, 0, 0)), radii=(2.0, 2.0)),
    )
    whole = smooth_union(*(solid.distance(canvas.points()) for solid in solids), blend_mm=3.0)
    boxed = canvas.distance(solids, blend_mm=3.0, extra_mm=2.0)
    near = whole < 2
    assert near.sum() > 1000
    assert boxed[near] == pytest.approx(whole[near], abs=1e-4)
    assert np.all(boxed[~near] >= 2)

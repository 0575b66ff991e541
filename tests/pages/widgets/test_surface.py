"""Surfaces of masks: where they lie, how large they are, which side is out, and the picture of them."""

import matplotlib as mpl
import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.widgets.surface import draw_surface, surface, surfaces

mpl.use("agg")
SPACING_MM = np.array([2.0, 1.0, 1.0])


def ball(*, centre_mm, radius_mm, shape=(30, 60, 60), spacing_mm=SPACING_MM):
    places = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1) * spacing_mm
    return np.linalg.norm(places - centre_mm, axis=-1) <= radius_mm


def volume_and_area(found):
    a, b, c = (found.vertices_mm[found.faces[:, corner]][:, ::-1] for corner in range(3))
    return np.einsum("fi,fi->", a, np.cross(b, c)) / 6, np.linalg.norm(
        np.cross(b - a, c - a), axis=1
    ).sum() / 2


def test_the_surface_of_a_ball_has_its_middle_radius_volume_and_area():
    found = surface(ball(centre_mm=(28, 25, 33), radius_mm=16), SPACING_MM)
    radii = np.linalg.norm(found.vertices_mm - [28, 25, 33], axis=1)
    assert radii.mean() == pytest.approx(16, abs=0.6)
    assert radii.max() - radii.min() < 2  # a cube's edge
    volume, area = volume_and_area(found)
    # smoothing by one cube takes a third of a millimetre off the radius, so 6 % off the volume
    assert volume == pytest.approx(4 / 3 * np.pi * 16**3, rel=0.08)  # positive: corners run anticlockwise
    assert area == pytest.approx(4 * np.pi * 16**2, rel=0.08)


def test_a_box_lies_where_its_voxels_end():
    mask = np.zeros((20, 30, 30), dtype=bool)
    mask[4:14, 5:25, 10:22] = True
    low, high = (f(surface(mask, SPACING_MM, step_mm=1).vertices_mm, axis=0) for f in (np.min, np.max))
    # a voxel ends half a voxel from its middle: z (4 - 0.5) * 2 = 7 mm to (14 - 0.5) * 2 = 27 mm
    assert low == pytest.approx([7, 4.5, 9.5], abs=0.3)
    assert high == pytest.approx([27, 24.5, 21.5], abs=0.3)


def test_at_the_edge_of_the_volume_the_surface_is_closed():
    volume, _ = volume_and_area(surface(np.ones((10, 20, 20), dtype=bool), SPACING_MM))
    assert volume == pytest.approx(20 * 20 * 20, rel=0.15)  # rounded corners; an open one is far off


def drawn(azimuth):
    """A ball with a knob towards the patient's left and the head, seen under an angle: (middle, outline)."""
    mask = ball(centre_mm=(28, 30, 30), radius_mm=12) | ball(centre_mm=(42, 30, 44), radius_mm=5)
    axes = mpl.figure.Figure().subplots()
    draw_surface(axes, surface(mask, SPACING_MM), color="blue", azimuth=azimuth)
    return np.concatenate([path.vertices for path in axes.collections[0].get_paths()]), axes


def test_the_knob_is_on_the_side_that_the_letters_say():
    for azimuth, side in ((0, 1), (180, -1)):
        corners, axes = drawn(azimuth)
        top = corners[corners[:, 1] > corners[:, 1].max() - 3]
        assert np.sign(top[:, 0].mean() - corners[:, 0].mean()) == side
        letters = [text.get_text() for text in axes.texts]
        assert letters[1:3] == (["R", "L"] if azimuth == 0 else ["L", "R"])


def test_what_faces_away_is_not_drawn_and_the_nearest_comes_last():
    mask = ball(centre_mm=(28, 30, 30), radius_mm=12)
    found = surface(mask, SPACING_MM)
    axes = mpl.figure.Figure().subplots()
    draw_surface(axes, found, color="blue")
    count = len(axes.collections[0].get_paths())
    assert 0.4 < count / len(found.faces) < 0.6
    last = axes.collections[0].get_paths()[-1].vertices.mean(axis=0)
    assert last == pytest.approx([30, 28], abs=2)  # the middle of the disc: nearest to the eye


def test_one_mask_is_seen_from_two_sides_and_two_from_one():
    mask = ball(centre_mm=(28, 30, 30), radius_mm=8)
    titles = [axes.get_title() for axes in surfaces({"truth": mask}, spacing_mm=SPACING_MM).axes]
    assert titles == ["truth, from the front", "truth, from the back"]
    both = surfaces({"truth": mask, "guess": mask}, spacing_mm=SPACING_MM, azimuth=45)
    assert [axes.get_title() for axes in both.axes] == ["truth, turned by 45°", "guess, turned by 45°"]


def test_nothing_to_draw_is_an_error():
    with pytest.raises(InputError, match="empty"):
        surface(np.zeros((3, 3, 3)), SPACING_MM)
    with pytest.raises(InputError, match="one to 3 masks, got 0"):
        surfaces({}, spacing_mm=SPACING_MM)

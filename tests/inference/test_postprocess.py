"""Closing and largest component against SimpleITK, scipy and scikit-image, at the border too."""

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage
from skimage import measure, morphology

from atriacourse.errors import InputError
from atriacourse.inference.postprocess import (
    PostprocessConfig,
    ball_runs,
    close_mask,
    largest_component,
    postprocess,
)

masks = arrays(bool, array_shapes(min_dims=3, max_dims=3, max_side=8))
balls = st.sampled_from(["itk", "euclidean"])


def itk_closing(mask, radius):
    """The authors' two steps, with ITK's own defaults for ball and border."""
    image = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    image = SimpleITK.BinaryErode(SimpleITK.BinaryDilate(image, [radius] * 3), [radius] * 3)
    return SimpleITK.GetArrayFromImage(image).astype(bool)


def itk_largest(mask, *, corners_touch=False):
    labels = SimpleITK.ConnectedComponent(SimpleITK.GetImageFromArray(mask.astype(np.uint8)), corners_touch)
    return SimpleITK.GetArrayFromImage(SimpleITK.RelabelComponent(labels)) == 1


def as_array(runs, radius):
    """A ball given as runs, as a cube of booleans."""
    size = 2 * radius + 1
    ball = np.zeros((size, size, size), dtype=bool)
    for (dz, dy), half in runs.items():
        ball[radius + dz, radius + dy, radius - half : radius + half + 1] = True
    return ball


@pytest.mark.parametrize("radius", [1, 2, 3, 4, 5])
def test_itk_ball_is_the_one_simpleitk_dilates_with(radius):
    dot = np.zeros((13, 13, 13), dtype=np.uint8)
    dot[6, 6, 6] = 1
    dilated = SimpleITK.GetArrayFromImage(
        SimpleITK.BinaryDilate(SimpleITK.GetImageFromArray(dot), [radius] * 3)
    )
    near = slice(6 - radius, 7 + radius)
    np.testing.assert_array_equal(as_array(ball_runs(radius, "itk"), radius), dilated[near, near, near])


@pytest.mark.parametrize("radius", [1, 2, 3, 4, 5])
def test_euclidean_ball_is_scikit_images(radius):
    np.testing.assert_array_equal(as_array(ball_runs(radius, "euclidean"), radius), morphology.ball(radius))


def test_ball_sizes():
    # squared distances <= 6 leave out (2,2,.): of 5^3 = 125, the 44 with two or three 2s: 81
    assert as_array(ball_runs(2, "itk"), 2).sum() == 81
    # squared distance <= 4: centre 1, faces 6, edges 12, corners 8, two steps along an axis 6
    assert as_array(ball_runs(2, "euclidean"), 2).sum() == 33


def test_closing_fills_a_gap_and_keeps_the_rest():
    # two slabs with 3 empty planes between: radius 2 reaches 2 from each side, so they meet; with 5
    # planes between they do not, and everything comes back as it was
    for gap, filled in ((3, True), (5, False)):
        mask = np.zeros((30, 30, 30), dtype=bool)
        mask[8 : 22 + gap - 3, 8:22, 8:22] = True
        mask[12 : 12 + gap] = False
        closed = close_mask(mask)
        assert closed[12 + gap // 2, 15, 15] == filled
        if not filled:
            np.testing.assert_array_equal(closed, mask)


@pytest.mark.parametrize("radius", [1, 2, 3])
@pytest.mark.parametrize("density", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("room", [0, 1, 2, 3, 7])
def test_closing_is_the_authors_route_voxel_for_voxel(rng, radius, density, room):
    # room: empty voxels between the mask and the volume's edge, at the border and all ways near it
    mask = np.pad(rng.random((9, 14, 11)) < density, ((room, 0), (0, room), (room, room)))
    np.testing.assert_array_equal(close_mask(mask, radius=radius), itk_closing(mask, radius))


@given(masks, st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_closing_is_the_authors_route_on_small_volumes(mask, radius):
    # here every voxel is near some border, and a volume may be thinner than the ball
    np.testing.assert_array_equal(close_mask(mask, radius=radius), itk_closing(mask, radius))


@given(masks, st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_euclidean_closing_is_scipys_with_itks_border(mask, radius):
    ball = morphology.ball(radius)
    grown = ndimage.binary_dilation(mask, ball)
    expected = ndimage.binary_erosion(grown, ball, border_value=1)
    np.testing.assert_array_equal(close_mask(mask, radius=radius, ball="euclidean"), expected)


@given(masks, st.integers(0, 3), balls)
@settings(max_examples=60, deadline=None)
def test_closing_never_shrinks_and_twice_is_once(mask, radius, ball):
    closed = close_mask(mask, radius=radius, ball=ball)
    assert not (mask & ~closed).any()
    np.testing.assert_array_equal(close_mask(closed, radius=radius, ball=ball), closed)


@given(arrays(bool, (2, 5, 6, 5)), balls)
@settings(max_examples=40, deadline=None)
def test_closing_keeps_the_order_of_masks(pair, ball):
    small, large = pair[0] & pair[1], pair[0]
    assert not (close_mask(small, ball=ball) & ~close_mask(large, ball=ball)).any()


def test_scipys_default_border_would_erode():
    # why this module exists: a mask that touches the border loses voxels to scipy's default
    mask = np.zeros((8, 8, 8), dtype=bool)
    mask[:4, :4, :4] = True
    assert (mask & ~ndimage.binary_closing(mask, morphology.ball(2))).any()
    assert not (mask & ~close_mask(mask)).any()


@given(masks, st.sampled_from([(6, 1), (18, 2), (26, 3)]))
@settings(max_examples=60, deadline=None)
def test_largest_component_is_scikit_images(mask, neighbours):
    connectivity, axes = neighbours
    labels = measure.label(mask, connectivity=axes)
    kept = largest_component(mask, connectivity=connectivity)
    if not mask.any():
        assert not kept.any()
        return
    sizes = np.bincount(labels[mask])
    assert kept.sum() == sizes.max()
    assert len(np.unique(labels[kept])) == 1  # one component ...
    assert not (kept & ~mask).any()
    assert sizes[labels[kept][0]] == kept.sum()  # ... and the whole of it


@pytest.mark.parametrize(("connectivity", "corners_touch"), [(6, False), (26, True)])
def test_largest_component_is_simpleitks(rng, connectivity, corners_touch):
    mask = rng.random((12, 15, 18)) < {6: 0.25, 26: 0.08}[connectivity]
    expected = itk_largest(mask, corners_touch=corners_touch)
    np.testing.assert_array_equal(largest_component(mask, connectivity=connectivity), expected)


def test_connectivity_decides_what_touches():
    mask = np.zeros((4, 5, 6), dtype=bool)
    mask[0, 0, 0:2] = True  # two voxels that share a face
    mask[1, 1, 1] = True  # shares an edge with (0, 0, 1)
    mask[2, 2, 2] = True  # shares a corner with (1, 1, 1)
    assert [largest_component(mask, connectivity=count).sum() for count in (6, 18, 26)] == [2, 3, 4]


def test_of_equal_components_the_first_is_kept():
    mask = np.zeros((3, 9, 9), dtype=bool)
    mask[1, 2, 5:7] = mask[1, 7, 1:3] = mask[2, 0, 0] = True
    kept = largest_component(mask)
    assert np.argwhere(kept).tolist() == [[1, 2, 5], [1, 2, 6]]


def test_postprocess_is_closing_then_largest():
    mask = np.zeros((20, 30, 30), dtype=bool)
    mask[5:15, 5:15, 5:13] = mask[5:15, 5:15, 14:22] = True  # closing joins them over one empty plane
    mask[5:15, 20:30, 20:30] = True  # larger than either half, smaller than both
    clean = postprocess(mask)
    assert clean[10, 10, 13]
    assert not clean[:, 20:, :].any()
    np.testing.assert_array_equal(clean, largest_component(close_mask(mask)))
    np.testing.assert_array_equal(clean, itk_largest(itk_closing(mask, 2)))
    # the order matters: the largest component first would keep the other block
    assert close_mask(largest_component(mask))[10, 25, 25]


def test_each_step_can_be_left_out(rng):
    mask = rng.random((6, 7, 8)) < 0.2
    nothing = postprocess(mask, PostprocessConfig(closing_radius=0, largest_component=False))
    np.testing.assert_array_equal(nothing, mask)
    assert not np.shares_memory(nothing, mask)
    np.testing.assert_array_equal(
        postprocess(mask, PostprocessConfig(closing_radius=0, connectivity=18)),
        largest_component(mask, connectivity=18),
    )
    np.testing.assert_array_equal(
        postprocess(mask, PostprocessConfig(ball="euclidean", largest_component=False)),
        close_mask(mask, ball="euclidean"),
    )


def test_empty_full_and_labelled_masks():
    assert not postprocess(np.zeros((3, 4, 5), dtype=np.uint8)).any()
    assert postprocess(np.ones((3, 4, 5), dtype=np.uint8)).all()
    mask = np.zeros((9, 9, 9), dtype=np.uint8)
    mask[4, 4, 4] = 255
    before = mask.copy()
    clean = postprocess(mask)
    assert clean.dtype == bool
    np.testing.assert_array_equal(clean, mask == 255)
    np.testing.assert_array_equal(mask, before)


def test_any_memory_layout_gives_the_same(rng):
    mask = rng.random((6, 9, 12)) < 0.15
    expected = postprocess(mask)
    np.testing.assert_array_equal(postprocess(np.asfortranarray(mask)), expected)
    wide = np.zeros((6, 18, 12), dtype=bool)
    wide[:, ::2] = mask
    np.testing.assert_array_equal(postprocess(wide[:, ::2]), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"closing_radius": -1}, "closing_radius must be a whole number from 0 to 20 .*, got -1"),
        ({"closing_radius": 1.5}, r"closing_radius must be .* got 1\.5"),
        ({"closing_radius": True}, "closing_radius must be .* got True"),
        ({"ball": "cube"}, "ball is 'cube'.*itk, euclidean"),
        ({"connectivity": 4}, "connectivity must be .* 6, 18 or 26.*, got 4"),
    ],
)
def test_refuses_settings_without_meaning(change, message):
    with pytest.raises(InputError, match=message):
        PostprocessConfig(**change)


def test_refuses_a_probability_map():
    with pytest.raises(InputError, match="threshold a probability map"):
        postprocess(np.full((2, 3, 4), 0.5))


@pytest.mark.real
def test_real_masks_are_cleaned_as_the_authors_route_does(real_data):
    h5py = pytest.importorskip("h5py")
    folder = real_data / "la2018" / "2018LA_Seg_Training Set"
    for path in sorted(folder.glob("*/mri_norm2.h5"))[:40:20]:
        with h5py.File(path) as file:
            label = file["label"][:].transpose(2, 1, 0) > 0  # stored (x, y, z)
        damaged = label & (np.random.default_rng(1).random(label.shape) > 0.2)
        damaged[:, :3, :3] = True  # an island at the border
        np.testing.assert_array_equal(postprocess(damaged), itk_largest(itk_closing(damaged, 2)))

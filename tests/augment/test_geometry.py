"""The one resampling, against scipy, numpy and pixels moved by hand."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from scipy import ndimage

from atriacourse.augment.geometry import (
    Geometry,
    GeometryConfig,
    draw_geometry,
    no_geometry,
    resample,
)
from atriacourse.errors import InputError

EXACT = 1e-4  # of a range of 1: a fortieth of a grey level; float32 positions are good to 6e-5 pixels


def geometry(degrees=0.0, zoom=(1.0, 1.0), shift=(0.0, 0.0), flip=(False, False)):
    """The same draw for a batch of one, in words."""
    return Geometry(
        torch.tensor([math.radians(degrees)]),
        torch.tensor([zoom]),
        torch.tensor([shift]),
        torch.tensor([flip]),
    )


def show(picture, drawn, crop=None, padding="mirror"):
    """Resample one (h, w) picture and return it as numpy."""
    canvas = torch.as_tensor(picture, dtype=torch.float32)[None, None]
    size = torch.tensor([picture.shape])
    sampled, inside = resample(canvas, size, drawn, crop or picture.shape, padding=padding)
    assert inside.dtype == torch.bool
    return sampled[0, 0].numpy(), inside[0, 0].numpy()


def smooth(rng, height, width):
    """A picture without sharp edges, values 0..1."""
    picture = ndimage.gaussian_filter(rng.random((height, width)), 3)
    return ((picture - picture.min()) / np.ptp(picture)).astype(np.float32)


def scipy_resample(picture, crop, *, degrees, zoom, shift, flip, mode):
    """The same by scipy, from homogeneous matrices composed in the order of the words.

    Flip, zoom, turn (x towards y) and shift carry the slice to the crop; scipy wants the way back. The
    centres of slice and crop differ by half a pixel where one is even and the other odd: there the crop
    begins on the next whole pixel.
    """
    height, width = picture.shape
    angle = math.radians(degrees)
    move = np.eye(3)
    move[:2, 2] = shift[0] * height, shift[1] * width
    turn = np.array(
        [[math.cos(angle), math.sin(angle), 0], [-math.sin(angle), math.cos(angle), 0], [0, 0, 1]]
    )
    size = np.diag([zoom[0] * (-1) ** flip[0], zoom[1] * (-1) ** flip[1], 1])
    to_centre, to_crop = np.eye(3), np.eye(3)
    to_centre[:2, 2] = -(height - 1) / 2, -(width - 1) / 2
    start = [math.ceil((height - crop[0]) / 2), math.ceil((width - crop[1]) / 2)]
    to_crop[:2, 2] = (height - 1) / 2 - start[0], (width - 1) / 2 - start[1]
    back = np.linalg.inv(to_crop @ move @ turn @ size @ to_centre)
    sampled = ndimage.affine_transform(
        picture, back[:2, :2], back[:2, 2], output_shape=crop, order=1, mode=mode, output=np.float64
    )
    y, x = np.einsum("ij,jyx->iyx", back[:2], np.stack([*np.mgrid[: crop[0], : crop[1]], np.ones(crop)]))
    depth = np.minimum.reduce([y + 0.5, height - 0.5 - y, x + 0.5, width - 0.5 - x])
    return sampled, depth  # how far inside the slice's border a pixel lies


# ---- nothing drawn: a plain centre crop, or mirror padding


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 90), st.integers(1, 90))
def test_nothing_drawn_is_a_centre_crop_or_numpys_reflect(height, width, crop_height, crop_width):
    grey = np.random.default_rng(height * width).integers(0, 256, (height, width))
    sampled, inside = show(grey / 255, no_geometry(1), (crop_height, crop_width))
    # cut (an odd pixel too many goes at the top and left) or padded (too few: at the bottom and right)
    top, left = math.ceil((height - crop_height) / 2), math.ceil((width - crop_width) / 2)
    wide = np.pad(grey, 100, mode="reflect")
    expected = wide[100 + top :, 100 + left :][:crop_height, :crop_width]
    np.testing.assert_array_equal(np.rint(sampled * 255), expected)
    is_slice = np.pad(np.ones((height, width), bool), 100)[100 + top :, 100 + left :]
    np.testing.assert_array_equal(inside, is_slice[:crop_height, :crop_width])


@pytest.mark.parametrize("crop", [256, 384, 480, 512, 576, 640])
@pytest.mark.parametrize("size", [200, 576, 640])  # 640 and 576 are more than twice 200
def test_every_crop_of_the_paper_is_voxel_exact(rng, size, crop):
    grey = rng.integers(0, 256, (size, size))
    sampled, _ = show(grey / 255, no_geometry(1), (crop, crop))
    start = (size - crop) // 2
    wide = np.pad(grey, max(0, -start), mode="reflect")
    expected = wide[max(0, start) :, max(0, start) :][:crop, :crop]
    np.testing.assert_array_equal(np.rint(sampled * 255), expected)


@pytest.mark.parametrize(("padding", "mode"), [("zero", "constant"), ("edge", "edge"), ("mirror", "reflect")])
def test_the_three_paddings(rng, padding, mode):
    grey = rng.integers(1, 256, (5, 4))
    sampled, inside = show(grey / 255, no_geometry(1), (13, 12), padding)
    np.testing.assert_array_equal(np.rint(sampled * 255), np.pad(grey, 4, mode=mode))
    np.testing.assert_array_equal(inside, np.pad(np.ones((5, 4), bool), 4))


# ---- direction and size


def test_a_bright_pixel_goes_where_the_words_say():
    picture = np.zeros((21, 21), np.float32)
    picture[10, 16] = 1  # 6 to the right of the centre (10, 10)

    def place(drawn):
        sampled, _ = show(picture, drawn, padding="zero")
        assert sampled.max() > 0.9
        return tuple(int(i) for i in np.unravel_index(sampled.argmax(), sampled.shape))

    assert place(geometry(degrees=90)) == (16, 10)  # x towards y: from the right to below
    assert place(geometry(degrees=-90)) == (4, 10)
    assert place(geometry(zoom=(1.0, 1.5))) == (10, 19)  # 6 * 1.5 = 9 from the centre
    assert place(geometry(zoom=(1.0, 0.5))) == (10, 13)
    assert place(geometry(zoom=(2.0, 1.0))) == (10, 16)
    assert place(geometry(shift=(1 / 7, 0.0))) == (13, 16)  # 21 / 7 = 3 down
    assert place(geometry(shift=(0.0, -1 / 7))) == (10, 13)
    assert place(geometry(flip=(False, True))) == (10, 4)
    assert place(geometry(flip=(True, False))) == (10, 16)
    # in this order: flip to 6 left, zoom to 3 left, turn to 3 above, shift 3 down
    assert place(geometry(90.0, (1.0, 0.5), (1 / 7, 0.0), (False, True))) == (10, 10)


def test_rotation_agrees_with_scipys_rotate(rng):
    picture = smooth(rng, 61, 47)
    sampled, inside = show(picture, geometry(degrees=10))
    # scipy.ndimage.rotate turns the other way round: from y towards x
    expected = ndimage.rotate(picture, -10, reshape=False, order=1, mode="mirror")
    np.testing.assert_allclose(sampled, expected, atol=EXACT)
    assert 0.8 < inside.mean() < 1  # the corners came from outside


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(20, 45), st.integers(20, 45)),
    st.tuples(st.integers(8, 110), st.integers(8, 110)),
    st.floats(-180, 180),
    st.tuples(st.floats(0.5, 2), st.floats(0.5, 2)),
    st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)),
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from([("mirror", "mirror"), ("edge", "nearest"), ("zero", "nearest")]),
)
def test_any_draw_agrees_with_scipy(size, crop, degrees, zoom, shift, flip, padding):
    picture = smooth(np.random.default_rng(7), *size)
    ours, inside = show(picture, geometry(degrees, zoom, shift, flip), crop, padding[0])
    words = {"degrees": degrees, "zoom": zoom, "shift": shift, "flip": flip}
    expected, depth = scipy_resample(picture, crop, **words, mode=padding[1])
    clear = np.abs(depth) > 1e-3  # a pixel on the border itself may be counted on either side
    np.testing.assert_array_equal(inside[clear], depth[clear] > 0)
    if padding[0] == "zero":
        assert not ours[~inside].any()
        ours, expected = ours[inside], expected[inside]
    # smooth() changes by up to a tenth a pixel, positions are good to a thousandth of a pixel
    np.testing.assert_allclose(ours, expected, atol=2e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.booleans(), st.booleans())
def test_two_flips_are_the_identity(height, width, up_down, left_right):
    grey = np.random.default_rng(1).integers(0, 256, (height, width))
    flip = geometry(flip=(up_down, left_right))
    once, _ = show(grey / 255, flip)
    axes = [axis for axis, flipped in ((0, up_down), (1, left_right)) if flipped]
    np.testing.assert_array_equal(np.rint(once * 255), np.flip(grey, axes))
    np.testing.assert_array_equal(np.rint(show(once, flip)[0] * 255), grey)


# ---- the batch


@pytest.mark.parametrize("padding", ["mirror", "edge", "zero"])
def test_slices_of_different_sizes_come_out_as_each_alone(rng, padding):
    pictures = [smooth(rng, 30, 50), smooth(rng, 64, 20), smooth(rng, 41, 41)]
    canvas = torch.zeros(3, 2, 64, 50)
    for n, picture in enumerate(pictures):
        canvas[n, :, : picture.shape[0], : picture.shape[1]] = torch.from_numpy(picture)
    sizes = torch.tensor([picture.shape for picture in pictures])
    drawn = draw_geometry(GeometryConfig(), count=3, generator=torch.Generator().manual_seed(3))
    together, inside = resample(canvas, sizes, drawn, (70, 48), padding=padding)
    for n, picture in enumerate(pictures):
        one = Geometry(*(part[n : n + 1] for part in drawn))
        alone, inside_alone = show(picture, one, (70, 48), padding)
        np.testing.assert_array_equal(inside[n, 0], inside_alone)
        np.testing.assert_allclose(together[n, 0], alone, atol=EXACT)
        np.testing.assert_allclose(together[n, 1], alone, atol=EXACT)


def test_nothing_given_is_changed(rng):
    canvas, sizes = torch.rand(2, 2, 9, 9), torch.tensor([[9, 9], [5, 7]])
    before = canvas.clone(), sizes.clone()
    drawn = draw_geometry(GeometryConfig(), count=2, generator=torch.Generator().manual_seed(0))
    resample(canvas, sizes, drawn, (12, 12))
    assert torch.equal(canvas, before[0])
    assert torch.equal(sizes, before[1])


# ---- the draw


def test_the_draw_keeps_to_the_papers_ranges_and_fills_them():
    drawn = draw_geometry(GeometryConfig(), count=20_000, generator=torch.Generator().manual_seed(1))
    degrees = torch.rad2deg(drawn.angle)
    for values, low, high in ((degrees, -10, 10), (drawn.zoom, 0.7, 1.3), (drawn.shift, -0.1, 0.1)):
        span = high - low
        assert low - 1e-4 * span <= values.min() < low + 0.01 * span
        assert high - 0.01 * span < values.max() <= high + 1e-4 * span
        # the mean of 20,000 uniform numbers has a standard deviation of 0.002 spans
        assert abs(values.mean() - (low + high) / 2) < 0.01 * span
    assert drawn.flip.float().mean(dim=0).tolist() == pytest.approx([0.5, 0.5], abs=0.015)
    # y and x are drawn apart
    assert abs(torch.corrcoef(drawn.zoom.T)[0, 1]) < 0.03
    assert abs(torch.corrcoef(drawn.shift.T)[0, 1]) < 0.03


def test_one_zoom_for_both_axes_if_asked():
    config = GeometryConfig(independent_zoom=False)
    zoom = draw_geometry(config, count=50, generator=torch.Generator().manual_seed(1)).zoom
    assert torch.equal(zoom[:, 0], zoom[:, 1])
    assert zoom[:, 0].unique().numel() == 50


def test_switched_off_it_draws_what_no_geometry_is():
    off = GeometryConfig(
        flip_up_down=0, flip_left_right=0, rotation_degrees=0, shift=0, zoom_low=1, zoom_high=1
    )
    drawn = draw_geometry(off, count=4, generator=torch.Generator().manual_seed(1))
    for ours, nothing in zip(drawn, no_geometry(4), strict=True):
        assert torch.equal(ours, nothing)
    always = GeometryConfig(flip_up_down=1, flip_left_right=0)
    flip = draw_geometry(always, count=4, generator=torch.Generator().manual_seed(1)).flip
    assert flip.tolist() == [[True, False]] * 4


def test_only_the_generator_decides():
    def draw(seed):
        torch.rand(3)  # the global generator moves on in between
        return draw_geometry(GeometryConfig(), count=5, generator=torch.Generator().manual_seed(seed))

    assert all(torch.equal(a, b) for a, b in zip(draw(5), draw(5), strict=True))
    assert not torch.equal(draw(5).angle, draw(6).angle)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"flip_up_down": 1.5}, "flip_up_down must be a number from 0 to 1 .*, got 1.5"),
        ({"flip_left_right": math.nan}, "flip_left_right must be a number from 0 to 1 .*, got nan"),
        ({"rotation_degrees": -1.0}, "rotation_degrees must be .* from 0 to 180 .* got -1.0"),
        ({"rotation_degrees": math.nan}, "rotation_degrees must be .* got nan"),
        ({"shift": 1.0}, "shift must be .* from 0 to 0.99 .* got 1.0"),
        ({"zoom_low": 1.4}, "low <= high, got 1.4..1.3"),
        ({"zoom_low": 0.0}, "zoom_low must be .* from 0.1 to 10"),
        ({"padding": "wrap"}, "padding must be one of mirror, zero, edge, got 'wrap'"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(settings_, message):
    with pytest.raises(InputError, match=message):
        GeometryConfig(**settings_)

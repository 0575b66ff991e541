"""The scrolling stack: each slice has its tile, its outline and its place in millimetres."""

import base64
import io
import json
import re
from html import unescape

import numpy as np
import pytest
from PIL import Image

from atriacourse.errors import InputError
from atriacourse.pages.widgets.stack import slice_stack

SPACING_MM = (2.5, 1.0, 0.5)


@pytest.fixture
def volume():
    """Slices of one grey each, brighter towards the head: 0, 60, 120, 180."""
    return np.broadcast_to(np.arange(0, 240, 60, dtype=np.uint8)[:, None, None], (4, 32, 48)).copy()


@pytest.fixture
def mask(volume):
    """One voxel, at z = 2, y = 5, x = 7."""
    mask = np.zeros(volume.shape, dtype=bool)
    mask[2, 5, 7] = True
    return mask


def data_of(stack):
    return json.loads(unescape(re.search(r'data-stack="([^"]*)"', stack._repr_html_())[1]))


def tiles_of(stack):
    """The slices as the script cuts them out of the sheet."""
    columns, width, height = data_of(stack)["tiles"]
    uri = re.search(r'href="data:image/webp;base64,([^"]*)"', stack._repr_html_())[1]
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))).convert("L"))
    corners = [(n // columns * height, n % columns * width) for n in range(stack.shape[0])]
    return [sheet[row : row + height, column : column + width] for row, column in corners]


def test_every_slice_has_a_tile_in_order(volume):
    stack = slice_stack(volume, spacing_mm=SPACING_MM, alt="Flat slices.", grey_range=(0, 255))
    inner = [tile[8:-8, 8:-8].mean() for tile in tiles_of(stack)]  # coding blurs the border between tiles
    assert inner == pytest.approx([0, 60, 120, 180], abs=4)
    assert data_of(stack)["places"] == ["z = 0, 0.0 mm", "z = 1, 2.5 mm", "z = 2, 5.0 mm", "z = 3, 7.5 mm"]


def test_in_the_upright_planes_the_head_is_on_top(volume):
    for plane, count in (("coronal", 32), ("sagittal", 48)):
        stack = slice_stack(volume, spacing_mm=SPACING_MM, alt="x", plane=plane, grey_range=(0, 255))
        assert stack.shape[0] == count
        tile = tiles_of(stack)[0]
        assert tile[0].mean() > tile[-1].mean() + 100


def test_an_outline_surrounds_its_voxel_in_tenths_of_a_pixel(volume, mask):
    stack = slice_stack(volume, spacing_mm=SPACING_MM, alt="x", masks={"truth": mask})
    paths = data_of(stack)["paths"][0]
    assert [bool(path) for path in paths] == [False, False, True, False]
    start, *steps = [tuple(map(int, one.split())) for one in paths[2].strip("Mz").split("l")]
    corners = np.cumsum([start, *steps], axis=0)
    # the middle of the voxel in row 5, column 7 is at (7.5, 5.5) pixels; the line at half height passes
    # half a pixel from it
    assert sorted(map(tuple, corners.tolist())) == [(70, 55), (75, 50), (75, 60), (80, 55)]


def test_a_margin_cuts_all_three_axes_and_keeps_the_numbers(volume, mask):
    stack = slice_stack(volume, spacing_mm=SPACING_MM, alt="x", masks={"truth": mask}, margin_mm=2.5)
    assert stack.shape == (3, 7, 11)  # one slice, three rows and five columns to each side
    assert data_of(stack)["places"][0] == "z = 1, 2.5 mm"


def test_the_picture_has_the_shape_of_the_body_not_of_the_array(volume):
    page = slice_stack(volume, spacing_mm=SPACING_MM, alt="x")._repr_html_()
    assert 'viewBox="0 0 24 32"' in page  # 48 * 0.5 mm wide, 32 * 1 mm high


def test_a_large_noisy_volume_stays_small():
    noise = np.random.default_rng(0).integers(0, 255, (24, 300, 420), dtype=np.uint8)
    page = slice_stack(noise, spacing_mm=(1, 1, 1), alt="Noise.", max_kb=1000)._repr_html_()
    assert len(page) < 4 / 3 * 1_000_000 + 20_000


def test_names_and_texts_are_escaped(volume, mask):
    page = slice_stack(volume, spacing_mm=SPACING_MM, alt='a "b" <c>', masks={"<m>": mask}, caption="1 < 2")
    assert "&lt;m&gt;" in page._repr_html_() and "<c>" not in page._repr_html_()
    assert data_of(page)["alt"] == 'a "b" <c>'


def test_what_it_cannot_show_is_an_error(volume, mask):
    with pytest.raises(InputError, match="plane must be one of axial"):
        slice_stack(volume, spacing_mm=SPACING_MM, alt="x", plane="oblique")
    with pytest.raises(InputError, match=r"axes \(z, y, x\)"):
        slice_stack(volume[0], spacing_mm=SPACING_MM, alt="x")
    with pytest.raises(InputError, match="'m' is"):
        slice_stack(volume, spacing_mm=SPACING_MM, alt="x", masks={"m": mask[:2]})
    with pytest.raises(InputError, match="4 masks"):
        slice_stack(volume, spacing_mm=SPACING_MM, alt="x", masks=dict.fromkeys("abcd", mask))

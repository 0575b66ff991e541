"""Pictures of scans: not stretched, not flipped, outlines where the masks are, an honest scale bar."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from atriacourse.errors import InputError
from atriacourse.pages.pictures.figures import (
    Panel,
    round_length_mm,
    show_slice,
    side_by_side,
    slice_montage,
    three_planes,
)
from atriacourse.pages.pictures.style import LINES

mpl.use("agg")  # no screen needed

SPACING_MM = (2.0, 1.0, 0.5)


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


@pytest.fixture
def volume(rng):
    return rng.integers(0, 255, size=(6, 20, 40)).astype(np.uint8)


@pytest.fixture
def mask(volume):
    filled = np.zeros(volume.shape, dtype=bool)
    filled[1:5, 4:12, 10:31] = True
    return filled


def lines_of(axes, style):
    return [line for line in axes.lines if line.get_color() == style.color]


def test_outline_runs_half_a_voxel_outside_the_mask(axes, volume, mask):
    show_slice(axes, volume[2], spacing_mm=(1.0, 0.5), masks={"truth": mask[2]})
    (outline,) = lines_of(axes, LINES[0])
    columns, rows = outline.get_data()
    assert (columns.min(), columns.max()) == (9.5, 30.5)  # columns 10..30 are filled
    assert (rows.min(), rows.max()) == (3.5, 11.5)  # rows 4..11


def test_outline_is_closed_where_the_mask_touches_the_border(axes):
    full = np.ones((8, 8), dtype=bool)
    show_slice(axes, full.astype(float), spacing_mm=(1, 1), masks={"truth": full})
    (outline,) = lines_of(axes, LINES[0])
    columns, rows = outline.get_data()
    assert (columns[0], rows[0]) == (columns[-1], rows[-1])
    assert columns.min() == rows.min() == -0.5
    assert axes.get_xlim() == (-0.5, 7.5)
    assert axes.get_ylim() == (7.5, -0.5)  # row 0 on top


def test_an_empty_mask_draws_nothing(axes, volume):
    show_slice(axes, volume[0], spacing_mm=(1, 1), masks={"truth": np.zeros((20, 40))}, scale_bar=False)
    assert len(axes.lines) == 0


def test_pixels_have_the_shape_that_the_spacing_says(axes, volume):
    show_slice(axes, volume[0], spacing_mm=(1.0, 0.5))
    assert axes.get_aspect() == 2.0  # a row is twice as high as a column is wide


def test_scale_bar_is_as_long_as_it_says(axes, volume):
    show_slice(axes, volume[0], spacing_mm=(1.0, 0.5))
    (bar,) = [line for line in axes.lines if line.get_color() == "white"]
    left, right = bar.get_xdata()
    # the picture is 40 columns of 0.5 mm wide, so a fifth is 4 mm, and the next round length 2 mm
    assert (right - left) * 0.5 == pytest.approx(2.0)
    assert "2 mm" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(
    ("about", "bar"), [(1.0, 1), (1.9, 1), (2.1, 2), (7, 5), (36, 20), (72, 50), (0.3, 0.2)]
)
def test_round_lengths(about, bar):
    assert round_length_mm(about) == pytest.approx(bar)


def test_letters_stand_where_they_belong_and_only_when_known(axes, volume):
    show_slice(axes, volume[0], spacing_mm=(1, 1), letters="RLAP", scale_bar=False)
    place = {text.get_text(): text.get_position() for text in axes.texts}
    assert place["R"][0] < 0.5 < place["L"][0]
    assert place["P"][1] < 0.5 < place["A"][1]
    before = len(axes.texts)
    show_slice(axes, volume[0], spacing_mm=(1, 1), letters=None, scale_bar=False)
    assert len(axes.texts) == before


def test_three_planes_put_the_head_on_top(volume):
    volume[:] = 0
    volume[5] = 200  # the top slice, towards the head
    figure = three_planes(volume, spacing_mm=SPACING_MM)
    shown = {axes.get_title().split(",")[0]: axes.images[0].get_array() for axes in figure.axes}
    assert shown["coronal"].shape == (6, 40)
    assert shown["sagittal"].shape == (6, 20)
    assert (shown["coronal"][0] == 200).all()
    assert (shown["sagittal"][0] == 200).all()
    assert (shown["coronal"][1:] == 0).all()


def test_three_planes_are_drawn_with_their_own_spacings(volume):
    figure = three_planes(volume, spacing_mm=SPACING_MM)
    aspects = {axes.get_title().split(",")[0]: axes.get_aspect() for axes in figure.axes}
    assert aspects == {"axial": 1.0 / 0.5, "coronal": 2.0 / 0.5, "sagittal": 2.0 / 1.0}


def test_three_planes_cut_the_masks_with_the_image(volume, mask):
    volume[:] = mask * 100
    figure = three_planes(volume, spacing_mm=SPACING_MM, masks={"truth": mask}, margin_mm=2.0)
    for axes in figure.axes:
        (outline,) = lines_of(axes, LINES[0])
        columns, rows = (np.asarray(data) for data in outline.get_data())
        filled = np.argwhere(axes.images[0].get_array() > 50)
        assert rows.min() == filled[:, 0].min() - 0.5
        assert columns.max() == filled[:, 1].max() + 0.5


def test_three_planes_run_through_a_mask_that_is_not_outlined(volume, mask):
    figure = three_planes(volume, spacing_mm=SPACING_MM, around=mask, margin_mm=0.0)
    assert [axes.get_title() for axes in figure.axes] == [
        "axial, z = 2",
        "coronal, y = 7",
        "sagittal, x = 20",
    ]
    assert figure.axes[0].images[0].get_array().shape == (8, 21)  # rows 4..11, columns 10..30
    assert not any(lines_of(axes, LINES[0]) for axes in figure.axes)


def test_panels_stand_in_a_row_with_the_names_below(volume, mask):
    first = Panel(plane=volume[2], spacing_mm=(1, 1), title="a", masks={"truth": mask[2]})
    figure = side_by_side([first, Panel(plane=volume[3], spacing_mm=(1, 1), grey_range=(0, 9))])
    assert [axes.get_title() for axes in figure.axes] == ["a", ""]
    assert figure.axes[1].images[0].get_clim() == (0, 9)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["truth"]


def test_montage_shows_the_filled_slices_and_names_the_masks(volume, mask):
    figure = slice_montage(volume, spacing_mm=SPACING_MM, masks={"truth": mask, "guess": mask}, count=3)
    titles = [axes.get_title() for axes in figure.axes if axes.images]
    assert titles == ["slice 1", "slice 2", "slice 4"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["truth", "guess"]


def test_figures_are_closed_so_that_a_notebook_shows_them_once(volume):
    slice_montage(volume, spacing_mm=SPACING_MM)
    assert plt.get_fignums() == []


def test_wrong_input_is_refused(axes, volume, mask):
    with pytest.raises(InputError, match="two axes"):
        show_slice(axes, volume, spacing_mm=(1, 1))
    with pytest.raises(InputError, match="one grid"):
        show_slice(axes, volume[0], spacing_mm=(1, 1), masks={"a": mask[0, :5]})
    with pytest.raises(InputError, match="at most 3"):
        show_slice(axes, volume[0], spacing_mm=(1, 1), masks=dict.fromkeys("abcd", mask[0]))

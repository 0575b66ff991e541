"""Names stand on what they name, planes are the right ones, areas are counted in cm2."""

import numpy as np
import pytest

from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.errors import InputError
from atriacourse.pages.chapters.left_atrium import (
    Patient,
    areas_up_the_stack,
    named_slice,
    names_in_slice,
    patients_in_views,
    slice_areas,
)

CONFIG = PhantomConfig(matrix=96, slices=24, site="A", post_ablation=False, veins=4)


@pytest.mark.parametrize("seed", range(4))
def test_names_stand_where_the_organs_are(seed):
    phantom = make_phantom(CONFIG, seed=seed)
    areas, _ = slice_areas(phantom.mask, phantom.spacing_mm)
    z = int(areas.argmax())
    names = names_in_slice(CONFIG, seed=seed, z=z)
    assert phantom.mask[z][names["LA"]]
    assert not any(
        phantom.mask[z][place] for name, place in names.items() if not name.startswith(("LA", "PV"))
    )
    # columns grow to the patient's left, rows to the back
    assert names["RA"][1] < names["LA"][1] and names["Ao"][0] < names["LA"][0] < names["AoD"][0]
    assert names["spine"][1] < names["AoD"][1]
    blood = [phantom.image[z][names[name]] for name in ("LA", "RA", "Ao", "AoD")]
    assert min(blood) > phantom.image[z].mean()


def test_what_is_not_in_a_slice_has_no_name():
    assert "LA" not in names_in_slice(CONFIG, seed=1, z=0)
    with pytest.raises(InputError, match="fix site and post_ablation"):
        names_in_slice(PhantomConfig(), seed=1, z=3)
    with pytest.raises(InputError, match="slice 24 of a phantom with 24"):
        names_in_slice(CONFIG, seed=1, z=24)


def test_names_are_written_inside_the_window_only():
    plane = np.arange(400.0).reshape(20, 20)
    window = (slice(5, 15), slice(5, 15))
    figure = named_slice(
        plane,
        spacing_mm=(1, 1),
        names={"PV2": (10, 12), "far": (1, 1)},
        masks={"m": plane > 200},
        window=window,
    )
    written = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert written["PV"] == (7, 5) and "far" not in written  # (column, row) less the window's corner


def test_the_three_views_run_through_the_middle_of_the_mask():
    voxels = np.random.default_rng(0).normal(size=(10, 20, 30))
    mask = np.zeros(voxels.shape, bool)
    mask[3:6, 8:13, 18:23] = True  # its middle: z 4, y 10, x 20
    patient = Patient(title="A", voxels=voxels, spacing_mm=(2, 1, 1), masks={"truth": mask})
    figure = patients_in_views([patient, patient], margin_mm=100)
    assert len(figure.axes) == 6 and figure.axes[0].get_title() == "A, axial"
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes[:3]]
    np.testing.assert_array_equal(shown[0], voxels[4])
    np.testing.assert_array_equal(shown[1], voxels[::-1, 10])
    np.testing.assert_array_equal(shown[2], voxels[::-1, :, 20])


def test_areas_and_pieces():
    mask = np.zeros((3, 10, 10), bool)
    mask[1, 2:4, 2:7] = True  # 10 pixels
    mask[2, 0:2, 0:2] = mask[2, 5:7, 5:7] = True  # 2 x 4 pixels
    areas, pieces = slice_areas(mask, (9.0, 5.0, 2.0))  # a pixel is 10 mm2 = 0.1 cm2
    assert areas == pytest.approx([0, 1.0, 0.8]) and pieces.tolist() == [0, 1, 2]
    left, right = areas_up_the_stack([(mask, (9.0, 5.0, 2.0)), (mask[:2], (5.0, 5.0, 2.0))]).axes
    first, second = left.lines
    assert first.get_xdata() == pytest.approx([0, 1.0, 0.8])
    assert first.get_ydata() == pytest.approx([0, 9, 18])
    assert second.get_ydata() == pytest.approx([0, 5]) and first.get_linewidth() > second.get_linewidth()
    assert len(right.patches) == 2

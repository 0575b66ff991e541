"""The picture under chapter 3's slider shows the curve of its gamma and marks the blood."""

import numpy as np
import pytest

from atriacourse.pages.chapters.contrast_pictures import draw_gamma_state


def test_the_curve_is_the_power_law_and_the_mark_is_the_bloods_median():
    scores = np.linspace(-1, 3, 20 * 16).reshape(20, 16)
    blood = scores > 2.5  # median half way between 2.5 and 3, give or take a pixel
    window = (slice(2, 18), slice(0, 10))
    figure = draw_gamma_state(2.0, scores, blood=blood, window=window, spacing_mm=(2.0, 1.0))
    left, centre, right = figure.axes
    level, power = left.lines[1].get_data()
    assert power == pytest.approx(np.sqrt(level))  # F to the power 1/2
    assert left.get_title() == "γ = 2"
    assert centre.images[0].get_array().shape == (16, 10)
    marked = [line.get_xdata()[0] for line in right.lines if len(line.get_xdata()) == 1]
    assert marked == pytest.approx([2.75], abs=0.02)

"""The area under the curve, by hand."""

import numpy as np
import pytest

from atriacourse.pages.chapters.two_tasks_label import area_under_curve


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    # after: 0.9, 0.4; before: 0.5, 0.1, 0.4: right 3 + 1 and one tie, which counts half, of 6
    scores, truth = np.array([0.9, 0.5, 0.4, 0.1, 0.4]), np.array([1, 0, 1, 0, 0])
    assert area_under_curve(scores, truth) == pytest.approx(4.5 / 6)

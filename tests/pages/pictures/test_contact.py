"""A contact sheet shows every panel once, in order."""

import numpy as np
import pytest

from atriacourse.errors import InputError
from atriacourse.pages.pictures.contact import contact_sheet
from atriacourse.pages.pictures.figures import Panel


def test_every_panel_in_order():
    planes = [np.full((6, 8), number) + np.eye(6, 8) for number in range(7)]
    panels = [Panel(plane=p, spacing_mm=(1, 1), title=f"scan {n}") for n, p in enumerate(planes)]
    figure = contact_sheet(panels, columns=3)
    assert len(figure.axes) == 9
    drawn = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in drawn] == [f"scan {n}" for n in range(7)]
    for axes, plane in zip(drawn, planes, strict=True):
        np.testing.assert_array_equal(np.asarray(axes.images[0].get_array()), plane)
    assert drawn[0].texts and not drawn[1].texts  # letters and scale bar on the first
    assert not contact_sheet(panels, marks=False).axes[0].texts
    assert [axes.axison for axes in figure.axes[7:]] == [False, False]


def test_nothing_to_show():
    with pytest.raises(InputError, match="needs panels and columns, got 0 and 4"):
        contact_sheet([])

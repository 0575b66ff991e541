"""A contact sheet: one slice of every scan of a cohort, small, in rows.

Beside figures.py, whose `Panel` it takes; used by 02_audit.
"""

from collections.abc import Sequence
from dataclasses import replace

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from atriacourse.errors import InputError
from atriacourse.pages.pictures.figures import Panel, add_legend, draw_panel
from atriacourse.pages.pictures.style import STYLE, closed


def contact_sheet(
    panels: Sequence[Panel], *, columns: int = 4, size: float = 2.1, marks: bool = True
) -> Figure:
    """All panels in rows; the scale bar and the letters stand on the first only.

    Args: panels: with their titles; masks of the same names in all. size: inches of one panel.
        marks: whether there are a scale bar and letters; leave them out where headers are in doubt.
    Raises: InputError for no panel, or less than one column.
    """
    if not panels or columns < 1:
        raise InputError(f"a contact sheet needs panels and columns, got {len(panels)} and {columns}")
    rows = -(-len(panels) // columns)
    with plt.rc_context(STYLE | {"axes.titlesize": 10}):
        figure, grid = plt.subplots(
            rows, columns, figsize=(size * columns, (size + 0.2) * rows), layout="constrained", squeeze=False
        )
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for number, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
            draw_panel(axes, panel if marks and number == 0 else replace(panel, marks=False))
        if panels[0].masks:
            add_legend(figure, list(panels[0].masks))
        return closed(figure)

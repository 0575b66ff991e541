"""The one style of all pictures: fonts, a white ground, colours told apart by colour-blind readers.

Before figures.py and charts.py. Colours: Okabe and Ito.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType  # newer than the oldest matplotlib that will do

Look = dict["RcKeyType", Any]  # matplotlib's own settings

STYLE: Look = {
    "figure.dpi": 110,
    "figure.facecolor": "white",  # also in the page's dark mode: a scan is read on one ground
    "savefig.facecolor": "white",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY = "#56B4E9"


@dataclass(frozen=True, kw_only=True)
class Line:
    """How one outline is drawn."""

    color: str
    style: Literal["-", "--", ":"]


LINES = (Line(color=SKY, style="-"), Line(color=ORANGE, style="--"), Line(color=PURPLE, style=":"))


def closed(figure: Figure) -> Figure:
    """Take the figure out of pyplot's list, so that a notebook does not show it a second time."""
    plt.close(figure)
    return figure

"""Pictures of a class: a dot a student, and an interval a guess.

After pooled.py, before page.py. Closed Figures; rows are ordered by what was measured or guessed, so they say
nothing of who is who.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atriacourse.evaluation.metrics import label_of
from atriacourse.evaluation.uncertainty import higher_is_better
from atriacourse.pages.pictures.style import BLUE, ORANGE, SKY, STYLE, Look, closed
from atriacourse.school.classroom.pooled import PairOfClass, Question
from atriacourse.school.grading.class_page import ON_ANY_GROUND
from atriacourse.school.grading.render import INK

WIDTH = 4.2  # inches; a phone shows it without shrinking the letters
ROW = 0.16
SMALL: Look = {"font.size": 8, "axes.titlesize": 8}
EDGE = 0.1  # share of guesses whose ends may lie beyond the picture: a wild one must not hide the others


def pair_figure(pair: PairOfClass) -> Figure:
    """Every run of a pair as a dot with its interval, the pooled interval below, the recorded band behind."""
    runs = pair.runs
    with plt.rc_context(STYLE | ON_ANY_GROUND | SMALL):
        figure, axes = plt.subplots(figsize=(WIDTH, 1.0 + ROW * (len(runs) + 2)), layout="constrained")
        if pair.band is not None:
            axes.axvspan(pair.band.low, pair.band.high, color=SKY, alpha=0.25, linewidth=0)
        axes.axvline(0, color=INK, linewidth=0.8)
        for row, run in enumerate(runs):
            height = len(runs) + 1 - row
            _line(axes, run.low, run.high, height, color=BLUE, width=1.2)
            axes.plot([run.difference], [height], "o", color=BLUE, markersize=4)
        if np.isfinite(pair.low):
            _line(axes, pair.low, pair.high, 0.3, color=ORANGE, width=3)
            axes.plot([pair.difference], [0.3], "D", color=ORANGE, markersize=6)
        better = "right" if higher_is_better(pair.metric) else "left"
        axes.set(xlim=_room(pair), ylim=(-0.5, len(runs) + 1.7), yticks=[])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"difference of {label_of(pair.metric)}; {better} of 0: the first is better")
        axes.locator_params(axis="x", nbins=6)
        return closed(figure)


def _room(pair: PairOfClass) -> tuple[float, float]:
    """The part of the axis that is shown: all runs, zero, of a wide band no more than their width again."""
    ends = [0.0, *(value for run in pair.runs for value in (run.low, run.high, run.difference))]
    left, right = np.nanmin(ends), np.nanmax(ends)
    width = right - left or 1.0
    if pair.band is not None:
        left = min(left, max(pair.band.low, left - width))
        right = max(right, min(pair.band.high, right + width))
    return float(left - 0.05 * width), float(right + 0.05 * width)


def _line(axes: Axes, low: float, high: float, height: float, *, color: str, width: float) -> None:
    if np.isfinite([low, high]).all():
        axes.plot([low, high], [height, height], color=color, linewidth=width, solid_capstyle="butt")


def question_figure(question: Question) -> Figure:
    """Every guess of a question as a line, what came out as a mark on it: a dot inside, a cross outside."""
    rows = question.guesses
    with plt.rc_context(STYLE | ON_ANY_GROUND | SMALL):
        figure, axes = plt.subplots(figsize=(WIDTH, 0.6 + 0.07 * max(len(rows), 4)), layout="constrained")
        left, right = _shown(rows)
        for height, (low, high, value) in enumerate(rows):
            inside = low <= value <= high
            ends = np.clip([low, high], left, right)
            axes.plot(ends, [height, height], color=INK, linewidth=1.5, solid_capstyle="butt")
            axes.plot(
                [value], [height], "o" if inside else "x", color=BLUE if inside else ORANGE, markersize=3
            )
        axes.set(xlim=(left, right), ylim=(-1, len(rows)), yticks=[])
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=6)
        return closed(figure)


def _shown(rows: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """What part of the axis is shown: all results, and most of the guesses' ends."""
    lows, highs, values = np.array(rows).T
    left = min(np.quantile(lows, EDGE), values.min())
    right = max(np.quantile(highs, 1 - EDGE), values.max())
    room = 0.04 * (right - left) or 1.0
    return float(left - room), float(right + room)
